"""What a tuned model reaches: its level beside the large model of its study, not a gain on itself.

    logit(tuned) = logit(large) + kind + slopes x (what is known of size, base and large model)

Within a task the tuned score hardly depends on the base; a base near zero is a failure of form, and says no more than
one of 15 %. Fewer labels than the studies had reach a share of the way from the base. One line for each set of
scores that is given, so that what is not known is not guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from planner.beliefs.techniques.published.lines import Columns, Line, Pull, fit_line
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.units import Draws, Floats, logit

Given: TypeAlias = tuple[bool, bool]
"""Whether the large model's score is known, and the base's."""
GIVEN: Final[tuple[Given, ...]] = ((True, False), (True, True), (False, False), (False, True))
"""Without the base first: the line with it has fewer studies, and is drawn to the one without."""
_SIZE_B: Final = 8.0
_SMALL_B: Final = 1.0
_LEAST_BASE: Final = 0.15
_USUAL_GAP: Final = 1.2
"""How far a base usually lies below the large model of its study, logit."""
_USUAL_BASE: Final = -0.2
KIND_HARDNESS: Final[Mapping[str, float]] = {
    "closed_labels": 0.0,
    "open_labels": 0.0,
    "flat_fields": 0.0,
    "nested_fields": 0.0,
    "tool_calls": 0.0,
    "text_to_sql": 0.0,
    "trained_calls": 0.0,
    "from_template": 0.25,
    "programming": 1.0,
    "multiple_choice": 1.0,
    "open_questions": 1.0,
    "reasoning": 1.0,
    "math": 1.0,
    "open_agency": 1.0,
}
"""1 where a large model's knowledge and reasoning decide, 0 where form does; 0.5 for what is not named."""
_UNNAMED: Final = 0.5
_NO_EVIDENCE: Final = 1.5
"""How many times wider a kind scatters that no study has."""
_LABEL_POINTS: Final = (1.0, 2.0, 3.0, 3.3)
_LABEL_SHARES: Final = (0.23, 0.56, 0.9, 1.0)
"""Share of the way from the base to the studies' level by log10 of labels: label curves of eight-billion models on
ten legal tasks (17, 42 and 67 % of the gain of the model tuned on all tasks, itself at about 75 % there)."""
PULLS: Final[Mapping[str, Pull]] = {
    "one": Pull(1e-6),
    "hard": Pull(0.3),
    "large": Pull(3.0),
    "large_closed": Pull(1.0),
    "base": Pull(3.0),
    "decades": Pull(3.0, 0.2),
    "decades_small": Pull(4.0, 0.6),
    "decades_small_nested": Pull(2.0, 1.0),
}
_KIND_PULL: Final = Pull(2.0)
_SHARED: Final = frozenset({"hard", "decades", "decades_small", "decades_small_nested"})
_FROM_COARSER: Final = 3.0


def kind_of(fact: TechniqueFact) -> str:
    """The kind of a fact, or its skill where it has none."""
    return fact.kind or fact.skill


def label_share(labels: Floats) -> Floats:
    """Share of the way to the level that this many labels reach; 1 from 2,000 on and where nothing is said (nan)."""
    at = np.log10(np.clip(np.where(np.isnan(labels), 1e4, labels), 1.0, None))
    return np.asarray(np.interp(at, _LABEL_POINTS, _LABEL_SHARES, left=0.0))


def base_log_odds(base: Draws) -> Draws:
    """Log odds of a base, one that fails by form raised to what that says."""
    return logit(np.maximum(base, _LEAST_BASE))


@dataclass(frozen=True, slots=True, eq=False)
class TunedRows:
    """What is known of N rows, arrays (N,), or (N, S) for scores; nan where nothing is."""

    kinds: tuple[str, ...]
    closed: Floats
    params_b: Floats
    labels: Floats
    large: Draws
    base: Draws


def tuned_rows(facts: Sequence[TechniqueFact]) -> TunedRows:
    """Facts as arrays."""
    return TunedRows(
        kinds=tuple(kind_of(fact) for fact in facts),
        closed=np.array([float(fact.skill == "classification") for fact in facts]),
        params_b=_numbers([fact.params_b for fact in facts]),
        labels=_numbers([fact.labels for fact in facts]),
        large=_numbers([fact.reference for fact in facts]),
        base=_numbers([fact.base for fact in facts]),
    )


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class TunedModel:
    """A line for each set of given scores, and the kinds that studies have."""

    lines: Mapping[Given, Line]
    kinds: frozenset[str]

    def forecast(self, rows: TunedRows, given: Given) -> tuple[Draws, Floats]:
        """Log odds as the scores' shape, and the standard deviation (N,) of a new study's about them."""
        line = self.lines[given]
        level = line.at(columns_of(rows, given, self.kinds)) + _offset(rows, given)
        return _with_labels(rows, level, given), line.sd * scatter(rows, self.kinds)


