"""What the report says of one segment: why this, what it costs line by line, how sure it is, what else there was."""

from planner.planning.plan import CostPart, NamedModel, Plan, Rival, SegmentPlan
from planner.report.document import (
    Block,
    Bullets,
    Facts,
    Heading,
    Paragraph,
    Table,
    Text,
    joined,
    link,
    marked,
    plain,
    strong,
)
from planner.report.format import (
    milliseconds,
    milliseconds_interval,
    money,
    money_interval,
    more_or_less,
    per_1000_interval,
    percent,
    requests,
    share,
)
from planner.report.picture_data import serving_text, technique_text, workload_of

_LIMIT_TEXTS = {
    "quality_floor": "quality floor",
    "latency.ttft_p95_ms": "time to first token",
    "latency.total_p95_ms": "time to the whole answer",
}
_ROLES = {"today": "runs today", "prefer": "you asked for it"}


def segment_blocks(plan: Plan, part: SegmentPlan) -> list[Block]:
    """One segment's part of the report."""
    anchor = f"segment-{[one.name for one in plan.segments].index(part.name) + 1}"
    blocks: list[Block] = [
        Heading(2, part.name, anchor),
        Paragraph(joined([strong(part.option.label), plain(part.why)], " · ")),
        _facts(plan, part),
        Heading(3, "Cost, line by line", f"{anchor}-cost"),
        _cost_table(plan, part),
    ]
    others = _others(part)
    if others:
        blocks += [Heading(3, "What else there was", f"{anchor}-others"), Bullets(tuple(others))]
    if part.named:
        blocks += [Heading(3, "Models you named", f"{anchor}-named"), _named_table(part.named)]
    return blocks


def limit_name(path: str) -> str:
    """A limit's path in words."""
    return _LIMIT_TEXTS.get(path, path.replace("_", " ").replace(".", ": "))


def _facts(plan: Plan, part: SegmentPlan) -> Facts:
    option = part.option
    rows: list[tuple[str, Text]] = [
        ("Tier", plain(option.tier)),
        ("Model", plain(f"{option.model}, {technique_text(option)}")),
        ("Runs", plain(f"{serving_text(option)}: {option.place}")),
    ]
    if option.gate is not None:
        gate = option.gate
        passed = f"{share(gate.escalation_share)} to {gate.strong_model} ({gate.strong_place})"
        rows.append(("Passed on", plain(f"{passed}, decided by {gate.kind}, AUC {gate.auc:.2f}")))
    rows += [
        ("Skill", plain(part.skill.replace("_", " "))),
        ("Requests a month", plain(requests(part.requests_per_month))),
        ("Cost a month", marked(money_interval(part.monthly_cost_usd), part.monthly_cost_usd.number_class)),
        ("Per 1,000 requests", plain(per_1000_interval(part.cost_per_request_usd))),
        ("Per 1,000 acceptable answers", plain(per_1000_interval(part.cost_per_acceptable_answer_usd))),
        ("Acceptable answers", _quality(plan, part)),
        ("Floor", plain(f"{part.floor_text}{_holds(part, 'quality_floor')}")),
        ("How hard it is", plain(part.anchor)),
        *_beyond_quality(part),
    ]
    return Facts((*rows, *_times(plan, part), *_counts(part)))


def _beyond_quality(part: SegmentPlan) -> list[tuple[str, Text]]:
    """Where questions that need documents end, and what novelty costs."""
    rows: list[tuple[str, Text]] = []
    if part.retrieval is not None:
        rows.append(("Questions that need documents", plain(part.retrieval.text)))
    if part.novelty_cost:
        rows.append(("What novelty costs", plain(f"{100.0 * part.novelty_cost:.1f} points of acceptable answers")))
    return rows


