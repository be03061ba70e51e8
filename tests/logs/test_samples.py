"""Prompts out of a log: redacted, each once, the same each time; segments proposed where none are told."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.catalog.load import load_catalog
from planner.cli import main
from planner.errors import InputError
from planner.logs import profile_log, read_logs
from planner.logs.samples.clusters import propose_segments, with_groups
from planner.logs.samples.redact import redact_text
from planner.logs.samples.texts import plain_answer, plain_prompt


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("mail me at ann.lee+x@mail.example.co.uk now", "mail me at [email] now"),
        ("call +49 (0)30 123456-78 or 030 1234567", "call [phone] or [phone]"),
        ("ring (212) 555-0147, office 212.555.0148", "ring [phone], office [phone]"),
        ("card 4111 1111 1111 1111, exp 12/29", "card [card], exp 12/29"),
        ("card 5500005555555559", "card [card]"),
        ("order 4111 1111 1111 1112 is late", "order 4111 1111 1111 1112 is late"),
        ("pay to DE89 3704 0044 0532 0130 00 please", "pay to [iban] please"),
        ("pay to GB82WEST12345698765432", "pay to [iban]"),
        ("ref DE89 3704 0044 0532 0130 01 please", "ref DE89 3704 0044 0532 0130 01 please"),
        ("key sk-proj-abcdefghijklmnop1234", "key [key]"),
        ("Authorization: Bearer abc.def-ghi_jkl012345", "Authorization: Bearer [key]"),
        ("password: hunter2hunter2 works", "password: [key] works"),
        (
            "in 2026 we sold 1,234,567 units at 19.99 on 2026-11-02",
            "in 2026 we sold 1,234,567 units at 19.99 on 2026-11-02",
        ),
        ("ticket 20261102 and version 1.22.333", "ticket 20261102 and version 1.22.333"),
    ],
)
def test_personal_data_goes_and_figures_stay(text: str, clean: str) -> None:
    assert redact_text(text)[0] == clean


@pytest.mark.parametrize(
    ("kept", "plain"),
    [
        ("a plain question", "a plain question"),
        ('[{"role": "user", "content": "Hello"}]', "Hello"),
        (
            '[{"role": "system", "content": "Be short"}, {"role": "user", "content": "Hi"}]',
            "system: Be short\n\nuser: Hi",
        ),
        ('{"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "Look"}]}]}', "Look"),
        ('[{"role": "user", "parts": [{"type": "text", "content": "Part"}]}]', "Part"),
        ('{"not": "closed', '{"not": "closed'),
    ],
)
def test_messages_of_every_kind_become_plain_text(kept: str, plain: str) -> None:
    assert plain_prompt(kept) == plain


def test_the_answer_is_the_last_message() -> None:
    assert plain_answer('{"choices": [{"message": {"role": "assistant", "content": "42"}}]}') == "42"


def _log(jsonl: Callable[..., Path], count: int = 60) -> Path:
    rows = []
    for place in range(count):
        kind = ("translate this sentence into French", "write unit tests for the python function")[place % 2]
        rows.append(
            {
                "timestamp": 1_790_000_000.5 + place, "input_tokens": 40 + place % 2 * 3000, "output_tokens": 20,
                "prompt": f"Please {kind}, number {place % 20}, from user{place}@example.org",
                "answer": f"answer {place}",
            }
        )  # fmt: skip
    return jsonl(rows)


def test_a_suite_from_traffic_is_redacted_and_the_same_each_time(
    jsonl: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "suite.jsonl"
    asked = ["logs", "sample", str(_log(jsonl)), "-o", str(written), "--per-segment", "15"]
    assert main(asked) == 0
    assert "[email]" in capsys.readouterr().out
    first = written.read_text()
    rows = [json.loads(line) for line in first.splitlines()]
    assert len(rows) == 15
    assert len({row["prompt"] for row in rows}) == 15
    assert "@example.org" not in first
    assert "reference" not in rows[0]
    assert main(asked) == 0
    assert written.read_text() == first
    assert main([*asked, "--answers"]) == 0
    assert json.loads(written.read_text().splitlines()[0])["reference"].startswith("answer")


def test_a_log_without_prompts_gives_no_suite(
    csv_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = csv_file("timestamp,input_tokens,output_tokens\n1.5,5,5\n2.5,5,5\n")
    assert main(["logs", "sample", str(path), "-o", str(path.with_suffix(".jsonl"))]) == 2
    assert "without prompts" in capsys.readouterr().err


def test_prompts_are_read_only_when_they_are_asked_for(jsonl: Callable[..., Path]) -> None:
    path = str(_log(jsonl))
    assert "prompt" not in read_logs([path]).requests.columns
    assert "prompt" in read_logs([path], texts=True).requests.columns


def test_words_propose_segments_and_every_request_gets_one(jsonl: Callable[..., Path]) -> None:
    log = read_logs([str(_log(jsonl))], texts=True)
    groups = propose_segments(log)
    profile = profile_log(with_groups(log, groups), load_catalog())
    assert profile.served == 60
    by_size = {round(part.means["input_tokens"]): part.requests for part in profile.segments}
    assert set(by_size) == {40, 3040}  # the two kinds of request are never mixed
    assert {one.skill for one in groups.proposals} == {"translation", "coding"}


def test_lengths_propose_segments_where_there_are_no_prompts(csv_file: Callable[..., Path]) -> None:
    lines = [f"{n}.5,{(50, 8000)[n % 2] + n},{(400, 5)[n % 2]}" for n in range(80)]
    log = read_logs([str(csv_file("timestamp,input_tokens,output_tokens\n" + "\n".join(lines) + "\n"))], texts=True)
    groups = propose_segments(log)
    profile = profile_log(with_groups(log, groups), load_catalog())
    assert {part.name.split()[0] for part in profile.segments} == {"short", "long"}
    assert profile.served == 80


def test_a_handful_of_requests_is_not_grouped(csv_file: Callable[..., Path]) -> None:
    log = read_logs([str(csv_file("timestamp,input_tokens,output_tokens\n1.5,5,5\n2.5,5,5\n"))], texts=True)
    with pytest.raises(InputError, match="at least 30"):
        propose_segments(log)
