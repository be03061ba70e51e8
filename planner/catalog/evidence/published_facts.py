"""Every published measurement of a technique as one record: facts.csv, and the older tables read into its shape."""

from typing import Final

from planner.catalog.evidence.technique_facts import FactTechnique, TechniqueFact, kind_named
from planner.catalog.evidence.techniques import CascadePair, QuantisedScore, RagScore, TechniqueTables, TunedLevel
from planner.terms import Skill, TaskKind

_TUNED: Final[dict[str, tuple[Skill, TaskKind | None]]] = {
    "closed_label": ("classification", "closed_labels"),
    "size_series": ("classification", "closed_labels"),
    "open_label": ("classification", "open_labels"),
    "extraction": ("extraction", "flat_fields"),
    "structured": ("extraction", "flat_fields"),
    "reading": ("grounded_qa", None),
    "knowledge": ("knowledge_qa", "multiple_choice"),
    "reasoning": ("reasoning", None),
    "math": ("math", None),
    "coding": ("coding", "programming"),
}
_ENCODER: Final = "banking77-loukas"
"""Its tuned model is a classifier of 110 million parameters, no language model that answers in words."""
_FORMS: Final[dict[str, FactTechnique]] = {
    "grouped": "int4",
    "k_quant": "int4",
    "int8": "int8",
    "fp8": "int8",
    "nvfp4": "nvfp4",
}
"""Formats that are planned."""


def _tuned(row: TunedLevel) -> TechniqueFact:
    """A row of tuned_levels.csv."""
    skill, kind = _TUNED[row.kind]
    if kind == "programming" and "sql" in row.task:
        kind = "text_to_sql"
    return TechniqueFact(
        source_id="lawma-sizes" if row.kind == "size_series" else row.source_id,
        technique="fine_tune",
        skill=skill,
        kind="tool_calls" if row.task == "viggo" else kind,
        score=row.tuned,
        task=row.task,
        model=row.model,
        params_b=row.params_b,
        base=row.base,
        reference=row.frontier,
        labels=row.labels,
        doubt=row.doubt or ("an encoder" if row.source_id == _ENCODER else ""),
    )


def _grounded(row: RagScore, answered: float) -> TechniqueFact:
    """A row of rag.csv; questions with choices are of knowledge, open ones of what a passage says."""
    choices = row.kind == "multiple_choice" or row.dataset.startswith(("ARC", "PubHealth", "MMLU"))
    return TechniqueFact(
        source_id=row.source_id,
        technique="rag",
        skill="knowledge_qa" if choices else "grounded_qa",
        kind="multiple_choice" if choices else "multi_hop" if row.kind == "multi_hop" else _hops(row.dataset),
        score=answered,
        task=row.dataset,
        model=row.model,
        base=row.closed_book,
        recall=row.recall,
    )


def _hops(dataset: str) -> TaskKind | None:
    return kind_named("grounded_qa", dataset)


def _quantised(row: QuantisedScore) -> TechniqueFact:
    """A row of quantised.csv in a form that is planned."""
    skill, kind = _metric(row.metric)
    return TechniqueFact(
        source_id=row.source_id,
        technique=_FORMS[row.form],
        skill=skill,
        kind=kind,
        score=row.quantised,
        task=row.metric,
        model=row.model,
        params_b=row.params_b,
        base=row.full,
    )


_METRICS: Final[tuple[tuple[str, Skill, TaskKind | None], ...]] = (
    ("GSM8K", "math", None),
    ("HumanEval", "coding", "programming"),
    ("IFEval", "instruction_following", None),
    ("Arena", "chat", None),
    ("", "knowledge_qa", "multiple_choice"),
)
"""Skill of a benchmark's name by its start; averages over tasks are mostly of multiple choice."""


def _metric(name: str) -> tuple[Skill, TaskKind | None]:
    return next((skill, kind) for start, skill, kind in _METRICS if name.startswith(start))


def _planned(row: QuantisedScore) -> bool:
    """Rounding alone is planned in k-quants, FP8 and NVFP4; grouped weights are calibrated."""
    rounded = row.form == "grouped" and "rtn" in row.method
    return row.form in _FORMS and row.bits in {4, 8} and not rounded


def _cascaded(pair: CascadePair, tables: TechniqueTables) -> list[TechniqueFact]:
    """The published curve of one pair."""
    return [
        TechniqueFact(
            source_id=pair.source_id,
            technique="cascade",
            skill="classification",
            kind="closed_labels",
            score=point.accuracy,
            task=pair.dataset,
            model=pair.weak,
            base=pair.weak_accuracy,
            reference=pair.strong_accuracy,
            reference_model=pair.strong,
            share=point.escalated,
            n=pair.questions,
            doubt="a weak model tuned on the task" if "lawma" in pair.weak else "",
        )
        for point in tables.curves
        if (point.weak, point.strong) == (pair.weak, pair.strong)
    ]


def published_facts(tables: TechniqueTables) -> tuple[TechniqueFact, ...]:
    """All of them in file order, rows with a doubt left out."""
    facts = [*tables.facts, *(_tuned(row) for row in tables.tuned)]
    facts += [_grounded(row, row.rag) for row in tables.rag if row.rag is not None]
    facts += [_quantised(row) for row in tables.quantised if _planned(row)]
    facts += [fact for pair in tables.pairs if not pair.doubt for fact in _cascaded(pair, tables)]
    return tuple(fact for fact in facts if not fact.doubt)
