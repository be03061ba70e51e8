"""The evidence: what is there, how names are joined, and what is refused."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from planner.catalog.evidence.scores import (
    load_aliases,
    load_anchors,
    load_benchmarks,
    load_evidence,
)
from planner.catalog.schema import Benchmark, Evidence
from planner.errors import InputError
from planner.resources import catalogs_dir
from planner.terms import SKILLS

CATALOGS = catalogs_dir()
Loaded = tuple[Evidence, dict[str, Benchmark], tuple[str, ...]]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load_evidence(CATALOGS)


@pytest.fixture(scope="module")
def variants() -> dict[tuple[str, str], tuple[str, str]]:
    return {key: (alias.model, alias.variant) for key, alias in load_aliases(CATALOGS / "aliases.csv").items()}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with two benchmarks, two sources, two names and two scores."""
    (tmp_path / "evidence").mkdir()
    (tmp_path / "benchmarks.csv").write_text(
        "id,name,skill,reason,link,chance,items,self_reported,reference_elo,task,weight_note,source,date\n"
        "quiz:a,Quiz A,reasoning,puzzles,share,0.25,40,0,,quiz:a,,maker/quiz@1:a.csv,2026-01-01\n"
        "duel:all,Duel,chat,people chose,elo,0,,0,1000,duel:all,,maker/duel@1:d.csv,2026-01-01\n"
    )
    (tmp_path / "sources.csv").write_text("id,source,licence,read\nquiz,maker/quiz@1:a.csv,MIT,2026-01-01\n")
    (tmp_path / "aliases.csv").write_text(
        "publisher,name,model,variant,not_joined_because\nquiz,One (high),maker/one,high,\nquiz,Secret,,,test name\n"
    )
    (tmp_path / "evidence" / "quiz.csv").write_text(
        "model,benchmark,score,n,date,source\n"
        "One (high),quiz:a,0.5,40,2026-01-02,quiz\n"
        "Secret,quiz:a,0.4,,2026,quiz\n"
        "Never listed,duel:all,1200,,2026-01,quiz\n"
    )
    return tmp_path


def append(folder: Path, row: str) -> None:
    with (folder / "evidence" / "quiz.csv").open("a") as file:
        file.write(row + "\n")


def test_thousands_of_scores_over_hundreds_of_models(loaded: Loaded) -> None:
    evidence, benchmarks, _ = loaded
    assert len(evidence) > 15_000
    assert len(set(evidence.model)) > 400
    assert len(benchmarks) > 150


def test_row_ids_name_publisher_and_row_and_never_repeat(loaded: Loaded) -> None:
    evidence, _, _ = loaded
    assert len(set(evidence.row_id)) == len(evidence)
    place = evidence.row_id.index("livebench#1")
    first = next(csv.reader((CATALOGS / "evidence" / "livebench.csv").read_text().splitlines()[1:2]))
    assert (evidence.raw_name[place], evidence.benchmark[place]) == (first[0], first[1])


def test_no_measurement_comes_twice(loaded: Loaded) -> None:
    evidence, _, _ = loaded
    publishers = (row_id.split("#")[0] for row_id in evidence.row_id)
    counts = Counter(zip(publishers, evidence.raw_name, evidence.benchmark, strict=True))
    assert max(counts.values()) == 1


def test_a_livebench_score_carried_into_new_questions_is_kept_once(loaded: Loaded) -> None:
    evidence, benchmarks, _ = loaded
    rows = zip(evidence.raw_name, evidence.benchmark, evidence.score.tolist(), strict=True)
    seen = Counter((name, benchmarks[item].task, score) for name, item, score in rows if item.startswith("livebench"))
    repeated = [key for key, count in seen.items() if count > 1 and key[2] > 0.0]
    assert len(repeated) < 0.01 * len(seen)


def test_every_score_has_a_source_and_a_date(loaded: Loaded) -> None:
    evidence, _, _ = loaded
    assert all(evidence.source)
    assert all(date[:2] == "20" for date in evidence.date)


def test_shares_lie_in_the_unit_interval_and_ratings_do_not(loaded: Loaded) -> None:
    evidence, benchmarks, _ = loaded
    share = np.array([benchmarks[item].link == "share" for item in evidence.benchmark])
    assert ((evidence.score[share] >= 0.0) & (evidence.score[share] <= 1.0)).all()
    assert (evidence.score[~share] > 800.0).all()


def test_error_rates_are_turned_so_that_higher_is_better(loaded: Loaded) -> None:
    evidence, _, _ = loaded
    scores = {
        name: score
        for name, item, score in zip(evidence.raw_name, evidence.benchmark, evidence.score, strict=True)
        if item == "confabulations:balanced"
    }
    assert scores["GPT-5 (medium reasoning)"] > scores["GPT-4o mini"]


def test_every_skill_has_benchmarks_of_its_own(loaded: Loaded) -> None:
    _, benchmarks, _ = loaded
    assert {benchmark.skill for benchmark in benchmarks.values()} == set(SKILLS)


