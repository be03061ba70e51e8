"""Telling that no plan holds the limits: which of them cannot hold together, and what to relax by how much."""

from planner.planning.plan import Conflict, LimitInConflict
from planner.report.document import Block, Bullets, Document, Facts, Heading, Table, Text, plain
from planner.report.format import percent

_KINDS = {
    "impossible": "no option is likely to hold these limits together",
    "not_shown": "an option may hold them, but it cannot be shown yet at the stated confidence",
}


def conflict_document(conflict: Conflict) -> Document:
    """The report of a conflict."""
    where = conflict.segment or "between segments"
    rows: list[tuple[str, Text]] = [
        ("What it is", plain(_KINDS[conflict.kind])),
        ("Where", plain(where)),
        ("Workload", plain(f"{conflict.workload_hash[:16]} (start of its hash)")),
        ("Catalog", plain(conflict.catalog_version)),
        ("Planner", plain(conflict.planner_version)),
    ]
    blocks: list[Block] = [Heading(1, "Limits that cannot hold together", "limits"), _limits_table(conflict)]
    ways = [plain(text) for text in _ways_out(conflict)]
    if ways:
        blocks += [Heading(1, "What would help", "help"), Bullets(tuple(ways))]
    return Document(
        "No plan holds every limit", "Toolbox plan", plain(conflict.text), Facts(tuple(rows)), tuple(blocks)
    )


def _ways_out(conflict: Conflict) -> tuple[str, ...]:
    """What to relax by how much, what to probe, what confidence to accept; one sentence each."""
    ways = [f"Relax {one.limit} from {one.value} to {one.relax_to}." for one in conflict.limits if one.relax_to]
    if conflict.probe:
        ways.append(f"{conflict.probe.rstrip('.')}.")
    if conflict.accept_confidence is not None:
        ways.append(f"Accept that the limits hold with {percent(conflict.accept_confidence)} confidence.")
    return tuple(ways)


def _limits_table(conflict: Conflict) -> Table:
    head = ("Limit", "Asked", "Best reachable, the others held", "Least change that helps", "Confidence reached")
    return Table(head, tuple(_limit_row(one) for one in conflict.limits), widths=(3.0, 1.6, 2.6, 1.8, 1.4))


def _limit_row(one: LimitInConflict) -> tuple[Text, ...]:
    reached = "none" if one.confidence_reached is None else percent(one.confidence_reached)
    texts = (one.limit, one.value, one.best_reachable, one.relax_to or "none alone", reached)
    return tuple(plain(text) for text in texts)
