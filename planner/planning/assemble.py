"""From a solution to the plan that is told: segments, totals, pools, fixed costs, evidence, warnings, first steps."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from planner.beliefs.cost.api import volume_factor
from planner.options.table import AnchorUse, OptionTable
from planner.planning.explain import reasons as explain
from planner.planning.explain.baselines import list_baselines, quality_draws, tools_used
from planner.planning.explain.break_evens import tell_break_evens
from planner.planning.explain.energy import energy_kwh_draws
from planner.planning.explain.missed_limits import limits_told
from planner.planning.explain.option_text import Facts, choice_of, cost_parts
from planner.planning.explain.outcomes import novelty_cost, retrieval_shares
from planner.planning.explain.pareto import front_points, pareto_front
from planner.planning.explain.pools import tell_pools
from planner.planning.explain.provenance import list_assumption_items, list_evidence, list_warnings, retiring
from planner.planning.explain.retirements import list_retirements
from planner.planning.explain.shares import SegmentBill, split_bill
from planner.planning.plan import (
    Baseline,
    Figure,
    FirstStep,
    FixedCost,
    FloorResolved,
    OptionChoice,
    Plan,
    Relaxed,
    RunnerUp,
    SegmentPlan,
    Totals,
)
from planner.planning.problem import Problem
from planner.planning.solve.milp import Solution, carbon_kg_draws, cost_draws, errors_draws
from planner.planning.solve.proof import RULES_VERSION, proof_of
from planner.planning.wording import (
    AREA_NAMES,
    count_text,
    figure_of,
    listed,
    percent_text,
    rounded_text,
    steady,
    usd_text,
)
from planner.units import Draws
from planner.version import VERSION
from planner.workload.load import plain_workload, workload_hash

_STEPS: Final = 5
_SAME: Final = 0.005
"""Bills closer than this share of each other are told as the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """What one segment's account is made of, and what is summed over segments."""

    plan: SegmentPlan
    worth_knowing_usd: float


def assemble_plan(
    problem: Problem, facts: Facts, solution: Solution, *, full: bool, front: int, optimum: Solution | None = None
) -> Plan:
    """The plan as it is told; `full` adds runner-ups, relaxations, rivals, baselines and the front.

    `optimum` is the best plan before differences within materiality were settled; None: it is the solution.
    """
    optimum = solution if optimum is None else optimum
    bills = split_bill(problem, solution)
    drafts = [_segment(problem, facts, solution, number, bills[number], full=full) for number in range(len(bills))]
    segments = tuple(draft.plan for draft in drafts)
    baselines = list_baselines(problem, facts.catalog, solution) if full else ()
    points = front_points(problem, pareto_front(problem, solution, front)) if full and front > 0 else ()
    plan_relaxed = explain.relaxed_plan_limits(problem, solution) if full else ()
    catalog = facts.catalog
    totals = _totals(problem, facts, solution, optimum)
    return Plan(
        planner_version=VERSION,
        workload_hash=workload_hash(problem.workload),
        workload=plain_workload(problem.workload),
        catalog_version=catalog.version,
        catalog_date=catalog.as_of.isoformat(),
        seed=facts.seed,
        status="optimal" if solution.optimal else "feasible",
        mip_gap=solution.gap,
        optimum_usd=steady(optimum.objective),
        rules_version=RULES_VERSION,
        day=problem.options.day,
        proof=proof_of(problem, optimum),
        answer=_answer(problem, solution, segments, totals, baselines),
        segments=segments,
        totals=totals,
        baselines=baselines,
        fixed_costs=_fixed_costs(problem, solution),
        pools=tell_pools(problem, facts, solution),
        break_evens=tell_break_evens(problem, facts, solution) if full else (),
        retirements=list_retirements(facts.catalog, retiring(problem, solution), segments),
        front=points,
        first_steps=_first_steps(problem, solution, drafts, plan_relaxed),
        evidence=list_evidence(problem, facts, segments),
        assumptions=list_assumption_items(problem),
        warnings=list_warnings(problem, facts, solution),
    )


