"""Why this option and not another: binding limits, the runner-up, what relaxing is worth, who wins in other draws."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.options.table import Exclusion, OptionTable
from planner.planning.explain.baselines import tools_used
from planner.planning.explain.option_text import Facts, choice_of
from planner.planning.explain.shares import Beside, beside
from planner.planning.limits import LIMIT_NAMES, PLAN_LIMITS, SEGMENT_LIMITS, held_limits, limits_in_draws
from planner.planning.plan import NamedModel, OptionChoice, Relaxed, Rival, RunnerUp
from planner.planning.problem import Problem, fitting_rows
from planner.planning.solve.milp import Solution, counted_usd, solve
from planner.planning.wording import figure_of, listed, percent_text, time_text, usd_text
from planner.units import Bools, Draws, Floats, Ints
from planner.workload.schema import LatencyLimits, Limits, RelativeFloor, Segment

_FLOOR_NOTCH: Final = 0.02
_TIME_NOTCH: Final = 1.15
_RIVALS: Final = 4
_SWAPS: Final = 20
_WORTH_TELLING_USD: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A plan being explained: one segment of it, and what its options would add beside the others."""

    problem: Problem
    facts: Facts
    solution: Solution
    number: int
    beside: Beside
    added_usd: Floats
    """(N,) mean cost that each option adds."""

    @property
    def segment(self) -> Segment:
        """The segment."""
        return self.problem.parts[self.number].segment

    @property
    def table(self) -> OptionTable:
        """Its options."""
        return self.problem.parts[self.number].table

    @property
    def row(self) -> int:
        """The chosen row."""
        return self.solution.choice[self.number]


def tell_about(problem: Problem, facts: Facts, solution: Solution, number: int) -> Told:
    """Price every option of a segment beside the plan's other segments."""
    around = beside(problem, solution, number)
    return Told(problem, facts, solution, number, around, around.usd())


def scores(told: Told) -> Floats:
    """(N,) what each option adds to the workload's objective, the smaller the better."""
    objective = told.problem.workload.objective
    share = float(told.problem.request_share[told.number])
    quality = told.table.quality.mean(axis=1) * share
    if objective.maximise is not None:
        return -np.asarray(quality, dtype=np.float64)
    if objective.counts_errors:
        part = told.problem.parts[told.number]
        return np.asarray(told.added_usd + part.error_usd * (1.0 - told.table.quality.mean(axis=1)), dtype=np.float64)
    worth = 0.0 if objective.weigh is None else objective.weigh.usd_per_quality_point * 100.0
    return np.asarray(told.added_usd - worth * quality, dtype=np.float64)


def binding_limits(told: Told) -> tuple[str, ...]:
    """Limits without which, all others held, an option would be better than the chosen one."""
    held, score = told.problem.parts[told.number].held, scores(told)
    usable = np.isfinite(told.added_usd)
    better = usable & (score < score[told.row] - 1e-6 * max(1.0, abs(float(score[told.row]))))
    return tuple(path for path in held.shares if bool((held.fits(without=(path,)) & better).any()))


def why(told: Told, choice: OptionChoice, binding: tuple[str, ...]) -> str:
    """One plain sentence."""
    held = told.problem.parts[told.number].held
    fitting = int(held.fits().sum())
    floor = percent_text(float(held.shares["quality_floor"][told.row]))
    goal = "best" if told.problem.workload.objective.maximise else "cheapest"
    if told.problem.workload.objective.weigh:
        goal = "best value"
    ways = f"Of {fitting:,} fitting ways" if fitting > 1 else "The only way that fits"
    first = (
        f"{ways}, {choice.label} is the {goal} beside the other tools" if fitting > 1 else f"{ways} is {choice.label}"
    )
    said = f"{first}; it reaches the floor ({told.table.floor_text}) in {floor} of draws"
    kept = listed([LIMIT_NAMES[path] for path in binding])
    return f"{said}, and {kept} {'keeps' if len(binding) == 1 else 'keep'} cheaper ones out." if binding else f"{said}."


