"""Plans to compare with: everything on one model, what runs today, and what perfect knowledge would cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.catalog.schema import Catalog
from planner.options.table import TECHNIQUES
from planner.planning.draw_shares import upper_at
from planner.planning.explain.missed_limits import limits_told, plan_limits_missed, rules_against, segment_limits_missed
from planner.planning.explain.option_text import model_name
from planner.planning.limits import limits_in_draws
from planner.planning.plan import Baseline, MissedLimit
from planner.planning.problem import Problem, Rows, SegmentPart, rows_of
from planner.planning.solve.milp import Ask, Solution, cost_draws, solve_ask
from planner.planning.wording import figure_of, listed, percent_text
from planner.units import Draws, Floats, Ints
from planner.workload.schema import Limits

_ABOUT: Final = 0.02
"""Quality within which two ways count as equally good when neither fits."""
BaselineName: TypeAlias = Literal["all_frontier", "all_small", "best_single", "today", "oracle"]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A baseline's plan with the segments that it cannot serve within the limits."""

    solution: Solution | None
    failing: tuple[str, ...]
    """Segments whose limits it misses."""
    away: tuple[str, ...]
    """Segments where the model may not run at all, so that another stands in."""
    misses: tuple[MissedLimit, ...] = ()
    """The segments' limits that it does not hold, the rules that keep it away included."""


def quality_draws(problem: Problem, solution: Solution) -> Draws:
    """Share of acceptable answers over all requests in each draw, (S,)."""
    picked = np.stack([part.table.quality[row] for part, row in zip(problem.parts, solution.choice, strict=True)])
    return np.asarray(problem.request_share @ picked, dtype=np.float64)


def list_baselines(problem: Problem, catalog: Catalog, solution: Solution) -> tuple[Baseline, ...]:
    """All baselines that make sense for this workload, savings draw by draw against the plan."""
    cost = cost_draws(problem, solution)
    made: list[Baseline] = []
    classes: tuple[tuple[BaselineName, str], ...] = (("all_frontier", "frontier"), ("all_small", "small"))
    for name, kind in classes:
        model = best_of_class(problem, catalog, kind)
        if model is not None:
            label = f"Everything on {model_name(catalog, model)}"
            made.append(_told(problem, cost, name, label, model, everything_on(problem, model)))
    single = best_single(problem)
    if single is not None:
        model, compared = single
        label = f"Best single model: {model_name(catalog, model)}"
        made.append(_told(problem, cost, "best_single", label, model, compared))
    today = _today(problem, catalog, cost)
    return (*made, *([today] if today else []), oracle(problem, solution))


def _plain_rows(part: SegmentPart) -> Ints:
    """Row numbers of options on one untuned model: what 'everything on it' means to those who run it today."""
    tuned = np.array(["fine_tune" in technique for technique in TECHNIQUES])
    return np.flatnonzero((part.table.strong_model < 0) & ~tuned[part.table.technique])


def _rows_on(problem: Problem, number: int, model: str) -> Ints:
    """Row numbers of a segment's options on one model alone, untuned."""
    part = problem.parts[number]
    if model not in part.table.model_ids:
        return np.zeros(0, dtype=np.int64)
    local = part.table.model_ids.index(model)
    plain = _plain_rows(part)
    mine: Ints = plain[part.table.model[plain] == local]
    return mine


def model_qualities(problem: Problem) -> tuple[Floats, Ints]:
    """Request-weighted mean quality of each model, untuned, at its best (M,), and the segments it can serve (M,)."""
    total, served = np.zeros(len(problem.models)), np.zeros(len(problem.models), dtype=np.int64)
    weight = np.zeros(len(problem.models))
    for number, part in enumerate(problem.parts):
        alone = _plain_rows(part)
        best = np.full(len(problem.models), -np.inf)
        np.maximum.at(best, part.model_of[part.table.model[alone]], part.table.quality[alone].mean(axis=1))
        there = np.isfinite(best)
        total[there] += best[there] * problem.request_share[number]
        weight[there] += problem.request_share[number]
        served += there
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0.0), served


def best_of_class(problem: Problem, catalog: Catalog, kind: str) -> str | None:
    """The model of a class that serves most segments, and among those has the best mean quality; None without one."""
    quality, served = model_qualities(problem)
    ranked = [
        (int(served[number]), float(quality[number]), -number)
        for number, name in enumerate(problem.models)
        if served[number] and name in catalog.models and catalog.models[name].model_class == kind
    ]
    return problem.models[-max(ranked)[2]] if ranked else None


def everything_on(problem: Problem, model: str) -> Compared:
    """All segments on one model: the cheapest of its ways that fits, else of those about as good as its best."""
    return served_by(problem, [model] * len(problem.parts), lambda number: _stand_ins(problem, number))


