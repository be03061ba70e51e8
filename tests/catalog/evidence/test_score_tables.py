"""Score tables, wide and long; their unit is told or asked for."""

from pathlib import Path

import pytest

from planner.catalog.evidence.user_scores import UserScores, load_user_scores
from planner.errors import InputError


def _load(tmp_path: Path, text: str, encoding: str = "utf-8") -> UserScores:
    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode(encoding))
    return load_user_scores(path)


LONG = "model,benchmark,skill,score,unit\n"


def test_a_column_a_benchmark_is_a_row_a_score(tmp_path: Path) -> None:
    found = _load(
        tmp_path, "Model;Organization;logic [reasoning];sums [math, %]\nm-x;O;80.4;0.9\nm-y;O;;12\n", "utf-16"
    )
    assert [(row.model, row.benchmark, row.skill, row.score) for row in found.rows] == [
        ("m-x", "logic", "reasoning", 80.4),
        ("m-x", "sums", "math", 0.9),
        ("m-y", "sums", "math", 12.0),
    ]
    assert found.units == {"logic": "percent", "sums": "percent"}


def test_skills_may_stand_in_a_row_and_known_benchmarks_have_theirs(tmp_path: Path) -> None:
    found = _load(tmp_path, "model,t1,t2\nskill,coding,math\nm-x,71.5,60\n")
    assert {row.benchmark: row.skill for row in found.rows} == {"t1": "coding", "t2": "math"}
    with pytest.raises(InputError, match=r"t1 without a skill"):
        _load(tmp_path, "model,t1\nm-x,71.5\n")


@pytest.mark.parametrize(
    ("rows", "unit"),
    [
        ("a,b,math,0.9,percent\nc,b,math,0.4,percent\n", "percent"),
        ("a,b,math,0.9,share\nc,b,math,0.4,share\n", "share"),
        ("a,b,math,0.9%,\nc,b,math,0.4 %,\n", "percent"),
        ("a,b,math,0.93,\nc,b,math,0.412,\n", "share"),
        ("a,b,math,93,\nc,b,math,0.4,\n", "percent"),
        ("a,b,math,1250,\nc,b,math,1100,\n", "elo"),
        ("a,b,math,0.9,%\nc,b,math,0.4,%\n", "percent"),
    ],
)
def test_the_unit_is_what_is_said_or_what_the_range_can_tell(tmp_path: Path, rows: str, unit: str) -> None:
    assert _load(tmp_path, LONG + rows).units == {"b": unit}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("a,b,math,0.9,\nc,b,math,0.4,\nd,b,math,0.0,\n", "a column 'unit'"),
        ("a,b,math,0.81,\nc,b,math,0.42,\na,easy,math,93.5,\nc,easy,math,88,\n", "a column 'unit'"),
        ("a,b,math,0.9,percent\nc,b,math,0.4,share\n", "one unit for b"),
        ("a,b,math,0.9,stars\n", "share, percent or elo"),
    ],
)
def test_what_the_range_cannot_tell_is_asked_for(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        _load(tmp_path, LONG + rows)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
