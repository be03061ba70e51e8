"""From workload and options to a plan or a conflict: the room's way in. (Signatures; bodies follow.)"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.options.table import Options
from planner.planning.plan import Outcome
from planner.units import SEED
from planner.workload.schema import Workload

Detail: TypeAlias = Literal["quick", "full"]
"""quick: choice, figures and baselines-free totals for a slider's move; full: everything the plan tells."""


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """An answer with what it was made from, so that a change needs only what it touches."""

    workload: Workload
    options: Options
    outcome: Outcome
    detail: Detail
    state: Any = None
    """Arrays and solution, private to planning."""


def choose_plan(
    workload: Workload,
    catalog: Catalog,
    options: Options,
    *,
    detail: Detail = "full",
    front: int = 12,
    seed: int = SEED,
) -> Outcome:
    """Cheapest (or best) plan that holds every limit at the workload's confidence, or the limits that can't hold together."""
    raise NotImplementedError


def plan_bundle(
    workload: Workload,
    catalog: Catalog,
    beliefs: Beliefs,
    today: date,
    cache: Any = None,
    detail: Detail = "full",
) -> Planned:
    """Enumerate options (through `cache`, when given) and choose; keeps what a later change reuses."""
    raise NotImplementedError


def plan_workload(
    workload: Workload,
    catalog: Catalog,
    beliefs: Beliefs,
    today: date,
    cache: Any = None,
    detail: Detail = "full",
) -> Outcome:
    """`plan_bundle(...).outcome`."""
    raise NotImplementedError


def fill_in(planned: Planned, catalog: Catalog, beliefs: Beliefs) -> Planned:
    """The same answer in full: runner-ups, relaxations, front and baselines added to a quick one."""
    raise NotImplementedError


def workload_hash(workload: Workload) -> str:
    """SHA-256 of the workload's canonical JSON, hex."""
    raise NotImplementedError
