"""Public traces and plain tables: units told from the numbers, on both sides of each trap."""

from collections.abc import Callable
from pathlib import Path

import pytest

from planner.errors import InputError
from planner.logs import read_logs

LENGTHS = [(135, 757, 53), (366, 818, 141), (858, 267, 175)]


def _csv(times: list[object], header: str = "timestamp,input_tokens,output_tokens") -> str:
    rows = [f"{when},{one[1]},{one[2]}" for when, one in zip(times, LENGTHS, strict=True)]
    return "\n".join([header, *rows]) + "\n"


@pytest.mark.parametrize(
    ("times", "unit"),
    [
        (["0.135", "0.366", "0.858"], "s"),
        (["1795000000135", "1795000000366", "1795000000858"], "ms"),
        (["1795000000.135", "1795000000.366", "1795000000.858"], "s"),
        (["1795000000135000", "1795000000366000", "1795000000858000"], "us"),
        (["1795000000135000000", "1795000000366000000", "1795000000858000000"], "ns"),
        (["2026-11-18T12:26:40.135Z", "2026-11-18T13:26:40.366+01:00", "2026-11-18 12:26:40.858"], "date"),
    ],
)
def test_a_moment_is_the_same_however_it_is_written(
    csv_file: Callable[..., Path], read_rows: Callable[..., list[dict[str, float]]], times: list[object], unit: str
) -> None:
    path = csv_file(_csv(times))
    at = [row["at_s"] for row in read_rows(path)]
    assert read_logs([str(path)]).unit == unit
    assert [at[1] - at[0], at[2] - at[1]] == pytest.approx([0.231, 0.492], abs=1e-6)


def test_whole_numbers_are_milliseconds_in_a_mooncake_trace_and_seconds_in_others(
    csv_file: Callable[..., Path], jsonl: Callable[..., Path], read_rows: Callable[..., list[dict[str, float]]]
) -> None:
    mooncake = csv_file(_csv([135, 366, 858], "timestamp,input_length,output_length"), "mooncake.csv")
    lines = jsonl([{"timestamp": a, "input_length": b, "output_length": c} for a, b, c in LENGTHS])
    plain = csv_file(_csv([135, 366, 858]), "plain.csv")
    assert [row["at_s"] for row in read_rows(mooncake)] == [0.135, 0.366, 0.858]
    assert [row["at_s"] for row in read_rows(lines)] == [0.135, 0.366, 0.858]
    assert [row["at_s"] for row in read_rows(plain)] == [135.0, 366.0, 858.0]


def test_a_mooncake_trace_in_seconds_is_read_in_seconds(
    jsonl: Callable[..., Path], read_rows: Callable[..., list[dict[str, float]]]
) -> None:
    path = jsonl([{"timestamp": a / 1000, "input_length": b, "output_length": c} for a, b, c in LENGTHS])
    assert [row["at_s"] for row in read_rows(path)] == [0.135, 0.366, 0.858]


def test_a_burst_trace_counts_an_empty_answer_as_a_failure(
    csv_file: Callable[..., Path], read_rows: Callable[..., list[dict[str, object]]]
) -> None:
    text = (
        "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
        "5,GPT-4,100,20,120,API log\n45,ChatGPT,80,0,80,Conversation log\n"
    )
    first, second = read_rows(csv_file(text))
    assert (first["kind"], first["segment"], first["model"], first["at_s"]) == ("served", "API log", "GPT-4", 5.0)
    assert (second["kind"], second["input_tokens"]) == ("failed", 80.0)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_delimiters_are_read(
    csv_file: Callable[..., Path], read_rows: Callable[..., list[dict[str, float]]], mark: str
) -> None:
    path = csv_file(_csv([0.1, 0.2, 0.3]).replace(",", mark))
    assert [row["input_tokens"] for row in read_rows(path)] == [757.0, 818.0, 267.0]


def test_reasoning_is_part_of_the_output_unless_the_total_counts_it_beside(
    csv_file: Callable[..., Path], read_rows: Callable[..., list[dict[str, float]]]
) -> None:
    text = (
        "timestamp,input_tokens,output_tokens,reasoning_tokens,total_tokens\n"
        "1,100,50,30,150\n2,100,20,30,150\n3,100,50,,150\n"
    )
    found = read_rows(csv_file(text))
    assert [row["output_tokens"] for row in found] == [20.0, 20.0, 50.0]
    assert [row["reasoning_tokens"] for row in found] == [30.0, 30.0, None]


def test_lengths_without_times_are_read_and_tell_no_volume(csv_file: Callable[..., Path]) -> None:
    log = read_logs([str(csv_file("num_prefill_tokens,num_decode_tokens\n3772,54\n2700,167\n"))])
    assert (log.reader.id, log.has_times) == ("vidur", False)


def test_a_column_of_another_log_is_refused_with_what_there_is(csv_file: Callable[..., Path]) -> None:
    with pytest.raises(InputError) as told:
        read_logs([str(csv_file("when,prompt,answer\n1,a,b\n"))])
    assert "when, prompt, answer" in str(told.value)
    assert "--map" in str(told.value)
