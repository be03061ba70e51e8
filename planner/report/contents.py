"""What a plan's report says, block by block; the segments have a file of their own."""

from typing import Final

from planner.planning.plan import Baseline, Plan, PoolPlan
from planner.report.document import (
    Block,
    Bullets,
    Card,
    Cards,
    Facts,
    Heading,
    Paragraph,
    Picture,
    Span,
    Table,
    Text,
    joined,
    link,
    marked,
    muted,
    plain,
    strong,
)
from planner.report.format import (
    MARK_TEXTS,
    MARKS,
    kilograms,
    limits_rule,
    money,
    money_interval,
    more_or_less,
    percent,
    requests,
    share,
)
from planner.report.months import month_note, volume_of
from planner.report.picture_data import Tool, tools_of, workload_of
from planner.report.svg import plan as svg
from planner.report.theme import TIER_TEXTS

_CANNOT_KNOW: Final = (
    "How hard your requests are. Unless measured on your own samples, quality is a forecast from public benchmarks.",
    "What your users call acceptable. Benchmarks grade by rules of their own.",
    "Prices and limits after the date of the catalog, and discounts that you negotiated.",
    "A provider's slow day. Times are modelled for the busiest hour; outages are not in them.",
    "Law. Residency is what providers state, not legal advice.",
    "What the model of the numbers leaves out. Intervals cover known unknowns; a wrong assumption goes beyond them.",
)
_STATUS: Final = {
    "optimal": "proven: no other allowed plan is better on these numbers",
    "feasible": "good, not yet proven best",
}


def cover_facts(plan: Plan) -> Facts:
    """Figures of the whole plan and what it was made of."""
    totals, workload = plan.totals, workload_of(plan)
    volume = volume_of(workload)
    rows: list[tuple[str, Text]] = [
        (volume.named("Cost"), marked(money_interval(totals.monthly_cost_usd), totals.monthly_cost_usd.number_class)),
        ("Cost per 1,000 requests", plain(money_interval(totals.cost_per_1000_requests_usd))),
        ("Acceptable answers", marked(share(totals.quality), totals.quality.number_class)),
        (volume.named("Requests"), plain(requests(totals.requests_per_month))),
        ("Which month", plain(month_note(workload))),
        ("Models and providers", plain(f"{totals.models} and {totals.providers}")),
        ("People, in the cost", plain(f"{money(totals.people_usd_per_month)} a month")),
        (
            "CO2-equivalent a month",
            marked(kilograms(totals.carbon_kg_per_month), totals.carbon_kg_per_month.number_class),
        ),
    ]
    if totals.wrong_answer_cost_usd.mean > 0.0:
        rows.append(("Wrong answers cost, beside", plain(f"{money_interval(totals.wrong_answer_cost_usd)} a month")))
    status = (
        _STATUS[plan.status] if plan.status == "optimal" else f"{_STATUS['feasible']}, within {percent(plan.mip_gap)}"
    )
    rows += [
        ("Status", plain(status)),
        ("Each limit holds", plain(limits_rule(workload, _draws(plan)))),
        ("Intervals", plain(f"{percent(totals.monthly_cost_usd.level)} credible")),
        ("Workload", plain(f"{plan.workload_hash[:16]} (start of its hash)")),
        ("Catalog", plain(f"{plan.catalog_date}, {plan.catalog_version}")),
        ("Planner and seed", plain(f"{plan.planner_version}, {plan.seed}")),
    ]
    return Facts(tuple(rows))


def _draws(plan: Plan) -> str:
    return f"the draws (seed {plan.seed})"


def warning_blocks(plan: Plan) -> list[Block]:
    """Warnings of the plan."""
    return [Paragraph(plain(text), "warning") for text in plan.warnings]


def toolbox_blocks(plan: Plan) -> list[Block]:
    """Tools as cards, and which serves how many requests."""
    return [
        Heading(1, "The tools", "tools"),
        Picture(
            "Which tool serves which segment; width: requests a month",
            lambda ink, px: svg.flow_svg(plan, "requests", ink, px),
        ),
        Cards(tuple(_card(plan, tool) for tool in tools_of(plan))),
    ]


