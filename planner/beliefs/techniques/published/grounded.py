"""What a reader reaches with retrieved passages, from what it knows by heart.

    logit(with passages) = kind + slope x logit(closed book)

The slope is below 1: who knows more gains less. Questions with choices gain little, open ones much, chains of facts
in between; corpora differ for every reader alike, and the spread says so. The line is averaged with the mean gain of
its kind in points, which errs less where scores are judged leniently. With the recall of the index known, the shares of
retrieved and missed questions are added up and count as much as both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.techniques.pooling import source_weights
from planner.beliefs.techniques.published.lines import Columns, Line, Pull, fit_line
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.units import Bools, Draws, Floats, logistic, logit

_CENTRE: Final = -0.5
"""Usual closed-book log odds, where the kinds' levels are read."""
_PULLS: Final[Mapping[str, Pull]] = {
    "one": Pull(1e-6),
    "choices": Pull(0.3),
    "hops": Pull(1.0),
    "closed_book": Pull(10.0, 0.75),
    "closed_book_choices": Pull(10.0, 0.45),
}
USE_OF_EVIDENCE: Final = 0.76
"""P(right | evidence retrieved): PopQA readers, arXiv:2212.10511."""
KEPT_KNOWLEDGE: Final = 0.7
"""Share of closed-book skill that is left where retrieval misses: between PopQA (0.47) and FRAMES (0.98)."""
_CLOSED_BOOK: Final[Mapping[str, float]] = {"knowledge_qa": 0.55}
_USUAL_CLOSED_BOOK: Final = 0.35
_CHOSEN: Final = 0.6
_LEAST_READERS: Final = 3
_CONSTANT: Final = 0.4
"""Weight of the mean gain beside the line."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundedModel:
    """The line, and the mean gain in points of open questions and of those with choices."""

    line: Line
    gains: tuple[float, float]

    def forecast(self, facts: Sequence[TechniqueFact]) -> tuple[Floats, Floats]:
        """Log odds (N,) and their standard deviation."""
        closed = closed_book(facts)
        level = self.level(closed, columns_of(facts, closed))
        recall = np.array([np.nan if fact.recall is None else fact.recall for fact in facts])
        shares = recall * USE_OF_EVIDENCE + (1.0 - recall) * KEPT_KNOWLEDGE * closed
        level = np.where(np.isnan(recall), level, 0.5 * (level + logit(shares)))
        guessed = np.array([1.5 if fact.base is None else 1.0 for fact in facts])
        return level, self.line.sd * guessed * scatter(facts)

    def level(self, closed: Draws, columns: Columns) -> Draws:
        """Log odds with passages of readers with these closed-book shares, line and mean gain averaged."""
        gain = self.gains[0] + (self.gains[1] - self.gains[0]) * columns["choices"]
        mixed = (1.0 - _CONSTANT) * logistic(self.line.at(columns)) + _CONSTANT * np.clip(closed + gain, 0.02, 0.98)
        return logit(mixed)


def closed_book(facts: Sequence[TechniqueFact]) -> Floats:
    """Closed-book shares (N,), the usual ones where none is given."""
    usual = [_CLOSED_BOOK.get(fact.skill, _USUAL_CLOSED_BOOK) for fact in facts]
    return np.array([fact.base if fact.base is not None else one for fact, one in zip(facts, usual, strict=True)])


def _choices(facts: Sequence[TechniqueFact]) -> Floats:
    """1 where answers are chosen rather than found."""
    return np.array([float(fact.skill != "grounded_qa" and fact.kind != "open_questions") for fact in facts])


def scatter(facts: Sequence[TechniqueFact]) -> Floats:
    """How many times wider than usual each fact (N,) scatters: answers that are chosen vary less."""
    return np.where(_choices(facts) > 0.0, _CHOSEN, 1.0)


def columns_of(facts: Sequence[TechniqueFact], closed: Floats) -> Columns:
    """Columns (N,) of the line."""
    choices = _choices(facts)
    at = logit(closed) - _CENTRE
    return {
        "one": np.ones(len(facts)),
        "choices": choices,
        "hops": np.array([float(fact.kind == "multi_hop") for fact in facts]),
        "closed_book": at,
        "closed_book_choices": at * choices,
    }


def fit_grounded(facts: Sequence[TechniqueFact]) -> GroundedModel:
    """Line and mean gains through facts of retrieval; a source that is left out tells the spread."""
    closed, reached = closed_book(facts), np.array([fact.score for fact in facts])
    sources, chosen = [fact.source_id for fact in facts], _choices(facts)
    line = fit_line(columns_of(facts, closed), logit(reached), sources, _PULLS, scatter(facts))
    weights = source_weights(sources)

    def gain(mine: Bools) -> float:
        some = mine if mine.any() else np.ones_like(mine)
        return float(np.average((reached - closed)[some], weights=weights[some]))

    return GroundedModel(line, (gain(chosen == 0.0), gain(chosen > 0.0)))


def spreads(facts: Sequence[TechniqueFact]) -> tuple[float, float, int]:
    """Standard deviations of corpora and of readers on one corpus about the line, logit, and the rows behind them.

    Of corpora that at least three readers of one source answered from.
    """
    line = fit_grounded(facts)
    level, _ = line.forecast(facts)
    miss = logit(np.array([fact.score for fact in facts])) - level
    groups: dict[tuple[str, str], list[float]] = {}
    for fact, one in zip(facts, miss.tolist(), strict=True):
        groups.setdefault((fact.source_id, fact.task), []).append(one)
    several = {key: np.array(some) for key, some in groups.items() if len(some) >= _LEAST_READERS}
    within = np.concatenate([some - some.mean() for some in several.values()])
    means: dict[str, list[float]] = {}
    for (source, _), some in several.items():
        means.setdefault(source, []).append(float(some.mean()))
    apart = np.concatenate([np.array(some) - np.mean(some) for some in means.values()])
    corpora = float(np.sqrt(np.sum(apart**2) / max(len(apart) - len(means), 1)))
    readers = float(np.sqrt(np.sum(within**2) / max(len(within) - len(several), 1)))
    return corpora, readers, len(within)