def _same_tool(table: OptionTable, row: int) -> Bools:
    """(N,) rows of the same model, technique and escalation model as a row."""
    same: Bools = (
        (table.model == table.model[row])
        & (table.technique == table.technique[row])
        & (table.strong_model == table.strong_model[row])
    )
    return same


def runner_up(told: Told) -> RunnerUp | None:
    """Best plan without the chosen model and technique in this segment, the others planned anew; None without one."""
    problem = told.problem
    rows = problem.parts[told.number].rows
    left = rows.take(~_same_tool(told.table, told.row)[rows.index])
    other = solve(problem.with_rows({told.number: left}), upper=_swapped_objective(told, left.index))
    if other is None:
        return None
    row = other.choice[told.number]
    return RunnerUp(
        option=choice_of(problem, told.facts, told.number, row),
        extra_cost_usd=counted_usd(problem, other) - counted_usd(problem, told.solution),
        quality=figure_of(told.table.quality[row]),
    )


def _swapped_objective(told: Told, rows: Ints) -> float | None:
    """Objective of the plan with the best of these rows in place of the chosen one; None if none may stand there."""
    score, limits = scores(told), told.problem.workload.limits
    if told.problem.workload.objective.maximise is not None:
        return None
    usable = rows[np.isfinite(told.added_usd[rows])]
    for row in usable[np.argsort(score[usable], kind="stable")[:_SWAPS]]:
        choice = (*told.solution.choice[: told.number], int(row), *told.solution.choice[told.number + 1 :])
        models, providers = tools_used(told.problem, replace(told.solution, choice=choice))
        few = limits.max_models is None or len(models) <= limits.max_models
        if few and (limits.min_providers is None or len(providers) >= limits.min_providers):
            return told.solution.objective + float(score[row] - score[told.row])
    return None


def rivals(told: Told) -> tuple[tuple[Rival, ...], float]:
    """Who is cheapest among those that hold all limits in a draw, by share of draws; and what knowing would save.

    The second figure is the mean over draws of what the chosen option adds less what that draw's cheapest would add
    (0 where the chosen one is cheapest or fails a limit): the most that measurement could be worth.
    """
    held = limits_in_draws(told.segment, told.table, told.problem.strictness)
    rows = np.flatnonzero(held.any(axis=1) & np.isfinite(told.added_usd))
    if rows.size == 0:
        return (), 0.0
    usd = np.where(held[rows], _counted_draws(told, rows), np.inf)
    best = np.argmin(usd, axis=0)
    least = usd[best, np.arange(usd.shape[1])]
    winners = rows[best[np.isfinite(least)]]
    return _ranked(told, winners, usd.shape[1]), _worth_of_knowing(told, held, least)


def _counted_draws(told: Told, rows: Ints) -> Draws:
    """What some options add in each draw, (len(rows), S): bill, and wrong answers where they are counted."""
    usd = told.beside.usd_draws(rows)
    if told.problem.workload.objective.counts_errors:
        usd = usd + told.problem.parts[told.number].error_usd * (1.0 - told.table.quality[rows])
    return usd


def _ranked(told: Told, winners: Ints, count: int) -> tuple[Rival, ...]:
    table = told.table
    tools: dict[tuple[int, int, int], list[int]] = {}
    for row in winners:
        key = (int(table.model[row]), int(table.technique[row]), int(table.strong_model[row]))
        tools.setdefault(key, []).append(int(row))
    own = (int(table.model[told.row]), int(table.technique[told.row]), int(table.strong_model[told.row]))
    ranked = sorted((item for item in tools.items() if item[0] != own), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        Rival(
            option=choice_of(told.problem, told.facts, told.number, max(sorted(set(rows)), key=rows.count)),
            share=len(rows) / count,
        )
        for _, rows in ranked[:_RIVALS]
    )


