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
        ("a.jsonl", '{"timestamp": 0}\n', "line 1: input_length"),
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
