"""Who is better on a run's items: models against each other under one condition, conditions against each other.

Only items that both sides answered count, repeats averaged; errors are clustered by document.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np
import sqlalchemy as sa

from planner.beliefs.evidence.probe_statistics import PairedDifference, paired_difference
from planner.store.database.engine import Store
from planner.store.database.tables import attempts
from planner.store.grades import stream_graded
from planner.store.learnable import main_score
from planner.store.runs import read_run
from planner.units import LEVEL

Side: TypeAlias = tuple[str, str]
"""Model and condition."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides on the items that both answered."""

    first: Side
    second: Side
    difference: PairedDifference
    """Score of the first less that of the second."""


@dataclass(frozen=True, slots=True)
class ItemScores:
    """Mean score of each side on each item, and the item's document."""

    by_side: dict[Side, dict[str, float]]
    document: dict[str, str]


def item_scores(store: Store, run_id: str) -> ItemScores:
    """Scores of a run by model, condition and item, the score that counts; InputError when there is no such run."""
    run = read_run(store, run_id)
    found: dict[Side, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    document: dict[str, str] = {}
    for attempt, grades in stream_graded(store, sa.and_(attempts.c.run == run_id, attempts.c.state == "answered")):
        score = main_score(run, grades)
        if score is not None:
            found[attempt.model, attempt.condition][attempt.item].append(score)
            document[attempt.item] = attempt.cluster
    means = {side: {item: float(np.mean(some)) for item, some in items.items()} for side, items in found.items()}
    return ItemScores(means, document)


def compare_models(scores: ItemScores, level: float = LEVEL) -> tuple[Comparison, ...]:
    """Every two models under each condition, in alphabetical order."""
    return tuple(
        _compared(scores, one, other, level)
        for one, other in combinations(sorted(scores.by_side), 2)
        if one[1] == other[1]
    )


def compare_conditions(scores: ItemScores, level: float = LEVEL) -> tuple[Comparison, ...]:
    """Every two conditions of each model: with_context less closed_book is what retrieval at its best would bring."""
    pairs = combinations(sorted(scores.by_side, key=lambda side: (side[0], side[1] != "with_context", side[1])), 2)
    return tuple(_compared(scores, one, other, level) for one, other in pairs if one[0] == other[0])


def _compared(scores: ItemScores, one: Side, other: Side, level: float) -> Comparison:
    first, second = scores.by_side[one], scores.by_side[other]
    both = sorted(first.keys() & second.keys())
    difference = paired_difference(
        [first[item] for item in both],
        [second[item] for item in both],
        [scores.document[item] for item in both],
        level,
    )
    return Comparison(one, other, difference)
