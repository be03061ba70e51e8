"""Facts of techniques: the shipped ones in one shape, the kinds told by a task's name, a user's own rows."""

from pathlib import Path

import pytest

from planner.catalog.evidence.own_technique_rows import load_own_technique_rows
from planner.catalog.evidence.published_facts import published_facts
from planner.catalog.evidence.technique_facts import kind_named
from planner.catalog.evidence.techniques import load_techniques
from planner.errors import InputError
from planner.terms import TASK_KINDS, Skill


def test_every_shipped_fact_has_a_source_and_no_doubt() -> None:
    tables = load_techniques()
    facts = published_facts(tables)
    named = {fact.source_id.removesuffix("-sizes") for fact in facts}
    assert named <= set(tables.sources)
    assert not any(fact.doubt for fact in facts)
    assert {"fine_tune", "rag", "few_shot", "int4", "int8", "nvfp4", "cascade"} == {fact.technique for fact in facts}


def test_a_kind_belongs_to_its_skill() -> None:
    for fact in published_facts(load_techniques()):
        if fact.kind is not None:
            assert fact.kind in TASK_KINDS[fact.skill]


@pytest.mark.parametrize(
    ("skill", "task", "kind"),
    [
        ("coding", "Spider dev, execution", "text_to_sql"),
        ("coding", "HumanEval", "programming"),
        ("coding", "text_to_sql", "text_to_sql"),
        ("extraction", "function calls of a car", "tool_calls"),
        ("extraction", "invoices as nested JSON", "nested_fields"),
        ("extraction", "names in letters", "flat_fields"),
        ("grounded_qa", "HotpotQA", "multi_hop"),
        ("grounded_qa", "", "single_hop"),
        ("knowledge_qa", "TriviaQA", "open_questions"),
        ("knowledge_qa", "MMLU", "multiple_choice"),
        ("classification", "", "closed_labels"),
        ("math", "GSM8K", None),
    ],
)
def test_a_task_tells_its_kind(skill: Skill, task: str, kind: str | None) -> None:
    assert kind_named(skill, task) == kind


def _write(folder: Path, text: str) -> Path:
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_blanks_are_unknown_and_other_columns_are_carried(tmp_path: Path) -> None:
    own = load_own_technique_rows(
        _write(tmp_path, "note,technique,skill,score,base_score,n\nmine,fine_tune,coding,0.7,,200\n")
    )
    assert own.columns[0] == "note"
    assert own.cells == (("mine", "fine_tune", "coding", "0.7", "", "200"),)
    (fact,) = own.facts
    assert (fact.score, fact.base, fact.n, fact.kind) == (0.7, None, 200.0, "programming")


@pytest.mark.parametrize(
    ("text", "field", "allowed"),
    [
        ("technique,skill\nrag,coding\n", "header", "columns technique, skill, score"),
        ("technique,skill,score\n", "", "a header with"),
        ("technique,skill,score\ntune,coding,0.5\n", "line 2: technique", "one of few_shot"),
        ("technique,skill,score\nrag,poetry,0.5\n", "line 2: skill", "one of classification"),
        ("technique,skill,score\nrag,coding,50\n", "line 2: score", "a number from 0 to 1"),
        ("technique,skill,score\nrag,coding,\n", "line 2: score", "a share from 0 to 1"),
        ("technique,skill,score\nrag,coding,half\n", "line 2: score", "a number from 0 to 1"),
        ("technique,skill,score\nrag,coding,nan\n", "line 2: score", "a number from 0 to 1"),
        ("technique,skill,score,recall\nrag,coding,0.5,-1\n", "line 2: recall", "a number from 0 to 1"),
        ("technique,skill,score\nrag,coding,0.5,1\n", "line 2", "3 as in the header"),
        ("technique,skill,score,score\nrag,coding,0.5,1\n", "header", "each column once"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(tmp_path: Path, text: str, field: str, allowed: str) -> None:
    with pytest.raises(InputError) as caught:
        load_own_technique_rows(_write(tmp_path, text))
    assert caught.value.field == field
    assert allowed in caught.value.allowed