def _segment(
    problem: Problem, facts: Facts, solution: Solution, number: int, bill: SegmentBill, *, full: bool
) -> Draft:
    part, row = problem.parts[number], solution.choice[number]
    table, segment = part.table, part.segment
    told = explain.tell_about(problem, facts, solution, number)
    choice = choice_of(problem, facts, number, row)
    binding = explain.binding_limits(told)
    others, worth = explain.rivals(told) if full else ((), 0.0)
    cost, requests = bill.total_usd, segment.requests_per_month * volume_factor(problem.workload)
    anchor = _anchor_of(problem, segment.name)
    runner_up: RunnerUp | None = explain.runner_up(told) if full else None
    plan = SegmentPlan(
        name=segment.name,
        skill=segment.skill,
        task=segment.task,
        retrieval=retrieval_shares(problem, number, row),
        novelty_cost=novelty_cost(problem, number, row),
        requests_per_month=steady(requests),
        option=choice,
        monthly_cost_usd=figure_of(cost),
        cost_per_request_usd=figure_of(cost / requests),
        cost_per_acceptable_answer_usd=figure_of(cost / (requests * np.maximum(table.quality[row], 1e-6))),
        quality=_quality_figure(table.quality[row], choice, anchor),
        quality_floor=steady(float(table.floor.mean())),
        floor_text=table.floor_text,
        floor_resolved=_floor_resolved(table),
        ttft_p95_ms=figure_of(table.ttft_p95_ms[row]),
        total_p95_ms=figure_of(table.total_p95_ms[row]),
        meets={path: steady(float(share[row])) for path, share in part.held.shares.items()},
        meets_within_tolerance={path: steady(float(share[row])) for path, share in part.held.within.items()},
        binding=binding,
        why=explain.why(told, choice, binding),
        anchor=anchor.text,
        anchor_kind=anchor.kind,
        cost_parts=cost_parts(problem, number, row, bill),
        runner_up=runner_up,
        relaxed=explain.relaxed(told) if full else (),
        rivals=others,
        named=explain.named_models(told),
        options_considered=table.size,
        options_fitting=int(part.held.fits().sum()),
    )
    return Draft(plan, worth)


def _floor_resolved(table: OptionTable) -> FloorResolved | None:
    """What a relative floor came to; None for an absolute one."""
    if table.floor_model < 0:
        return None
    return FloorResolved(model=table.model_ids[table.floor_model], value=steady(float(table.floor.mean())))


def _quality_figure(quality: Draws, choice: OptionChoice, anchor: AnchorUse) -> Figure:
    """Quality with its class: measured where the chosen model's own answers to the segment's samples were graded."""
    asked = choice.model in anchor.probed and choice.technique == "direct" and choice.gate is None
    runs = tuple(f"run:{run.id}" for run in anchor.runs)
    return figure_of(quality).model_copy(update={"number_class": "measured" if asked else "fitted", "evidence": runs})


def _anchor_of(problem: Problem, segment: str) -> AnchorUse:
    for anchor in problem.options.anchors:
        if anchor.segment == segment:
            return anchor
    return AnchorUse(segment, "usual", "", "not stated", 0)


def _totals(problem: Problem, facts: Facts, solution: Solution, optimum: Solution) -> Totals:
    cost, quality = cost_draws(problem, solution), quality_draws(problem, solution)
    wrong = errors_draws(problem, solution)
    factor = volume_factor(problem.workload)
    requests = sum(segment.requests_per_month for segment in problem.workload.segments) * factor
    models, providers = tools_used(problem, solution)
    people = sum(problem.options.components[number].people_usd for number in solution.components)
    counted = problem.workload.objective.counts_errors
    return Totals(
        monthly_cost_usd=figure_of(cost),
        cash_usd=figure_of(cost - people),
        errors_usd=figure_of(wrong),
        total_cost_usd=figure_of(cost + wrong if counted else cost),
        optimum_usd=steady(optimum.objective),
        materiality_usd=steady(problem.workload.materiality.usd_of(optimum.cost_usd)),
        quality=figure_of(quality),
        cost_per_1000_requests_usd=figure_of(cost / requests * 1000.0),
        requests_per_month=steady(requests),
        models=len(models),
        providers=len(providers),
        carbon_kg_per_month=figure_of(carbon_kg_draws(problem, solution), "simulated"),
        energy_kwh_per_month=_energy(problem, facts, solution),
        people_usd_per_month=steady(people),
        wrong_answer_cost_usd=figure_of(wrong),
    )


