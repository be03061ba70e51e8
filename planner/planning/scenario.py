"""What-if: named changes to a workload, the plan before and after, sweeps with switch points, the tornado. (Signatures; bodies follow.)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.planning.choose import Detail, Planned
from planner.planning.plan import Figure, OptionChoice
from planner.workload.schema import Workload


@dataclass(frozen=True, slots=True)
class Change:
    """One changed input: 'segments.ticket-triage.requests_per_month' to 2e6, 'x1.5' (times) or '+0.02' (plus)."""

    path: str
    """Dotted path in the workload; a segment by its name, or '*' for all: 'segments.*.quality_floor', 'assumptions.gpu_price_factor'."""
    value: object
    """New value, or 'x1.5', '+0.02', '-0.02' relative to the present one; None removes an optional limit."""


@dataclass(frozen=True, slots=True)
class SegmentChange:
    """One segment before and after."""

    name: str
    before: OptionChoice
    after: OptionChoice
    tools_changed: bool
    cost_usd: Figure
    """After minus before, draw by draw."""
    quality: Figure
    total_p95_ms: Figure


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Plan now against plan before; differences are None when either is a conflict."""

    before: Planned
    after: Planned
    cost_usd: Figure | None
    """After minus before, draw by draw, USD a month."""
    quality: Figure | None
    slowest_total_p95_ms: Figure | None
    segments: tuple[SegmentChange, ...]
    tools_added: tuple[str, ...]
    tools_removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SweepRow:
    """The plan at one value of the varied input."""

    value: float
    feasible: bool
    monthly_cost_usd: Figure | None
    quality: Figure | None
    tools: tuple[str, ...]
    """Label of the chosen option, segment by segment; empty when infeasible."""
    switches: tuple[str, ...]
    """Segments whose tool differs from the row before."""
    text: str
    """'ticket-triage switches from A to B'; the conflict's text when infeasible; '' when nothing switches."""


@dataclass(frozen=True, slots=True)
class Swing:
    """One bar of the tornado."""

    path: str
    label: str
    low_value: str
    high_value: str
    low_usd: float | None
    """Monthly cost of the plan made anew with the low value; None when infeasible."""
    high_usd: float | None


def parse_change(text: str) -> Change:
    """Change from 'PATH=VALUE' of the command line; the value is read as YAML unless it starts with x, + or -."""
    raise NotImplementedError


def apply_changes(workload: Workload, changes: Sequence[Change]) -> Workload:
    """A new, validated workload; InputError names what is allowed when a path or value is wrong."""
    raise NotImplementedError


def what_if(
    before: Planned,
    changes: Sequence[Change],
    catalog: Catalog,
    beliefs: Beliefs,
    today: date,
    cache: Any = None,
    detail: Detail = "quick",
) -> Comparison:
    """The plan made anew with the changes, compared draw by draw with the plan before."""
    raise NotImplementedError


def sweep(
    workload: Workload,
    path: str,
    low: float,
    high: float,
    count: int,
    catalog: Catalog,
    beliefs: Beliefs,
    today: date,
    cache: Any = None,
) -> tuple[SweepRow, ...]:
    """Plans along one input, evenly spaced, with the points where the chosen tools change."""
    raise NotImplementedError


def tornado(planned: Planned, catalog: Catalog, beliefs: Beliefs, today: date, cache: Any = None) -> tuple[Swing, ...]:
    """What moves the bill most: each driver at a low and a high value, all else as planned, widest first."""
    raise NotImplementedError
