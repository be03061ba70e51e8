"""One record for what was published of any technique: a score beside what was known before it.

The tables of catalogs/techniques have a shape for each study; a forecast needs one shape for all. `facts.csv` has it
from the start, published_facts reads the other tables into it. A row with a doubt is carried and never fitted.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from planner.terms import TASK_KINDS, Skill, TaskKind

FactTechnique: TypeAlias = Literal["few_shot", "fine_tune", "rag", "rag+fine_tune", "int4", "int8", "nvfp4", "cascade"]
FACT_TECHNIQUES: Final[tuple[FactTechnique, ...]] = get_args(FactTechnique)


@dataclass(frozen=True, slots=True)
class TechniqueFact:
    """What one model reached by one technique on one task; scores are shares from 0 to 1."""

    source_id: str
    technique: FactTechnique
    skill: Skill
    score: float
    task: str = ""
    model: str = ""
    kind: TaskKind | None = None
    """What the task asks within its skill; None where the skill has one kind, or nothing tells."""
    params_b: float | None = None
    base: float | None = None
    """The same model asked plainly; its memory alone for retrieval; the weak model of a cascade."""
    reference: float | None = None
    """The large model of a tuning study, only prompted; the strong model of a cascade."""
    reference_model: str = ""
    labels: float | None = None
    """Labelled examples that it was tuned on."""
    recall: float | None = None
    """Share of questions whose evidence was retrieved."""
    share: float | None = None
    """Escalated part of a cascade."""
    n: float | None = None
    """Questions behind the score."""
    doubt: str = ""


_BY_WORDS: Final[dict[Skill, tuple[tuple[str, TaskKind], ...]]] = {
    "classification": ((r"open.?label|multi.?label|keyword|tagging", "open_labels"), (r"", "closed_labels")),
    "extraction": (
        (r"call|function|\btools?\b|\bapis?\b|bfcl|nexus|viggo", "tool_calls"),
        (r"json|schema|nested|structured", "nested_fields"),
        (r"", "flat_fields"),
    ),
    "coding": ((r"sql|spider|\bbird\b|cypher|sparql|database", "text_to_sql"), (r"", "programming")),
    "agentic": ((r"trained|restaurant|dialog|traces|calls?\b|function", "trained_calls"), (r"", "open_agency")),
    "writing": ((r"template|claus|form\b|letter", "from_template"), (r"", "free_writing")),
    "knowledge_qa": (
        (r"trivia|natural.?q|\bnq\b|popqa|webq|simpleqa|squad|open.?(book|domain)|hotpot|wiki", "open_questions"),
        (r"", "multiple_choice"),
    ),
    "grounded_qa": (
        (r"hotpot|musique|2wiki|multi.?hop|bamboogle|frames|strategyqa|feverous|hover", "multi_hop"),
        (r"", "single_hop"),
    ),
}
"""Words of a task's name that tell its kind; the first that is found counts, the last always is."""


def kind_named(skill: Skill, task: str) -> TaskKind | None:
    """Kind of a task told by the words of its name; the skill's usual kind where nothing is said."""
    if skill not in TASK_KINDS:
        return None
    words = task.lower().replace("_", " ")
    plain = words.replace(" ", "_")
    if plain in TASK_KINDS[skill]:
        return next(kind for kind in TASK_KINDS[skill] if kind == plain)
    return next(kind for pattern, kind in _BY_WORDS[skill] if re.search(pattern, words))
