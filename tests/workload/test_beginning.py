"""What a description in plain words means, and what it must not be taken for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.terms import SKILLS
from planner.workload.beginning import SKILL_WORDS, Kind, hear, new_workload
from planner.workload.load import check_workload


def heard(text: str) -> dict[str, str]:
    proposal = hear(text)
    assert proposal is not None, text
    check_workload(proposal.data)
    return {part.field: part.value for part in proposal.heard}


def test_every_skill_has_words() -> None:
    assert {words.skill for words in SKILL_WORDS} == set(SKILLS)


def test_three_answers_make_a_workload_that_loads() -> None:
    workload = check_workload(new_workload("Desk", Kind("triage", "classification", 1000, 200.0, 8.0)))
    assert workload.segments[0].requests_per_month == 1000


@pytest.mark.parametrize(
    ("text", "per_month"),
    [
        ("20,000 tickets a day", "608,750"),
        ("20.000 tickets a day", "608,750"),
        ("20 000 tickets per working day", "420,000"),
        ("3 million invoices per month", "3,000,000"),
        ("1.5k chats daily", "45,656"),
        ("2.5 requests per second", "6,574,500"),
        ("12,000 letters a year", "1,000"),
        ("50 pull requests an hour", "36,525"),
    ],
)
def test_a_number_with_its_period_is_requests_a_month(text: str, per_month: str) -> None:
    assert heard(text)["requests_per_month"] == per_month


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("200 agents, 20,000 tickets a day, answers from our handbook, EU only", "grounded_qa"),
        ("we extract fields from 300 invoices a day", "extraction"),
        ("300 texts a day to translate", "translation"),
        ("900 mails a week to triage", "classification"),
        ("40 pull requests a day for our developers", "coding"),
        ("a support bot, 900 chats a day", "chat"),
    ],
)
def test_words_point_to_a_skill(text: str, skill: str) -> None:
    assert heard(text)["skill"] == skill


def test_places_and_premises_are_heard_and_the_word_us_is_none() -> None:
    assert heard("900 chats a day, EU and US")["data.residency"] == "eu, us"
    assert "data.residency" not in heard("900 chats a day for us")
    assert heard("900 chats a day, on-prem")["data.may_leave_premises"] == "false"
    assert heard("900 chats a day with letters of patients")["data.sensitivity"] == "personal"


def test_documents_make_it_a_search() -> None:
    proposal = hear("900 questions a day, answered from our policies")
    assert proposal is not None
    assert proposal.data["segments"][0]["knowledge"]["corpus_tokens"] > 0


@pytest.mark.parametrize("text", ["", "help us write code", "many tickets a day", "0 tickets a day", "5 agents"])
def test_without_a_volume_nothing_is_proposed(text: str) -> None:
    assert hear(text) is None


@given(st.text(max_size=400))
def test_no_text_breaks_it(text: str) -> None:
    proposal = hear(f"{text} 5 things a day")
    if proposal is not None:
        check_workload(proposal.data)
