"""Probe suites: items with graders, as files and as types. Version 1; these pydantic models are the only definition.

`planner schema suite` prints the JSON Schema that is generated from them; `suite_files` reads and checks the files.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field

from planner.terms import Skill

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""Lower-case letters, digits, hyphen and underscore; at most 64."""

GraderKind: TypeAlias = Literal[
    "exact_match",
    "includes",
    "regex",
    "numeric",
    "f1",
    "rouge_l",
    "chrf",
    "levenshtein",
    "json_schema",
    "json_equals",
    "rules",
    "embedding",
    "code_execution",
    "llm_judge",
    "human",
]
GRADER_KINDS: Final[tuple[GraderKind, ...]] = get_args(GraderKind)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Rules(_Strict):
    """What a program can check of an answer: length, form, words. Every field that is given is one rule."""

    min_words: Annotated[int, Field(ge=1)] | None = None
    """Fewest words."""
    max_words: Annotated[int, Field(ge=1)] | None = None
    """Most words."""
    sentences: Annotated[int, Field(ge=1)] | None = None
    """Exact number of sentences (ended by . ! or ?)."""
    lines: Annotated[int, Field(ge=1)] | None = None
    """Exact number of lines that are not empty."""
    paragraphs: Annotated[int, Field(ge=1)] | None = None
    """Exact number of paragraphs, separated by empty lines."""
    bullets: Annotated[int, Field(ge=0)] | None = None
    """Exact number of lines that begin with '-', '*' or '•'."""
    starts_with: str | None = None
    """Beginning of the answer, letter for letter."""
    ends_with: str | None = None
    """End of the answer, letter for letter."""
    letter_case: Literal["lower", "upper"] | None = None
    """All letters are lower-case, or all are upper-case."""
    must_include: tuple[str, ...] = ()
    """Texts that must occur, whatever their case; each is one rule; 'a|b' is met by either."""
    must_not_include: tuple[str, ...] = ()
    """Texts that must not occur, whatever their case; each is one rule."""
    must_match: tuple[str, ...] = ()
    """Regular expressions that must be found (^ and $ match at lines); each is one rule."""
    must_not_match: tuple[str, ...] = ()
    """Regular expressions that must not be found; each is one rule."""
    counts: dict[str, Annotated[int, Field(ge=0)]] = {}
    """How often each text occurs, exactly, as a word and whatever its case."""


class GraderSpec(_Strict):
    """Which grader, with its settings. A setting that the kind doesn't use is refused."""

    kind: GraderKind
    """The grader's usual name; graders/ says what each counts as right."""
    ignore_case: bool = True
    """exact_match, includes, regex, json_equals, levenshtein: upper and lower case are the same."""
    labels: tuple[str, ...] = ()
    """exact_match: the allowed answers; the one label that the answer names is taken as the answer."""
    forbid: tuple[str, ...] = ()
    """includes: an answer with one of these is wrong, unless the item's reference holds it."""
    require: Literal["any", "all"] = "any"
    """includes: one of the references is enough, or all must occur."""
    pattern: str = ""
    """regex: searched in the answer; its first group is compared with the reference when there is one."""
    tolerance: Annotated[float, Field(ge=0.0)] = 0.0
    """numeric, json_equals: largest difference, absolute; a share of the reference when `relative` is true."""
    relative: bool = False
    """numeric, json_equals: tolerance is a share of the reference."""
    ignore_order: bool = False
    """json_equals: lists are compared as sets with repeats."""
    partial: bool = False
    """json_equals: the F1 of equal leaves instead of all or nothing."""
    repair: bool = False
    """json_schema, json_equals: JSON that is broken (quotes, commas, a cut end) is mended before it is compared."""
    answer_schema: dict[str, Any] | None = None
    """json_schema: what the answer must satisfy; the item's reference when left out."""
    rubric: str = ""
    """llm_judge: what a good answer is."""
    time_limit_s: Annotated[float, Field(gt=0.0, le=60.0)] = 5.0
    """code_execution: CPU seconds for an item's tests."""
    threshold: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """Scores of at least this count as 1, others as 0; graded scores stay as they are when left out."""