def _card(plan: Plan, tool: Tool) -> Card:
    part = tool.requests_per_month / plan.totals.requests_per_month if plan.totals.requests_per_month else 0.0
    serves = [segment for segment in plan.segments if segment.name in tool.segments]
    runner = next((segment.runner_up for segment in serves if segment.runner_up is not None), None)
    instead = "nothing else fits" if runner is None else f"{runner.option.label}, {more_or_less(runner.extra_cost_usd)}"
    facts = (
        ("Role", plain(TIER_TEXTS[tool.tier])),
        ("Model", plain(tool.model)),
        ("Used", plain(tool.technique)),
        ("Runs", plain(f"{tool.serving}: {tool.place}")),
        ("Serves", plain(", ".join(tool.segments))),
        ("Requests a month", plain(f"{requests(tool.requests_per_month)}, {percent(part)}")),
        ("Cost a month", plain(_tool_cost(tool, plan))),
        ("Otherwise", plain(instead)),
    )
    return Card(tool.label, tool.tier, Facts(facts))


def _tool_cost(tool: Tool, plan: Plan) -> str:
    alone = [part for part in plan.segments if part.name in tool.segments and part.option.gate is None]
    if len(tool.segments) == 1 and alone:
        return money_interval(alone[0].monthly_cost_usd)
    return f"{money(tool.monthly_usd)}; intervals by segment below"


def comparison_blocks(plan: Plan) -> list[Block]:
    """The plan beside baselines, and the front."""
    rows = [_baseline_row(baseline) for baseline in plan.baselines]
    mine = (
        strong("This plan"),
        plain(money_interval(plan.totals.monthly_cost_usd)),
        plain(""),
        plain(share(plan.totals.quality)),
        plain("yes"),
    )
    blocks: list[Block] = [
        Heading(1, "Beside other plans", "comparison"),
        Picture("USD a month with intervals; faint bars miss a limit", lambda ink, px: svg.cost_svg(plan, ink, px)),
        Table(
            head=("Plan", "Cost a month", "This plan saves", "Acceptable answers", "Holds every limit"),
            rows=(mine, *rows),
            numeric=(1, 2, 3),
            widths=(2.2, 2.4, 2.4, 1.4, 2.8),
        ),
    ]
    if plan.front:
        blocks += _front(plan)
    return blocks


def _front(plan: Plan) -> list[Block]:
    rows = tuple(
        (
            strong("This plan") if point.chosen else plain(str(place + 1)),
            plain(money_interval(point.monthly_cost_usd)),
            plain(share(point.quality)),
            plain(", ".join(point.models)),
        )
        for place, point in enumerate(plan.front)
    )
    return [
        Heading(2, "What more quality would cost", "front"),
        Picture("Plans that no other beats on both counts", lambda ink, px: svg.front_svg(plan.front, ink, px)),
        Table(
            ("Plan", "Cost a month", "Acceptable answers", "Models"), rows, numeric=(1, 2), widths=(1.0, 2.0, 1.5, 4.0)
        ),
    ]


def _baseline_row(baseline: Baseline) -> tuple[Text, ...]:
    def told(text: str | None) -> Text:
        return muted("cannot be made") if text is None else plain(text)

    cost, saving, quality = baseline.monthly_cost_usd, baseline.saving_usd, baseline.quality
    fits = ("yes" if baseline.fits else "no") + (f": {baseline.note}" if baseline.note else "")
    return (
        plain(baseline.label),
        told(None if cost is None else money_interval(cost)),
        told(None if saving is None else money_interval(saving)),
        told(None if quality is None else share(quality)),
        plain(fits),
    )


def limit_blocks(plan: Plan) -> list[Block]:
    """Quality and times of each segment and their limits."""
    return [
        Heading(1, "How good and how fast", "limits"),
        Picture("Acceptable answers of each segment and its floor", lambda ink, px: svg.quality_svg(plan, ink, px)),
        Picture(
            "Time to first token, 95th percentile at the busiest hour",
            lambda ink, px: svg.latency_svg(plan, "ttft", ink, px),
        ),
        Picture(
            "Time to the whole answer, 95th percentile at the busiest hour",
            lambda ink, px: svg.latency_svg(plan, "total", ink, px),
        ),
    ]


def shared_blocks(plan: Plan) -> list[Block]:
    """Components and pools."""
    blocks: list[Block] = []
    if plan.fixed_costs:
        rows = tuple(
            (
                plain(cost.label),
                plain(money_interval(cost.monthly_cost_usd)),
                plain(", ".join(cost.segments)),
                plain(cost.note),
            )
            for cost in plan.fixed_costs
        )
        head = ("Component", "USD a month", "For", "How the figure comes about")
        blocks += [
            Heading(1, "Paid once, whoever uses it", "fixed"),
            Table(head, rows, numeric=(1,), widths=(2.5, 2.0, 2.0, 3.0)),
        ]
    if plan.pools:
        blocks.append(Heading(1, "Own machines", "pools"))
        for place, pool in enumerate(plan.pools):
            blocks += _pool(pool, place)
    return blocks


