"""Graders of JSON answers: json_schema and json_equals, and how JSON is found in an answer."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import jsonschema
from json_repair import repair_json
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from planner.probing.graders.answer_text import folded, spoken, unfenced
from planner.probing.graders.numbers import is_close
from planner.probing.graders.score import Grader, Score, one_line, verdict
from planner.probing.suites.suite import Item

Json: TypeAlias = dict[str, Any] | list[Any] | str | int | float | bool | None
_Entry = TypeVar("_Entry")
MISSING: Final = object()
_KINDS: Final[Mapping[str, type]] = {"object": dict, "array": list}
_MOST_STARTS: Final = 2_000
_LARGEST: Final = 200_000
"""Characters of an answer in which JSON is looked for."""


def json_schema(schema: Mapping[str, Any] | None = None, *, repair: bool = False) -> Grader:
    """1 when the answer's JSON satisfies the schema (2020-12 unless it says another); the item's reference without one.

    References to schemas elsewhere are not followed: nothing is fetched.
    """

    def grade(answer: str, item: Item) -> Score:
        rules = schema if schema is not None else item.reference
        assert isinstance(rules, Mapping)
        found = find_json(answer, _KINDS.get(str(rules.get("type"))), repair=repair)
        if found is MISSING:
            return verdict(right=False, detail="no JSON in the answer")
        kind = jsonschema.validators.validator_for(rules, default=jsonschema.Draft202012Validator)
        try:
            error = best_match(kind(rules, registry=Registry()).iter_errors(found))
        except (Unresolvable, RecursionError) as exc:
            return verdict(right=False, detail=f"the schema cannot be applied: {exc}")
        return verdict(error is None, "satisfied" if error is None else f"{error.json_path}: {error.message}")

    return grade


def schema_fault(schema: Mapping[str, Any]) -> str | None:
    """What is wrong with a JSON Schema, in one line; None when it is one."""
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
    except SchemaError as exc:
        return one_line(f"{exc.json_path}: {exc.message}")
    return None


@dataclass(frozen=True, slots=True)
class _Sameness:
    """When two JSON values are the same."""

    tolerance: float
    relative: bool
    ignore_case: bool
    ignore_order: bool


def json_equals(
    tolerance: float = 0.0,
    *,
    relative: bool = False,
    ignore_case: bool = True,
    ignore_order: bool = False,
    partial: bool = False,
    repair: bool = False,
) -> Grader:
    """1 when the answer's JSON equals the reference; with `partial`, the F1 of its leaves.

    A field left out counts as null. Texts are compared without outer and repeated white space, numbers within the
    tolerance; a number is no text and true is no 1. `ignore_order` compares lists as sets with repeats; with `repair`
    JSON that is broken (quotes, commas, a cut end) is mended by json-repair before it is compared.
    """
    how = _Sameness(tolerance, relative, ignore_case, ignore_order)

    def grade(answer: str, item: Item) -> Score:
        wanted = _parsed(item.reference)
        found = find_json(answer, type(wanted) if isinstance(wanted, dict | list) else None, repair=repair)
        if found is MISSING:
            return verdict(right=False, detail="no JSON in the answer")
        if _same(found, wanted, how):
            return verdict(right=True, detail="equal")
        if not partial:
            return verdict(right=False, detail=f"{json.dumps(found, ensure_ascii=False)} differs")
        return _leaf_score(found, wanted, how)

    return grade


def _same(ours: Json, theirs: Json, how: _Sameness) -> bool:
    match ours, theirs:
        case (bool(), _) | (_, bool()):
            return ours is theirs
        case (int() | float(), int() | float()):
            return is_close(float(ours), float(theirs), how.tolerance, relative=how.relative)
        case (str(), str()):
            return folded(ours, ignore_case=how.ignore_case) == folded(theirs, ignore_case=how.ignore_case)
        case (dict(), dict()):
            return all(_same(ours.get(key), theirs.get(key), how) for key in ours.keys() | theirs.keys())
        case (list(), list()):
            return len(ours) == len(theirs) and _same_lists(ours, theirs, how)
        case _:
            return ours is None and theirs is None


def _same_lists(ours: list[Any], theirs: list[Any], how: _Sameness) -> bool:
    if not how.ignore_order:
        return all(_same(one, other, how) for one, other in zip(ours, theirs, strict=True))
    return _matched(ours, theirs, lambda one, other: _same(one, other, how)) == len(ours)


def _leaf_score(found: Json, wanted: Json, how: _Sameness) -> Score:
    """F1 of (path, value) pairs; paths name no places in lists whose order doesn't count."""
    ours, theirs = (list(leaves(value, ordered=not how.ignore_order)) for value in (found, wanted))
    common = _matched(ours, theirs, lambda one, other: one[0] == other[0] and _same(one[1], other[1], how))
    share = 2.0 * common / (len(ours) + len(theirs)) if ours or theirs else 0.0
    return Score(share, f"{common} of {len(theirs)} leaves, {len(ours)} given")


