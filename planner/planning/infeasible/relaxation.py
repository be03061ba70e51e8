"""The least change of one limit that frees a set of limits, the others of the set held."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.options.table import OptionTable
from planner.planning.limits import SEGMENT_LIMITS, Strictness, greatest_floor, least_time
from planner.planning.wording import time_text
from planner.units import Ints
from planner.workload.schema import RelativeFloor, Segment

_STEPS: Final = 14
_PRECISION: Final = 1.002
DEFAULT_FLOOR: Final = RelativeFloor(at_least=0.95, of="best")
"""The floor of a segment that states none."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """How far a limit would have to move."""

    best_reachable: str
    relax_to: str


def relax_within(
    segment: Segment, table: OptionTable, path: str, rows: Ints, strictness: Mapping[str, Strictness]
) -> Relaxation:
    """Least change of a segment's limit under which one of these rows holds it; empty when there are no rows."""
    if rows.size == 0:
        return Relaxation("nothing that holds the other limits", "")
    strict = strictness[SEGMENT_LIMITS[path].kind]
    if path == "quality_floor":
        return _relax_floor(segment, table, rows, strict)
    times = table.ttft_p95_ms if path == "latency.ttft_p95_ms" else table.total_p95_ms
    reached = least_time(times[rows], strict)
    best = int(np.argmin(reached))
    model = table.model_ids[table.model[rows[best]]]
    # Rounded up to three digits, so that what is offered is enough.
    return Relaxation(f"{time_text(float(reached[best]))} with {model}", f"{rounded_up(float(reached[best])):.0f} ms")


def _relax_floor(segment: Segment, table: OptionTable, rows: Ints, strict: Strictness) -> Relaxation:
    asked = DEFAULT_FLOOR if segment.quality_floor is None else segment.quality_floor
    unit = table.floor / asked.at_least if isinstance(asked, RelativeFloor) else np.ones_like(table.floor)
    reached = greatest_floor(table.quality[rows], unit, strict)
    best = int(np.argmax(reached))
    model = table.model_ids[table.model[rows[best]]]
    value = np.floor(float(reached[best]) * 1000.0) / 1000.0
    of = f" of {asked.of}" if isinstance(asked, RelativeFloor) else ""
    return Relaxation(f"{value:.3f}{of} with {model}", f"{value:.3f}{of}" if value > 0.0 else "")


def rounded_up(value: float) -> float:
    """Value with three significant digits, never below it.

    >>> rounded_up(1234.1), rounded_up(1230.0)
    (1240.0, 1230.0)
    """
    if value <= 0.0:
        return 0.0
    step = 10.0 ** (np.floor(np.log10(value)) - 2.0)
    return float(np.ceil(value / step - 1e-9) * step)


def least_feasible(feasible: Callable[[float], bool], infeasible_at: float, feasible_at: float) -> float:
    """A value between that is feasible, within 0.2 % of the least change from `infeasible_at`; by bisection."""
    bad, good = infeasible_at, feasible_at
    for _ in range(_STEPS):
        if max(good, bad) / max(min(good, bad), 1e-12) < _PRECISION:
            break
        middle = float(np.sqrt(good * bad)) if min(good, bad) > 0.0 else (good + bad) / 2.0
        if feasible(middle):
            good = middle
        else:
            bad = middle
    return good
