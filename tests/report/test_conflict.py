from planner.planning.plan import Conflict
from planner.report.conflict import conflict_document
from planner.report.html import html_of
from planner.report.markdown import markdown_of


def told_of(conflict: Conflict) -> str:
    return markdown_of(conflict_document(conflict))


def test_the_text_names_every_limit_and_what_is_reachable(conflict: Conflict) -> None:
    told = told_of(conflict).replace("\\", "")
    assert all(one.limit in told and one.best_reachable in told for one in conflict.limits)


def test_the_answer_comes_right_after_the_title(conflict: Conflict) -> None:
    assert conflict.text in told_of(conflict).replace("\\", "").split("\n\n")[1]


def test_what_cannot_be_shown_yet_names_the_probe_and_the_confidence(conflict: Conflict) -> None:
    unsure = conflict.model_copy(update={"kind": "not_shown", "probe": "60 of your samples", "accept_confidence": 0.72})
    told = told_of(unsure)
    assert "60 of your samples" in told
    assert "72 %" in told


def test_a_conflict_without_a_way_out_promises_none(conflict: Conflict) -> None:
    stuck = tuple(one.model_copy(update={"relax_to": ""}) for one in conflict.limits)
    none = conflict.model_copy(update={"limits": stuck, "probe": "", "accept_confidence": None})
    assert "What would help" in told_of(conflict)
    assert "What would help" not in told_of(none)


def test_hostile_text_stays_text(conflict: Conflict) -> None:
    page = html_of(conflict_document(conflict.model_copy(update={"text": "<script>x</script>"})))
    assert "<script" not in page
