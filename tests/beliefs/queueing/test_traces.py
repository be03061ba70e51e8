"""A user's trace: read from its formats, described, cut to its busiest stretch; bad ones refused with their line."""

from pathlib import Path

import numpy as np
import pytest

from planner.beliefs.queueing.simulation import Requests
from planner.beliefs.queueing.traces import busiest_stretch, load_trace, parse_trace, trace_facts
from planner.errors import InputError
from planner.units import stream

AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n"
)


def test_an_azure_trace_is_read_with_its_fractions_of_a_second(tmp_path: Path) -> None:
    path = tmp_path / "code.csv"
    path.write_text(AZURE, encoding="utf-8")
    found = load_trace(path)
    assert found.arrivals.tolist() == pytest.approx([0.0, 0.052], abs=1e-6)
    assert found.prompts.tolist() == [4808.0, 3180.0]


def test_a_mooncake_trace_is_read_in_milliseconds(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text(
        '{"timestamp": 3000, "input_length": 10, "output_length": 5}\n\n'
        '{"timestamp": 0, "input_length": 7, "output_length": 0}\n',
        encoding="utf-8",
    )
    found = load_trace(path)
    assert found.arrivals.tolist() == [0.0, 3.0]
    assert found.answers.tolist() == [1.0, 5.0]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", AZURE.replace("4808", "many"), "line 2: ContextTokens"),
        ("a.csv", AZURE.replace("2023-11-16 18:17:03.9799600", "yesterday"), "line 2: TIMESTAMP"),
        ("a.csv", AZURE.replace(",8\n", ",-8\n"), "line 3: GeneratedTokens"),
        ("a.csv", AZURE.replace("ContextTokens", "Prompt"), "header"),
        ("a.csv", AZURE.split("\n", maxsplit=1)[0], "0 requests"),
        ("a.csv", AZURE.replace("03.9799600", "04.0319600"), "the same moment"),
        ("a.csv", AZURE.replace("4808", "nan"), "line 2: ContextTokens"),
        ("a.jsonl", '{"timestamp": 0}\n', "a column of input"),
        ("a.jsonl", "[1]\n", "line 1"),
        ("a.jsonl", "not json\n", "line 1"),
    ],
)
def test_a_bad_trace_is_refused_with_its_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_trace(path)
    assert told in str(caught.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        parse_trace("a.csv", b"\xff\xfe\x00")
    assert str(caught.value).startswith("a.csv")


def test_plain_columns_in_seconds_are_read_too() -> None:
    found = parse_trace("a.csv", b"timestamp,input_tokens,output_tokens,note\n1.5,10,2,x\n0.25,20,3,y\n")
    assert found.arrivals.tolist() == [0.0, 1.25]
    assert found.prompts.tolist() == [20.0, 10.0]


def test_a_zone_is_heeded_and_none_means_one_and_the_same() -> None:
    header = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    # in central Europe the clocks go back between these two: a local reading would add an hour
    text = header + "2023-10-29 00:30:00,1,1\n2023-10-29 03:30:00,1,1\n"
    assert parse_trace("a.csv", text.encode()).arrivals.tolist() == [0.0, 10_800.0]
    zoned = header + "2023-10-29T00:30:00.5Z,1,1\n2023-10-29T01:30:00.500+01:00,1,1\n2023-10-29T00:30:01Z,1,1\n"
    assert parse_trace("a.csv", zoned.encode()).arrivals.tolist() == pytest.approx([0.0, 0.0, 0.5])


def test_independent_callers_have_a_variation_of_one_and_bursts_more() -> None:
    gaps = stream(1, "gaps").exponential(0.5, 4000)
    plain = Requests(np.cumsum(gaps), np.full(4000, 10.0), np.full(4000, 5.0))
    bursts = Requests(np.repeat(plain.arrivals[::4], 4), plain.prompts, plain.answers)
    assert trace_facts(plain).interarrival_cv == pytest.approx(1.0, abs=0.05)
    assert trace_facts(bursts).interarrival_cv > 1.8
    assert trace_facts(plain).rate_per_s == pytest.approx(2.0, rel=0.05)
    assert trace_facts(bursts).peak_to_mean > trace_facts(plain).peak_to_mean > 1.0


def test_the_busiest_stretch_is_the_shortest_with_so_many_requests() -> None:
    arrivals = np.array([0.0, 10.0, 20.0, 21.0, 22.0, 40.0])
    found = busiest_stretch(Requests(arrivals, np.arange(6.0), np.ones(6)), 3)
    assert found.arrivals.tolist() == [0.0, 1.0, 2.0]
    assert found.prompts.tolist() == [2.0, 3.0, 4.0]


COUNTS = [(7, 2), (9, 3), (4, 1)]


@pytest.mark.parametrize(
    ("header", "moments", "seconds", "said"),
    [
        ("timestamp,input_length,output_length", ("0", "500", "3000"), 3.0, "milliseconds"),
        ("timestamp,input_tokens,output_tokens", ("0.25", "0.75", "3.25"), 3.0, "seconds"),
        ("timestamp;input_tokens;output_tokens", ("0", "1", "3"), 3.0, "seconds"),
        ("timestamp,input_tokens,output_tokens", ("1795000000135", "1795000001135", "1795000003135"), 3.0, "milli"),
        ("time,prompt_tokens,completion_tokens", ("1795000000", "1795000001", "1795000003"), 3.0, "seconds"),
        ("arrived_us,input_tokens,output_tokens", ("0", "500000", "3000000"), 3.0, "microseconds"),
        ("Timestamp,Request tokens,Response tokens", ("5", "6", "8"), 3.0, "seconds"),
        (
            "startTime,prompt_tokens,completion_tokens",
            ("2026-01-05T10:00:00Z", "2026-01-05T10:00:01Z", "2026-01-05T12:00:03+02:00"),
            3.0,
            "dates",
        ),
    ],
)
def test_the_unit_of_moments_is_told_and_named(
    header: str, moments: tuple[str, ...], seconds: float, said: str
) -> None:
    mark = ";" if ";" in header else ","
    rows = [mark.join((moment, *map(str, counts))) for moment, counts in zip(moments, COUNTS, strict=True)]
    columns = {"timestamp": "arrived_us"} if "arrived_us" in header else None
    found = parse_trace("a.csv", "\n".join([header, *rows]).encode("utf-16"), columns)  # type: ignore[arg-type]
    assert trace_facts(found).seconds == pytest.approx(seconds)
    assert said in found.read_as
    assert found.prompts.tolist() == [7.0, 9.0, 4.0]


def test_whole_milliseconds_beyond_reason_as_seconds_are_told_by_their_rate() -> None:
    rows = "".join(f"{500 * number},10,5\n" for number in range(300))
    found = parse_trace("a.csv", f"timestamp,input_tokens,output_tokens\n{rows}".encode())
    assert trace_facts(found).seconds == pytest.approx(149.5)
    assert "requests a second" in found.read_as
    lines = "".join(f'{{"timestamp": {number // 2}, "input_length": 5, "output_length": 5}}\n' for number in range(300))
    assert trace_facts(parse_trace("a.jsonl", lines.encode())).seconds == pytest.approx(149.0)


def test_columns_may_be_said_and_a_missing_one_is_asked_for() -> None:
    text = b"when,in,out\n1.5,10,2\n2.5,20,3\n"
    found = parse_trace("a.csv", text, {"timestamp": "when", "input": "in", "output": "out"})
    assert found.answers.tolist() == [2.0, 3.0]
    with pytest.raises(InputError, match="--trace-columns timestamp=COLUMN"):
        parse_trace("a.csv", text)
    with pytest.raises(InputError, match="the column nope"):
        parse_trace("a.csv", text, {"timestamp": "nope"})
