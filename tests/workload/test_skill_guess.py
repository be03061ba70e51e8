"""A first guess of the skill, with its reason, or none."""

import pytest

from planner.resources import catalogs_dir
from planner.workload import Sample, guess_skill, read_samples

SAMPLES = catalogs_dir() / "workloads" / "samples"


@pytest.mark.parametrize(
    ("prompts", "skill"),
    [
        (
            ["Translate into French: good morning", "Please translate this letter", "Übersetzen Sie: guten Tag"],
            "translation",
        ),
        (["Summarise the call below", "A summary of this thread, please", "tl;dr of the report"], "summarization"),
        (["Context: ... What is the fee?", "Based on the following policy, am I covered?"], "grounded_qa"),
        (["Extract the invoice number", "Return JSON with name and date"], "extraction"),
        (["Write a SQL query for the top ten", "Why does this Python code fail?"], "coding"),
        (["Calculate the interest", "Solve 3x + 4 = 10"], "math"),
        (["Draft a letter to the tenant", "Rewrite this paragraph"], "writing"),
        (["Who wrote Middlemarch?", "When did the war end?"], "knowledge_qa"),
        (["Classify this mail", "Which category is this ticket?"], "classification"),
        (["Use the tools to book a room", "Call the tool find_user"], "agentic"),
    ],
)
def test_telling_words_point_to_a_skill(prompts: list[str], skill: str) -> None:
    guess = guess_skill([Sample(prompt, None) for prompt in prompts])
    assert guess is not None
    assert guess.skill == skill


@pytest.mark.parametrize(
    ("name", "skill"),
    [("support-desk-triage", "classification"), ("field-reports", "extraction"), ("coding-questions", "coding")],
)
def test_the_shipped_samples_are_guessed_right(name: str, skill: str) -> None:
    guess = guess_skill(read_samples(SAMPLES / f"{name}.jsonl"))
    assert guess is not None
    assert guess.skill == skill
    assert guess.share >= 0.6


def test_a_few_labels_that_come_again_are_classification() -> None:
    samples = [Sample(f"Ticket {number}", ("refund", "delivery")[number % 2]) for number in range(20)]
    guess = guess_skill(samples)
    assert guess is not None
    assert guess.skill == "classification"
    assert guess.reason == "20 short answers, only 2 different ones"


def test_json_answers_are_extraction() -> None:
    guess = guess_skill([Sample("Note: pump leaks", '{"asset": "pump"}')] * 3)
    assert guess is not None
    assert guess.skill == "extraction"


def test_mixed_prompts_give_no_guess() -> None:
    prompts = ["Translate this", "Summarise this", "Draft a letter", "hello there", "Calculate 3 + 4"]
    assert guess_skill([Sample(prompt, None) for prompt in prompts]) is None


def test_prompts_that_say_nothing_give_no_guess() -> None:
    assert guess_skill([Sample("hm", None), Sample("ok then", None)]) is None


def test_no_samples_give_no_guess() -> None:
    assert guess_skill([]) is None
