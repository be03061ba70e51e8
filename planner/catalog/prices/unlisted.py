"""Models and benchmarks that only a user's or a connector's scores speak of, as entries of the catalog."""

from datetime import date

from planner.catalog.schema import Benchmark, Model, Source

_SMALL_PARAMS_B = 15.0
_REFERENCE_ELO = 1200.0


def unlisted_model(
    model_id: str,
    name: str,
    family: str,
    released: date | None,
    params_b: tuple[float | None, float | None],
    source: Source,
) -> Model:
    """A model known by what its source says of it; `params_b` is total and active, 1e9 weights."""
    maker, _, rest = model_id.partition("/")
    total, active = params_b
    return Model(
        id=model_id,
        name=name,
        maker=maker,
        family=family or rest.split("-", maxsplit=1)[0],
        model_class="small" if total is not None and total <= _SMALL_PARAMS_B else "mid",
        released=released,
        open_weights=total is not None,
        licence="unknown",
        licence_kind="proprietary",
        total_params_b=total,
        active_params_b=active or total,
        layers=None,
        hidden=None,
        kv_heads=None,
        head_dim=None,
        kv_bytes_per_token=None,
        context_tokens=0,
        max_output_tokens=None,
        modalities=("text",),
        reasoning="none",
        knowledge_cutoff=None,
        languages=None,
        base=None,
        fine_tuning="no",
        source=source,
    )


def unlisted_benchmark(benchmark_id: str, name: str, skill: str, unit: str, chance: float, source: Source) -> Benchmark:
    """A benchmark known by its scores; `unit` is 'elo' for ratings, anything else for shares."""
    return Benchmark(
        id=benchmark_id,
        name=name,
        skill=skill,
        link="elo" if unit == "elo" else "share",
        chance=chance,
        items=None,
        self_reported=False,
        reference_elo=_REFERENCE_ELO if unit == "elo" else None,
        source=source,
    )
