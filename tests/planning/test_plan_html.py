"""A plan in a notebook: one row a segment, and names of any kind are text."""

from planner.planning.plan import Plan
from tests.report.deploy.plans import example_plan


def test_a_plan_shows_itself_in_a_notebook_and_a_tag_in_a_name_is_text() -> None:
    data = example_plan("support-desk-eu").model_dump()
    data["segments"][0]["option"]["model_name"] = "<script>alert(1)</script>"
    shown = Plan.model_validate(data)._repr_html_()
    assert shown.count("<tr>") == 1 + len(data["segments"])
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert data["workload_hash"][:16] in shown
