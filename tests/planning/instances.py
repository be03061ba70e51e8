"""Made-up workloads and options with the shapes of real ones: tiny ones to solve by hand, large seeded ones to time."""

from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np

from planner.beliefs.cost.lines import CostLine, Factor, Formula, product
from planner.catalog.schema import Catalog, Evidence, Model, Prior, Source
from planner.options.table import (
    AnchorUse,
    Component,
    Exclusion,
    Options,
    OptionTable,
    Place,
    Pool,
    RetirementWarning,
)
from planner.units import DRAW_COUNT, Draws, stream
from planner.workload.schema import Workload

S = DRAW_COUNT
SOURCE = Source("assumption: made up for a test", date(2026, 11, 1))


PRIORS = (
    Prior("gate.level", "normal", 0.46, 0.3, "z", "assumed", SOURCE),
    Prior("gate.slope", "fixed", 0.56, 0.0, "z per logit", "assumed", SOURCE),
    Prior("gate_auc.tuned", "normal", 0.79, 0.06, "AUC", "assumed", SOURCE),
    Prior("gate.usd_per_million_requests", "fixed", 0.0, 0.0, "USD", "assumed", SOURCE),
)


def draws(value: float | Draws) -> Draws:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (S,)).copy()


def ramp(low: float, high: float) -> Draws:
    """Evenly spaced draws from low to high: shares and quantiles can be counted by hand."""
    return np.linspace(low, high, S)


@dataclass
class Way:
    """One option, spelt out."""

    model: str
    usage: float | Draws = 100.0
    quality: float | Draws = 0.95
    strong: str = ""
    provider: str = "acme"
    strong_provider: str = "acme"
    pool: int = -1
    load: float | Draws = 0.0
    needs: tuple[int, ...] = ()
    technique: int = 0
    tier: int = 2
    ttft: float | Draws = 500.0
    total: float | Draws = 2000.0
    carbon: float | Draws = 1.0
    serving: str = "api"


def component(name: str, usd: float | Draws, people: float = 0.0) -> Component:
    return Component(
        name, "provider", name.replace(":", " "), draws(usd), people, Formula(), "made up", ("prior:made_up",)
    )


def pool(name: str, model: str, usd: float, *, most: int = 10, least: int = 1, carbon: float = 10.0) -> Pool:
    return Pool(
        name, model, "l40s", 1, "fp8", "nebius", "eu", usd, most, least, carbon, ("weights 8 GB",), ("gpu:l40s",)
    )


def table(segment: str, ways: list[Way], floor: float | Draws = 0.9) -> OptionTable:
    names = tuple(dict.fromkeys(name for way in ways for name in (way.model, way.strong) if name))
    places = tuple(
        dict.fromkeys(
            Place(
                way.serving if side == "weak" else "api", f"{p} · EU", p, "eu", f"{p}/key" if way.pool < 0 else "", ""
            )
            for way in ways
            for side, p in (("weak", way.provider), ("strong", way.strong_provider))
        )
    )
    sets = tuple(dict.fromkeys(way.needs for way in ways))

    def place_of(provider: str, serving: str) -> int:
        return next(i for i, place in enumerate(places) if (place.provider, place.serving) == (provider, serving))

    share = np.stack([draws(0.3 if way.strong else 0.0) for way in ways])
    return OptionTable(
        segment=segment,
        floor=draws(floor),
        floor_text=f"at least {float(np.mean(floor)):.2f}",
        model_ids=names,
        places=places,
        model=np.array([names.index(way.model) for way in ways], dtype=np.int64),
        technique=np.array([way.technique for way in ways], dtype=np.int64),
        tier=np.array([way.tier for way in ways], dtype=np.int64),
        place=np.array([place_of(way.provider, way.serving) for way in ways], dtype=np.int64),
        strong_model=np.array([names.index(way.strong) if way.strong else -1 for way in ways], dtype=np.int64),
        strong_place=np.array(
            [place_of(way.strong_provider, "api") if way.strong else -1 for way in ways], dtype=np.int64
        ),
        pool=np.array([way.pool for way in ways], dtype=np.int64),
        component_set=np.array([sets.index(way.needs) for way in ways], dtype=np.int64),
        component_sets=sets,
        escalation_share=share,
        gate_threshold=share[:, 0],
        quality=np.stack([draws(way.quality) for way in ways]),
        usage_usd=np.stack([draws(way.usage) for way in ways]),
        pool_load=np.stack([draws(way.load) for way in ways]),
        ttft_p95_ms=np.stack([draws(way.ttft) for way in ways]),
        total_p95_ms=np.stack([draws(way.total) for way in ways]),
        carbon_kg=np.stack([draws(way.carbon) for way in ways]),
        lines=lambda row: one_line(draws(ways[row].usage)),
    )


