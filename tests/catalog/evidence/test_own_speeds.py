"""A user's own times of APIs: joined by any usual name, and what can't be right left out and told by line."""

from pathlib import Path

import pytest

from planner.catalog import load_catalog
from planner.catalog.evidence.own_speeds import OwnSpeeds, effort_of, load_own_speeds
from planner.catalog.evidence.scores import load_aliases
from planner.errors import InputError
from planner.resources import catalogs_dir

GOOD = "gpt-4o,openai,500,60,,,,,,,"
HEADER = "model,host,ttft_ms,tokens_per_s,total_ms,prompt_tokens,output_tokens,effort,region,date,n"


def _load(tmp_path: Path, *rows: str, header: str = HEADER) -> OwnSpeeds:
    path = tmp_path / "rows.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return load_own_speeds(path, load_catalog(), load_aliases(catalogs_dir() / "aliases.csv"))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gpt-4o-2024-08-06", "openai/gpt-4o"),
        ("openai/gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini"),
        ("Claude 4.5 Haiku", "anthropic/claude-haiku-4.5"),
        ("llama-3.3-70b-versatile", "meta/llama-3.3-70b"),
        ("meta-llama/llama-3.1-8b-instruct", "meta/llama-3.1-8b"),
        ("gpt-oss-120b (high)", "openai/gpt-oss-120b"),
    ],
)
def test_models_are_known_by_their_usual_names(tmp_path: Path, name: str, model: str) -> None:
    (row,) = _load(tmp_path, f"{name},openai,500,60,,,,,,,").rows
    assert row.speed.model == model


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("no-such-model,openai,500,60,,,,,,,", "model"),
        ("gpt-4o,openai,0.5,60,,,,,,,", "ttft_ms"),
        ("gpt-4o,openai,500,0,,,,,,,", "tokens_per_s"),
        ("gpt-4o,openai,500,99999,,,,,,,", "tokens_per_s"),
        ("gpt-4o,openai,500,,400,,,,,,", "ttft_ms"),
        ("gpt-4o,openai,fast,60,,,,,,,", "ttft_ms"),
        ("gpt-4o,openai,500,60,,,,loud,,,", "effort"),
        ("gpt-4o,openai,500,60,,,,,,yesterday,", "date"),
    ],
)
def test_a_row_that_cannot_be_right_is_left_out_and_told(tmp_path: Path, row: str, field: str) -> None:
    own = _load(tmp_path, GOOD, row)
    assert [one.line for one in own.rows] == [2]
    assert [(one.line, one.field) for one in own.left_out] == [(3, field)]


def test_a_host_that_nobody_knows_is_forecast_as_a_new_one_and_told(tmp_path: Path) -> None:
    own = _load(tmp_path, "gpt-4o,nowhere,500,60,,,,,,,")
    assert [(one.line, one.field) for one in own.doubts] == [(2, "host")]
    assert own.rows[0].speed.host == "nowhere"


def test_seconds_are_read_where_the_column_says_so(tmp_path: Path) -> None:
    (row,) = _load(tmp_path, "gpt-4o,0.5,4", header="model,ttft_s,total_s").rows
    assert (row.speed.ttft_ms, row.speed.total_ms) == (500.0, 4000.0)


def test_a_file_without_a_usable_row_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2: model"):
        _load(tmp_path, "no-such-model,openai,500,60,,,,,,,")
    with pytest.raises(InputError, match="header"):
        _load(tmp_path, "500", header="ttft_ms")


@pytest.mark.parametrize(
    ("text", "effort"),
    [("", ""), ("Off", "none"), ("xhigh", "xhigh"), ("thinking", "medium"), ("non-reasoning", "none"), ("2000", "low")],
)
def test_efforts_are_read_in_any_usual_spelling(text: str, effort: str) -> None:
    assert effort_of(text) == effort
