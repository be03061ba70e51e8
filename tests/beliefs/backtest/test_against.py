"""A user's own table: names known and unknown, units, what is held out, what is written."""

import csv
from pathlib import Path

import numpy as np
import pytest

from planner.beliefs.backtest.against import choose_known, store_predictions, usual_known, validate_against
from planner.beliefs.backtest.simple_ways import SIMPLE_WAYS
from planner.catalog import load_catalog
from planner.catalog.evidence.scores import load_aliases
from planner.catalog.evidence.user_scores import UserScores, load_user_scores
from planner.errors import InputError
from planner.resources import catalogs_dir

WAYS = {"row + column": SIMPLE_WAYS["row + column"]}
MODELS = [
    ("openai/gpt-4o", 1.2),
    ("openai/gpt-4o-mini", 0.6),
    ("meta/llama-3.1-8b", 0.0),
    ("meta/llama-3.3-70b", 0.8),
    ("anthropic/claude-3.5-sonnet", 1.4),
    ("google/gemma-3-12b", 0.4),
    ("acme/rocket-13b", -0.2),
    ("Rocket Large", 1.0),
]


def _table(path: Path, *, percent: bool = False) -> Path:
    rng = np.random.default_rng(3)
    lines = ["model,benchmark,skill,score,n,total_params_b,released,family"]
    for number, (benchmark, skill) in enumerate(
        (("house-tickets", "classification"), ("house-sql", "coding"), ("house-maths", "math"))
    ):
        for model, strength in MODELS:
            share = 1.0 / (1.0 + np.exp(-(strength + 0.3 * number - 0.2 + 0.15 * rng.standard_normal())))
            facts = "13,2025-03,rocket" if model.startswith("acme") else ",,"
            score = f"{100 * share:.1f}" if percent else f"{share:.3f}"
            lines.append(f"{model},{benchmark},{skill},{score},200,{facts}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("percent", [False, True])
def test_every_row_gets_a_forecast_in_its_own_unit(tmp_path: Path, percent: bool) -> None:
    scores = load_user_scores(_table(tmp_path / "rows.csv", percent=percent))
    aliases = load_aliases(catalogs_dir() / "aliases.csv")
    result = validate_against(load_catalog(), scores, aliases, 1, known_models=3, known_scores=1, ways=WAYS)
    top = 100.0 if percent else 1.0
    asked = ~result.known
    assert asked.sum() >= 5
    assert np.all((result.predicted >= 0.0) & (result.predicted <= top))
    assert np.all(result.low_90[asked] < result.predicted[asked])
    assert np.all(result.predicted[asked] < result.high_90[asked])
    truth = np.array([row.score for row in scores.rows])
    assert np.array_equal(result.predicted[result.known], truth[result.known])


def test_held_out_rows_do_not_move_their_own_forecast(tmp_path: Path) -> None:
    path = _table(tmp_path / "rows.csv")
    aliases = load_aliases(catalogs_dir() / "aliases.csv")
    scores = load_user_scores(path)
    first = validate_against(load_catalog(), scores, aliases, 1, known_models=3, known_scores=1, ways={})
    lines = path.read_text(encoding="utf-8").splitlines()
    at = int(np.flatnonzero(~first.known)[0])
    cells = lines[at + 1].split(",")
    lines[at + 1] = ",".join([*cells[:3], "0.123", *cells[4:]])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    second = validate_against(
        load_catalog(), load_user_scores(path), aliases, 1, known_models=3, known_scores=1, ways={}
    )
    assert second.predicted[at] == pytest.approx(first.predicted[at], abs=1e-9)


def test_n_models_of_each_benchmark_and_k_scores_of_each_model_are_known(tmp_path: Path) -> None:
    scores = load_user_scores(_table(tmp_path / "rows.csv"))
    known = choose_known(scores, 3, 1, 7)
    for benchmark in {row.benchmark for row in scores.rows}:
        assert sum(k for k, row in zip(known, scores.rows, strict=True) if row.benchmark == benchmark) >= 3
    for model, _ in MODELS:
        assert any(k for k, row in zip(known, scores.rows, strict=True) if row.model == model)
    assert np.array_equal(known, choose_known(scores, 3, 1, 7))


def test_predictions_repeat_the_file_and_add_four_columns(tmp_path: Path) -> None:
    scores = load_user_scores(_table(tmp_path / "rows.csv"))
    aliases = load_aliases(catalogs_dir() / "aliases.csv")
    result = validate_against(load_catalog(), scores, aliases, 1, known_models=3, known_scores=1, ways={})
    store_predictions(tmp_path / "out.csv", scores, result)
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*scores.columns, "predicted", "low_90", "high_90", "known"]
    assert [row["score"] for row in rows] == [cells[3] for cells in scores.cells]
    assert {row["known"] for row in rows} == {"0", "1"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model,benchmark,score\na,b,0.5\n", "header"),
        ("model,benchmark,skill,score\na,b,cooking,0.5\n", "line 2: skill"),
        ("model,benchmark,skill,score\na,b,math,many\n", "line 2: score"),
        ("model,benchmark,skill,score\na,b,math,-1\n", "line 2: score"),
        ("model,benchmark,skill,score\na,b,math,0.5\nc,b,coding,0.5\n", "line 3: skill"),
        ("model,benchmark,skill,score,released\na,b,math,0.5,soon\n", "line 2: released"),
        ("model,benchmark,skill,score\n", "no rows"),
        ("model,benchmark,skill,score\na,b,math\n", "line 2"),
    ],
)
def test_a_wrong_table_is_one_clear_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told) as caught:
        load_user_scores(path)
    assert "\n" not in str(caught.value)


def test_a_table_with_nothing_left_to_forecast_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("model,benchmark,skill,score\nopenai/gpt-4o,b,math,0.5\n", encoding="utf-8")
    with pytest.raises(InputError, match="every row known"):
        validate_against(load_catalog(), load_user_scores(path), {}, 1, ways={})


def _small_table(tmp_path: Path, models: int, benchmarks: int) -> UserScores:
    rows = [f"maker/m{m},b{b},math,{0.4 + 0.02 * m}" for b in range(benchmarks) for m in range(models)]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["model,benchmark,skill,score", *rows]), encoding="utf-8")
    return load_user_scores(path)


@pytest.mark.parametrize(
    ("models", "benchmarks", "expected"),
    [
        (12, 9, (8, 2)),
        (20, 2, (8, 0)),
        (10, 3, (8, 2)),
        (10, 1, (4, 0)),
        (5, 2, (2, 0)),
        (2, 1, (1, 0)),
        (1, 1, (0, 0)),
    ],
)
def test_a_small_table_keeps_rows_to_forecast(
    tmp_path: Path, models: int, benchmarks: int, expected: tuple[int, int]
) -> None:
    scores = _small_table(tmp_path, models, benchmarks)
    known = usual_known(scores, 1)
    assert known == expected
    assert not choose_known(scores, *known, 1).all()