def break_even_blocks(plan: Plan) -> list[Block]:
    """From which volume each kind of request would be cheaper on own machines."""
    told = [note for note in plan.break_evens if note.own]
    if not told:
        return []
    rows = tuple(
        (
            strong(note.segment),
            plain(requests(note.planned_requests)),
            plain(f"{note.own}, against {note.api}"),
            plain(note.text),
        )
        for note in told
    )
    return [
        Heading(1, "When running it ourselves pays", "break-even"),
        Paragraph(
            plain(
                "The best option on rented or own machines against the best by API, both within the limits: whole "
                "replicas always on, people's hours included. The volume from which it stays cheaper, with its 90 % "
                "interval."
            )
        ),
        Table(("Segment", "Planned", "Ourselves, and against what", "Pays"), rows, widths=(1.5, 1.0, 3.0, 3.5)),
    ]


def _pool(pool: PoolPlan, place: int) -> list[Block]:
    many = "replica" if pool.replicas == 1 else "replicas"
    machine = f"{pool.replicas} {many} of {pool.gpus_per_replica}x {pool.gpu}, {pool.precision}"
    return [
        Heading(2, pool.model, f"pool-{place + 1}"),
        Facts(
            (
                ("Machines", plain(machine)),
                ("Where", plain("own machines" if pool.provider == "own" else f"{pool.provider}, {pool.area.upper()}")),
                ("Busy at the busiest hour", marked(share(pool.utilisation), pool.utilisation.number_class)),
                ("Cost a month", plain(money(pool.monthly_cost_usd))),
                ("Serves", plain(", ".join(pool.segments))),
            )
        ),
        *_sizing(pool, place),
    ]


def _sizing(pool: PoolPlan, place: int) -> list[Block]:
    """From weights to money, and the commands that would measure it."""
    split = [line.partition(": ") for line in pool.sizing]
    rows = tuple((strong(name), plain(text)) if colon else (plain(""), plain(name)) for name, colon, text in split)
    blocks: list[Block] = [
        Heading(3, "Sizing, line by line", f"pool-{place + 1}-sizing"),
        Table(("Line", "How it comes about"), rows, widths=(1.8, 5.2)),
    ]
    if pool.load_test:
        names = ("the server", *(f"load of {segment}" for segment in pool.segments))
        commands = tuple((strong(name), plain(text)) for name, text in zip(names, pool.load_test, strict=False))
        blocks += [
            Heading(3, "Check it on one replica", f"pool-{place + 1}-check"),
            Paragraph(
                plain(
                    "The same weights, lengths, precision and rate: these print throughput and the times to the first "
                    "token, per token and to the end at p50, p95 and p99. $WEIGHTS is your copy of the model."
                ),
                "note",
            ),
            Table(("What", "Command"), commands, widths=(1.8, 5.2)),
        ]
    return blocks


def assumption_blocks(plan: Plan) -> list[Block]:
    """What nobody gave."""
    if not plan.assumptions:
        return []
    rows = tuple((plain(item.path), plain(item.value), plain(item.reason)) for item in plan.assumptions)
    return [
        Heading(1, "Assumptions", "assumptions"),
        Paragraph(plain("Nobody gave these numbers. Each can be changed in the workload under the name shown.")),
        Table(("Name", "Value", "Why"), rows, widths=(3.0, 2.0, 4.0)),
    ]


def evidence_blocks(plan: Plan) -> list[Block]:
    """Every fact with its source."""
    legend: list[Text] = [(Span(f"{MARKS[name]} "), Span(text)) for name, text in MARK_TEXTS.items()]
    rows = tuple(
        (
            (Span(str(place + 1), "anchor", f"e{place + 1}"),),
            plain(item.what),
            marked(item.value or item.number_class, item.number_class),
            joined([link(item.source, item.url), *([] if item.url.startswith("http") else [muted(item.url)])]),
            plain(item.date),
        )
        for place, item in enumerate(plan.evidence)
    )
    return [
        Heading(1, "Evidence", "evidence"),
        Paragraph(joined(legend, " · "), "note"),
        Table(("No.", "What", "Value", "Source", "Date"), rows, widths=(0.5, 3.2, 2.2, 3.0, 1.1)),
    ]


def unknown_blocks() -> list[Block]:
    """What no figure here covers."""
    return [
        Heading(1, "What these numbers cannot know", "unknown"),
        Bullets(tuple(plain(text) for text in _CANNOT_KNOW)),
    ]