def one_line(usage_usd: np.ndarray) -> tuple[CostLine, ...]:
    """Usage as a single line, where the instance says no more of it."""
    formula = product(Factor(float(usage_usd.mean()), "USD"))
    return (CostLine("usage", usage_usd, "fitted", formula, ()),) if usage_usd.any() else ()


def segment(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "skill": "classification",
        "requests_per_month": 1000.0,
        "input_tokens": {"mean": 100.0, "p95": 200.0},
        "output_tokens": {"mean": 10.0, "p95": 20.0},
        "quality_floor": 0.9,
        **fields,
    }


def workload(*segments: dict[str, Any], **fields: Any) -> Workload:
    """Limits hold at the bar itself and every dollar counts, so that optima can be counted by hand."""
    exact = {
        "tolerance": {"quality": 0.0, "time": 0.0},
        "materiality": {"share": 0.0, "usd": 0.0, "most_share": 0.0},
    }
    return Workload.model_validate({"version": 1, "name": "made up", "segments": list(segments), **exact, **fields})


def options(
    *tables: OptionTable,
    components: tuple[Component, ...] = (),
    pools: tuple[Pool, ...] = (),
    exclusions: tuple[Exclusion, ...] = (),
    retirements: tuple[RetirementWarning, ...] = (),
) -> Options:
    anchors = tuple(
        AnchorUse(each.segment, "usual", "made-up:bench", "taken to be about as hard as the made-up benchmark", 12)
        for each in tables
    )
    return Options(tables, components, pools, exclusions, anchors, retirements)


def model(name: str, model_class: str = "small", **fields: Any) -> Model:
    base: dict[str, Any] = {
        "id": name,
        "name": name.rsplit("/", maxsplit=1)[-1].title(),
        "maker": name.split("/", maxsplit=1)[0],
        "family": "made-up",
        "model_class": model_class,
        "released": date(2026, 1, 1),
        "open_weights": False,
        "licence": "proprietary",
        "licence_kind": "proprietary",
        "total_params_b": None,
        "active_params_b": None,
        "layers": None,
        "hidden": None,
        "kv_heads": None,
        "head_dim": None,
        "kv_bytes_per_token": None,
        "context_tokens": 128000,
        "max_output_tokens": None,
        "modalities": ("text",),
        "reasoning": "none",
        "knowledge_cutoff": None,
        "languages": None,
        "base": None,
        "fine_tuning": "no",
        "source": SOURCE,
    }
    return Model(**{**base, **fields})


def catalog(*models: Model) -> Catalog:
    """A catalog of models alone; planning looks up no more when options are given."""
    nothing = np.zeros(0)
    evidence = Evidence((), (), (), (), (), nothing, nothing, (), ())
    return Catalog(
        version="000000000000",
        as_of=date(2026, 11, 20),
        litellm_version="0",
        models=MappingProxyType({each.id: each for each in models}),
        offers=(),
        providers=MappingProxyType({}),
        benchmarks=MappingProxyType({}),
        evidence=evidence,
        unjoined=(),
        gpus=MappingProxyType({}),
        gpu_prices=(),
        embedders=(),
        vector_stores=(),
        fine_tune_prices=(),
        anchors=MappingProxyType({}),
        priors=MappingProxyType({each.id: each for each in PRIORS}),
        speeds=(),
        carbon=MappingProxyType({}),
    )


