"""Sample prompts: reading, counting, filling what a workload leaves out."""

import json
from pathlib import Path

import numpy as np
import pytest

from planner.errors import InputError
from planner.resources import catalogs_dir
from planner.workload import (
    Sample,
    load_workload,
    parse_samples,
    parse_workload,
    profile_samples,
    read_samples,
)

SAMPLES = catalogs_dir() / "workloads" / "samples"
GUIDE = "Sort this ticket into one of the labels below and answer with the label alone.\n"


def _line(**row: object) -> str:
    return json.dumps(row)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_shipped_samples_hold_at_least_thirty_prompts_with_references(path: Path) -> None:
    samples = read_samples(path)
    assert len(samples) >= 30
    assert len({sample.prompt for sample in samples}) == len(samples)
    assert all(sample.reference for sample in samples)


@pytest.mark.parametrize(
    ("text", "field", "found"),
    [
        ("", "", "no samples"),
        ("\n \n", "", "no samples"),
        ('{"prompt": "a"}\nnot json', "line 2", "expecting value"),
        ('{"prompt": "a"}\n[1]', "line 2", "a list"),
        ('{"prompt": "a"}\n\n{"prompt": ""}', "line 3, prompt", "0 characters"),
        ('{"prompt": 3}', "line 1, prompt", "3"),
        ('{"reference": "a"}', "line 1, prompt", "None"),
        ('{"prompt": "a", "reference": 3}', "line 1, reference", "3"),
        ('{"prompt": "a", "refrence": "b"}', "line 1, refrence", "an unknown field"),
        ("[" * 100_000, "line 1", "text that is no JSON"),
        ("\n".join([_line(prompt="a")] * 20_001), "", "20,001 lines"),
        (_line(prompt="a" * 1_000_001), "line 1, prompt", "1,000,001 characters"),
    ],
)
def test_wrong_samples_are_one_line_with_their_number(text: str, field: str, found: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_samples(text, "s.jsonl")
    assert caught.value.field == field
    assert found in caught.value.found
    assert "\n" not in str(caught.value)


def test_a_misspelt_reference_is_guessed() -> None:
    with pytest.raises(InputError, match="did you mean 'reference'"):
        parse_samples('{"prompt": "a", "refrence": "b"}')


def test_lines_end_at_newlines_only() -> None:
    assert len(parse_samples(json.dumps({"prompt": "one\u2028two"}, ensure_ascii=False))) == 1


def test_the_profile_counts_every_sample() -> None:
    profile = profile_samples([Sample("one two three", "a b"), Sample("one", None)])
    assert profile.prompt.counts.tolist() == [3, 1]
    assert profile.answer is not None
    assert profile.answer.counts.tolist() == [2]
    assert profile.prompt.mean == 2.0


def test_the_histogram_holds_all_samples() -> None:
    profile = profile_samples(read_samples(SAMPLES / "support-desk-triage.jsonl"))
    assert int(profile.prompt.bin_counts.sum()) == profile.samples
    assert len(profile.prompt.bin_edges) == len(profile.prompt.bin_counts) + 1
    assert np.all(np.diff(profile.prompt.bin_edges) > 0)


def test_the_shared_prefix_is_found() -> None:
    profile = profile_samples([Sample(GUIDE + text, None) for text in ("My parcel is late", "Wrong colour", "Refund?")])
    alone = profile_samples([Sample(GUIDE, None)])
    assert abs(profile.shared_prefix_tokens - alone.prompt.mean) <= 1


def test_one_prompt_shares_nothing() -> None:
    assert profile_samples([Sample(GUIDE, None)]).shared_prefix_tokens == 0


LEFT_OUT = """version: 1
name: x
segments:
  - {name: a, skill: chat, requests_per_month: 10, samples: s.jsonl}
"""


def test_tokens_that_a_file_leaves_out_are_counted_from_its_samples(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(_line(prompt="one two three", reference="a b"))
    (tmp_path / "w.yaml").write_text(LEFT_OUT)
    segment = load_workload(tmp_path / "w.yaml").segments[0]
    assert (segment.input_tokens.mean, segment.output_tokens.mean) == (3, 2)


def test_what_the_file_states_wins_over_its_samples(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(_line(prompt="one two three", reference="a b"))
    (tmp_path / "w.yaml").write_text(LEFT_OUT.replace("samples:", "input_tokens: {mean: 50}, samples:"))
    segment = load_workload(tmp_path / "w.yaml").segments[0]
    assert (segment.input_tokens.mean, segment.output_tokens.mean) == (50, 2)


def test_samples_without_references_cannot_tell_the_answers(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(_line(prompt="one two three"))
    (tmp_path / "w.yaml").write_text(LEFT_OUT)
    with pytest.raises(InputError, match=r"segments\[0\]\.output_tokens: found samples without references"):
        load_workload(tmp_path / "w.yaml")


def test_samples_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(LEFT_OUT)
    with pytest.raises(InputError, match=r"segments\[0\]\.samples: found 's.jsonl'; allowed: an existing JSONL file"):
        load_workload(tmp_path / "w.yaml")


def test_a_pasted_workload_reads_no_files() -> None:
    stated = LEFT_OUT.replace("samples:", "input_tokens: {mean: 5}, output_tokens: {mean: 5}, samples:")
    assert parse_workload(stated).segments[0].samples == "s.jsonl"