def served_by(problem: Problem, models: Sequence[str], stand_in: Callable[[int], Ints]) -> Compared:
    """Each segment on its named model; where that may not run at all, on `stand_in`'s rows."""
    rows: dict[int, Rows] = {}
    failing, away = [], []
    for number, part in enumerate(problem.parts):
        mine = _rows_on(problem, number, models[number])
        if mine.size == 0:
            away.append(part.segment.name)
            mine = stand_in(number)
        fitting = mine[part.held.fits()[mine]]
        if fitting.size == 0 and mine.size:
            failing.append(part.segment.name)
            fitting = _about_best(part, mine)
        rows[number] = rows_of(part, fitting, problem.confidence)
    solution = solve_ask(problem.with_rows(rows), Ask(1.0, 0.0, Limits()))
    misses: list[MissedLimit] = []
    for number, part in enumerate(problem.parts):
        name = part.segment.name
        if name in away:
            misses += rules_against(problem.options.exclusions, name, models[number]) if models[number] else ()
        elif name in failing and solution is not None:
            misses += segment_limits_missed(part, solution.choice[number])
    return Compared(solution, tuple(failing), tuple(away), tuple(misses))


def _about_best(part: SegmentPart, rows: Ints) -> Ints:
    """Of rows that miss a limit anyway, those about as good as the best: the cheapest of them is taken."""
    quality = part.table.quality[rows].mean(axis=1)
    best: Ints = rows[quality >= quality.max() - _ABOUT]
    return best


def _stand_ins(problem: Problem, number: int) -> Ints:
    """Rows that stand in for a model that may not run: about the best that one untuned model gives there."""
    part = problem.parts[number]
    alone = _plain_rows(part)
    return _about_best(part, alone) if alone.size else alone


def best_single(problem: Problem) -> tuple[str, Compared] | None:
    """The cheapest single model that fits every segment, exact by a lower bound; else the best one."""
    best: tuple[Solution, str] | None = None
    for least, model in _single_models(problem):
        if best is not None and least > best[0].cost_usd:
            break
        rows = {n: _alone_on(part, model) for n, part in enumerate(problem.parts)}
        upper = None if best is None else best[0].cost_usd
        solution = solve_ask(problem.with_rows(rows), Ask(1.0, 0.0, Limits()), upper)
        if solution is not None and (best is None or solution.cost_usd < best[0].cost_usd):
            best = (solution, problem.models[model])
    if best is not None:
        return best[1], Compared(best[0], (), ())
    quality, served = model_qualities(problem)
    if not served.any():
        return None
    most = max(range(len(problem.models)), key=lambda number: (served[number], quality[number], -number))
    return problem.models[most], everything_on(problem, problem.models[most])


def _alone_on(part: SegmentPart, model: int) -> Rows:
    return part.rows.take((part.rows.models == model).all(axis=1))


def _single_models(problem: Problem) -> list[tuple[float, int]]:
    """Models with a fitting option in every segment, by what they cost at least (usage alone), ascending."""
    least = np.full((len(problem.parts), len(problem.models)), np.inf)
    for number, part in enumerate(problem.parts):
        alone = part.rows.models[:, 0] == part.rows.models[:, 1]
        np.minimum.at(least[number], part.rows.models[alone, 0], part.rows.usage_usd[alone])
    total = least.sum(axis=0)
    return sorted((float(total[model]), int(model)) for model in np.flatnonzero(np.isfinite(total)))


def _today(problem: Problem, catalog: Catalog, cost: Draws) -> Baseline | None:
    """What serves the segments now, the cheapest fit where that isn't said; None when it is said for none."""
    named = [segment.today.model if segment.today else "" for segment in problem.workload.segments]
    if not any(named):
        return None
    compared = served_by(problem, named, lambda number: problem.parts[number].rows.index)
    silent = tuple(s.name for s in problem.workload.segments if s.today is None)
    known = tuple(dict.fromkeys(name for name in named if name))
    away = tuple(name for name in compared.away if name not in silent)
    note = f"not said for {listed(silent)}: served as cheaply as fits" if silent else ""
    label = f"What you run today ({listed([model_name(catalog, name) for name in known])})"
    compared = replace(compared, away=away)
    return _told(problem, cost, "today", label, ", ".join(known), compared, note)