def columns_of(rows: TunedRows, given: Given, kinds: frozenset[str]) -> Columns:
    """Columns of the line; scores may be (N, S), the rest is (N,) or (N, 1) beside them."""
    large, base = logit(rows.large), base_log_odds(rows.base)
    size = np.log10(np.where(np.isnan(rows.params_b), _SIZE_B, rows.params_b))
    knee = np.log10(_SMALL_B)
    small = np.minimum(size - knee, 0.0)
    nested = np.array([float(kind == "nested_fields") for kind in rows.kinds])
    columns = {
        "one": np.ones(len(rows.kinds)),
        "hard": np.array([KIND_HARDNESS.get(kind, _UNNAMED) for kind in rows.kinds]),
        "decades": np.maximum(size, knee) - np.log10(_SIZE_B),
        "decades_small": small,
        "decades_small_nested": small * nested,
        **{kind: np.array([float(one == kind) for one in rows.kinds]) for kind in sorted(kinds)},
    }
    if rows.large.ndim == 2:
        columns = {name: column[:, None] for name, column in columns.items()}
    if given[0]:
        columns["large"] = large - 1.0
        columns["large_closed"] = (large - 1.0) * (rows.closed if large.ndim == 1 else rows.closed[:, None])
    if given[1]:
        columns["base"] = base - (large - _USUAL_GAP if given[0] else 0.0)
    return columns


def scatter(rows: TunedRows, kinds: frozenset[str]) -> Floats:
    """How many times wider than usual each row (N,) scatters: with each decade below a billion, and without a study."""
    size = np.where(np.isnan(rows.params_b), _SIZE_B, rows.params_b)
    small = np.maximum(-np.log10(size / _SMALL_B), 0.0)
    unseen = np.array([1.0 if kind in kinds else _NO_EVIDENCE for kind in rows.kinds])
    return np.asarray((1.0 + small) * unseen)


def _offset(rows: TunedRows, given: Given) -> Draws:
    return logit(rows.large) if given[0] else np.zeros_like(rows.large)


def _start(rows: TunedRows, given: Given) -> Draws:
    """Where few labels start from: the base, or where one usually lies."""
    usual = logit(rows.large) - _USUAL_GAP if given[0] else np.full_like(rows.large, _USUAL_BASE)
    return np.where(np.isnan(rows.base), usual, base_log_odds(rows.base))


def _with_labels(rows: TunedRows, level: Draws, given: Given) -> Draws:
    """Log odds after so many labels; a model that would get worse is as good as its level."""
    start, share = _start(rows, given), label_share(rows.labels)
    if level.ndim == 2:
        share = share[:, None]
    return np.where(level > start, start + share * (level - start), level)


def fit_tuned(facts: Sequence[TechniqueFact]) -> TunedModel:
    """Lines through facts of tuned models; those with few labels count by the level they point to."""
    kinds = frozenset(kind_of(fact) for fact in facts)
    lines: dict[Given, Line] = {}
    for given in GIVEN:
        lines[given] = _fit(facts, given, kinds, lines.get((given[0], False)))
    return TunedModel(lines, kinds)


def _fit(facts: Sequence[TechniqueFact], given: Given, kinds: frozenset[str], without_base: Line | None) -> Line:
    known = [
        fact
        for fact in facts
        if (fact.reference is not None or not given[0]) and (fact.base is not None or not given[1])
    ]
    rows = tuned_rows(known)
    reached, start, share = (
        logit(np.array([fact.score for fact in known])),
        _start(rows, given),
        label_share(rows.labels),
    )
    gain = np.maximum(reached - start, 0.0) / np.maximum(share, 0.4)
    level = np.where((share < 1.0) & (reached > start), start + gain, reached)
    columns = columns_of(rows, given, kinds)
    pulls = {name: PULLS.get(name, _KIND_PULL) for name in columns}
    if without_base is not None:
        pulls |= {name: Pull(_FROM_COARSER, without_base.coefficients[name]) for name in columns if name in _SHARED}
    sources = [fact.source_id for fact in known]
    families = [source.removesuffix("-sizes") for source in sources]
    return fit_line(columns, level - _offset(rows, given), sources, pulls, scatter(rows, kinds), families)
