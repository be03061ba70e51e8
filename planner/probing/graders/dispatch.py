"""From a GraderSpec to the grader it names."""

from collections.abc import Callable
from typing import Final, TypeAlias

from planner.errors import InputError
from planner.probing.graders.code import code_execution
from planner.probing.graders.embedding import Embed, embedding
from planner.probing.graders.json_match import json_equals, json_schema
from planner.probing.graders.numbers import numeric
from planner.probing.graders.overlap import chrf, f1, levenshtein, rouge_l
from planner.probing.graders.rule_checks import rules
from planner.probing.graders.score import RIGHT, WRONG, Grader, Score, Ungraded
from planner.probing.graders.text_match import exact_match, includes, regex
from planner.probing.sandbox.run import Sandbox, find_sandbox
from planner.probing.suites.suite import GraderKind, GraderSpec, Item, Suite

Judge: TypeAlias = Callable[[str, str, Item], Score | None]
"""Asks a judge model: rubric, answer, item; None: its verdict cannot be read. Whoever hands it in counts its cost."""

_COMMON: Final = frozenset({"kind", "threshold"})
_TEXT: Final = _COMMON | {"ignore_case"}
SETTINGS: Final[dict[GraderKind, frozenset[str]]] = {
    "exact_match": _TEXT | {"labels"},
    "includes": _TEXT | {"forbid", "require"},
    "regex": _TEXT | {"pattern"},
    "numeric": _COMMON | {"tolerance", "relative"},
    "f1": _COMMON,
    "rouge_l": _COMMON,
    "chrf": _COMMON,
    "levenshtein": _TEXT,
    "json_schema": _COMMON | {"answer_schema", "repair"},
    "json_equals": _TEXT | {"tolerance", "relative", "ignore_order", "partial", "repair"},
    "rules": _COMMON,
    "embedding": _COMMON,
    "code_execution": _COMMON | {"time_limit_s"},
    "llm_judge": _COMMON | {"rubric"},
    "human": _COMMON,
}
"""Settings that each kind uses."""


def grader_of(
    spec: GraderSpec,
    *,
    allow_code: bool = False,
    embed: Embed | None = None,
    judge: Judge | None = None,
    sandbox: Sandbox | None = None,
) -> Grader:
    """The grader that `spec` names, with its threshold applied.

    Args:
        spec: Kind and settings.
        allow_code: code_execution runs what the model wrote; without this it is refused.
        embed: embedding needs it.
        judge: llm_judge needs it.
        sandbox: How code is kept in; found by trying when left out.

    Raises:
        InputError: The kind needs something that wasn't handed in.

    """
    return with_threshold(_grader(spec, allow_code, embed, judge, sandbox), spec.threshold)


def _grader(
    spec: GraderSpec, allow_code: bool, embed: Embed | None, judge: Judge | None, sandbox: Sandbox | None
) -> Grader:
    match spec.kind:
        case "embedding":
            if embed is None:
                raise _needs(spec.kind, "an embedder that was asked for")
            return embedding(embed)
        case "code_execution":
            if not allow_code:
                raise _needs(spec.kind, "--allow-code: it runs what the model wrote, in a process of its own")
            return code_execution(sandbox or find_sandbox(), spec.time_limit_s)
        case "llm_judge":
            if judge is None:
                raise _needs(spec.kind, "--judge MODEL: a model that grades")
            return _judged(judge, spec.rubric)
        case "human":
            return _by_people
        case _:
            return _plain_grader(spec)


def _plain_grader(spec: GraderSpec) -> Grader:  # noqa: PLR0911 (one line a kind)
    """Graders that need nothing but their settings."""
    case = spec.ignore_case
    match spec.kind:
        case "exact_match":
            return exact_match(spec.labels, ignore_case=case)
        case "includes":
            return includes(spec.forbid, every=spec.require == "all", ignore_case=case)
        case "regex":
            return regex(spec.pattern, ignore_case=case)
        case "numeric":
            return numeric(spec.tolerance, relative=spec.relative)
        case "json_schema":
            return json_schema(spec.answer_schema, repair=spec.repair)
        case "json_equals":
            return json_equals(
                spec.tolerance,
                relative=spec.relative,
                ignore_case=case,
                ignore_order=spec.ignore_order,
                partial=spec.partial,
                repair=spec.repair,
            )
        case "rules":
            return rules()
        case _:
            return _overlap_grader(spec)


def _overlap_grader(spec: GraderSpec) -> Grader:
    match spec.kind:
        case "f1":
            return f1()
        case "rouge_l":
            return rouge_l()
        case "chrf":
            return chrf()
        case "levenshtein":
            return levenshtein(ignore_case=spec.ignore_case)
        case other:
            # A kind that every branch forgot: the registry test builds each one.
            raise AssertionError(other)


def suite_grader(
    suite: Suite,
    *,
    allow_code: bool = False,
    embed: Embed | None = None,
    judge: Judge | None = None,
    sandbox: Sandbox | None = None,
) -> Grader:
    """One grader for a whole suite: an item's own where it has one, the suite's otherwise. Raises as `grader_of`."""
    specs = {spec.model_dump_json(): spec for spec in (spec_of(suite, item) for item in suite.items)}
    built = {
        text: grader_of(spec, allow_code=allow_code, embed=embed, judge=judge, sandbox=sandbox)
        for text, spec in specs.items()
    }

    def grade(answer: str, item: Item) -> Score | Ungraded | None:
        return built[spec_of(suite, item).model_dump_json()](answer, item)

    return grade


def spec_of(suite: Suite, item: Item) -> GraderSpec:
    """Grader of an item: its own, or the suite's."""
    return item.grader or suite.grader


def with_threshold(grader: Grader, threshold: float | None) -> Grader:
    """Scores of at least the threshold as 1 and others as 0; the grader itself without one."""
    if threshold is None:
        return grader

    def grade(answer: str, item: Item) -> Score | Ungraded | None:
        score = grader(answer, item)
        if not isinstance(score, Score):
            return score
        return Score(RIGHT if score.value >= threshold else WRONG, f"{score.value:.2f}; {score.detail}")

    return grade


def _judged(judge: Judge, rubric: str) -> Grader:
    def grade(answer: str, item: Item) -> Score | None:
        return judge(rubric, answer, item)

    return grade


def _by_people(answer: str, item: Item) -> None:
    """No automatic score: the page for blind labels gives it."""


def _needs(kind: GraderKind, allowed: str) -> InputError:
    return InputError("grader", kind, found="nothing", allowed=allowed)
