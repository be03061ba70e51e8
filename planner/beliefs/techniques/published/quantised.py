"""What fewer bits cost: a loss in log odds that falls with size and rises with how much must be written.

Each format has a loss of its own; models of half the size lose more, answers that are generated lose more than
choices, and calls in a given form most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.techniques.published.lines import Columns, Line, Pull, fit_line
from planner.catalog.evidence.technique_facts import FactTechnique, TechniqueFact
from planner.units import Floats, logit

FORMATS: Final[tuple[FactTechnique, ...]] = ("int4", "int8", "nvfp4")
STUDIED_SIZE_B: Final = 8.0
SIZE_POWER: Final = -0.35
"""Loss goes with size to this power: one decade of size halves it (0.5 to 73 billion, four sources)."""
GENERATED: Final = frozenset(
    {
        "math",
        "coding",
        "instruction_following",
        "chat",
        "writing",
        "translation",
        "summarization",
        "agentic",
        "reasoning",
    }
)
CALLS: Final = frozenset({"tool_calls", "trained_calls"})
_PULLS: Final[Mapping[str, Pull]] = {"loss": Pull(0.5, -0.04), "generated": Pull(1.0, -0.03), "calls": Pull(0.5, -0.1)}
_USUAL: Final = 0.6
_PAIRED: Final = 0.35
"""Sampling error of a difference beside that of a score: both models answer the same questions."""


@dataclass(frozen=True, slots=True, eq=False)
class QuantisedModel:
    """A line a format."""

    lines: Mapping[str, Line]

    def forecast(self, facts: Sequence[TechniqueFact]) -> tuple[Floats, Floats]:
        """Log odds (N,) and their standard deviation; without the full score a usual one is taken, wide."""
        base = np.array([_USUAL if fact.base is None else fact.base for fact in facts])
        level, sd = logit(base), np.zeros(len(facts))
        columns = columns_of(facts)
        wide = scatter(facts)
        for name, line in self.lines.items():
            mine = np.array([fact.technique == name for fact in facts])
            level = np.where(mine, level + line.at(columns), level)
            sd = np.where(mine, line.sd * wide, sd)
        unknown = np.array([fact.base is None for fact in facts])
        return level, np.where(unknown, np.hypot(sd, 1.0), sd)


def size_factor(facts: Sequence[TechniqueFact]) -> Floats:
    """How much more than an eight-billion model each (N,) loses."""
    sizes = np.array([fact.params_b or STUDIED_SIZE_B for fact in facts])
    return np.asarray((sizes / STUDIED_SIZE_B) ** SIZE_POWER)


def columns_of(facts: Sequence[TechniqueFact]) -> Columns:
    """Columns (N,) of the line."""
    size = size_factor(facts)
    calls = np.array([float(fact.kind in CALLS) for fact in facts])
    generated = np.array([float(fact.skill in GENERATED) for fact in facts])
    return {"loss": size, "generated": size * generated, "calls": size * calls}


def scatter(facts: Sequence[TechniqueFact]) -> Floats:
    """How many times wider than usual each fact (N,) scatters."""
    columns = columns_of(facts)
    return np.asarray(columns["loss"] + columns["generated"] + 3.0 * columns["calls"])


def fit_quantised(facts: Sequence[TechniqueFact]) -> QuantisedModel:
    """A line through the facts of each format that has any; one without takes that of four bits."""
    lines = {name: _fit([fact for fact in facts if fact.technique == name]) for name in FORMATS}
    known = next(line for line in lines.values() if line is not None)
    return QuantisedModel({name: known if line is None else line for name, line in lines.items()})


def _fit(facts: Sequence[TechniqueFact]) -> Line | None:
    if not facts:
        return None
    target = logit(np.array([fact.score for fact in facts])) - logit(
        np.array([_USUAL if fact.base is None else fact.base for fact in facts])
    )
    sources = [fact.source_id for fact in facts]
    by = [fact.model for fact in facts] if len(set(sources)) < 3 else sources
    return fit_line(columns_of(facts), target, sources, _PULLS, scatter(facts), by)
