"""Published times of APIs: every row has its source, and what can't be right is refused by file and row."""

import shutil
from pathlib import Path

import pytest

from planner.catalog import load_catalog
from planner.catalog.evidence.api_speeds import load_api_speeds, load_hosts, load_speed_sources
from planner.errors import InputError
from planner.resources import catalogs_dir

FOLDER = catalogs_dir() / "api_speeds"
HEADER = (
    "model,name,host,region,date,prompt_tokens,output_tokens,effort,ttft_ms,ttft_p95_ms,tokens_per_s,rate_kind,"
    "total_ms,total_p95_ms,includes,statistic,n,source,note\n"
)


def _folder(tmp_path: Path, row: str) -> Path:
    for name in ("hosts.csv", "sources.csv"):
        shutil.copy(FOLDER / name, tmp_path / name)
    (tmp_path / "coder543.csv").write_text(HEADER + row + "\n", encoding="utf-8")
    return tmp_path


def test_every_source_states_its_licence_and_every_row_its_day() -> None:
    sources = load_speed_sources(FOLDER)
    rows = load_catalog().speeds
    assert {row.source_id for row in rows} == set(sources)
    assert all(source.licence for source in sources.values())
    assert all(row.source.url and row.source.date.year >= 2023 for row in rows)


def test_rates_are_never_of_replies_too_short_to_time() -> None:
    assert all((row.tokens_per_s or 1.0) < 5000.0 for row in load_catalog().speeds)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("x/y,y,openai,,2026-01-01,,,,100,,,,,,visible,median,1,a@b:c,", "row 1: model"),
        ("openai/gpt-4o,gpt-4o,nowhere,,2026-01-01,,,,100,,,,,,visible,median,1,a@b:c,", "row 1: host"),
        ("openai/gpt-4o,gpt-4o,openai,,2026-01-01,,,,,,,,,,,median,1,a@b:c,", "row 1: found 'no time'"),
        ("openai/gpt-4o,gpt-4o,openai,,2026-01-01,,,,900,,,,800,,visible,median,1,a@b:c,", "row 1: ttft_ms"),
        ("openai/gpt-4o,gpt-4o,openai,,2026-01-01,,,,,,50,,,,,median,1,a@b:c,", "row 1: rate_kind"),
        ("openai/gpt-4o,gpt-4o,openai,,2026-01-01,,,,,,0,decode,,,,median,1,a@b:c,", "row 1: tokens_per_s"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused(tmp_path: Path, row: str, field: str) -> None:
    with pytest.raises(InputError, match=field):
        load_api_speeds(_folder(tmp_path, row), ["openai/gpt-4o"], ["openai"])


def test_a_file_that_no_source_is_told_of_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "openai/gpt-4o,gpt-4o,openai,,2026-01-01,,,,100,,,,,,visible,median,1,a@b:c,")
    shutil.copy(folder / "coder543.csv", folder / "mystery.csv")
    with pytest.raises(InputError, match=r"mystery\.csv"):
        load_api_speeds(folder, ["openai/gpt-4o"], ["openai"])


def test_no_name_stands_for_two_hosts(tmp_path: Path) -> None:
    head, *rows = (FOLDER / "hosts.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "hosts.csv").write_text("\n".join([head, rows[0], rows[1].replace("claude", "open ai")]) + "\n")
    with pytest.raises(InputError, match="also_named"):
        load_hosts(tmp_path)
