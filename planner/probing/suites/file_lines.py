"""A suite's files as plain data, with the line of every field, so that a problem can be found in an editor."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from planner.errors import InputError
from planner.probing.suites.checks import Place
from planner.workload.load import path_text
from planner.workload.yaml_text import Said, parse_yaml, printable, read_text

MAX_ITEMS_BYTES: Final = 50_000_000
"""Largest items.jsonl."""
SUITE_FILE: Final = "suite.yaml"
ITEMS_FILE: Final = "items.jsonl"

LineOf: TypeAlias = Callable[[Place], int]
"""Line of a field in a file, counted from 1; that of the deepest part that stands there when it is missing."""


@dataclass(frozen=True, slots=True)
class LinedItem:
    """An item as it stands in a file."""

    file: str
    data: object
    base: Place
    line_of: LineOf

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.file} line {self.line_of(self.base)}"

    def problem(self, place: Place, found: object, allowed: str) -> InputError:
        """A problem of one of its fields, in words."""
        name = self.data.get("id") if isinstance(self.data, dict) else None
        whose = f", item {printable(name)}" if isinstance(name, str) else ""
        field = f", {path_text(place)}" if place else ""
        line = self.line_of((*self.base, *place))
        return InputError(self.file, f"line {line}{whose}{field}", found=_plain(found), allowed=allowed)


@dataclass(frozen=True, slots=True)
class Source:
    """A suite's files as plain data."""

    file: str
    head: object
    items: tuple[LinedItem, ...]
    line_of: LineOf

    def problem(self, place: Place, found: object, allowed: str) -> InputError:
        """A problem of a field outside the items, in words."""
        field = f", {path_text(place)}" if place else ""
        return InputError(self.file, f"line {self.line_of(place)}{field}", found=_plain(found), allowed=allowed)


def _plain(found: object) -> object:
    """What was found, sized when it has parts."""
    if isinstance(found, list):
        return Said(f"a list of {len(found)}" if found else "an empty list")
    if isinstance(found, dict):
        return Said("a mapping with " + ", ".join(map(str, list(found)[:5])) if found else "an empty mapping")
    return found


def read_source(path: Path) -> Source:
    """Data of a suite's folder, .yaml or .jsonl file; InputError when a file cannot be read or parsed."""
    if path.is_dir():
        return _read_folder(path)
    match path.suffix.lower():
        case ".yaml" | ".yml":
            return _read_yaml(path)
        case ".jsonl":
            return _read_jsonl(path)
        case ending:
            name = printable(str(path))
            allowed = f"a folder with {SUITE_FILE}, a .yaml or a .jsonl file"
            raise InputError(name, "", found=ending or Said("a file without an ending"), allowed=allowed)


def _read_folder(folder: Path) -> Source:
    head_path, items_path = folder / SUITE_FILE, folder / ITEMS_FILE
    if not head_path.is_file():
        raise InputError(printable(str(folder)), "", found=Said(f"no {SUITE_FILE}"), allowed=f"{SUITE_FILE} in it")
    head = _read_yaml(head_path)
    if not items_path.is_file():
        return head
    name = printable(str(items_path))
    lines = _json_lines(read_text(items_path, name, MAX_ITEMS_BYTES), name)
    return Source(head.file, head.head, (*head.items, *_lined(name, lines)), head.line_of)


def _read_yaml(path: Path) -> Source:
    name = printable(str(path))
    text = read_text(path, name)
    data = parse_yaml(text, name)
    line_of = yaml_lines(text)
    if not isinstance(data, dict):
        return Source(name, data, (), line_of)
    items = data.pop("items", [])
    if not isinstance(items, list):
        found = Said(f"a {type(items).__name__}")
        raise InputError(name, f"line {line_of(('items',))}, items", found=found, allowed="a list of items")
    lined = tuple(LinedItem(name, item, ("items", index), line_of) for index, item in enumerate(items))
    return Source(name, data, lined, line_of)


def _read_jsonl(path: Path) -> Source:
    name = printable(str(path))
    lines = _json_lines(read_text(path, name, MAX_ITEMS_BYTES), name)
    if not lines:
        raise InputError(name, "", found=Said("an empty file"), allowed="the suite in the first line, items below it")
    (number, head), *rest = lines
    return Source(name, head, tuple(_lined(name, rest)), _always(number))


def _lined(name: str, lines: Sequence[tuple[int, Any]]) -> list[LinedItem]:
    return [LinedItem(name, data, (), _always(number)) for number, data in lines]


def _json_lines(text: str, name: str) -> list[tuple[int, Any]]:
    """Number and value of each line that isn't empty; InputError at the first that is no JSON."""
    found: list[tuple[int, Any]] = []
    # split, not splitlines: a JSON string may hold U+2028, which ends no line of a JSONL file.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append((number, json.loads(line)))
        except (ValueError, RecursionError) as exc:
            said = f"{exc.msg.lower()} at column {exc.colno}" if isinstance(exc, json.JSONDecodeError) else "no JSON"
            raise InputError(name, f"line {number}", found=Said(said), allowed="one JSON object") from None
    return found


def _always(number: int) -> LineOf:
    def line_of(_: Place) -> int:
        return number

    return line_of


def yaml_lines(text: str) -> LineOf:
    """Lines of the fields of a YAML text; it is read again for its marks only when a problem asks."""

    @cache
    def root() -> yaml.Node | None:
        return yaml.compose(text, Loader=yaml.CSafeLoader)

    def line_of(place: Place) -> int:
        node, line = root(), 1
        for step in place:
            found = _step(node, step)
            if found is None:
                break
            line, node = found
        return line

    return line_of


def _step(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    """Line of a key or entry and the node behind it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        entry: yaml.Node = node.value[step]
        return entry.start_mark.line + 1, entry
    return None
