"""How well a weak model's own confidence tells which of its answers to pass on, and what a cascade then reaches.

Its power rises with the weak model: z(AUC) = level + slope x logit(weak). The strong model is right on most of what
the weak one is right on: their correlation is a share of the largest that the two accuracies allow. Three numbers,
fitted by the curves that were published; the gate itself is that of techniques.gate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize

from planner.beliefs.techniques.gate import agreement_limit, auc_of, cascade_quality
from planner.beliefs.techniques.published.lines import weighted_quantile
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.units import Z95, Bools, Draws, Floats, logistic, logit

_START: Final = (0.45, 0.5)
AGREEMENT: Final = 0.85
"""Share of the largest correlation; the curves do not tell it from the gate's power, measured pairs have 0.5 to 0.8,
and of 0.5 to 1 those around 0.85 forecast tasks that were left out best."""
_USUAL_WEAK: Final = 0.6
_USUAL_GAP: Final = 1.0
_USUAL_SHARE: Final = 0.3
_FULL_SAMPLE: Final = 1000.0
"""Questions behind a published curve: its scatter has their sampling error in it."""


@dataclass(frozen=True, slots=True, eq=False)
class GateModel:
    """Power of the gate by the weak model's accuracy."""

    level: float
    slope: float
    spread: float
    """Standard deviation of a new task's miss, as a share of how far a cascade can move: see `room`."""

    def auc(self, weak: Draws) -> Draws:
        """AUC of the gate, in the shape of `weak`."""
        return auc_of(self.level, self.slope, weak)

    def quality(self, weak: Floats, strong: Floats, share: Floats) -> Floats:
        """Accuracy (N,) of the cascades."""
        phi = AGREEMENT * agreement_limit(weak, strong)
        return cascade_quality(weak[:, None], strong[:, None], self.auc(weak)[:, None], share[:, None], phi[:, None])[
            :, 0
        ]

    def forecast(self, facts: Sequence[TechniqueFact]) -> tuple[Floats, Floats, Floats]:
        """Shares (N,) of right answers, and the ends of their 90 % interval."""
        weak, strong, share, n = cascade_arrays(facts)
        mean = self.quality(weak, strong, share)
        half = Z95 * np.hypot(self.spread * room(weak, strong, share), _noise(mean, share, n))
        known = np.array([fact.base is not None and fact.reference is not None for fact in facts])
        half = np.where(known, half, half + 0.25)
        return mean, np.clip(mean - half, 0.0, 1.0), np.clip(mean + half, 0.0, 1.0)


def room(weak: Draws, strong: Draws, share: Draws) -> Draws:
    """How far a gate can move a cascade off the straight mix: share (1 - share) of what the strong model may add."""
    return share * (1.0 - share) * (np.abs(strong - weak) + 0.1)


def _noise(mean: Floats, share: Floats, n: Floats) -> Floats:
    """Sampling error (N,) beyond that of the published curves, of a cascade whose two ends are known."""
    more = np.maximum(1.0 / n - 1.0 / _FULL_SAMPLE, 0.0)
    return np.asarray(np.sqrt(share * (1.0 - share) * mean * (1.0 - mean) * more))


def cascade_arrays(facts: Sequence[TechniqueFact]) -> tuple[Floats, Floats, Floats, Floats]:
    """Weak and strong accuracy, escalated share and questions (N,); usual ones where nothing is said."""
    weak = np.array([_USUAL_WEAK if fact.base is None else fact.base for fact in facts])
    guess = logistic(logit(weak) + _USUAL_GAP)
    strong = np.array(
        [one if fact.reference is None else fact.reference for fact, one in zip(facts, guess, strict=True)]
    )
    share = np.array([_USUAL_SHARE if fact.share is None else fact.share for fact in facts])
    return weak, strong, share, np.array([fact.n or _FULL_SAMPLE for fact in facts])


def fit_gates(facts: Sequence[TechniqueFact]) -> GateModel:
    """Gate of the published curves; each task weighs the same, and each pair within it."""
    weights = _weights(facts)
    everything = np.ones(len(facts), dtype=np.bool_)
    tasks = np.array([fact.task for fact in facts])
    miss = np.full(len(facts), np.nan)
    for task in np.unique(tasks):
        test = tasks == task
        gate = _fit(facts, weights, ~test if (~test).any() else test)
        miss[test] = _misses(gate, [fact for fact, one in zip(facts, test, strict=True) if one])
    level, slope = _fit(facts, weights, everything)
    weak, strong, share, _ = cascade_arrays(facts)
    reached = np.abs(miss) / np.maximum(room(weak, strong, share), 1e-3)
    return GateModel(level, slope, weighted_quantile(reached, np.ones(len(facts)), 0.9) / Z95)


def _weights(facts: Sequence[TechniqueFact]) -> Floats:
    pairs = [(fact.task, fact.model, fact.reference) for fact in facts]
    of_task = {fact.task: len({pair for pair in pairs if pair[0] == fact.task}) for fact in facts}
    return np.array([1.0 / (pairs.count(pair) * of_task[pair[0]]) for pair in pairs])


def _misses(gate: tuple[float, float], facts: Sequence[TechniqueFact]) -> Floats:
    weak, strong, share, _ = cascade_arrays(facts)
    score = np.array([fact.score for fact in facts])
    return np.asarray(GateModel(*gate, 0.0).quality(weak, strong, share) - score)


def _fit(facts: Sequence[TechniqueFact], weights: Floats, rows: Bools) -> tuple[float, float]:
    """Level and slope with the least weighted misses to the power 1.5."""
    some = [fact for fact, one in zip(facts, rows, strict=True) if one]

    def loss(gate: Floats) -> float:
        return float(np.sum(weights[rows] * np.abs(_misses((gate[0], gate[1]), some)) ** 1.5))

    found = minimize(loss, np.array(_START), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-7}).x
    return float(found[0]), float(found[1])
