"""The plan as an architecture decision record in MADR's form."""

from collections.abc import Sequence

from planner.planning.plan import Baseline, Plan, SegmentPlan
from planner.report.deploy.toolbox import Toolbox
from planner.report.format import limits_rule, money, money_interval, more_or_less, requests, share
from planner.report.markdown import escape


def adr_of(box: Toolbox) -> str:
    """The record: Markdown, with MADR's headings in their order."""
    plan = box.plan
    parts = [
        _front(plan, box),
        f"# {escape(f'Serve {box.workload.name} with {_tools(plan)}')}",
        "## Context and Problem Statement",
        escape(_context(box)),
        "## Decision Drivers",
        _bullets(_drivers(box)),
        "## Considered Options",
        _bullets([f"This plan: {_tools(plan)}", *(baseline.label for baseline in plan.baselines)]),
        "## Decision Outcome",
        escape(f"Chosen: this plan, because of the plans that hold every limit it is the cheapest. {plan.answer}"),
        _table(plan),
        "### Consequences",
        _bullets(_consequences(plan)),
        "### Confirmation",
        _bullets(_confirmation(plan)),
        "## Pros and Cons of the Options",
        *(_option(baseline) for baseline in plan.baselines),
        "## More Information",
        _bullets(_more(box)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front(plan: Plan, box: Toolbox) -> str:
    return f"---\nstatus: proposed\ndate: {box.day.isoformat()}\nworkload: {plan.workload_hash[:16]}\n---"


def _tools(plan: Plan) -> str:
    names = list(dict.fromkeys(segment.option.label for segment in plan.segments))
    return names[0] if len(names) == 1 else f"{len(names)} tools instead of one model"


def _context(box: Toolbox) -> str:
    count = len(box.plan.segments)
    kinds = "one kind of request" if count == 1 else f"{count} kinds of request"
    return (
        f"{box.workload.name}: {kinds}, {requests(box.plan.totals.requests_per_month)} requests in the average month "
        f"of the next {box.workload.horizon_months}. Which models serve which requests, and where?"
    )


def _drivers(box: Toolbox) -> list[str]:
    limits = box.workload.limits
    found = [f"{route.name}: {_limits(route.plan)}; {_data(route.segment.data)}" for route in box.routes]
    if limits.monthly_budget_usd is not None:
        found.append(f"At most {money(limits.monthly_budget_usd)} a month")
    if limits.max_models is not None:
        found.append(f"At most {limits.max_models} models")
    if limits.min_providers is not None:
        found.append(f"At least {limits.min_providers} providers")
    return [*found, "The cheapest plan within these limits"]


def _limits(segment: SegmentPlan) -> str:
    times = [path.removeprefix("latency.") for path in segment.meets if path.startswith("latency.")]
    return f"quality {segment.floor_text}" + (f", limits on {' and '.join(times)}" if times else "")


def _data(rules: object) -> str:
    residency = getattr(rules, "residency", None)
    where = f"processed in {', '.join(residency)}" if residency else "processed anywhere"
    if not getattr(rules, "may_leave_premises", True):
        where = "stays on the premises"
    return f"{getattr(rules, 'sensitivity', 'internal')} data, {where}"


def _table(plan: Plan) -> str:
    rows = [
        f"| {escape(one.name)} | {escape(one.option.label)} | {escape(one.option.place)} |"
        f" {money_interval(one.monthly_cost_usd)} | {share(one.quality)} |"
        for one in plan.segments
    ]
    head = "| Segment | Tool | Where | USD a month | Acceptable answers |\n| --- | --- | --- | --: | --: |"
    return "\n".join([head, *rows])


def _consequences(plan: Plan) -> list[str]:
    found = [f"Good: {money_interval(plan.totals.monthly_cost_usd)} a month"]
    for baseline in plan.baselines:
        saving = baseline.saving_usd
        if baseline.name == "all_frontier" and saving is not None and saving.mean > 0.0:
            found.append(
                f"Good: {money_interval(saving)} a month less than {baseline.label[0].lower()}{baseline.label[1:]}"
            )
    people = plan.totals.people_usd_per_month
    if people > 0.0:
        found.append(f"Bad: {money(people)} a month of people's hours for {len(plan.fixed_costs)} parts to keep up")
    found += [f"Bad: {warning}" for warning in plan.warnings]
    return found


def _confirmation(plan: Plan) -> list[str]:
    found = [step.text for step in plan.first_steps]
    return [*found, "`planner drift` on the gateway's log compares what happens with this forecast"]


def _option(baseline: Baseline) -> str:
    saving = baseline.saving_usd
    cost = (
        "cannot be made"
        if baseline.monthly_cost_usd is None
        else f"{money_interval(baseline.monthly_cost_usd)} a month"
    )
    beside = "" if saving is None else f"; {more_or_less(saving.mean)} than this plan"
    fits = "Good: holds every limit" if baseline.fits else f"Bad: {baseline.note or 'does not hold every limit'}"
    quality = "" if baseline.quality is None else f"\n- Neutral: {share(baseline.quality)} acceptable answers"
    return f"### {escape(baseline.label)}\n\n- {escape(cost + beside)}\n- {escape(fits)}{quality}"


def _more(box: Toolbox) -> list[str]:
    plan = box.plan
    return [
        f"Each limit holds: {limits_rule(box.workload, 'the draws')}; intervals are 90 % credible",
        f"Planner {plan.planner_version}, catalog {plan.catalog_version} of {plan.catalog_date}, seed {plan.seed}",
        f"Workload {plan.workload_hash}",
    ]


def _bullets(items: Sequence[str]) -> str:
    return "\n".join(f"- {escape(item)}" for item in items)
