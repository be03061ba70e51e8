"""The Serving page as Streamlit runs it: real plans, real sizings, state in the address."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from planner import app
from planner.resources import pages_dir
from planner.session import Session, example_names, example_text

WAIT_S = 120


def opened(example: str = "invoice-extraction", **link: str) -> AppTest:
    at = AppTest.from_file(str(Path(app.__file__)), default_timeout=WAIT_S)
    for name, value in {"example": example, **link}.items():
        at.query_params[name] = value
    at.run()
    at.switch_page(str(pages_dir() / "serving.py"))
    at.run()
    assert not at.exception, at.exception
    return at


def bodies(at: AppTest) -> list[str]:
    return [element.proto.body for element in at.get("html") if "<style>" not in element.proto.body]


def answer(at: AppTest) -> str:
    found = [body for body in bodies(at) if 'class="tp-answer"' in body]
    assert len(found) == 1
    return re.sub(r"<[^>]+>", "", found[0])


def shown(at: AppTest) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", body) for body in bodies(at))


def session_of(at: AppTest) -> Session:
    found = at.session_state["session"]
    assert isinstance(found, Session)
    return found


EIGHT = {"segment": "line-to-account", "model": "meta/llama-3.1-8b", "gpu": "1x h100-sxm", "precision": "fp8"}


def test_an_8b_on_one_gpu_against_an_api_is_answered_with_a_volume_and_an_interval() -> None:
    said = answer(opened(**EIGHT))
    assert "Llama 3.1 8B Instruct" in said
    assert "1x NVIDIA H100 SXM 80 GB" in said
    assert re.search(r"requests a month", said)
    assert re.search(r"\([\d.,]+ ?(million|billion)? to ", said) or "up to" in said


def test_the_page_opens_with_a_meaningful_case_of_the_first_example() -> None:
    at = opened()
    assert "requests a month" in answer(at)
    assert "Sizing, line by line" in [head.value for head in at.subheader]


def test_the_other_lens_changes_the_cost_and_stands_in_the_link() -> None:
    at = opened(**EIGHT)
    before = shown(at)
    at.button_group(key="serving.lens").set_value("marginal").run()
    assert not at.exception
    assert shown(at) != before
    assert session_of(at).serving["lens"] == "marginal"
    at.run()
    assert at.query_params["lens"] == "marginal"


def test_a_link_brings_back_gpu_lens_and_mode() -> None:
    at = opened(**EIGHT, lens="marginal", mode="scale_to_zero")
    assert at.selectbox(key="serving.gpu").value == "1x h100-sxm"
    assert at.button_group(key="serving.lens").value == "marginal"
    assert at.selectbox(key="serving.mode").value == "scale_to_zero"


def test_a_choice_that_is_not_on_offer_gives_way_to_the_usual_one() -> None:
    at = opened(**{**EIGHT, "gpu": "3x abacus", "lens": "sideways"})
    assert at.button_group(key="serving.lens").value == "full"
    assert at.selectbox(key="serving.gpu").value != "3x abacus"
    assert "requests a month" in answer(at)


def test_all_paths_stand_beside_each_other_at_the_planned_volume() -> None:
    table = next(body for body in bodies(opened(**EIGHT)) if "<th>Machines</th>" in body)
    for path in ("API: ", "rented, always on", "rented, in active hours", "rented, off when idle", "owned: "):
        assert path in table
    assert table.count("tp-mark") >= 5


def test_every_kind_of_request_and_their_pool_have_a_break_even() -> None:
    at = opened(**{**EIGHT, "model": "qwen/qwen3-8b"})
    table = next(body for body in bodies(at) if "<th>Rented pays</th>" in body)
    assert all(segment.name in table for segment in session_of(at).workload.segments)
    assert "on one pool" in table


def test_the_load_generators_command_stands_beside_the_sizing() -> None:
    commands = [block.value for block in opened(**EIGHT).code]
    assert any(command.startswith("vllm serve") for command in commands)
    assert any("--request-rate" in command and "--random-input-len 110" in command for command in commands)


def test_a_confidential_workload_is_told_that_no_api_may_serve_it_and_sized_as_planned() -> None:
    at = opened("contract-drafting")
    said = shown(at)
    assert "may not go to any API" in said
    assert "The plan runs" in said
    assert "cache per token" in said


def test_documents_and_labels_have_their_cost_lines() -> None:
    heads = [head.value for head in opened("contract-drafting").subheader]
    assert "Tuning it" in heads
    assert any(head.startswith("Searching the documents") for head in heads)


def test_a_spare_replica_makes_it_dearer() -> None:
    at = opened(**EIGHT)
    at.checkbox(key="serving.spare").check().run()
    assert not at.exception
    assert "N+1" in shown(at)
    assert session_of(at).serving["spare"] == "1"


@pytest.mark.parametrize("example", [name for name in example_names() if name != "invoice-extraction"])
def test_every_example_opens_on_an_answer_and_a_sizing(example: str) -> None:
    at = opened(example)
    assert "requests a month" in answer(at)
    assert "Sizing, line by line" in [head.value for head in at.subheader]


def test_what_the_paths_assume_is_told_with_its_source() -> None:
    table = next(body for body in bodies(opened(**EIGHT)) if "cost of capital" in body)
    assert "encoradvisors.com" in table
    assert table.count("tp-mark") >= 15


def test_the_page_stands_when_no_plan_holds_the_limits() -> None:
    at = AppTest.from_file(str(Path(app.__file__)), default_timeout=WAIT_S)
    at.query_params["example"] = "invoice-extraction"
    at.run()
    at.switch_page(str(pages_dir() / "workload.py")).run()
    text = f"{example_text('invoice-extraction')}\nlimits: {{monthly_budget_usd: 20}}\n"
    at.text_area(key="workload_yaml").set_value(text).run()
    at.switch_page(str(pages_dir() / "serving.py")).run()
    assert not at.exception
    assert "requests a month" in answer(at)


def test_a_segment_that_the_api_may_not_serve_is_marked() -> None:
    at = opened("field-assistant", segment="damage-photos", model="google/gemma-3-27b")
    table = next(body for body in bodies(at) if "<th>Rented pays</th>" in body)
    assert table.count("this API may not serve it") >= 2


def test_the_spare_replicas_that_the_workload_asks_for_are_counted() -> None:
    at = AppTest.from_file(str(Path(app.__file__)), default_timeout=WAIT_S)
    at.query_params["example"] = "invoice-extraction"
    at.run()
    at.switch_page(str(pages_dir() / "workload.py")).run()
    text = f"{example_text('invoice-extraction')}\nassumptions: {{spare_replicas: 2}}\n"
    at.text_area(key="workload_yaml").set_value(text).run()
    at.switch_page(str(pages_dir() / "serving.py")).run()
    assert not at.exception
    assert at.checkbox(key="serving.spare").value
    assert "2 more (N+2)" in shown(at)


def _trace() -> bytes:
    rows = "".join(f"{0.2 * row + 0.01 * (row % 7):.2f},{100 + row % 300},{5 + row % 40}\n" for row in range(400))
    return f"TIMESTAMP,ContextTokens,GeneratedTokens\n{rows}".encode()


def test_first_tokens_are_told_at_p50_p95_and_p99() -> None:
    said = shown(opened(**EIGHT))
    for percentile in ("First token, p50", "First token, p95", "First token, p99"):
        assert percentile in said


def test_a_trace_is_replayed_beside_the_formula_and_drawn() -> None:
    at = opened("support-desk-eu")
    charts = len(at.get("plotly_chart"))
    at.file_uploader(key="serving.trace").set_value(("mine.csv", _trace(), "text/csv")).run()
    assert not at.exception, at.exception
    said = shown(at)
    assert "Replayed at the planned busiest hour" in said
    assert "the formula says" in said
    assert "The trace: 400 requests" in said
    assert len(at.get("plotly_chart")) == charts + 1


def test_a_bad_trace_is_told_with_its_line_and_field() -> None:
    at = opened(**EIGHT)
    bad = _trace().replace(b"\n0.20,", b"\nsoon,", 1).replace(b"\n0.21,", b"\nsoon,", 1)
    at.file_uploader(key="serving.trace").set_value(("mine.csv", bad, "text/csv")).run()
    assert not at.exception, at.exception
    assert "line 3: TIMESTAMP" in shown(at)