def _counts(part: SegmentPlan) -> tuple[tuple[str, Text], ...]:
    binding = ", ".join(limit_name(path) for path in part.binding) or "none"
    counted = f"{part.options_considered:,} considered, {part.options_fitting:,} hold every limit"
    return (("Limits that keep cheaper ways out", plain(binding)), ("Ways to serve it", plain(counted)))


def _quality(plan: Plan, part: SegmentPlan) -> Text:
    figure = part.quality
    models = (part.option.model, *((part.option.gate.strong_model,) if part.option.gate else ()))
    rows = (*figure.evidence, *(f"benchmarks:{model}" for model in models))
    return joined([marked(share(figure), figure.number_class), *_references(plan, tuple(dict.fromkeys(rows)))])


def _times(plan: Plan, part: SegmentPlan) -> tuple[tuple[str, Text], ...]:
    limits = workload_of(plan).segment(part.name).latency
    rows = []
    for title, figure, limit, path in (
        ("First token at p95", part.ttft_p95_ms, limits.ttft_p95_ms, "latency.ttft_p95_ms"),
        ("Whole answer at p95", part.total_p95_ms, limits.total_p95_ms, "latency.total_p95_ms"),
    ):
        held = "no limit" if limit is None else f"limit {milliseconds(limit)}{_holds(part, path)}"
        rows.append((title, joined([marked(milliseconds_interval(figure), figure.number_class), plain(held)], " · ")))
    return tuple(rows)


def _holds(part: SegmentPlan, path: str) -> str:
    return f", held in {percent(part.meets[path])} of draws" if path in part.meets else ""


def _cost_table(plan: Plan, part: SegmentPlan) -> Table:
    rows = [_cost_row(plan, line) for line in part.cost_parts]
    whole = sum(line.monthly_usd for line in part.cost_parts)
    rows.append(
        (strong("All"), strong(money(whole)), plain(f"interval {money_interval(part.monthly_cost_usd)}"), plain(""))
    )
    return Table(("Line", "USD a month", "How", "Evidence"), tuple(rows), numeric=(1,), widths=(2.2, 1.5, 5.0, 1.2))


def _cost_row(plan: Plan, line: CostPart) -> tuple[Text, ...]:
    references = joined(_references(plan, line.evidence))
    return (plain(line.name), marked(money(line.monthly_usd), line.number_class), plain(line.how), references)


def _references(plan: Plan, ids: tuple[str, ...]) -> list[Text]:
    places = {item.id: place + 1 for place, item in enumerate(plan.evidence)}
    return [link(f"[{places[one]}]", f"#e{places[one]}") for one in ids if one in places]


def _others(part: SegmentPlan) -> list[Text]:
    items: list[Text] = []
    if part.runner_up is not None:
        runner = part.runner_up
        more = f"{more_or_less(runner.extra_cost_usd)}, {share(runner.quality)} acceptable, the rest planned anew"
        items.append(plain(f"Runner-up: {runner.option.label} ({runner.option.place}), {more}."))
    items += [_rival(rival) for rival in part.rivals]
    items += [plain(f"{relaxed.text}.") for relaxed in part.relaxed]
    return items


def _rival(rival: Rival) -> Text:
    name = f"{rival.option.label} ({rival.option.place})"
    return plain(f"{name} is the cheapest that holds every limit in {percent(rival.share)} of draws.")


def _named_table(named: tuple[NamedModel, ...]) -> Table:
    rows = tuple(
        (
            plain(one.model),
            plain(_ROLES[one.role]),
            plain("unknown" if one.monthly_cost_usd is None else money_interval(one.monthly_cost_usd)),
            plain("unknown" if one.quality is None else share(one.quality)),
            plain(f"{'holds every limit' if one.fits else 'does not fit'}: {one.reason}"),
        )
        for one in named
    )
    head = ("Model", "Why it is here", "USD a month", "Acceptable", "Verdict")
    return Table(head, rows, numeric=(2, 3), widths=(2.2, 1.4, 2.2, 1.5, 3.4))
