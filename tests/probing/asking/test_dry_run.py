"""What a run would cost before it is sent, and that the worst case is one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from probing_parts import settings_of, suite_of, target_at

from planner.probing.asking.dry_run import EXPECTED_OUTPUT_SHARE, estimate_run
from planner.probing.costs import count_messages, most_prompt_tokens
from planner.probing.suites.suite import GraderSpec
from planner.probing.wire.questions import Message
from planner.workload.tokens import count_tokens

TARGET = target_at("http://127.0.0.1:9/v1")


def test_an_estimate_is_tokens_times_price() -> None:
    (row,) = estimate_run(suite_of(10, tokens=100), (TARGET,), settings_of())
    counted = sum(count_tokens([f"question {number}" for number in range(10)]))
    assert row.requests == 10
    assert row.low_usd == pytest.approx((counted * 1.0 + 10 * 1 * 2.0) / 1e6)
    expected = (counted * 1.0 + 10 * EXPECTED_OUTPUT_SHARE * 100 * 2.0) / 1e6
    assert row.expected_usd == pytest.approx(expected)


def test_low_expected_and_worst_come_in_this_order() -> None:
    for tokens in (1, 8, 500):
        (row,) = estimate_run(suite_of(5, tokens=tokens), (TARGET,), settings_of(repeats=3))
        assert row.low_usd <= row.expected_usd <= row.worst_usd
        assert row.requests == 15


def test_a_judge_has_a_line_of_its_own() -> None:
    judge = target_at("http://127.0.0.1:9/v1", "judge")
    suite = suite_of(4).model_copy(update={"grader": GraderSpec(kind="llm_judge", rubric="be right")})
    asked, judged = estimate_run(suite, (TARGET,), settings_of(judge=judge))
    assert (asked.model, judged.model, judged.requests) == ("fixed", "judge", 4)
    assert judged.worst_usd > 0.0


def test_a_load_run_is_counted_by_its_arrivals() -> None:
    (row,) = estimate_run(suite_of(4), (TARGET,), settings_of(rate_per_s=5.0, seconds=20.0))
    assert row.requests == 100


def test_a_family_that_counts_more_tokens_is_expected_to_cost_more() -> None:
    claude = replace(TARGET, catalog_model="anthropic/claude-opus-4.7")
    suite = suite_of(10, tokens=100)
    (plain,), (dearer,) = (estimate_run(suite, (target,), settings_of()) for target in (TARGET, claude))
    assert dearer.input_tokens == pytest.approx(1.53 * plain.input_tokens, abs=1)


@given(st.text(max_size=400))
def test_no_prompt_has_more_tokens_than_its_worst_case_by_either_vocabulary(text: str) -> None:
    messages = (Message("user", text),)
    most = most_prompt_tokens(messages, count_messages(messages), TARGET)
    assert most >= count_tokens([text], "cl100k_base")[0]
    assert most >= count_tokens([text], "o200k_base")[0]


@given(st.text(max_size=400))
def test_the_worst_case_of_openais_own_models_is_no_less_than_what_is_counted(text: str) -> None:
    messages = (Message("system", text), Message("user", text))
    counted = count_messages(messages)
    assert most_prompt_tokens(messages, counted, replace(TARGET, provider="openai")) >= counted


@pytest.mark.parametrize("model", ["openai/gpt-3.5-turbo", "openai/gpt-4", "openai/gpt-4-turbo"])
@pytest.mark.parametrize("provider", ["openai", "azure"])
def test_models_with_the_older_vocabulary_are_bounded_by_it(model: str, provider: str) -> None:
    text = "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0 " * 60  # Georgian: five times as many tokens
    messages = (Message("user", text),)
    target = replace(TARGET, provider=provider, catalog_model=model)
    counted = count_messages(messages)
    older = count_tokens([text], "cl100k_base")[0]
    assert older > 2 * counted
    assert most_prompt_tokens(messages, counted, target) >= older


@pytest.mark.parametrize("provider", ["openai", "azure", "anthropic", "mistral", "custom"])
def test_where_the_vocabulary_is_unknown_no_byte_is_left_uncounted(provider: str) -> None:
    text = "\u0938\u0902\u0926\u0947\u0936 \U0001f600 plain"
    target = replace(TARGET, provider=provider, catalog_model=None if provider != "openai" else "openai/gpt-6-sol")
    messages = (Message("user", text),)
    bound = most_prompt_tokens(messages, count_messages(messages), target)
    assert bound >= len(text.encode())
