"""How many tokens an answer has, visible and hidden: what skill, benchmark, effort and model tell of it.

log tokens = skill + benchmark + effort + maker + model + model in the skill + residual with heavy tails. A model's
verbosity hardly carries over between kinds of work (correlation 0.17; of hidden tokens 0.6), so most of a model's
deviation belongs to the model in a skill; a task that no one has seen is as wide as benchmarks lie apart.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.latency.random_effects import (
    Effect,
    Fit,
    Outlook,
    Rows,
    Spreads,
    fit_effects,
    forecast,
    label_rows,
)
from planner.beliefs.latency.speed_facts import model_facts
from planner.catalog.evidence.token_spend import TokenSpend
from planner.catalog.schema import Catalog
from planner.units import Floats

Part: TypeAlias = Literal["visible", "hidden"]
EFFORT_LOG: Final[Mapping[str, float]] = {
    "none": -1.8,
    "minimal": -1.8,
    "low": -1.2,
    "": 0.0,
    "default": 0.0,
    "medium": 0.0,
    "high": 0.8,
    "xhigh": 1.3,
    "max": 1.3,
}
"""Log of hidden tokens over those at medium effort: low to high x 7 to 9 for one model, high to xhigh x 2 to 4."""
_EFFORTS: Final = ("low", "high", "xhigh")
_SPREADS: Final[Mapping[Part, Spreads]] = {
    "visible": Spreads(
        0.2,
        (
            Effect("skill", 1.0),
            Effect("benchmark", 1.1),
            Effect("task", 0.4),
            Effect("maker", 0.08),
            Effect("model", 0.14),
            Effect("model_skill", 0.28),
        ),
        0.25,
    ),
    "hidden": Spreads(
        0.4,
        (
            Effect("skill", 0.5),
            Effect("benchmark", 0.8),
            Effect("task", 0.5),
            Effect("maker", 0.2),
            Effect("model", 0.5),
            Effect("model_skill", 0.4),
        ),
        0.45,
    ),
}
"""From two-way fits of every source (random effects) and what carries over between benchmarks."""
_LEAST: Final = 1.0
"""Hidden tokens below which a row says that none were billed."""


@dataclass(frozen=True, slots=True)
class TokenPoint:
    """Tokens of one model in one benchmark, skill and effort; `log_tokens` is nan where it is asked for."""

    model: str
    benchmark: str | None
    """None: a task that no one has seen."""
    skill: str | None
    effort: str
    log_tokens: float


def token_points(rows: Sequence[TokenSpend], part: Part) -> list[TokenPoint]:
    """One point for each model, benchmark, skill and effort; rows without hidden tokens say nothing of how many."""
    groups: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    for row in rows:
        value = row.visible_tokens if part == "visible" else row.hidden_tokens
        if value is not None and value >= _LEAST:
            effort = (row.effort or "") if part == "hidden" else ""
            groups[row.model, row.benchmark, row.skill, effort].append(float(np.log(value)))
    return [TokenPoint(*key, log_tokens=float(np.median(logs))) for key, logs in groups.items()]


def forecast_tokens(catalog: Catalog, part: Part, known: Sequence[TokenPoint], asked: Sequence[TokenPoint]) -> Outlook:
    """Logs of the asked points' tokens, as a benchmark never seen would count them."""
    fit, rows, usual = fit_tokens(catalog, part, known, asked)
    spreads = _SPREADS[part]
    found = forecast(fit, rows.take(np.arange(len(known), len(known) + len(asked))), _row_sd(len(asked), spreads))
    # A task without a benchmark is as far from the skill's usual one as benchmarks are from another.
    apart = sum(effect.sd**2 for effect in spreads.effects if effect.name in ("benchmark", "task")) ** 0.5
    new = np.array([apart if point.benchmark is None else 0.0 for point in asked])
    return Outlook(found.mean + usual[len(known) :], np.hypot(found.sd, new), found.row_sd)


def fit_tokens(
    catalog: Catalog, part: Part, known: Sequence[TokenPoint], asked: Sequence[TokenPoint]
) -> tuple[Fit, Rows, Floats]:
    """The fit to the known points, the rows of known and asked ones together, and what effort adds to each."""
    every = [*known, *asked]
    facts = model_facts(catalog, [point.model for point in every])
    labels, names = label_rows(
        {
            "skill": [point.skill for point in every],
            "benchmark": [point.benchmark for point in every],
            "task": [None if point.benchmark is None else f"{point.benchmark}|{point.skill}" for point in every],
            "maker": [facts[point.model].maker for point in every],
            "model": [point.model for point in every],
            "model_skill": [f"{point.model}|{point.skill}" for point in every],
        }
    )
    small = [float(facts[point.model].model_class == "small") for point in every]
    efforts = [[float(point.effort == effort) for effort in _EFFORTS] for point in every]
    features = np.array([[one, *more] for one, more in zip(small, efforts, strict=True)], dtype=np.float64)
    rows = Rows(features.reshape(len(every), -1), labels, names, np.zeros(len(every), dtype=np.int64))
    usual = np.array([EFFORT_LOG[point.effort] if part == "hidden" else 0.0 for point in every], dtype=np.float64)
    logs = np.array([point.log_tokens for point in known]) - usual[: len(known)]
    spreads = _SPREADS[part]
    seen = rows.take(np.arange(len(known)))
    return fit_effects(seen, logs, _row_sd(len(known), spreads), spreads), rows, usual


def _row_sd(count: int, spreads: Spreads) -> Floats:
    return np.full(count, spreads.residual_sd)
