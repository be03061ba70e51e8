"""From which volume each segment of a plan is served cheaper on own machines than by API, by the plan's options."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from planner.beliefs.cost.api import volume_factor
from planner.beliefs.cost.machine_hours import Demand, Startup, month_profile
from planner.beliefs.serving.sizing import busy_to_mean
from planner.catalog.hardware import measured_gpus
from planner.options.table import Pool
from planner.planning.draw_shares import upper_at
from planner.planning.explain.option_text import Facts, choice_of
from planner.planning.plan import BreakEvenNote
from planner.planning.problem import Problem, SegmentPart
from planner.planning.self_hosting.break_even import ApiPath, NotReached, Reached, RentedPath, break_even
from planner.planning.solve.milp import Solution
from planner.planning.wording import figure_of, percent_text, rounded_text, steady
from planner.resources import catalogs_dir
from planner.units import HOURS_PER_MONTH, Bools, Draws, Interval, Ints

_TOP: Final = 1000.0
"""Times the planned volume up to which is looked."""
_NO_START: Final = Startup(np.zeros(1), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The own option that pays first, and when."""

    row: int
    result: Reached | NotReached


@dataclass(frozen=True, slots=True, eq=False)
class _Own:
    """Own options to compare, and what is not shown of them."""

    rows: Ints
    doubt: Literal["", "speed", "limits"]


def tell_break_evens(problem: Problem, facts: Facts, solution: Solution) -> tuple[BreakEvenNote, ...]:
    """One note a segment: the option it runs on now, against the best of the other kind that holds every limit.

    Costs are the plan's: whole replicas always on, components with people's hours, in draws.
    """
    return tuple(_note(problem, facts, solution, number) for number in range(len(problem.parts)))


def _note(problem: Problem, facts: Facts, solution: Solution, number: int) -> BreakEvenNote:
    part, chosen = problem.parts[number], solution.choice[number]
    table, segment = part.table, part.segment
    requests = steady(segment.requests_per_month * volume_factor(problem.workload))
    by_token = np.array([place.serving == "api" for place in table.places])[table.place]
    own = (table.pool >= 0) & (table.strong_model < 0)
    fits = part.held.fits()
    api_rows = _kept(by_token & fits, chosen)
    if not api_rows.size:
        text = "No API may serve it within its limits: there is nothing to set own machines against."
        return BreakEvenNote(segment=segment.name, state="no_api", planned_requests=requests, text=text)
    api_row = min(api_rows.tolist(), key=lambda row: _mean_usd(problem, part, row))
    options = _own_options(problem, part, own, fits, chosen)
    if not options.rows.size:
        text = "No open model may serve it on rented or own machines."
        return BreakEvenNote(segment=segment.name, state="no_own", planned_requests=requests, text=text)
    found = _first_to_pay(problem, part, options.rows, api_row, requests)
    return _told(problem, facts, number, found, api_row, requests, options.doubt)


def _own_options(problem: Problem, part: SegmentPart, own: Bools, fits: Bools, chosen: int) -> _Own:
    """Those that hold every limit on a GPU somebody measured; else on any; else the one that comes nearest."""
    known = measured_gpus(catalogs_dir() / "serving" / "measurements.csv")
    seen = np.array([*[pool.gpu in known for pool in problem.options.pools], False])[part.table.pool]
    if (own & fits & seen).any():
        return _Own(_kept(own & fits & seen, chosen), "")
    if (own & fits).any():
        return _Own(_kept(own & fits, chosen), "speed")
    rows = np.flatnonzero(own)
    return _Own(rows[[int(np.argmax(part.held.reached()[rows]))]] if rows.size else rows, "limits")


def _kept(mask: Bools, chosen: int) -> Ints:
    """Rows of the mask; the chosen one alone where it is among them."""
    return np.array([chosen], dtype=np.int64) if mask[chosen] else np.flatnonzero(mask)


def _fixed(problem: Problem, part: SegmentPart, row: int) -> Draws:
    """Components of an option, USD a month, (S,); spare replicas apart, which the path of its machines counts."""
    counted = np.array([component.kind != "spare_replica" for component in problem.options.components], dtype=np.bool_)
    members = part.component_matrix[part.table.component_set[row]] & counted
    usd: Draws = problem.component_draws[members].sum(axis=0)
    return usd


def _mean_usd(problem: Problem, part: SegmentPart, row: int) -> float:
    return float(part.table.usage_usd[row].mean() + _fixed(problem, part, row).mean())