def test_every_benchmark_says_why_it_loads_on_its_skill(loaded: Loaded) -> None:
    _, benchmarks, _ = loaded
    assert all(benchmark.reason and benchmark.task for benchmark in benchmarks.values())


def test_makers_own_figures_are_marked(loaded: Loaded) -> None:
    _, benchmarks, _ = loaded
    assert all(item.self_reported == name.startswith("selfreported:") for name, item in benchmarks.items())


@pytest.mark.parametrize(
    ("publisher", "name", "model", "variant"),
    [
        ("aider", "claude-3-7-sonnet-20250219 (no thinking)", "anthropic/claude-3.7-sonnet", "no-thinking"),
        ("livebench", "claude-4-opus-20250514-base", "anthropic/claude-opus-4", "no-thinking"),
        (
            "livebench",
            "claude-opus-4-5-20251101-thinking-64k-high-effort",
            "anthropic/claude-opus-4.5",
            "thinking-64k high",
        ),
        ("aider", "DeepSeek R1 (0528)", "deepseek/deepseek-r1-0528", ""),
        ("confabulations", "DeepSeek R1 05/28", "deepseek/deepseek-r1-0528", ""),
        ("selfreported", "deepseek-r1-distill-qwen-14b", "deepseek/deepseek-r1-distill-qwen-14b", ""),
        ("livebench", "gpt-5.4-mini-low", "openai/gpt-5.4-mini", "low"),
        ("livebench", "gpt-5.4-nano", "openai/gpt-5.4-nano", ""),
        ("livebench", "gemini-2.5-pro-preview-05-06", "google/gemini-2.5-pro-preview-05-06", ""),
        ("livebench", "gemini-2.0-flash-thinking-exp-01-21", "google/gemini-2.0-flash-thinking", "exp-01-21"),
        ("livebench", "o1-preview-2024-09-12", "openai/o1-preview", ""),
        ("livebench", "qwen3-32b-thinking", "qwen/qwen3-32b", "thinking"),
        ("livebench", "qwq-32b-preview", "qwen/qwq-32b-preview", ""),
        ("livebench", "command-r", "cohere/command-r-03-2024", ""),
        ("arena", "kimi-k2-0905-preview", "moonshotai/kimi-k2-0905", ""),
        ("arena", "qwen3-235b-a22b-no-thinking", "qwen/qwen3-235b-a22b", "no-thinking"),
        ("bfcl", "Claude-Opus-4-5-20251101 (FC)", "anthropic/claude-opus-4.5", "FC"),
        ("bfcl", "palmyra-x-004 (FC)", "writer/palmyra-x-004", "FC"),
        ("aider", "gemma2:27b-instruct-q8_0", "google/gemma-2-27b-q8", ""),
        ("selfreported", "granite-3.3-8b-base", "ibm/granite-3.3-8b-base", ""),
        ("vectara", "zai-org/glm-4p7", "z-ai/glm-4.7", ""),
    ],
)
def test_names_that_look_alike_are_told_apart(
    variants: dict[tuple[str, str], tuple[str, str]], publisher: str, name: str, model: str, variant: str
) -> None:
    assert variants[publisher, name] == (model, variant)


@pytest.mark.parametrize(
    ("publisher", "name"),
    [
        ("aider", "DeepSeek R1 + claude-3-5-sonnet-20241022"),
        ("aider", "gemini-1.5-flash-latest"),
        ("llmrouterbench", "Claude-v4"),
        ("arena", "vicuna-13b"),
    ],
)
def test_ambiguous_names_stay_unjoined_and_are_listed(loaded: Loaded, publisher: str, name: str) -> None:
    evidence, _, unjoined = loaded
    pairs = set(zip((row_id.split("#")[0] for row_id in evidence.row_id), evidence.raw_name, strict=True))
    assert (publisher, name) not in pairs
    assert any(entry.startswith(f"{publisher}: {name} (") for entry in unjoined)


def test_every_published_name_was_reviewed(variants: dict[tuple[str, str], tuple[str, str]]) -> None:
    for path in sorted((CATALOGS / "evidence").glob("*.csv")):
        with path.open() as file:
            names = {row["model"] for row in csv.DictReader(file)}
        assert {(path.stem, name) for name in names} <= variants.keys()


def test_two_scores_of_one_name_and_benchmark_share_a_variant(loaded: Loaded) -> None:
    evidence, _, _ = loaded
    joins: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row_id, name, model, variant in zip(
        evidence.row_id, evidence.raw_name, evidence.model, evidence.variant, strict=True
    ):
        joins.setdefault((row_id.split("#")[0], name), set()).add((model, variant))
    assert all(len(found) == 1 for found in joins.values())


def test_an_unlisted_name_is_kept_out_and_shown(small: Path) -> None:
    evidence, _, unjoined = load_evidence(small)
    assert evidence.model == ("maker/one",)
    assert unjoined == ("quiz: Never listed (1)", "quiz: Secret (1)")


