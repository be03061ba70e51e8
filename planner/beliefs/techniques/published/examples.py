"""What examples in the prompt add to a model that was only asked.

A gain in log odds that grows as the model is weaker: who is right on half of the requests or more gains next to
nothing, below that the more the lower its base. The weaker the model, the wider the spread, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.techniques.published.lines import Columns, Line, Pull, fit_line
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.units import Draws, Floats, logit

_PULLS: Final[Mapping[str, Pull]] = {"one": Pull(4.0), "weak": Pull(4.0, 0.08)}
_USUAL_BASE: Final = 0.45
_OF_FIELDS: Final = 1.6
"""Where the answer is fields in a form, an example may teach a weak model the whole form."""
_STRONG: Final = 0.65
"""Models right more often scatter as this one does."""


@dataclass(frozen=True, slots=True, eq=False)
class ExamplesModel:
    """The gain as a line."""

    line: Line

    def forecast(self, facts: Sequence[TechniqueFact]) -> tuple[Floats, Floats]:
        """Log odds (N,) and their standard deviation; without a base that of a usual task is taken, wide."""
        base = _bases(facts)
        unknown = np.array([fact.base is None for fact in facts])
        sd = np.where(unknown, np.hypot(self.line.sd, 1.0), self.line.sd * scatter(base, _fields(facts)))
        return logit(base) + self.line.at(columns_of(base)), sd


def _bases(facts: Sequence[TechniqueFact]) -> Floats:
    return np.array([_USUAL_BASE if fact.base is None else fact.base for fact in facts])


def columns_of(base: Draws) -> Columns:
    """Columns of the line, in the shape of the bases."""
    return {"one": np.ones_like(base), "weak": np.maximum(-logit(base), 0.0)}


def scatter(base: Draws, fields: Draws | float) -> Draws:
    """How many times wider than usual a model scatters: the lower its base, the more; more where `fields` is 1."""
    weaker = 1.0 + np.maximum(logit(np.asarray(_STRONG)) - logit(base), 0.0)
    return np.asarray(weaker * (1.0 + (_OF_FIELDS - 1.0) * fields))


def _fields(facts: Sequence[TechniqueFact]) -> Floats:
    """1 where the answer is fields in a form (N,)."""
    return np.array([float(fact.skill == "extraction") for fact in facts])


def fit_examples(facts: Sequence[TechniqueFact]) -> ExamplesModel:
    """Gain over facts of examples; one source alone has them, so its tasks stand for sources."""
    base = _bases(facts)
    target = logit(np.array([fact.score for fact in facts])) - logit(base)
    tasks = [f"{fact.source_id}:{fact.task}" for fact in facts]
    return ExamplesModel(fit_line(columns_of(base), target, tasks, _PULLS, scatter(base, _fields(facts))))