def _first_to_pay(problem: Problem, part: SegmentPart, rows: Ints, api_row: int, requests: float) -> _Found:
    """Of the option that is cheapest now and the one with the cheapest full replica, the one that pays first."""
    replica_usd = problem.replica_usd[part.table.pool[rows]]
    load = upper_at(part.table.pool_load[rows], problem.confidence)
    cap = problem.workload.assumptions.gpu_utilisation_cap
    fixed = np.array([_fixed(problem, part, int(row)).mean() for row in rows])
    now = fixed + np.maximum(np.ceil(load / cap - 1e-9), 1.0) * replica_usd
    candidates = {int(rows[int(np.argmin(now))]), int(rows[int(np.argmin(replica_usd * load))])}
    found = [_Found(row, _compare(problem, part, row, api_row, requests)) for row in sorted(candidates)]
    return min(found, key=lambda one: one.result.requests if isinstance(one.result, Reached) else np.inf)


def _compare(problem: Problem, part: SegmentPart, row: int, api_row: int, requests: float) -> Reached | NotReached:
    table, pool = part.table, problem.options.pools[int(part.table.pool[row])]
    path = RentedPath(
        label=pool.id,
        demand=Demand(
            requests_per_month=requests,
            busy_at_peak=table.pool_load[row],
            peak_to_mean=busy_to_mean(part.segment),
            utilisation_cap=problem.workload.assumptions.gpu_utilisation_cap,
            spare=_spare(pool),
        ),
        usd_per_gpu_hour=pool.usd_per_replica_month / HOURS_PER_MONTH / pool.gpus_per_replica,
        gpus_per_instance=pool.gpus_per_replica,
        gpus_per_replica=pool.gpus_per_replica,
        mode="always_on",
        profile=month_profile(busy_to_mean(part.segment), 1.0),
        startup=_NO_START,
        people_usd=_fixed(problem, part, row),
        jobs_usd=np.zeros_like(table.pool_load[row]),
    )
    # What the own option pays by the request too (look-ups of retrieval) is taken off the API's side.
    api = ApiPath("", table.usage_usd[api_row] - table.usage_usd[row], _fixed(problem, part, api_row))
    return break_even(path, api, "full", _TOP)


def _spare(pool: Pool) -> int:
    return pool.spare_replicas


def _told(
    problem: Problem,
    facts: Facts,
    number: int,
    found: _Found,
    api_row: int,
    requests: float,
    doubt: Literal["", "speed", "limits"],
) -> BreakEvenNote:
    own, api = (choice_of(problem, facts, number, row) for row in (found.row, api_row))
    part, result = problem.parts[number], found.result
    note = BreakEvenNote(
        segment=part.segment.name,
        state="not_verified" if doubt else "reached" if isinstance(result, Reached) else "not_reached",
        own=f"{own.label} on {own.place}",
        api=f"{api.label} at {api.place}",
        planned_requests=requests,
        up_to=steady(result.up_to),
        text=f"{_sentence(result)}{_doubt_text(problem, part, found.row, doubt)}",
    )
    return note.model_copy(update=_figures(result)) if isinstance(result, Reached) else note


def _doubt_text(problem: Problem, part: SegmentPart, row: int, doubt: str) -> str:
    if doubt == "speed":
        gpu = problem.options.pools[int(part.table.pool[row])].gpu
        return f" Not verified: no speed on {gpu} is published, so it is extrapolated."
    if doubt == "limits":
        share = percent_text(float(part.held.reached()[row]))
        return f" Not verified: it holds every limit in {share} of the draws only."
    return ""


def _figures(result: Reached) -> dict[str, object]:
    busy: Interval = result.utilisation
    figure = figure_of(np.array([busy.mean]), "simulated").model_copy(update={"low": busy.low, "high": busy.high})
    return {
        "requests": steady(result.requests),
        "low": steady(result.low),
        "high": None if result.high is None else steady(result.high),
        "utilisation": figure.model_copy(update={"low": steady(busy.low), "high": steady(busy.high)}),
    }


def _sentence(result: Reached | NotReached) -> str:
    if isinstance(result, NotReached):
        more = rounded_text(result.dearer_usd_per_1000.mean)
        return (
            f"Not reached up to {rounded_text(result.up_to)} requests a month: there it still costs {more} USD more per"
            f" 1,000; in {percent_text(result.share_reached)} of the draws it is reached."
        )
    end = "to no end" if result.high is None else f"to {rounded_text(result.high)}"
    if result.high is None:
        end += f": in {percent_text(1.0 - result.share_reached)} of the draws not up to {rounded_text(result.up_to)}"
    flips = ""
    if result.flips_share >= 0.05:
        share = percent_text(result.flips_share)
        flips = f" In {share} of the draws it is cheaper for a while before, until one more replica is due."
    return f"From {rounded_text(result.requests)} requests a month ({rounded_text(result.low)} {end}).{flips}"
