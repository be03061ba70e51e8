"""The decision in three sentences, and the facts that stand under them."""

from planner.planning.plan import Baseline, Plan
from planner.report.document import Bullets, Facts, Table, Text, marked, plain, strong
from planner.report.format import kilograms, money, money_interval, number, percent, requests, share, times
from planner.report.months import volume_of
from planner.report.picture_data import tools_of, workload_of

_PERSONAL = frozenset({"personal", "confidential"})


def decision_of(plan: Plan) -> str:
    """What is proposed and what it costs; what it saves and against what; how good it is and how sure."""
    return " ".join((_proposal(plan), _saving(plan), _sureness(plan)))


def _proposal(plan: Plan) -> str:
    workload, tools = workload_of(plan), tools_of(plan)
    volume = volume_of(workload)
    month = "average month" if volume.grows else "month"
    names = [tool.label for tool in tools]
    told = names[0] if len(names) == 1 else f"{len(names)} tools"
    cost = plan.totals.monthly_cost_usd
    return (
        f"Serve the {requests(plan.totals.requests_per_month)} requests of a{'n' if volume.grows else ''} {month} with "
        f"{told} for {money(cost.mean)} a month ({money(cost.low)} to {money(cost.high)})."
    )


def reference_of(plan: Plan) -> Baseline | None:
    """What runs today where the workload says it, else everything on one model that holds every limit.

    That is the best frontier model or the cheapest single one; where neither holds them, the frontier model all the
    same.
    """
    known = {baseline.name: baseline for baseline in plan.baselines if baseline.saving_usd is not None}
    if "today" in known:
        return known["today"]
    frontier, single = known.get("all_frontier"), known.get("best_single")
    if frontier is not None and frontier.fits:
        return frontier
    if single is not None and single.fits and not _same_as(plan, single):
        return single
    return frontier or single


def _same_as(plan: Plan, baseline: Baseline) -> bool:
    """Whether the plan is that baseline: every segment on its one model."""
    return all(part.option.model == baseline.model and part.option.gate is None for part in plan.segments)


def _saving(plan: Plan) -> str:
    found = reference_of(plan)
    if found is None or found.saving_usd is None:
        return "There is nothing to compare it with."
    saved = found.saving_usd
    label = f"{found.label[0].lower()}{found.label[1:]}"
    word = "less" if saved.mean >= 0.0 else "more"
    held = "" if found.fits else ", which would not hold every limit"
    amount = money_interval(saved if saved.mean >= 0.0 else times(saved, -1.0))
    return f"That is {amount} {word} than {label}{held}."


def _sureness(plan: Plan) -> str:
    workload = workload_of(plan)
    least = min(workload.quality_confidence, workload.times_confidence)
    quality = share(plan.totals.quality)
    within = ", within its tolerance," if workload.tolerance.quality or workload.tolerance.time else ""
    return f"{quality} of the answers are acceptable, and each limit holds{within} in {percent(least)} of the draws."


def decision_facts(plan: Plan) -> Facts:
    """Cost, saving, quality, energy: one line each, with its interval and class."""
    totals = plan.totals
    cost, quality = totals.monthly_cost_usd, totals.quality
    rows: list[tuple[str, Text]] = [
        ("Cost a month", marked(money_interval(cost), cost.number_class)),
        ("Cost of the horizon", plain(_horizon(plan))),
        ("Acceptable answers", marked(share(quality), quality.number_class)),
    ]
    found = reference_of(plan)
    if found is not None and found.saving_usd is not None:
        rows.insert(1, (f"Saved against: {found.label}", plain(f"{money_interval(found.saving_usd)} a month")))
    errors, total = totals.errors_usd, totals.total_cost_usd
    if errors is not None and total is not None and errors.mean > 0.0:
        rows.append(("Wrong answers, beside the bill", plain(f"{money_interval(errors)} a month")))
        rows.append(("Total cost, which is minimised", plain(f"{money_interval(total)} a month")))
    rows += energy_rows(plan)
    if totals.people_usd_per_month > 0.0:
        rows.append(("People's hours, in the cost", plain(f"{money(totals.people_usd_per_month)} a month")))
    return Facts(tuple(rows))


def energy_rows(plan: Plan) -> list[tuple[str, Text]]:
    """Electricity of a request in Wh, and carbon of a month in kg, each with its interval."""
    totals, rows = plan.totals, list[tuple[str, Text]]()
    kwh = totals.energy_kwh_per_month
    if kwh is not None and totals.requests_per_month > 0.0:
        watt_hours = times(kwh, 1000.0 / totals.requests_per_month)
        mean, low, high = (number(value, 2) for value in (watt_hours.mean, watt_hours.low, watt_hours.high))
        rows.append(("Electricity a request", marked(f"{mean} Wh ({low} to {high})", kwh.number_class)))
    carbon = totals.carbon_kg_per_month
    rows.append(("CO2-equivalent a month", marked(kilograms(carbon), carbon.number_class)))
    return rows


def _horizon(plan: Plan) -> str:
    months = workload_of(plan).horizon_months
    return f"{money_interval(times(plan.totals.monthly_cost_usd, float(months)))} in {months} months"


def first_to_do(plan: Plan, count: int) -> Bullets:
    """The first steps, shortest list first."""
    texts = [step.text for step in plan.first_steps[:count]]
    return Bullets(tuple(plain(text) for text in texts or ["Nothing has to be settled first."]))


def signatures(plan: Plan) -> Table:
    """Who signs: the budget's owner, the service's owner, and data protection where personal data is processed."""
    data = [segment.data for segment in workload_of(plan).segments]
    who = [
        ("Budget", "the bill and its interval"),
        ("Service", "limits and quality floors"),
        ("Architecture", "the tools"),
    ]
    if any(rules.sensitivity in _PERSONAL or rules.residency or not rules.may_leave_premises for rules in data):
        who.append(("Data protection", "where the data goes"))
    rows = tuple((strong(role), plain(answers), plain(""), plain("")) for role, answers in who)
    return Table(("Who", "Answers for", "Name", "Date"), rows, widths=(1.4, 2.6, 2.4, 1.2))
