"""What must hold of a suite beyond the types of its fields; each fault with the place it stands at."""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from planner.probing.graders.dispatch import SETTINGS
from planner.probing.graders.json_match import schema_fault
from planner.probing.graders.numbers import final_number
from planner.probing.graders.score import texts_of
from planner.probing.suites.contexts import gaps
from planner.probing.suites.suite import GraderSpec, Item, SuiteHead
from planner.workload.yaml_text import Said

Place: TypeAlias = tuple[str | int, ...]
_GAP: Final = re.compile(r"\{([A-Za-z_]+)\}")
_FILLED: Final = ("input", "context")
_TEXTUAL: Final = frozenset({"exact_match", "includes", "f1", "rouge_l", "chrf", "levenshtein", "embedding"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem."""

    place: Place
    """Field in the head, or field in the item."""
    found: object
    allowed: str


def head_faults(head: SuiteHead) -> Iterator[Fault]:
    """Faults of conditions, grader and haystacks."""
    seen: set[str] = set()
    for index, condition in enumerate(head.conditions):
        place: Place = ("conditions", index)
        if condition.name in seen:
            yield Fault((*place, "name"), condition.name, "a name that no other condition has")
        seen.add(condition.name)
        if "{input}" not in condition.template:
            yield Fault((*place, "template"), condition.template, "a prompt with {input} in it")
        for gap in _GAP.findall(condition.template + condition.system):
            # Braces may be part of a prompt (JSON); only a near miss is taken for a mistake.
            close = difflib.get_close_matches(gap, _FILLED, n=1)
            if gap not in _FILLED and close:
                yield Fault(
                    (*place, "template"), f"{{{gap}}}", f"{{input}} or {{context}}; did you mean {{{close[0]}}}?"
                )
    yield from spec_faults(head.grader, ("grader",))
    for name, haystack in head.haystacks.items():
        for gap in sorted(gaps(haystack) - haystack.words.keys()):
            allowed = f"words for the gap {{{gap}}}; there are some for {', '.join(haystack.words) or 'none'}"
            yield Fault(("haystacks", name, "words"), Said("nothing"), allowed)
    if head.segment is not None and head.workload is None:
        yield Fault(("segment",), head.segment, "a workload beside it")


def spec_faults(spec: GraderSpec, place: Place) -> Iterator[Fault]:
    """Faults of a grader's settings."""
    used = SETTINGS[spec.kind]
    for name in sorted(spec.model_fields_set - used):
        allowed = f"{spec.kind} has {', '.join(sorted(used - {'kind'}))}"
        yield Fault((*place, name), Said("a setting that this grader doesn't use"), allowed)
    if spec.kind == "regex" and not spec.pattern:
        yield Fault((*place, "pattern"), Said("nothing"), "a regular expression")
    if fault := pattern_fault(spec.pattern):
        yield Fault((*place, "pattern"), spec.pattern, f"a regular expression ({fault})")
    if spec.answer_schema is not None and (said := schema_fault(spec.answer_schema)):
        yield Fault((*place, "answer_schema"), said, "a JSON Schema")


def pattern_fault(pattern: str) -> str:
    """Why it is no regular expression; empty when it is one."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as exc:
        return str(exc)
    return ""


def item_faults(item: Item, head: SuiteHead) -> Iterator[Fault]:
    """Faults of one item, read with its suite's grader, documents and conditions."""
    if not item.input.strip():
        yield Fault(("input",), item.input, "text")
    yield from _context_faults(item, head)
    if item.grader is not None:
        yield from spec_faults(item.grader, ("grader",))
    yield from _reference_faults(item, item.grader or head.grader)
    if item.rules is not None:
        for name in ("must_match", "must_not_match"):
            for index, pattern in enumerate(getattr(item.rules, name)):
                if fault := pattern_fault(pattern):
                    yield Fault(("rules", name, index), pattern, f"a regular expression ({fault})")


def _context_faults(item: Item, head: SuiteHead) -> Iterator[Fault]:
    if item.context_from is not None:
        if item.context:
            yield Fault(("context",), item.context, "either context or context_from")
        if item.context_from.haystack not in head.haystacks:
            allowed = _one_of(item.context_from.haystack, head.haystacks)
            yield Fault(("context_from", "haystack"), item.context_from.haystack, allowed)
    wants = [each.name for each in head.conditions if "{context}" in each.template + each.system]
    has = item.context or item.context_from or item.document in head.documents
    if wants and not has:
        if item.document and head.documents:
            yield Fault(("document",), item.document, _one_of(item.document, head.documents))
        else:
            yield Fault(("context",), Said("nothing"), f"a text: the condition {wants[0]} shows it")


def _reference_faults(item: Item, spec: GraderSpec) -> Iterator[Fault]:
    reference: Place = ("reference",)
    if spec.kind in _TEXTUAL or (spec.kind == "regex" and not pattern_fault(spec.pattern) and _has_group(spec.pattern)):
        yield from _text_faults(item, spec)
    elif spec.kind == "numeric":
        if not texts_of(item) or any(final_number(text) is None for text in texts_of(item)):
            yield Fault(reference, _shown(item.reference), "a number: the numeric grader needs one")
    elif spec.kind == "json_equals" and item.reference is None:
        yield Fault(reference, Said("nothing"), "an object or a list: the json_equals grader needs it")
    elif spec.kind == "json_schema" and spec.answer_schema is None:
        if not isinstance(item.reference, dict):
            yield Fault(reference, _shown(item.reference), "a JSON Schema here, or answer_schema in the grader")
        elif said := schema_fault(item.reference):
            yield Fault(reference, said, "a JSON Schema")
    elif spec.kind == "code_execution" and not item.tests.strip():
        yield Fault(("tests",), Said("nothing"), "Python asserts: the code_execution grader needs them")
    elif spec.kind == "rules" and (item.rules is None or not item.rules.model_fields_set):
        yield Fault(("rules",), Said("nothing"), "at least one rule: the rules grader needs it")


def _text_faults(item: Item, spec: GraderSpec) -> Iterator[Fault]:
    texts = texts_of(item)
    if isinstance(item.reference, dict) or not texts or not all(text.strip() for text in texts):
        allowed = f"text, or a list of alternatives: the {spec.kind} grader needs it"
        yield Fault(("reference",), _shown(item.reference), allowed)
    elif spec.labels:
        known = {label.casefold() for label in spec.labels}
        for text in texts:
            if text.casefold() not in known:
                yield Fault(("reference",), text, _one_of(text, spec.labels))


def _has_group(pattern: str) -> bool:
    return re.compile(pattern).groups > 0


def _shown(reference: object) -> object:
    return Said("nothing") if reference is None else reference


def _one_of(found: str, names: Iterable[str]) -> str:
    known = list(names)
    close = difflib.get_close_matches(found, known, n=1)
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"one of {listed}{hint}" if known else "none: the suite lists none"