def _energy(problem: Problem, facts: Facts, solution: Solution) -> Figure | None:
    """Electricity a month; None where the catalog knows no mix of electricity."""
    kwh = energy_kwh_draws(problem, facts.catalog, solution, facts.seed)
    return None if kwh is None else figure_of(kwh, "simulated")


def _fixed_costs(problem: Problem, solution: Solution) -> tuple[FixedCost, ...]:
    out = []
    for number in solution.components:
        component = problem.options.components[number]
        users = tuple(
            part.segment.name
            for part, row in zip(problem.parts, solution.choice, strict=True)
            if part.component_matrix[part.table.component_set[row], number]
        )
        kind: Literal["assumed", "published"] = "assumed" if component.people_usd > 0.0 else "published"
        figure = figure_of(component.monthly_usd, kind, component.source_ids)
        out.append(
            FixedCost(
                id=component.id, label=component.label, monthly_cost_usd=figure, segments=users, note=component.note
            )
        )
    return tuple(out)


def _answer(
    problem: Problem,
    solution: Solution,
    segments: tuple[SegmentPlan, ...],
    totals: Totals,
    baselines: tuple[Baseline, ...],
) -> str:
    tools = {(s.option.model, s.option.technique) for s in segments}
    tools |= {(s.option.gate.strong_model, "direct") for s in segments if s.option.gate}
    cost, quality = totals.monthly_cost_usd, totals.quality
    verb = "does" if len(tools) == 1 else "do"
    first = (
        f"{count_text(len(tools), 'tool')} {verb} this for {usd_text(cost.mean)} a month"
        f" ({rounded_text(cost.low)} to {rounded_text(cost.high)})"
    )
    share = f"{quality.mean * 100:.0f} % ({quality.low * 100:.0f} to {quality.high * 100:.0f}) acceptable answers"
    stays = _stays(problem, solution)
    rest = f", with {share}{f'; {stays}' if stays else ''}."
    compared, missed = _compared(cost.mean, baselines)
    if missed:
        return f"{first}{rest} That is {compared}, which {missed}."
    return f"{first}{f', {compared}' if compared else ''}{rest}"


def _compared(cost: float, baselines: tuple[Baseline, ...]) -> tuple[str, str]:
    """The bill beside a simpler way's, and what that way would not hold; '' where there is nothing to say."""
    found = _reference(cost, baselines)
    if found is None:
        return "", ""
    baseline, usd = found
    label = baseline.label[0].lower() + baseline.label[1:]
    if baseline.name == "best_single":
        label = f"everything on {label.partition(': ')[2]}, the cheapest single model that holds every limit"
    missed = ""
    if not baseline.fits:
        missed = f"would not hold {limits_told(baseline.misses)}" if baseline.misses else baseline.note
    saved = 1.0 - cost / usd
    if abs(saved) <= _SAME:
        return f"as much as {label}", missed
    return f"{percent_text(abs(saved))} {'less' if saved > 0 else 'more'} than {label}", missed


def _reference(cost: float, baselines: tuple[Baseline, ...]) -> tuple[Baseline, float] | None:
    """What the bill is compared with, and its USD a month.

    The best frontier model where it holds every limit; else the cheapest single model that does, unless the plan costs
    the same, as when it is that model; else the frontier model all the same.
    """
    known = {b.name: (b, b.monthly_cost_usd.mean) for b in baselines if b.monthly_cost_usd is not None}
    frontier, single = known.get("all_frontier"), known.get("best_single")
    if frontier is not None and frontier[0].fits:
        return frontier if frontier[1] > 0.0 else None
    if single is not None and single[0].fits and abs(single[1] / cost - 1.0) > _SAME:
        return single
    return frontier if frontier is not None and frontier[1] > 0.0 else None


