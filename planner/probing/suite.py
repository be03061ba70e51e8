"""Probe suites: items with graders, as files and as types. Version 1; the pydantic models are the only definition."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from planner.terms import Skill

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Item(_Strict):
    """One question."""

    id: Name
    input: str
    """What is asked; fills {input} of the template."""
    reference: str | float | list[str] | dict[str, object] | list[object] | None = None
    """The right answer, in the form that the grader wants; None for graders that need none."""
    context: str = ""
    """Document text that fills {context}; only conditions whose template names it show it."""
    document: str = ""
    """Items of one document are not independent; errors are clustered by it. The item's own id when empty."""
    tags: tuple[str, ...] = ()
    tests: str = ""
    """Python unit tests, for the code_execution grader."""


class Condition(_Strict):
    """One way to ask every item."""

    name: Name
    template: str
    """Prompt with {input} and, if wanted, {context}."""
    system: str = ""


class GraderSpec(_Strict):
    """Which grader, with its settings."""

    kind: Literal[
        "exact_match",
        "includes",
        "regex",
        "numeric",
        "f1",
        "rouge_l",
        "json_schema",
        "json_equals",
        "levenshtein",
        "embedding",
        "code_execution",
        "llm_judge",
        "human",
    ]
    ignore_case: bool = True
    pattern: str = ""
    """regex: searched in the answer; its first group is compared with the reference when there is one."""
    tolerance: float = 0.0
    """numeric: largest difference, absolute; relative when `relative` is true."""
    relative: bool = False
    threshold: float | None = None
    """Scores of at least this count as 1, others as 0; graded scores stay as they are when left out."""
    answer_schema: dict[str, object] | None = None
    """json_schema: what the answer must satisfy; the item's reference when left out."""
    rubric: str = ""
    """llm_judge: what a good answer is."""


class Suite(_Strict):
    """Items of one skill with the way they are asked and graded."""

    version: Literal[1] = 1
    name: Name
    title: str
    skill: Skill
    description: str = ""
    licence: str = "Apache-2.0"
    conditions: Annotated[tuple[Condition, ...], Field(min_length=1)]
    grader: GraderSpec
    max_output_tokens: Annotated[int, Field(ge=1, le=100_000)] = 256
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    workload: str | None = None
    """Workload and segment that the items are samples of; a suite of its skill in general when left out."""
    segment: str | None = None