@dataclass
class Made:
    """A large instance."""

    workload: Workload
    options: Options
    catalog: Catalog
    segments: list[dict[str, Any]] = field(default_factory=list)


def make(
    seed: int, segments: int = 12, size: int = 3000, *, models: int = 60, limits: dict[str, Any] | None = None
) -> Made:
    """A seeded instance: APIs of several providers, cascades, tuned models, retrieval and shared pools.

    Costs of one segment's options share its token draws, as real ones do; quality rises with ability and spreads.
    """
    rng = stream(seed, "made", str(segments), str(size))
    names = [f"maker{i % 9}/model-{i}" for i in range(models)]
    ability = np.sort(rng.normal(0.0, 1.0, models))
    price = np.exp(1.1 * ability + rng.normal(0.0, 0.5, models))
    speed = np.exp(rng.normal(0.0, 0.4, models))
    providers = [f"provider{i}" for i in range(8)]
    open_models = list(range(0, models // 2, 3))
    components = [
        component(f"provider:{name}", rng.uniform(40, 160) * np.exp(0.2 * rng.normal(size=S))) for name in providers
    ]
    stack = len(components)
    components.append(component("self_hosted_stack", 600.0 * np.exp(0.2 * rng.normal(size=S))))
    gate = len(components)
    components.append(component("gate", 120.0))
    index = len(components)
    components.append(component("rag_index", 250.0))
    tuned = {}
    for i in open_models:
        tuned[i] = len(components)
        components.append(component(f"fine_tune:{names[i]}", rng.uniform(150, 500)))
    pools = [
        pool(f"{names[i]}@1x{gpu}", names[i], usd * (1.0 + ability[i] * 0.1 + 0.5), most=12)
        for i in open_models
        for gpu, usd in (("l40s", 700.0), ("h100", 1800.0))
    ]
    tables, asked = [], []
    for g in range(segments):
        volume = float(np.exp(rng.uniform(np.log(3e4), np.log(3e6))))
        made = _segment_table(
            rng,
            f"segment-{g}",
            size,
            volume,
            names,
            ability,
            price,
            speed,
            providers,
            open_models,
            (stack, gate, index),
            tuned,
        )
        tables.append(made)
        asked.append(
            segment(
                f"segment-{g}",
                requests_per_month=volume,
                quality_floor=float(np.round(rng.uniform(0.55, 0.8), 3)),
                latency={"ttft_p95_ms": float(rng.uniform(900, 2500)), "total_p95_ms": float(rng.uniform(4000, 12000))},
            )
        )
        tables[-1] = replace(
            made, floor=draws(asked[-1]["quality_floor"]), floor_text=f"at least {asked[-1]['quality_floor']:.3f}"
        )
    facts = [
        model(n, "frontier" if i >= models - 6 else "small" if i < models // 2 else "mid") for i, n in enumerate(names)
    ]
    return Made(
        workload(*asked, limits=limits or {}),
        options(*tables, components=tuple(components), pools=tuple(pools)),
        catalog(*facts),
        asked,
    )


def _segment_table(rng, name, size, volume, names, ability, price, speed, providers, open_models, shared, tuned):  # noqa: ANN001, ANN202, PLR0917
    stack, gate, index = shared
    models, hard = len(names), rng.normal(0.0, 0.5)
    tokens = np.exp(0.15 * rng.normal(size=S))
    belief = 0.25 * rng.normal(size=(models, S)) + 0.2 * rng.normal(size=S)
    kind = rng.choice(4, size=size, p=[0.45, 0.3, 0.1, 0.15])  # api, cascade, tuned api, self-hosted
    first = rng.integers(0, models, size)
    own = kind == 3
    first[own] = rng.choice(open_models, own.sum())
    tune = (kind == 2) | (own & (rng.random(size) < 0.4))
    first[tune] = rng.choice(open_models, tune.sum())
    second = np.minimum(first + rng.integers(1, 30, size), models - 1)
    second = np.where((kind == 1) & (second > first), second, -1)
    rag = rng.random(size) < 0.2
    provider = rng.integers(0, len(providers), size)
    strong_provider = rng.integers(0, len(providers), size)
    share = np.where(second >= 0, rng.choice([0.1, 0.2, 0.3, 0.45, 0.6], size), 0.0)
    skill = ability[first] + 0.6 * tune + 0.3 * rag - hard
    log_odds = 0.9 * skill[:, None] + belief[first] + 0.8
    strong_odds = 0.9 * (ability[np.maximum(second, 0)] - hard)[:, None] + belief[np.maximum(second, 0)] + 0.8
    weak_q, strong_q = 1 / (1 + np.exp(-log_odds)), 1 / (1 + np.exp(-strong_odds))
    caught = np.minimum(1.0, 1.6 * share)[:, None]
    quality = np.where(second[:, None] >= 0, weak_q + caught * np.maximum(strong_q - weak_q, 0) * 0.9, weak_q)
    markup = np.exp(0.1 * rng.normal(size=len(providers)))
    per = 6e-4 * price[first] * markup[provider] * np.where(rag, 1.6, 1.0) * np.where(tune, 1.3, 1.0)
    per = per + share * 6e-4 * price[np.maximum(second, 0)] * markup[strong_provider] * (second >= 0)
    usage = np.where(own, 0.02, 1.0)[:, None] * volume * per[:, None] * tokens
    pool_number = np.array(
        [{i: k for k, i in enumerate(open_models)}.get(int(i), 0) for i in first]
    ) * 2 + rng.integers(0, 2, size)
    pool_number = np.where(own, pool_number, -1)
    load = np.where(own, volume / 3e6 * np.exp(0.3 * ability[first]), 0.0)[:, None] * np.exp(0.2 * rng.normal(size=S))
    sets: dict[tuple[int, ...], int] = {}
    rows = np.zeros(size, dtype=np.int64)
    for i in range(size):
        members = {stack} if own[i] else {int(provider[i])}
        members |= {gate, int(strong_provider[i])} if second[i] >= 0 else set()
        members |= {tuned[int(first[i])]} if tune[i] else set()
        members |= {index} if rag[i] else set()
        rows[i] = sets.setdefault(tuple(sorted(members)), len(sets))
    noise = np.exp(0.2 * rng.normal(size=S))
    ttft = (400 + 250 * np.maximum(ability[first], -1) + 200 * (second >= 0)) * speed[first]
    places = tuple(Place("api", f"{p} · EU", p, "eu", f"{p}/key", "") for p in providers)
    places += (Place("self_hosted", "1x L40S · EU", "own", "eu", "", "fp8"),)
    return OptionTable(
        segment=name,
        floor=draws(0.6),
        floor_text="",
        model_ids=tuple(names),
        places=places,
        model=first,
        technique=np.where(tune & rag, 4, np.where(rag, 3, np.where(tune, 2, 0))),
        tier=np.where(tune, 0, np.where(rag, 1, np.where(first >= models - 6, 3, 2))),
        place=np.where(own, len(providers), provider),
        strong_model=second,
        strong_place=np.where(second >= 0, strong_provider, -1),
        pool=pool_number,
        component_set=rows,
        component_sets=tuple(sets),
        escalation_share=np.repeat(share[:, None], S, axis=1),
        gate_threshold=share,
        quality=quality,
        usage_usd=usage,
        pool_load=load,
        ttft_p95_ms=ttft[:, None] * noise,
        total_p95_ms=3.5 * ttft[:, None] * noise,
        carbon_kg=usage * 0.01,
        lines=lambda row: one_line(usage[row]),
    )