def tools_used(problem: Problem, solution: Solution) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Distinct models and providers of a plan, in the order of segments."""
    models, providers = [], []
    for part, row in zip(problem.parts, solution.choice, strict=True):
        table = part.table
        for model, place in ((table.model[row], table.place[row]), (table.strong_model[row], table.strong_place[row])):
            if model >= 0:
                models.append(table.model_ids[model])
                providers.append(table.places[place].provider)
    return tuple(dict.fromkeys(models)), tuple(dict.fromkeys(providers))


def _told(
    problem: Problem,
    plan_cost: Draws,
    name: BaselineName,
    label: str,
    model: str,
    compared: Compared,
    note: str = "",
) -> Baseline:
    notes = [note] if note else []
    if compared.away:
        notes.append(f"may not serve {listed(compared.away)}: the best model allowed there stands in")
    solution = compared.solution
    if solution is None:
        missing = "no way to run it within its pools' size" if not compared.away else "no option stands in for it"
        return _baseline(name, label, model, None, None, None, False, "; ".join([*notes, missing]))
    models, providers = tools_used(problem, solution)
    misses = (*compared.misses, *plan_limits_missed(problem, solution, len(models), len(providers)))
    fits = not compared.failing and not compared.away and not misses
    if misses:
        notes.append(f"would not hold {limits_told(misses)}")
    cost = cost_draws(problem, solution)
    told = _baseline(
        name, label, model, cost, quality_draws(problem, solution), cost - plan_cost, fits, "; ".join(notes)
    )
    return told.model_copy(update={"misses": misses})


def _baseline(
    name: BaselineName,
    label: str,
    model: str,
    cost: Draws | None,
    quality: Draws | None,
    saving: Draws | None,
    fits: bool,
    note: str,
) -> Baseline:
    return Baseline(
        name=name,
        label=label,
        model=model,
        monthly_cost_usd=None if cost is None else figure_of(cost),
        quality=None if quality is None else figure_of(quality),
        saving_usd=None if saving is None else figure_of(saving),
        fits=fits,
        note=note,
    )


def oracle(problem: Problem, solution: Solution) -> Baseline:
    """Every draw's own optimum: what it would cost to know every number.

    In each draw each segment takes the cheapest option that holds its limits in that very draw. Shared parts are
    charged at 1 / (segments that could share them), so no plan made with perfect knowledge costs less: a lower bound on
    its cost and, where parts are shared by fewer segments, below what could be reached. In draws where no option holds
    a segment's limits, the plan's own choice is kept.
    """
    cost, quality = np.zeros(problem.component_draws.shape[1]), np.zeros(problem.component_draws.shape[1])
    component_share, replica_share = _shared_prices(problem)
    short = 0
    for number, part in enumerate(problem.parts):
        held = limits_in_draws(part.segment, part.table, problem.strictness)
        rows = np.flatnonzero(held.any(axis=1) & (part.held.reached() > 0.0))
        fixed = part.component_matrix.astype(np.float64) @ component_share
        usd = part.table.usage_usd[rows] + fixed[part.table.component_set[rows]]
        usd = usd + _pool_lower_usd(problem, number, rows, replica_share)[:, None]
        usd = np.where(held[rows], usd, np.inf)
        own = solution.choice[number]
        plan_usd = part.table.usage_usd[own] + fixed[part.table.component_set[own]]
        plan_usd = plan_usd + _pool_lower_usd(problem, number, np.array([own]), replica_share)[0]
        best = np.argmin(usd, axis=0) if rows.size else np.zeros(usd.shape[1], dtype=np.int64)
        columns = np.arange(usd.shape[1])
        least = usd[best, columns] if rows.size else np.full(usd.shape[1], np.inf)
        none = ~np.isfinite(least)
        short += int(none.sum())
        cost += np.where(none, plan_usd, least)
        picked = part.table.quality[rows[best], columns] if rows.size else part.table.quality[own]
        quality += problem.request_share[number] * np.where(none, part.table.quality[own], picked)
    note = "the cheapest way that holds the limits in each draw, if every number were known; shared parts split evenly"
    if short:
        share = short / (len(problem.parts) * cost.shape[0])
        note += f"; where nothing holds ({percent_text(share)} of draws) the plan's own choice stays"
    saving = cost - cost_draws(problem, solution)
    return _baseline("oracle", "With perfect knowledge", "", cost, quality, saving, True, note)


def _shared_prices(problem: Problem) -> tuple[Draws, Floats]:
    """Components (C, S) and replicas (P,) at one over the number of segments that could share them."""
    users = np.zeros(problem.component_usd.shape[0])
    pool_users = np.zeros(problem.replica_usd.shape[0])
    for part in problem.parts:
        sets = np.unique(part.table.component_set)
        users += part.component_matrix[sets].any(axis=0)
        pools = np.unique(part.table.pool[part.table.pool >= 0])
        pool_users[pools] += 1.0
    return problem.component_draws / np.maximum(users, 1.0)[:, None], problem.replica_usd / np.maximum(pool_users, 1.0)


def _pool_lower_usd(problem: Problem, number: int, rows: Ints, replica_share: Floats) -> Floats:
    table = problem.parts[number].table
    pool = table.pool[rows]
    out = np.zeros(rows.shape[0])
    pooled = np.flatnonzero(pool >= 0)
    if pooled.size:
        load = upper_at(table.pool_load[rows[pooled]], problem.confidence)
        out[pooled] = problem.replicas_in(pool[pooled], load) * replica_share[pool[pooled]]
    return out