def _worth_of_knowing(told: Told, held: Bools, least: Draws) -> float:
    mine = _counted_draws(told, np.array([told.row]))[0]
    saved = np.where(held[told.row] & np.isfinite(least), np.maximum(mine - least, 0.0), 0.0)
    return float(saved.mean())


Role: TypeAlias = Literal["today", "prefer"]
Loosened: TypeAlias = tuple[str, str, str, Segment, Floats | None]
"""Path, old value, new value, the segment with the new limit, its floor's draws when those change."""


def _looser_floor(told: Told) -> Loosened | None:
    floor, asked = told.table.floor, told.segment.quality_floor
    if isinstance(asked, float):
        new = max(asked - _FLOOR_NOTCH, 0.0)
        segment = told.segment.model_copy(update={"quality_floor": new})
        return "quality_floor", f"{asked:g}", f"{new:g}", segment, np.full_like(floor, new)
    relative = asked if isinstance(asked, RelativeFloor) else RelativeFloor(at_least=0.95)
    new = max(relative.at_least - _FLOOR_NOTCH, 0.0)
    texts = f"{percent_text(relative.at_least)} of {relative.of}", f"{percent_text(new)} of {relative.of}"
    return "quality_floor", *texts, told.segment, floor * new / relative.at_least


def _looser_time(told: Told, field: str) -> Loosened | None:
    allowed = getattr(told.segment.latency, field)
    if allowed is None:
        return None
    new = allowed * _TIME_NOTCH
    latency = LatencyLimits.model_validate({**told.segment.latency.model_dump(), field: new})
    segment = told.segment.model_copy(update={"latency": latency})
    return f"latency.{field}", time_text(allowed), time_text(new), segment, None


_LOOSER: Final[tuple[Callable[[Told], Loosened | None], ...]] = (
    _looser_floor,
    lambda told: _looser_time(told, "ttft_p95_ms"),
    lambda told: _looser_time(told, "total_p95_ms"),
)


def relaxed(told: Told) -> tuple[Relaxed, ...]:
    """What each limit of the segment, a notch looser, would save when everything is planned anew."""
    out = []
    for looser in _LOOSER:
        loosened = looser(told)
        if loosened is None:
            continue
        path, old, new, segment, floor = loosened
        other = _planned_with(told, segment, floor)
        saves = counted_usd(told.problem, told.solution) - counted_usd(told.problem, other) if other else 0.0
        if saves > _WORTH_TELLING_USD:
            text = f"{usd_text(saves)} a month less at {SEGMENT_LIMITS[path].looser.format(new=new, old=old)}"
            limit = f"segments.{told.segment.name}.{path}"
            out.append(Relaxed(limit=limit, from_value=old, to_value=new, saves_usd=saves, text=text))
    return tuple(out)


def _planned_with(told: Told, segment: Segment, floor: Floats | None) -> Solution | None:
    """The best plan when one segment's limits are these; None when no option is added by them."""
    part = told.problem.parts[told.number]
    table = part.table if floor is None else replace(part.table, floor=floor)
    held = held_limits(segment, table, told.problem.strictness)
    if int(held.fits().sum()) == part.rows.size:
        return None
    rows = {told.number: fitting_rows(part, held, told.problem.confidence)}
    return solve(told.problem.with_rows(rows), upper=told.solution.objective)


