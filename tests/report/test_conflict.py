from planner.planning.plan import Conflict
from planner.report import conflict_document, render_conflict_text
from planner.report.html import html_of


def test_the_text_names_every_limit_and_what_is_reachable(conflict: Conflict) -> None:
    told = render_conflict_text(conflict)
    assert all(one.limit in told and one.best_reachable in told for one in conflict.limits)


def test_the_text_begins_with_the_answer(conflict: Conflict) -> None:
    assert render_conflict_text(conflict).startswith(conflict.text)


def test_what_cannot_be_shown_yet_names_the_probe_and_the_confidence(conflict: Conflict) -> None:
    unsure = conflict.model_copy(update={"kind": "not_shown", "probe": "60 of your samples", "accept_confidence": 0.72})
    told = render_conflict_text(unsure)
    assert "60 of your samples" in told
    assert "72 %" in told


def test_a_conflict_without_a_way_out_promises_none(conflict: Conflict) -> None:
    stuck = tuple(one.model_copy(update={"relax_to": ""}) for one in conflict.limits)
    told = render_conflict_text(conflict.model_copy(update={"limits": stuck, "probe": "", "accept_confidence": None}))
    assert "What would help" not in told


def test_hostile_text_stays_text(conflict: Conflict) -> None:
    page = html_of(conflict_document(conflict.model_copy(update={"text": "<script>x</script>"})))
    assert "<script" not in page
