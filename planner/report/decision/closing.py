"""How the numbers are made, and how to get the same ones again: the end of every report."""

from typing import Final

from planner.planning.plan import Plan
from planner.report.document import Block, Bullets, Facts, Heading, Paragraph, Text, plain

_METHOD: Final = (
    "Everything uncertain is a set of draws; an interval is their spread, and two plans are compared draw by draw.",
    "Quality: public scores place each model on each skill, a segment's anchor its difficulty; probes move both.",
    "Times: published speeds and lengths of answers; own machines from memory, bandwidth and queues at their peak.",
    "Cost: token prices with caching, retries and hidden reasoning; machines in whole replicas; people's hours.",
    "Choice: a programme over every allowed option, solved to its optimum, limits held in the stated share of draws.",
)


def method_blocks() -> list[Block]:
    """The method in five sentences."""
    return [Heading(1, "How the numbers are made", "method"), Bullets(tuple(plain(text) for text in _METHOD))]


def reproduce_blocks(plan: Plan) -> list[Block]:
    """Seed, hashes and the command: the last words of a report."""
    rows: list[tuple[str, Text]] = [
        ("Command", plain("planner plan WORKLOAD --json plan.json --report plan.pdf")),
        ("Planner", plain(plan.planner_version)),
        ("Catalog", plain(f"{plan.catalog_version} of {plan.catalog_date}")),
        ("Seed", plain(str(plan.seed))),
        ("Workload, SHA-256", plain(plan.workload_hash)),
    ]
    note = "The same workload, catalog and seed give the same plan, byte for byte."
    return [Heading(1, "How to get it again", "again"), Paragraph(plain(note)), Facts(tuple(rows))]