def test_an_unstated_number_of_items_is_nan(small: Path) -> None:
    append(small, "One (high),duel:all,1100,,2026,quiz")
    evidence, _, _ = load_evidence(small)
    assert evidence.n[0] == 40.0
    assert np.isnan(evidence.n[1])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("Two,quiz:a,0.5,,2026-01-02,", "row 4: source"),
        ("Two,quiz:a,0.5,,2026-01-02,nowhere", "row 4: source"),
        ("Two,quiz:a,0.5,,,quiz", "row 4: date"),
        ("Two,quiz:a,0.5,,yesterday,quiz", "row 4: date"),
        ("Two,quiz:a,50,,2026,quiz", "row 4: score"),
        ("Two,quiz:a,nan,,2026,quiz", "row 4: score"),
        ("Two,quiz:a,,,2026,quiz", "row 4: score"),
        ("Two,duel:all,0.9,,2026,quiz", "row 4: score"),
        ("Two,quiz:a,0.5,-3,2026,quiz", "row 4: n"),
        ("Two,quiz:b,0.5,,2026,quiz", "row 4: benchmark"),
        (",quiz:a,0.5,,2026,quiz", "row 4: model"),
        ("One (high),quiz:a,0.6,,2026,quiz", "row 4: model"),
        ("Two,quiz:a,0.5", "row 4"),
    ],
)
def test_a_wrong_score_is_refused_in_one_line(small: Path, row: str, field: str) -> None:
    append(small, row)
    with pytest.raises(InputError) as caught:
        load_evidence(small)
    assert (caught.value.file, caught.value.field) == ("evidence/quiz.csv", field)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "change", "field"),
    [
        ("benchmarks.csv", lambda text: text.replace("reasoning,puzzles", "guessing,puzzles"), "quiz:a.skill"),
        ("benchmarks.csv", lambda text: text.replace(",0,1000,duel", ",0,,duel"), "duel:all.reference_elo"),
        ("benchmarks.csv", lambda text: text.replace("share,0.25", "share,1.0"), "quiz:a.chance"),
        ("benchmarks.csv", lambda text: text.replace("duel:all,Duel", "quiz:a,Duel"), "quiz:a"),
        ("sources.csv", lambda text: text.replace("MIT,2026-01-01", "MIT,"), "row 1: read"),
        ("aliases.csv", lambda text: text.replace("test name", ""), "row 2: model"),
        ("aliases.csv", lambda text: text.replace("Secret", "One (high)"), "row 2: name"),
        ("aliases.csv", lambda text: text.replace("variant", "kind", 1), "variant"),
        ("evidence/quiz.csv", lambda text: text.replace("score", "points", 1), "header"),
    ],
)
def test_a_wrong_table_is_refused(small: Path, file: str, change: Callable[[str], str], field: str) -> None:
    path = small / file
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError) as caught:
        load_evidence(small)
    assert (caught.value.file, caught.value.field) == (file, field)


def test_a_benchmark_without_a_source_is_refused(small: Path) -> None:
    path = small / "benchmarks.csv"
    path.write_text(path.read_text().replace("maker/quiz@1:a.csv,2026-01-01", ",2026-01-01"))
    with pytest.raises(InputError, match=r"row 1 \(quiz:a\).source"):
        load_benchmarks(path)


def test_every_skill_has_an_anchor_that_resembles_it(loaded: Loaded) -> None:
    _, benchmarks, _ = loaded
    anchors = load_anchors(CATALOGS / "anchors.yaml", benchmarks)
    assert {(anchor.skill, benchmarks[anchor.benchmark].skill) for anchor in anchors.values()} == {
        (skill, skill) for skill in SKILLS
    }


def test_good_models_score_high_on_every_anchor(loaded: Loaded) -> None:
    evidence, benchmarks, _ = loaded
    for anchor in load_anchors(CATALOGS / "anchors.yaml", benchmarks).values():
        benchmark = benchmarks[anchor.benchmark]
        scores = evidence.score[np.array([item == benchmark.id for item in evidence.benchmark])]
        best = float(np.sort(scores)[-2])
        if benchmark.reference_elo is not None:
            best = 1.0 / (1.0 + 10.0 ** ((benchmark.reference_elo - best) / 400.0))
        assert best > 0.82, anchor.skill


def test_an_anchor_on_an_unknown_benchmark_is_refused(tmp_path: Path, loaded: Loaded) -> None:
    path = tmp_path / "anchors.yaml"
    shutil.copy(CATALOGS / "anchors.yaml", path)
    path.write_text(path.read_text().replace("arena:full", "arena:gone"))
    with pytest.raises(InputError, match=r"chat\.benchmark"):
        load_anchors(path, loaded[1])


def test_a_skill_without_an_anchor_is_refused(tmp_path: Path, loaded: Loaded) -> None:
    path = tmp_path / "anchors.yaml"
    path.write_text("anchors: []\n")
    with pytest.raises(InputError, match="classification"):
        load_anchors(path, loaded[1])
