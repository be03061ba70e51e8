"""Every path at the planned volume: what it costs, how many machines, how idle they are, who waits."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.planning.plan import Figure
from planner.planning.self_hosting.answer import rent_modes
from planner.planning.self_hosting.break_even import ApiPath, Lens, OwnedPath, RentedPath, utilisation
from planner.planning.self_hosting.case import ServingCase
from planner.planning.wording import figure_of
from planner.report.format import number, percent
from planner.units import HOURS_PER_MONTH, Draws

MODE_TEXTS: Final[dict[str, str]] = {
    "always_on": "always on",
    "active_hours": "in active hours",
    "scale_to_zero": "off when idle",
}
_PLANNED: Final = np.ones((1, 1))


@dataclass(frozen=True, slots=True)
class PathRow:
    """One path's figures."""

    path: str
    cost: Figure
    per_1000: Figure
    machines: str = ""
    idle: Figure | None = None
    """Share of the paid hours in which nobody asks."""
    wait: str = ""

    @property
    def data(self) -> dict[str, str | float | None]:
        """The same for a download."""
        return {
            "path": self.path,
            "USD a month": self.cost.mean,
            "USD a month, low": self.cost.low,
            "USD a month, high": self.cost.high,
            "USD per 1,000": self.per_1000.mean,
            "machines": self.machines,
            "idle share of paid hours": None if self.idle is None else self.idle.mean,
            "waiting": self.wait,
        }


def _own_row(name: str, usd: Draws, case: ServingCase, machines: str, idle: Draws, wait: str = "") -> PathRow:
    per_1000 = figure_of(usd / case.demand.requests_per_month * 1000.0)
    return PathRow(name, figure_of(usd, "simulated"), per_1000, machines, figure_of(idle), wait)


def path_rows(case: ServingCase, lens: Lens) -> tuple[PathRow, ...]:
    """The API, the machines rented in each way, the own servers."""
    rows = [_api_row(case.api, case, lens)]
    if case.rented is not None:
        rows += [_rented_row(path, case, lens) for path in rent_modes(case.rented)]
    if case.owned is not None:
        rows.append(_owned_row(case.owned, case, lens))
    return tuple(rows)


def _api_row(path: ApiPath, case: ServingCase, lens: Lens) -> PathRow:
    usd = path.usd(_PLANNED, lens)[0]
    return PathRow(f"API: {path.label}", figure_of(usd), figure_of(usd / case.demand.requests_per_month * 1000.0))


def _rented_row(path: RentedPath, case: ServingCase, lens: Lens) -> PathRow:
    hours = path.instance_hours(_PLANNED)[0]
    count = _range_text(path.instances(_PLANNED)[0])
    size = f" of {path.gpus_per_instance} GPUs" if path.gpus_per_instance > 1 else ""
    machines = f"{count}{size}, {hours.mean():,.0f} machine hours"
    waiting = path.waiting_share(_PLANNED)[0]
    start = figure_of(path.startup.hours * 60.0)
    wait = ""
    if path.demand.waits and path.mode != "always_on" and not path.committed:
        wait = "answers come within the day: one run a day"
    elif path.mode == "scale_to_zero" and not path.committed:
        minutes = f"{number(start.mean, 2)} min ({number(start.low, 2)} to {number(start.high, 2)})"
        wait = f"{percent(float(waiting.mean()))} of requests, for a start of {minutes}"
    elif path.mode == "active_hours" and not path.committed:
        wait = f"no answers outside {path.profile.active_hours:,.0f} of {HOURS_PER_MONTH:,.0f} hours"
    label = f"rented, {MODE_TEXTS[path.mode]}" if not path.committed else f"reserved, {MODE_TEXTS[path.mode]}"
    return _own_row(label, path.usd(_PLANNED, lens)[0], case, machines, 1.0 - utilisation(path, _PLANNED)[0], wait)


def _owned_row(path: OwnedPath, case: ServingCase, lens: Lens) -> PathRow:
    count = _range_text(path.servers(_PLANNED)[0])
    idle = 1.0 - utilisation(path, _PLANNED)[0]
    label = f"owned: {path.label.removeprefix('own ')}"
    return _own_row(label, path.usd(_PLANNED, lens)[0], case, count, idle)


def _range_text(counts: Draws) -> str:
    low, high = np.quantile(counts, (0.05, 0.95), method="inverted_cdf")
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
