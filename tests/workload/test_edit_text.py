"""Edits of a YAML text leave what a person wrote around them."""

import pytest

from planner.workload.edit_text import edit_text
from planner.workload.load import parse_workload

TEXT = """\
# who asks, and why
version: 1
name: "Desk"   # quoted on purpose
segments:
  - name: triage
    skill: classification
    requests_per_month: 1500000  # from the gateway
    input_tokens: {mean: 420, p95: 900}
    output_tokens: {mean: 12}
    # the second one came later
  - name: answers
    skill: chat
    requests_per_month: 1e5
    input_tokens: {mean: 900}
    output_tokens: {mean: 200}
    latency:
      ttft_p95_ms: 900
"""


def edited(path: tuple[str | int, ...], value: object) -> str:
    text = edit_text(TEXT, {path: value})
    assert text is not None
    return text


def test_a_changed_field_leaves_every_comment_and_quote() -> None:
    text = edited(("segments", 0, "requests_per_month"), 2_000_000)
    assert text == TEXT.replace("1500000", "2000000")


def test_a_new_field_of_a_new_part_is_added() -> None:
    text = edited(("segments", 0, "data", "residency"), ["eu"])
    assert parse_workload(text).segments[0].data.residency == ("eu",)
    assert "# from the gateway" in text


def test_a_removed_field_takes_its_emptied_part_along() -> None:
    text = edited(("segments", 1, "latency", "ttft_p95_ms"), None)
    assert "latency" not in text
    assert parse_workload(text).segments[1].latency.ttft_p95_ms is None


def test_a_list_grows_at_its_end_and_shrinks_anywhere() -> None:
    more = {"name": "third", "skill": "math", "requests_per_month": 5, "input_tokens": {"mean": 1}}
    text = edited(("segments", 2), {**more, "output_tokens": {"mean": 2}})
    assert [segment.name for segment in parse_workload(text).segments] == ["triage", "answers", "third"]
    assert [segment.name for segment in parse_workload(edited(("segments", 0), None)).segments] == ["answers"]


@pytest.mark.parametrize("text", ["", "- a list", "version: 1", "a: [", "segments: 3"])
def test_a_text_that_cannot_be_edited_so_is_said(text: str) -> None:
    assert edit_text(text, {("segments", 0, "name"): "x"}) is None