class Turn(_Strict):
    """One earlier message of a conversation."""

    role: Literal["user", "assistant"]
    """Who said it."""
    content: str
    """What was said."""


class Needle(_Strict):
    """A sentence hidden in a haystack."""

    text: str
    """The sentence."""
    depth: Annotated[float, Field(ge=0.0, le=1.0)]
    """Where: 0 is the beginning, 1 the end."""


class ContextFrom(_Strict):
    """A long context that is built, not stored: filler sentences of a haystack with needles at given depths."""

    haystack: Name
    """Which of the suite's haystacks."""
    tokens: Annotated[int, Field(ge=50, le=1_000_000)]
    """About how many tokens (the length is built in characters: see contexts.py)."""
    needles: Annotated[tuple[Needle, ...], Field(min_length=1)]
    """What is hidden in it."""


class Haystack(_Strict):
    """Sentences with gaps from which filler text is built, the same for the same item always."""

    sentences: Annotated[tuple[str, ...], Field(min_length=3)]
    """Sentences whose {gaps} are filled from `words`."""
    words: dict[str, Annotated[tuple[str, ...], Field(min_length=2)]]
    """What may fill each gap."""


class Item(_Strict):
    """One question."""

    id: Name
    """Unique in the suite."""
    input: str
    """What is asked; fills {input} of the template."""
    reference: str | bool | int | float | list[str] | dict[str, Any] | list[Any] | None = None
    """The right answer, in the form that the grader wants: a list of texts are alternatives. None: none is needed."""
    history: tuple[Turn, ...] = ()
    """Earlier messages of the conversation, sent before the question."""
    context: str = ""
    """Document text that fills {context}; only conditions whose template names it show it."""
    context_from: ContextFrom | None = None
    """A long context that is built when the suite is loaded, instead of `context`."""
    document: str = ""
    """Items of one document are not independent; errors are clustered by it. The item's own id when empty.

    When the suite's `documents` hold that name, its text is the item's context."""
    tags: tuple[str, ...] = ()
    """Words to slice results by: 'easy', 'german' ..."""
    tests: str = ""
    """code_execution: Python statements, mostly asserts, that call what the answer defines; it runs in another process,
    and plain values pass between the two."""
    rules: Rules | None = None
    """rules: what must hold of the answer."""
    working: str = ""
    """How a computed reference follows: an arithmetic expression that is checked against it."""
    grader: GraderSpec | None = None
    """Grader of this item; the suite's when left out."""


class Condition(_Strict):
    """One way to ask every item."""

    name: Name
    """'plain', 'closed_book', 'with_context' ..."""
    template: str
    """Prompt with {input} and, if wanted, {context}."""
    system: str = ""
    """System message; none when empty. May hold {context} too."""


class SuiteHead(_Strict):
    """A suite without its items: what suite.yaml holds beside items.jsonl."""

    version: Literal[1] = 1
    """Version of this format."""
    name: Name
    """Name of the suite; that of its folder for a shipped one."""
    title: str
    """A few words for lists."""
    skill: Skill
    """Which skill it measures; its scores move that skill's forecasts."""
    description: str = ""
    """What it measures and what it doesn't."""
    licence: str = "Apache-2.0"
    """Licence of the items."""
    conditions: Annotated[tuple[Condition, ...], Field(min_length=1)]
    """Ways to ask; every item is asked in each."""
    grader: GraderSpec
    """How answers are graded."""
    max_output_tokens: Annotated[int, Field(ge=1, le=100_000)] = 256
    """Longest answer that is asked for; bounds what an item can cost."""
    documents: dict[Name, str] = {}
    """Texts that several items share, by name."""
    haystacks: dict[Name, Haystack] = {}
    """Filler for long contexts, by name."""
    workload: str | None = None
    """Workload that the items are samples of; a suite of its skill in general when left out."""
    segment: str | None = None
    """Segment of that workload."""


class Suite(SuiteHead):
    """Items of one skill with the way they are asked and graded."""

    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    """The questions."""


def suite_schema() -> dict[str, Any]:
    """JSON Schema of suite.yaml: items may stand in it or in items.jsonl beside it."""
    schema = Suite.model_json_schema()
    schema["required"] = [name for name in schema["required"] if name != "items"]
    return schema