def _stays(problem: Problem, solution: Solution) -> str:
    """Where the data stays, when it is one place."""
    places = []
    for part, row in zip(problem.parts, solution.choice, strict=True):
        places.append(part.table.places[part.table.place[row]])
        if part.table.strong_place[row] >= 0:
            places.append(part.table.places[part.table.strong_place[row]])
    if all(place.serving == "on_device" for place in places):
        return "everything stays on the devices"
    areas = {place.area for place in places if place.serving != "on_device"}
    if len(areas) == 1 and (area := areas.pop()) not in {"global", "unknown", ""}:
        if area == "own":
            return "everything stays on your own machines"
        return f"everything stays in {AREA_NAMES.get(area, area.upper())}"
    return ""


def _first_steps(
    problem: Problem, solution: Solution, drafts: list[Draft], plan_relaxed: tuple[Relaxed, ...]
) -> tuple[FirstStep, ...]:
    steps = [*_anchor_steps(drafts), *_probe_steps(drafts), *_limit_steps(drafts, plan_relaxed)]
    steps.sort(key=lambda step: -(step.value_usd_per_month or 0.0))
    return (*steps[:_STEPS], *_retirement_steps(problem, solution))


def _anchor_steps(drafts: list[Draft]) -> list[FirstStep]:
    """The segment whose difficulty is least known, weighed by what it costs."""
    weak = [draft for draft in drafts if draft.plan.anchor_kind == "usual"]
    if not weak:
        return []
    worst = max(weak, key=lambda d: (d.plan.quality.high - d.plan.quality.low) * d.plan.monthly_cost_usd.mean)
    points = (worst.plan.quality.high - worst.plan.quality.low) * 100.0
    text = (
        f"Say how hard {worst.plan.name} is: judge 100 answers of a model you use and enter them as `observed`."
        f" Its difficulty is only {worst.plan.anchor.rstrip('.')}; that leaves {points:.0f} points of doubt."
    )
    return [FirstStep(kind="anchor", text=text, value_usd_per_month=worst.worth_knowing_usd or None)]


def _probe_steps(drafts: list[Draft]) -> list[FirstStep]:
    out = []
    for draft in drafts:
        if draft.plan.rivals and draft.worth_knowing_usd > 0.5:
            rival = draft.plan.rivals[0]
            text = (
                f"Measure {draft.plan.option.label} and {rival.option.label} on 100 samples of {draft.plan.name}:"
                f" {rival.option.label} would win in {percent_text(rival.share)} of draws."
            )
            out.append(FirstStep(kind="probe", text=text, value_usd_per_month=draft.worth_knowing_usd))
    return out


def _limit_steps(drafts: list[Draft], plan_relaxed: tuple[Relaxed, ...]) -> list[FirstStep]:
    """The limit whose loosening saves most."""
    all_relaxed = [("", each) for each in plan_relaxed]
    all_relaxed += [(draft.plan.name, each) for draft in drafts for each in draft.plan.relaxed]
    if not all_relaxed:
        return []
    segment, best = max(all_relaxed, key=lambda pair: pair[1].saves_usd)
    text = f"Ask whether the limit is needed: {best.text}{f' ({segment})' if segment else ''}."
    return [FirstStep(kind="limit", text=text, value_usd_per_month=best.saves_usd)]


def _retirement_steps(problem: Problem, solution: Solution) -> list[FirstStep]:
    """Chosen models that retire within the horizon, a cascade's strong one included."""
    used: dict[tuple[str, str, str], list[str]] = {}
    for ending, segment in retiring(problem, solution):
        used.setdefault((ending.model, ending.offer_key, ending.retires), []).append(segment)
    return [
        FirstStep(
            kind="retirement",
            text=f"{model} at {key} retires on {retires}: plan its successor for {listed(names)}.",
            value_usd_per_month=None,
        )
        for (model, key, retires), names in used.items()
    ]
