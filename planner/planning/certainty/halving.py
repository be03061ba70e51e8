"""Which models the next item is worth asking: successive halving on paired answers.

Models are compared at n, 2n, 4n ... items, as in successive halving (Jamieson and Talwalkar, AISTATS 2016), but one is
dropped only when the decision about it is closed, so that an even field stays whole: without a floor, when it is shown
worse than the best on the items both answered; with one, when its share is shown above or below the floor, or when a
cheaper model is shown above it. Looking several times would call differences too often: each look is taken at the level
that keeps all of them together at the stated one (Bonferroni).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from planner.beliefs.evidence.probe_statistics import paired_difference, share_of
from planner.units import LEVEL

FIRST_LOOK: Final = 10
"""Items before the first comparison."""
_LOOKS: Final = 6
"""Comparisons that the level is shared by: 10 to 320 items."""


class Scored(Protocol):
    """One graded answer."""

    @property
    def model(self) -> str:
        """Model that was asked."""

    @property
    def item(self) -> str:
        """Item that was asked."""

    @property
    def condition(self) -> str:
        """How it was asked."""

    @property
    def score(self) -> float:
        """0 to 1."""


@dataclass(frozen=True, slots=True)
class Racing:
    """What decides whom to ask on."""

    models: tuple[str, ...]
    floor: float | None = None
    """Least share of acceptable answers; None: the best model is wanted."""
    usd: Mapping[str, float] = field(default_factory=dict)
    """Cost of each model's use; with a floor, models dearer than one shown above it are not asked on."""
    level: float = LEVEL
    first: int = FIRST_LOOK


def halve(racing: Racing) -> Callable[[Sequence[Scored]], frozenset[str]]:
    """A chooser for a run: scores so far in, models that the next item is asked of out; none of them ends the run."""
    state = _State(frozenset(racing.models), racing.first)

    def still_open(scores: Sequence[Scored]) -> frozenset[str]:
        by_model = _by_item(scores, racing.models)
        if state.open and min(len(by_model[model]) for model in state.open) >= state.next_look:
            state.next_look *= 2
            state.open = _open_after(racing, state.open, by_model)
        return state.open

    return still_open


@dataclass(slots=True)
class _State:
    """Models still asked, and the items at which they are compared next."""

    open: frozenset[str]
    next_look: int


def _by_item(scores: Sequence[Scored], models: Sequence[str]) -> dict[str, dict[str, float]]:
    """Mean score of each model on each item it answered, over conditions and repeats."""
    found: dict[str, dict[str, list[float]]] = {model: defaultdict(list) for model in models}
    for scored in scores:
        found[scored.model][scored.item].append(scored.score)
    return {model: {item: float(np.mean(some)) for item, some in items.items()} for model, items in found.items()}


def _open_after(racing: Racing, still: frozenset[str], by_model: Mapping[str, Mapping[str, float]]) -> frozenset[str]:
    level = 1.0 - (1.0 - racing.level) / _LOOKS
    if racing.floor is None:
        return _not_worse(still, by_model, level)
    return _not_settled(racing, racing.floor, still, by_model, level)


def _not_worse(still: frozenset[str], by_model: Mapping[str, Mapping[str, float]], level: float) -> frozenset[str]:
    """Models not shown worse than the best; none when only the best is left, since then it is decided."""
    mean = {model: float(np.mean(list(by_model[model].values()))) for model in still}
    best = max(sorted(still), key=lambda model: mean[model])
    kept = {model for model in still if not _worse(by_model[model], by_model[best], level)}
    return frozenset(kept) if len(kept) > 1 else frozenset()


def _worse(one: Mapping[str, float], best: Mapping[str, float], level: float) -> bool:
    both = sorted(one.keys() & best.keys())
    return paired_difference([one[item] for item in both], [best[item] for item in both], both, level).better < 0


def _not_settled(
    racing: Racing,
    floor: float,
    still: frozenset[str],
    by_model: Mapping[str, Mapping[str, float]],
    level: float,
) -> frozenset[str]:
    """Models of which it is open whether they hold the floor, and whose holding it would matter."""
    interval = {
        model: share_of(list(items.values()), list(items), level).interval for model, items in by_model.items() if items
    }
    above = [racing.usd[model] for model in interval if model in racing.usd and interval[model].low >= floor]
    enough = min(above, default=float("inf"))
    return frozenset(
        model
        for model in still
        if interval[model].low < floor <= interval[model].high and racing.usd.get(model, 0.0) < enough
    )
