"""From files to a checked Suite. Every problem is one line: file, line, field, what was found, what is allowed.

A suite is a folder with suite.yaml and, beside it, items.jsonl; or one .yaml file that holds its items; or one .jsonl
file whose first line is the suite without items and whose other lines are items. `planner schema suite` prints the
JSON Schema; the first line of a suite.yaml points editors to it.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from planner.errors import InputError
from planner.probing.suites.checks import Fault, head_faults, item_faults
from planner.probing.suites.contexts import build_context
from planner.probing.suites.file_lines import SUITE_FILE, LinedItem, Source, read_source
from planner.probing.suites.schema_errors import faults_of
from planner.probing.suites.suite import Condition, Item, Suite, SuiteHead
from planner.resources import probes_dir
from planner.terms import Skill
from planner.workload.yaml_text import Said, printable

_SHIPPED_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_FILLED: Final = re.compile(r"\{(input|context)\}")
_UNHASHED: Final = {"title", "description", "licence"}
"""Fields that change neither what is asked nor how it is graded."""


class Message(TypedDict):
    """One message of a chat request, as every provider takes it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class SuiteSummary:
    """A shipped suite, for lists."""

    name: str
    title: str
    skill: Skill
    description: str
    grader: str
    conditions: tuple[str, ...]
    items: int


class SuiteError(InputError):
    """All problems of a suite's files, one a line."""

    def __init__(self, problems: Sequence[InputError]) -> None:
        """Keep the problems; the message has a line for each."""
        first = problems[0]
        super().__init__(first.file, first.field, found=Said(first.found), allowed=first.allowed)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        """A line for each problem, each safe for a terminal."""
        return "\n".join(str(problem) for problem in self.problems)


def load_suite(name_or_path: str | Path) -> Suite:
    """Suite of a shipped name, a folder, or one .yaml or .jsonl file, with every built context in its items.

    Raises:
        InputError: The file cannot be read, or (as SuiteError) all that is wrong in it, one problem a line.

    """
    source = read_source(find_suite(str(name_or_path)))
    suite, problems = check_source(source)
    if suite is None:
        raise problems[0] if len(problems) == 1 else SuiteError(problems)
    return suite


def find_suite(name_or_path: str) -> Path:
    """Where a suite lies: a shipped one by its name, any other by its path; InputError with close names otherwise."""
    shipped = shipped_names()
    if name_or_path in shipped:
        return probes_dir() / name_or_path
    path = Path(name_or_path)
    try:
        exists = path.exists()
    except (OSError, ValueError):
        exists = False
    if exists:
        return path
    shown = printable(name_or_path)
    if _SHIPPED_NAME.fullmatch(name_or_path):
        close = difflib.get_close_matches(name_or_path, shipped, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        allowed = f"one of {', '.join(shipped)}, or a path{hint}"
        raise InputError("suite", "", found=shown, allowed=allowed)
    raise InputError(shown, "", found=Said("no such file"), allowed="a suite's folder, a .yaml or a .jsonl file")


def shipped_names() -> tuple[str, ...]:
    """Names of the shipped suites, sorted."""
    return tuple(sorted(path.parent.name for path in probes_dir().glob(f"*/{SUITE_FILE}")))


def list_suites() -> tuple[SuiteSummary, ...]:
    """All shipped suites, sorted by name."""
    return tuple(summary_of(load_suite(name)) for name in shipped_names())


def summary_of(suite: Suite) -> SuiteSummary:
    """What a list shows of a suite."""
    return SuiteSummary(
        name=suite.name,
        title=suite.title,
        skill=suite.skill,
        description=suite.description,
        grader=suite.grader.kind,
        conditions=tuple(condition.name for condition in suite.conditions),
        items=len(suite.items),
    )


def suite_hash(suite: Suite) -> str:
    """SHA-256 (hex) of all that is asked and how it is graded; titles, descriptions and licence don't count.

    Fields at their defaults are left out, so that a field added to the format later changes no old suite's hash.
    """
    data = suite.model_dump(mode="json", exclude_defaults=True, exclude=_UNHASHED)
    text = json.dumps({"format": suite.version, **data}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def render(condition: Condition, item: Item) -> list[Message]:
    """Messages that ask the item in this way: system, earlier turns, the filled template."""
    system: list[Message] = [{"role": "system", "content": _fill(condition.system, item)}] if condition.system else []
    earlier: list[Message] = [{"role": turn.role, "content": turn.content} for turn in item.history]
    return [*system, *earlier, {"role": "user", "content": _fill(condition.template, item)}]


def _fill(template: str, item: Item) -> str:
    """Both gaps in one pass, so that '{context}' inside an input stays as it is."""
    texts = {"input": item.input, "context": item.context}
    return _FILLED.sub(lambda gap: texts[gap[1]], template)


def suite_problems(name_or_path: str | Path) -> tuple[InputError, ...]:
    """All problems of a suite's files, in their order; empty when it loads."""
    try:
        return check_source(read_source(find_suite(str(name_or_path))))[1]
    except InputError as exc:
        return (exc,)


def check_source(source: Source) -> tuple[Suite | None, tuple[InputError, ...]]:
    """The suite and no problems, or None and all of them: head first, then items, then what joins them."""
    head, problems = _checked_head(source)
    items: list[Item] = []
    first_line: dict[str, str] = {}
    for lined in source.items:
        item, faults = _checked_item(lined, head)
        problems += [lined.problem(fault.place, fault.found, fault.allowed) for fault in faults]
        if item is None:
            continue
        if item.id in first_line:
            problems.append(lined.problem(("id",), item.id, f"a unique id; {first_line[item.id]} has it"))
        first_line.setdefault(item.id, lined.where)
        items.append(item)
    if not source.items:
        problems.append(source.problem(("items",), Said("no items"), "at least one item, here or in items.jsonl"))
    if head is None or problems:
        return None, tuple(problems)
    filled = tuple(with_context(item, head) for item in items)
    return Suite(**{name: getattr(head, name) for name in head.model_fields_set}, items=filled), ()


def _checked_head(source: Source) -> tuple[SuiteHead | None, list[InputError]]:
    head, faults = faults_of(SuiteHead, source.head)
    faults = [*faults, *(head_faults(head) if head else ())]
    problems = [source.problem(fault.place, fault.found, fault.allowed) for fault in faults]
    return head, problems


def _checked_item(lined: LinedItem, head: SuiteHead | None) -> tuple[Item | None, Iterator[Fault] | list[Fault]]:
    item, faults = faults_of(Item, lined.data)
    if item is None or head is None:
        return item, faults
    return item, item_faults(item, head)


def with_context(item: Item, head: SuiteHead) -> Item:
    """The item with its context: its own, its document's text, or the one that is built."""
    if item.context:
        return item
    if item.context_from is not None:
        haystack = head.haystacks[item.context_from.haystack]
        return item.model_copy(update={"context": build_context(item.context_from, haystack, item.id)})
    if text := head.documents.get(item.document):
        return item.model_copy(update={"context": text})
    return item
