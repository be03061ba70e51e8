"""Forecasts of facts from those of other sources alone, ours and the simple ways, for back-tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.techniques.pooling import source_weights
from planner.beliefs.techniques.published.forecast import FactForecasts, fit_published, refit_published
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.units import Floats

NOTHING: Final = "nothing changes"
CONSTANT: Final = "constant gain"
FRONTIER: Final = "tuned = frontier"
MIX: Final = "straight mix"
_SAME_SCORE: Final = 5e-4


@dataclass(frozen=True, slots=True, eq=False)
class FactTest:
    """Facts that were forecast: ours with intervals, the simple ways beside; nan where a way has nothing to go by."""

    facts: tuple[TechniqueFact, ...]
    ours: FactForecasts
    simple: Mapping[str, Floats]


def part_left_out(fact: TechniqueFact) -> str:
    """What is left out together: a source, or a task of the only source of a technique."""
    if fact.technique in {"cascade", "few_shot"}:
        return f"{fact.source_id}:{fact.task}"
    return fact.source_id.removesuffix("-sizes")


def each_left_out(facts: Sequence[TechniqueFact], asked: Sequence[TechniqueFact] | None = None) -> FactTest:
    """Every asked fact, by default every fact, forecast from those of other sources."""
    some = facts if asked is None else asked
    return _forecast_apart(facts, some, [frozenset({part_left_out(fact)}) for fact in some])


def own_facts(known: Sequence[TechniqueFact], asked: Sequence[TechniqueFact]) -> FactTest:
    """Facts of a user's file forecast from the shipped ones; sources that have a row of the file too are left out."""
    return _forecast_apart(known, asked, [_shared(known, fact) for fact in asked])


def _shared(known: Sequence[TechniqueFact], asked: TechniqueFact) -> frozenset[str]:
    """Parts of the shipped facts that have the same score from the same start."""
    return frozenset(part_left_out(fact) for fact in known if _same(fact, asked))


def _same(one: TechniqueFact, other: TechniqueFact) -> bool:
    pairs = ((one.score, other.score), (one.base, other.base), (one.reference, other.reference))
    if one.technique != other.technique or one.share != other.share:
        return False
    known = [(a, b) for a, b in pairs if a is not None and b is not None]
    return len(known) > 1 and all(abs(a - b) <= _SAME_SCORE for a, b in known)


def _forecast_apart(
    known: Sequence[TechniqueFact], asked: Sequence[TechniqueFact], without: Sequence[frozenset[str]]
) -> FactTest:
    """Forecast each asked fact with a fit that has none of the parts it must do without."""
    ours = np.full((3, len(asked)), np.nan)
    simple = {name: np.full(len(asked), np.nan) for name in (NOTHING, CONSTANT, FRONTIER, MIX)}
    whole = fit_published(known)
    for parts in sorted(set(without), key=sorted):
        rows = [row for row, own in enumerate(without) if own == parts]
        some = [asked[row] for row in rows]
        rest = [fact for fact in known if part_left_out(fact) not in parts]
        models = refit_published(rest, whole, some) if parts else whole
        forecast = models.forecast(some)
        ours[:, rows] = forecast.mean, forecast.low, forecast.high
        for name, values in simple_ways(rest, some).items():
            simple[name][rows] = values
    return FactTest(tuple(asked), FactForecasts(*ours), simple)


def simple_ways(known: Sequence[TechniqueFact], asked: Sequence[TechniqueFact]) -> dict[str, Floats]:
    """What one would say without a model: no change, a mean gain by technique and skill, the frontier model, a mix."""
    base, large = _scores(asked, "base"), _scores(asked, "reference")
    tuned = np.array([fact.technique == "fine_tune" for fact in asked])
    cascade = np.array([fact.technique == "cascade" for fact in asked])
    share = _scores(asked, "share")
    gain = np.array([_mean_gain(known, fact) for fact in asked])
    return {
        NOTHING: base,
        CONSTANT: np.where(cascade, np.nan, np.clip(base + gain, 0.0, 1.0)),
        FRONTIER: np.where(tuned, large, np.nan),
        MIX: np.where(cascade, base + share * (large - base), np.nan),
    }


def _scores(facts: Sequence[TechniqueFact], name: str) -> Floats:
    values = [getattr(fact, name) for fact in facts]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _mean_gain(known: Sequence[TechniqueFact], asked: TechniqueFact) -> float:
    """Mean gain in points over the technique's facts of the skill, or of all skills where it has none."""
    alike = [fact for fact in known if fact.technique == asked.technique and fact.base is not None]
    some = [fact for fact in alike if fact.skill == asked.skill] or alike
    if not some:
        return 0.0
    gains = [fact.score - fact.base for fact in some if fact.base is not None]
    return float(np.average(gains, weights=source_weights([fact.source_id for fact in some])))
