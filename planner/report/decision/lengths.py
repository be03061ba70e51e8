"""A plan's report in three lengths: two pages for who signs, the architect's, and all of it."""

from typing import Final, Literal, TypeAlias

from planner.planning.plan import Plan
from planner.report import contents
from planner.report.decision.closing import method_blocks, reproduce_blocks
from planner.report.decision.places import place_table, ways_of
from planner.report.decision.risks import risk_table, risks_of
from planner.report.decision.sentences import decision_facts, decision_of, first_to_do, reference_of, signatures
from planner.report.document import Block, Contents, Document, Heading, Paragraph, Picture, Table, Text, plain, strong
from planner.report.format import money_interval, share
from planner.report.picture_data import workload_of
from planner.report.segment_contents import segment_blocks
from planner.report.svg import plan as svg
from planner.report.svg.data_flow import data_flow_svg

Length: TypeAlias = Literal["board", "architect", "full"]
LENGTHS: Final[tuple[Length, ...]] = ("board", "architect", "full")
_BOARD_BELOW_USD: Final = 1_000.0
_ARCHITECT_BELOW_USD: Final = 10_000.0
"""Money at stake a month below which a shorter report does: a choice, told where it is made."""
_FEW: Final = 7


def usual_length(plan: Plan) -> Length:
    """The length that the money at stake asks for: the larger of the bill and of what is saved, a month."""
    found = reference_of(plan)
    saved = abs(found.saving_usd.mean) if found is not None and found.saving_usd is not None else 0.0
    stake = max(plan.totals.monthly_cost_usd.mean, saved)
    if stake < _BOARD_BELOW_USD:
        return "board"
    return "architect" if stake < _ARCHITECT_BELOW_USD else "full"


def plan_report(plan: Plan, length: Length = "full") -> Document:
    """The report of a plan at a length; every length starts with the decision and ends with seed and hash."""
    blocks = _decision(plan, length)
    if length != "board":
        blocks.append(Contents())
    blocks += _pictures(plan, length)
    if length == "architect":
        blocks += _architect(plan)
    elif length == "full":
        blocks += _full(plan)
    return Document(
        title=workload_of(plan).name,
        kicker={"board": "Toolbox plan, for decision", "architect": "Toolbox plan, for architects"}.get(
            length, "Toolbox plan"
        ),
        lead=plain(decision_of(plan)),
        facts=decision_facts(plan),
        blocks=(*blocks, *reproduce_blocks(plan)),
    )


def _decision(plan: Plan, length: Length) -> list[Block]:
    found = risks_of(plan)[:2]
    return [
        Heading(1, "The two largest risks", "risks"),
        risk_table(found),
        Heading(1, "What to do first", "first"),
        first_to_do(plan, 3 if length == "board" else 5),
        Heading(1, "Who signs", "signs"),
        signatures(plan),
    ]


def _pictures(plan: Plan, length: Length) -> list[Block]:
    """The toolbox and where data goes; two pages hold a picture of few segments, or a table of many."""
    ways = ways_of(plan)
    toolbox: Block = Picture(
        "Which tool serves which segment; width: USD a month",
        lambda ink, px: svg.flow_svg(plan, "cost", ink, px),
    )
    if length == "board" and len(plan.segments) > _FEW:
        toolbox = _segments(plan)
    return [
        Heading(1, "The toolbox", "toolbox"),
        toolbox,
        Heading(1, "Where the data goes", "data"),
        Picture(
            "Orange: personal or confidential data that leaves; green: it stays; thin: only what a gate passes on",
            lambda ink, px: data_flow_svg(ways, ink, px),
        ),
    ]


def _segments(plan: Plan) -> Table:
    rows: list[tuple[Text, ...]] = [
        (
            strong(part.name),
            plain(part.option.label),
            plain(part.option.place),
            plain(money_interval(part.monthly_cost_usd)),
            plain(share(part.quality)),
        )
        for part in plan.segments
    ]
    head = ("Segment", "Tool", "Where", "Cost a month", "Acceptable answers")
    return Table(head, tuple(rows), (3, 4), (1.6, 2.2, 2.0, 2.0, 1.2))


def _architect(plan: Plan) -> list[Block]:
    return [
        place_table(plan),
        Heading(1, "Who serves what", "segments"),
        _segments(plan),
        *_why(plan),
        *contents.comparison_blocks(plan),
        *contents.limit_blocks(plan),
        *contents.shared_blocks(plan),
        *contents.break_even_blocks(plan),
        Heading(1, "All risks", "all-risks"),
        risk_table(risks_of(plan)),
        *contents.assumption_blocks(plan),
        *method_blocks(),
        *contents.unknown_blocks(),
    ]


def _why(plan: Plan) -> list[Block]:
    rows: list[tuple[Text, ...]] = []
    for part in plan.segments:
        other = part.runner_up
        instead = "nothing else fits" if other is None else other.option.label
        rows.append((strong(part.name), plain(part.why), plain(instead)))
    head = ("Segment", "Why this tool", "Next best")
    return [Heading(1, "Why these tools", "why"), Table(head, tuple(rows), widths=(1.5, 5.0, 2.0))]


def _full(plan: Plan) -> list[Block]:
    segments = [block for part in plan.segments for block in segment_blocks(plan, part)]
    return [
        place_table(plan),
        Heading(1, "All risks", "all-risks"),
        risk_table(risks_of(plan)),
        Heading(1, "The plan in figures", "figures"),
        Paragraph(plain(plan.answer)),
        contents.cover_facts(plan),
        *contents.warning_blocks(plan),
        *contents.toolbox_blocks(plan),
        *contents.comparison_blocks(plan),
        *contents.limit_blocks(plan),
        Heading(1, "Segment by segment", "segments"),
        *segments,
        *contents.shared_blocks(plan),
        *contents.break_even_blocks(plan),
        *contents.assumption_blocks(plan),
        *contents.evidence_blocks(plan),
        *method_blocks(),
        *contents.unknown_blocks(),
    ]
