import os
from pathlib import Path

from markdown_it import MarkdownIt

from planner.planning.plan import Plan
from planner.report.format import money, money_interval
from planner.report.render import report_bytes

HERE = Path(__file__).resolve().parent


def text_of(plan: Plan) -> str:
    return report_bytes(plan, ".md").decode()


def test_the_report_is_the_one_that_was_read_and_accepted(plan: Plan, plan_name: str) -> None:
    """Run with UPDATE_GOLDEN=1 to accept a change, then read the difference."""
    told, golden = text_of(plan), HERE / f"{plan_name}.md"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")


def test_every_cost_line_is_told(plan: Plan) -> None:
    told = text_of(plan)
    assert all(f"{money(line.monthly_usd)}" in told for part in plan.segments for line in part.cost_parts)


def test_every_baseline_is_told(plan: Plan) -> None:
    told = text_of(plan)
    assert all(money_interval(one.monthly_cost_usd) in told for one in plan.baselines if one.monthly_cost_usd)


def test_every_row_of_a_table_has_as_many_cells_as_its_head(hostile: Plan) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(text_of(hostile))
    widths, row = [], 0
    for token in tokens:
        if token.type in {"th_open", "td_open"}:
            row += 1
        elif token.type == "tr_close":
            widths.append(row)
            row = 0
    assert len(widths) > len(hostile.segments)
    assert set(widths) <= {2, 3, 4, 5, 10}


def test_hostile_text_makes_no_tag_and_no_unsafe_link(hostile: Plan) -> None:
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text_of(hostile))
    assert "<script" not in page
    assert 'href="javascript' not in page


def test_dollars_are_money_and_not_mathematics() -> None:
    from planner.report.markdown import escape

    assert escape("between $5$ and $x^2$") == "between \\$5\\$ and \\$x^2\\$"