def relaxed_plan_limits(problem: Problem, solution: Solution) -> tuple[Relaxed, ...]:
    """What the limits of the whole plan, a notch looser, would save."""
    limits, out = problem.workload.limits, []
    for path, limit in PLAN_LIMITS.items():
        old = limit.asked(limits)
        new = None if old is None else limit.notch(old)
        if old is None or new is None or new < 1:
            continue
        looser = Limits.model_validate({**limits.model_dump(), limit.field: int(new) if limit.whole else new})
        other = solve(problem, looser, solution.objective)
        if other is None:
            continue
        saves = counted_usd(problem, solution) - counted_usd(problem, other)
        better = (other.quality - solution.quality) * 100.0
        if saves > _WORTH_TELLING_USD:
            text = f"{usd_text(saves)} a month less at {limit.looser} of {new:g} instead of {old:g}"
        elif problem.workload.objective.minimise is None and better > 0.05:
            text = f"{better:.1f} points more quality at {limit.looser} of {new:g} instead of {old:g}"
        else:
            continue
        out.append(Relaxed(limit=path, from_value=f"{old:g}", to_value=f"{new:g}", saves_usd=saves, text=text))
    return tuple(out)


def named_models(told: Told) -> tuple[NamedModel, ...]:
    """Models that the user named, always shown, with the reason where they fail."""
    asked: list[tuple[Role, str]] = []
    if told.segment.today is not None:
        asked.append(("today", told.segment.today.model))
    if told.segment.prefer is not None:
        asked.append(("prefer", told.segment.prefer))
    return tuple(_named(told, role, model) for role, model in asked)


def _named(told: Told, role: Role, model: str) -> NamedModel:
    table = told.table
    local = table.model_ids.index(model) if model in table.model_ids else -1
    rows = np.flatnonzero((table.model == local) & (table.strong_model < 0)) if local >= 0 else np.zeros(0, np.int64)
    if rows.size == 0:
        reason = reasons_out(told.problem.options.exclusions, told.segment.name, model)
        known = model in told.facts.catalog.models
        said = reason or ("No way to serve this segment with it." if known else "The catalog does not know this model.")
        return NamedModel(
            model=model, role=role, option=None, monthly_cost_usd=None, quality=None, fits=False, reason=said
        )
    held = told.problem.parts[told.number].held
    fitting = rows[held.fits()[rows] & np.isfinite(told.added_usd[rows])]
    closest = rows[held.reached()[rows] >= held.reached()[rows].max() - 1e-9]
    pick = fitting if fitting.size else closest
    row = int(pick[np.argmin(told.added_usd[pick])])
    return NamedModel(
        model=model,
        role=role,
        option=choice_of(told.problem, told.facts, told.number, row),
        monthly_cost_usd=figure_of(told.beside.usd_draws(np.array([row]))[0])
        if np.isfinite(told.added_usd[row])
        else None,
        quality=figure_of(table.quality[row]),
        fits=bool(fitting.size),
        reason=_reason(told, row, fits=bool(fitting.size)),
    )


def _reason(told: Told, row: int, *, fits: bool) -> str:
    own = told.table.model[told.row] == told.table.model[row] and told.table.strong_model[told.row] < 0
    if fits and own:
        return "It is in the plan."
    if fits:
        more = told.added_usd[row] - told.added_usd[told.row]
        if more <= 0.0:
            return f"Fits every limit and costs {usd_text(-more)} a month less, but the plan's other aims rule it out."
        return f"Fits every limit, but costs {usd_text(more)} a month more than what is planned."
    held = told.problem.parts[told.number].held
    missed = [
        f"{LIMIT_NAMES[path]} in only {percent_text(float(share[row]))} of draws"
        for path, share in held.within.items()
        if not held.holds([path])[row]
    ]
    needed = percent_text(told.problem.workload.quality_confidence)
    return f"Holds {listed(missed)}; {needed} are asked for." if missed else "Its pool cannot grow far enough."


def reasons_out(exclusions: tuple[Exclusion, ...], segment: str, model: str) -> str:
    """Why a model is not among a segment's options, its distinct reasons joined; '' when nothing was noted."""
    found = [e.reason for e in exclusions if e.segment == segment and e.model in {model, "*"}]
    own = [e.reason for e in exclusions if e.segment == segment and e.model == model]
    return " ".join(list(dict.fromkeys(own or found))[:3])
