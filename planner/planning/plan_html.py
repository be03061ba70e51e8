"""A plan or a conflict in a notebook: the answer and one table, every text escaped."""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.planning.plan import Conflict, Plan


def plan_html(plan: "Plan") -> str:
    """The answer, one row a segment, what it was made of."""
    rows = []
    for segment in plan.segments:
        cost, quality = segment.monthly_cost_usd, segment.quality
        usd = interval_html(cost.mean, cost.low, cost.high)
        share = interval_html(100.0 * quality.mean, 100.0 * quality.low, 100.0 * quality.high)
        rows.append((segment.name, segment.option.label, segment.option.place, usd, share))
    head = ("Segment", "Tool", "Where", "USD a month", "Acceptable answers, %")
    foot = f"workload {plan.workload_hash[:16]}, catalog {plan.catalog_version} of {plan.catalog_date}"
    return table_html(plan.answer, head, rows, f"{foot}, seed {plan.seed}; intervals at 90 %")


def conflict_html(conflict: "Conflict") -> str:
    """The answer and one row a limit."""
    rows = [(one.limit, one.value, one.best_reachable, one.relax_to) for one in conflict.limits]
    return table_html(conflict.text, ("Limit", "Asked", "Best reachable", "Relax to"), rows, "")


def table_html(answer: str, head: Sequence[str], rows: Sequence[Sequence[str]], foot: str) -> str:
    """One paragraph, one table, one line of origin.

    >>> table_html("a < b", ["x"], [["1"]], "").partition("<thead>")[0]
    '<p><strong>a &lt; b</strong></p><table>'
    """

    def cells(tag: str, texts: Sequence[str]) -> str:
        return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"
    last = f"<p><small>{html.escape(foot)}</small></p>" if foot else ""
    return f"<p><strong>{html.escape(answer)}</strong></p>{table}{last}"


def interval_html(mean: float, low: float, high: float) -> str:
    """A figure with its interval.

    >>> interval_html(11274.2, 9096.6, 13985.3), interval_html(90.6, 86.6, 93.5)
    ('11,274 (9,097 to 13,985)', '90.6 (86.6 to 93.5)')
    """
    mean_text, low_text, high_text = (f"{one:,.0f}" if abs(one) >= 100.0 else f"{one:.3g}" for one in (mean, low, high))
    return f"{mean_text} ({low_text} to {high_text})"
