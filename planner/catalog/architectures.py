"""Names of served models as people write them, and shapes of models of which the size alone is known."""

import re
from collections.abc import Mapping
from functools import lru_cache
from math import exp, isfinite, log
from typing import Final

from planner.catalog.evidence.measurements import Architecture, architecture_of
from planner.catalog.files import load_csv_rows
from planner.catalog.names import model_names
from planner.catalog.schema import Catalog, Model
from planner.resources import catalogs_dir

_NEAREST: Final = 5
_VARIANTS: Final = re.compile(
    r"[-_. ]?(instruct|chat|it|hf|base|meta|thinking|2507|0528|dynamic|gguf"
    r"|nvfp4|mxfp4|fp8|fp4|bf16|int4|int8|awq|gptq|w8a8|w4a16)\b"
)


def known_model(catalog: Catalog, name: str) -> Model | None:
    """The catalog's model of a published name: by the reviewed alias table, by id, or by name without its variant."""
    alias = _aliases("model").get(name.lower())
    if alias is not None or name in catalog.models:
        return catalog.models.get(alias or name)
    return _by_plain_name(catalog).get(_plain(name)) or model_names(catalog).model_of(name)


@lru_cache(maxsize=2)
def _aliases(kind: str) -> Mapping[str, str]:
    rows = load_csv_rows(catalogs_dir() / "serving" / "aliases.csv")
    return {str(row["published"]).lower(): str(row["id"]) for row in rows if row["kind"] == kind}


@lru_cache(maxsize=2)
def _by_plain_name(catalog: Catalog) -> Mapping[str, Model]:
    named = [(_plain(text), model) for model in catalog.models.values() for text in (model.name, model.id)]
    return dict(named)


def _plain(name: str) -> str:
    return re.sub(r"[-_. ]", "", _VARIANTS.sub("", name.lower().rsplit("/", 1)[-1]))


def architecture_like(
    catalog: Catalog, name: str, known: Model | None, given: Mapping[str, float]
) -> Architecture | None:
    """A model's shape: the catalog's figures, then those given with it, then those of models of its size.

    None when not even the number of its parameters is known.
    """
    own = architecture_of(known) if known is not None else None
    total = _first(own.total_params_b if own else None, given.get("params_b"))
    if total is None:
        return None
    active = _first(own.active_params_b if own else None, given.get("active_params_b")) or total
    layers = _first(own.layers if own else None, given.get("layers"))
    hidden = _first(own.hidden if own else None, given.get("hidden"))
    heads, width = given.get("kv_heads"), given.get("head_dim")
    by_heads = 4.0 * layers * heads * width if layers and heads and width else None
    cache = _first(own.kv_bytes_per_token if own else None, given.get("kv_bytes_per_token"), by_heads)
    like = _of_its_size(catalog, total, active)
    return Architecture(
        id=name,
        total_params_b=total,
        active_params_b=min(active, total),
        layers=layers or like.layers,
        hidden=hidden or like.hidden,
        kv_bytes_per_token=cache or like.kv_bytes_per_token,
        guessed=None in (layers, hidden, cache),
    )


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None and isfinite(value)), None)


def _of_its_size(catalog: Catalog, total: float, active: float) -> Architecture:
    """Geometric mean over the models nearest in total and active parameters."""
    every = [architecture_of(model) for model in catalog.models.values()]
    whole = [one for one in every if isfinite(one.total_params_b + one.layers + one.hidden + one.kv_bytes_per_token)]
    near = sorted(whole, key=lambda one: abs(log(one.total_params_b / total)) + abs(log(one.active_params_b / active)))

    def mean(values: list[float]) -> float:
        return exp(sum(log(max(value, 1.0)) for value in values) / len(values))

    nearest = near[:_NEAREST]
    return Architecture(
        id="",
        total_params_b=total,
        active_params_b=active,
        layers=mean([one.layers for one in nearest]),
        hidden=mean([one.hidden for one in nearest]),
        kv_bytes_per_token=mean([one.kv_bytes_per_token for one in nearest]),
        guessed=True,
    )
