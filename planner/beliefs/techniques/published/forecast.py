"""Forecasts of facts by lines fitted to other facts: what a row states is taken as observed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from planner.beliefs.techniques.published.examples import ExamplesModel, fit_examples
from planner.beliefs.techniques.published.gates import GateModel, fit_gates
from planner.beliefs.techniques.published.grounded import GroundedModel, fit_grounded
from planner.beliefs.techniques.published.quantised import FORMATS, QuantisedModel, fit_quantised
from planner.beliefs.techniques.published.tuned import TunedModel, fit_tuned, tuned_rows
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.units import Z95, Floats, logistic

Model = TypeVar("Model")
_FULL_SAMPLE: Final = 500.0
"""Questions behind a usual published score: fewer widen the interval by their own sampling error."""


@dataclass(frozen=True, slots=True, eq=False)
class FactForecasts:
    """Forecast shares (N,) and the ends of their 90 % intervals."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PublishedModels:
    """A fitted model of every technique."""

    tuned: TunedModel
    grounded: GroundedModel
    examples: ExamplesModel
    quantised: QuantisedModel
    gates: GateModel

    def forecast(self, facts: Sequence[TechniqueFact]) -> FactForecasts:
        """Forecast of each fact from what it states beside its score."""
        out = np.full((3, len(facts)), np.nan)
        for technique in dict.fromkeys(_family(fact) for fact in facts):
            rows = [row for row, fact in enumerate(facts) if _family(fact) == technique]
            out[:, rows] = self._of_one(technique, [facts[row] for row in rows])
        return FactForecasts(*out)

    def _of_one(self, technique: str, facts: Sequence[TechniqueFact]) -> Floats:
        if technique == "cascade":
            return np.array(self.gates.forecast(facts))
        if technique == "fine_tune":
            return _interval(*self._tuned(facts), facts)
        if technique == "rag":
            return _interval(*self.grounded.forecast(facts), facts)
        if technique == "few_shot":
            return _interval(*self.examples.forecast(facts), facts)
        return _interval(*self.quantised.forecast(facts), facts)

    def _tuned(self, facts: Sequence[TechniqueFact]) -> tuple[Floats, Floats]:
        level, sd = np.empty(len(facts)), np.empty(len(facts))
        for given in self.tuned.lines:
            rows = [n for n, fact in enumerate(facts) if (fact.reference is not None, fact.base is not None) == given]
            if rows:
                level[rows], sd[rows] = self.tuned.forecast(tuned_rows([facts[row] for row in rows]), given)
        return level, sd


_FAMILIES: Final = {
    "tuned": "fine_tune",
    "grounded": "rag",
    "examples": "few_shot",
    "quantised": "quantised",
    "gates": "cascade",
}


def _family(fact: TechniqueFact) -> str:
    if fact.technique in FORMATS:
        return "quantised"
    return "rag" if fact.technique == "rag+fine_tune" else fact.technique


def _interval(level: Floats, sd: Floats, facts: Sequence[TechniqueFact]) -> Floats:
    """Mean, low and high (3, N); a small sample adds what it has more of sampling error than a usual one."""
    share = logistic(level)
    n = np.array([fact.n or _FULL_SAMPLE for fact in facts])
    sampling = np.maximum(1.0 / n - 1.0 / _FULL_SAMPLE, 0.0) / np.maximum(share * (1.0 - share), 0.02)
    half = Z95 * np.sqrt(sd**2 + sampling)
    return np.array([share, logistic(level - half), logistic(level + half)])


def refit_published(
    facts: Sequence[TechniqueFact], otherwise: PublishedModels, asked: Sequence[TechniqueFact]
) -> PublishedModels:
    """The models that the asked facts need, fitted anew; those of `otherwise` for what is not asked or has no fact."""
    return _fitted(facts, otherwise, frozenset(_family(fact) for fact in asked))


def fit_published(facts: Sequence[TechniqueFact]) -> PublishedModels:
    """Every model from its own facts; about 0.2 s for the shipped ones."""
    return _fitted(facts, None, frozenset())


def _fitted(
    facts: Sequence[TechniqueFact], otherwise: PublishedModels | None, asked: frozenset[str]
) -> PublishedModels:

    def of(*techniques: str) -> list[TechniqueFact]:
        return [fact for fact in facts if fact.technique in techniques]

    def fitted(fit: Callable[[Sequence[TechniqueFact]], Model], some: Sequence[TechniqueFact], name: str) -> Model:
        if otherwise is not None and (not some or _FAMILIES[name] not in asked):
            kept: Model = getattr(otherwise, name)
            return kept
        return fit(some)

    return PublishedModels(
        tuned=fitted(fit_tuned, of("fine_tune"), "tuned"),
        grounded=fitted(fit_grounded, of("rag"), "grounded"),
        examples=fitted(fit_examples, of("few_shot"), "examples"),
        quantised=fitted(fit_quantised, of(*FORMATS), "quantised"),
        gates=fitted(fit_gates, of("cascade"), "gates"),
    )