def _matched(ours: Sequence[_Entry], theirs: Sequence[_Entry], same: Callable[[_Entry, _Entry], bool]) -> int:
    """How many entries find one of the others, each used once."""
    left, count = list(theirs), 0
    for one in ours:
        place = next((place for place, other in enumerate(left) if same(one, other)), None)
        if place is not None:
            del left[place]
            count += 1
    return count


def leaves(value: Any, path: str = "$", *, ordered: bool = True) -> Iterator[tuple[str, Json]]:  # noqa: ANN401 (JSON)
    """Every leaf with its path; nulls are left out; places in lists are no part of the path unless `ordered`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}", ordered=ordered)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{place if ordered else ''}]", ordered=ordered)
    elif value is not None:
        yield path, value


def _parsed(reference: object) -> Any:  # noqa: ANN401 (JSON)
    """The reference itself, or what its text says when it is JSON text."""
    if isinstance(reference, str):
        found = _loads(reference)
        return reference if found is MISSING else found
    return reference


def find_json(answer: str, kind: type | None = None, *, repair: bool = False) -> Any:  # noqa: ANN401 (JSON)
    """The JSON of an answer: all of it, its last fenced block that is JSON, or the last object or list in it.

    Args:
        answer: What the model wrote.
        kind: dict or list: of several, the last of that kind is meant; None: an object before a list.
        repair: Mend broken JSON where nothing is found.

    MISSING when there is none. Infinity and NaN are no JSON; a key given twice takes its last value, as parsers do.
    """
    text = spoken(answer)[:_LARGEST]
    whole = _loads(unfenced(text))
    if whole is not MISSING:
        return whole
    fences = text.split("```")[1::2]
    blocks = [block for fence in fences if (block := _loads(_without_word(fence))) is not MISSING]
    found = blocks or list(_embedded(text))
    if found:
        return _last(found, kind)
    if repair and (start := re.search(r"[{\[]", text)):
        mended = repair_json(_without_word(fences[-1]) if fences else text[start.start() :], return_objects=True)
        return _last(mended, kind) if kind is dict and isinstance(mended, list) else mended or MISSING
    return MISSING


def _last(found: Sequence[Any], kind: type | None) -> Any:  # noqa: ANN401 (JSON)
    """The last value of the wanted kind; without one the last object, else the last value."""
    for wanted in (kind, dict):
        alike = [value for value in found if wanted is not None and isinstance(value, wanted)]
        if alike:
            return alike[-1]
    return found[-1]


def _without_word(fence: str) -> str:
    """A fenced block without its language word."""
    first, _, rest = fence.partition("\n")
    return rest if first.strip().isalpha() else fence


def _embedded(text: str) -> Iterator[Any]:
    """Objects and lists that stand in the text, outermost only, in order."""
    decoder, place = json.JSONDecoder(parse_constant=_refuse), 0
    starts = [at for at, letter in enumerate(text) if letter in "{["]
    for start in starts[-_MOST_STARTS:]:
        if start < place:
            continue
        try:
            value, place = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield value


def _loads(text: str) -> Any:  # noqa: ANN401 (JSON)
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return MISSING


def _refuse(name: str) -> float:
    msg = f"{name} is no JSON"
    raise ValueError(msg)
