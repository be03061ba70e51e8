"""From YAML to a checked Workload and back. Every problem is one line: file, field, what was found, what is allowed."""

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from planner.errors import InputError
from planner.workload.left_out import fill_left_out_tokens
from planner.workload.schema import Workload, json_schema
from planner.workload.yaml_text import Said, dump_yaml, parse_yaml, printable, read_text

_MOST_PROBLEMS: Final = 200
_SHOWN_MORE: Final = 3
_Path = tuple[str | int, ...]


def load_workload(path: str | Path) -> Workload:
    """Workload of a YAML file; InputError names the first problem and counts the rest.

    A segment that names `samples` and leaves token distributions out has them counted from the samples.

    Args:
        path: File of at most 2 MB in UTF-8.

    """
    shown = printable(str(path))
    return parse_workload(read_text(Path(path), shown), shown, Path(path).parent)


def parse_workload(text: str, file_name: str = "workload.yaml", folder: Path | None = None) -> Workload:
    """Workload of a YAML text; InputError as `load_workload`, with `file_name` as the file.

    Samples are looked for in `folder`; without one they are not read.
    """
    data = parse_yaml(text, file_name)
    return check_workload(data if folder is None else fill_left_out_tokens(data, file_name, folder), file_name)


def check_workload(data: object, file_name: str = "workload.yaml") -> Workload:
    """Workload of plain data (what YAML or JSON gives); InputError names the first problem and counts the rest."""
    checked = _checked(data, file_name)
    if isinstance(checked, Workload):
        return checked
    raise _joined(checked)


def workload_problems(text: str, file_name: str = "workload.yaml") -> tuple[InputError, ...]:
    """All problems of a YAML text, in the order of the file's fields; empty when it is a workload."""
    try:
        checked = _checked(parse_yaml(text, file_name), file_name)
    except InputError as exc:
        return (exc,)
    return () if isinstance(checked, Workload) else checked


def dump_workload(workload: Workload, *, full: bool = False) -> str:
    """YAML of a workload: what was given, or with `full` every field. It reads back as the same workload."""
    return dump_yaml(plain_workload(workload, full=full))


def plain_workload(workload: Workload, *, full: bool = False) -> dict[str, Any]:
    """The workload as plain data: what was given, or with `full` every field."""
    return workload.model_dump(mode="json", exclude_unset=not full, exclude_none=not full)


def workload_hash(workload: Workload) -> str:
    """SHA-256 of the canonical JSON of every field, hex: equal for equal workloads, however they were written."""
    text = json.dumps(workload.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _checked(data: object, file_name: str) -> Workload | tuple[InputError, ...]:
    if not isinstance(data, dict):
        found = "an empty file" if data is None else f"{_kind(data)} at the top"
        return (InputError(file_name, "", found=Said(found), allowed="a mapping with version, name and segments"),)
    try:
        return Workload.model_validate(data)
    except ValidationError as exc:
        return _problems(exc, data, file_name)


def _joined(problems: Sequence[InputError]) -> InputError:
    first, rest = problems[0], problems[1:]
    if not rest:
        return first
    named = "; ".join(f"{other.field}: found {other.found}" for other in rest[:_SHOWN_MORE])
    ellipsis = "; …" if len(rest) > _SHOWN_MORE else ""
    more = f"{first.allowed} (and {len(rest)} more: {named}{ellipsis})"
    return InputError(first.file, first.field, found=Said(first.found), allowed=more)


def _problems(exc: ValidationError, data: Mapping[str, Any], file_name: str) -> tuple[InputError, ...]:
    """One InputError per field: the branches of a union that the value was not meant for are merged away."""
    found: dict[_Path, InputError] = {}
    # Each is compared with those before it and with every field's name: the first few hundred are enough to mend.
    errors = exc.errors(include_url=False)[:_MOST_PROBLEMS]
    misspelt = {
        (*path[:-1], close)
        for error in errors
        if error["type"] == "extra_forbidden" and (close := _close_field(path := _data_path(error["loc"], data), data))
    }
    for error in errors:
        path = _data_path(error["loc"], data)
        if error["type"] == "missing":
            path = (*path, str(error["loc"][-1])) if path[-1:] != (error["loc"][-1],) else path
            if path in misspelt:
                continue
        deeper = any(len(known) > len(path) and known[: len(path)] == path for known in found)
        if path in found or deeper:
            continue
        for known in [known for known in found if path[: len(known)] == known and "quality_floor" in known]:
            del found[known]
        found[path] = _problem(error["type"], str(error["msg"]), path, data, file_name)
    return tuple(found.values())


def _problem(kind: str, message: str, path: _Path, data: Mapping[str, Any], file_name: str) -> InputError:
    field = path_text(path)
    if kind == "missing":
        return InputError(file_name, field, found=Said("nothing"), allowed=f"this field is needed: {_allowed(path)}")
    if kind == "extra_forbidden":
        close = _close_field(path, data)
        names = ", ".join(_fields_at(path[:-1]))
        allowed = f"{close} (did you mean that?)" if close else f"one of the fields {names}"
        return InputError(file_name, field, found=Said("a field that does not exist"), allowed=allowed)
    if kind == "value_error":
        said, _, allowed = message.removeprefix("Value error, ").partition("allowed: ")
        found = said.rstrip("; ")
        shown = Said(found) if found else _value_at(path, data)
        return InputError(file_name, field, found=_plain(shown), allowed=allowed or _allowed(path))
    return InputError(file_name, field, found=_plain(_value_at(path, data)), allowed=_allowed(path))


def _plain(value: object) -> object:
    if value is None:
        return Said("nothing")
    return Said(_kind(value)) if isinstance(value, dict | list) else value


def _kind(value: object) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping with " + ", ".join(map(str, list(value)[:5])) if value else "an empty mapping"
    return f"the text {value!r}" if isinstance(value, str) else repr(value)


def path_text(path: Iterable[str | int]) -> str:
    """A path as people write it.

    >>> path_text(("segments", 2, "quality_floor"))
    'segments[2].quality_floor'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _data_path(loc: Iterable[str | int], data: object) -> _Path:
    """The part of pydantic's location that is in the data; labels of union branches are left out."""
    path: list[str | int] = []
    at: Any = data
    for part in loc:
        in_list = isinstance(at, list) and isinstance(part, int) and part < len(at)
        if in_list or (isinstance(at, dict) and part in at):
            path.append(part)
            at = at[part]
    return tuple(path)


def _value_at(path: _Path, data: object) -> object:
    at: Any = data
    for part in path:
        at = at[part]
    return at


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return json_schema()


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    """The node, references followed; of alternatives the one that is not null, all of them when there are several."""
    while "$ref" in node:
        node = _schema()["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    alternatives = [part for part in node.get("anyOf", ()) if part.get("type") != "null"]
    return _resolved(alternatives[0]) if len(alternatives) == 1 else node


def _schema_at(path: _Path) -> dict[str, Any]:
    """The JSON Schema of the field; an empty one (anything) where the path leaves the schema."""
    node = _schema()
    for part in path:
        node = _resolved(node)
        if isinstance(part, int):
            node = node.get("items", {})
            continue
        options = [_resolved(option) for option in node.get("anyOf", (node,))]
        node = next((o["properties"][part] for o in options if part in o.get("properties", {})), {})
    return _resolved(node)


def is_whole(path: Iterable[str | int]) -> bool:
    """Whether the field at a path is a whole number.

    >>> is_whole(("limits", "max_models")), is_whole(("segments", 0, "requests_per_month"))
    (True, False)
    """
    return bool(_schema_at(tuple(path)).get("type") == "integer")


def _fields_at(path: _Path) -> tuple[str, ...]:
    node = _schema_at(path)
    options = [_resolved(option) for option in node.get("anyOf", (node,))]
    return tuple(name for option in options for name in option.get("properties", {}))


def _close_field(path: _Path, data: Mapping[str, Any]) -> str:
    """The field that a misspelt one was probably meant to be; '' when none is close."""
    at = _value_at(path[:-1], data)
    given = set(at) if isinstance(at, dict) else set()
    names = [name for name in _fields_at(path[:-1]) if name not in given]
    matches = difflib.get_close_matches(str(path[-1]), names, n=1, cutoff=0.65)
    return matches[0] if matches else ""


def _allowed(path: _Path) -> str:
    return describe(_schema_at(path))


def describe(node: dict[str, Any]) -> str:
    """What a JSON Schema node allows, in words.

    >>> describe({"type": "number", "minimum": 0, "maximum": 1})
    'a share from 0 to 1'
    """
    node = _resolved(node)
    if "anyOf" in node:
        return ", or ".join(describe(part) for part in node["anyOf"] if part.get("type") != "null")
    if "enum" in node:
        return "one of " + ", ".join(map(str, node["enum"]))
    if "const" in node:
        return str(node["const"])
    if node.get("type") in {"number", "integer"}:
        return _describe_number(node)
    return _describe_other(node)


def _describe_number(node: dict[str, Any]) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    above = node.get("exclusiveMinimum")
    if (low, high) == (0.0, 1.0):
        return "a share from 0 to 1"
    name = "a whole number" if node["type"] == "integer" else "a number"
    bounds = [f"above {above:g}" if above is not None else "", f"of at least {low:g}" if low is not None else ""]
    bounds.append(f"at most {high:,.15g}" if high is not None else "")
    return f"{name} {' and '.join(part for part in bounds if part)}".strip()


def _describe_other(node: dict[str, Any]) -> str:
    kind = node.get("type")
    if kind == "array":
        return f"a list of entries, each {describe(node.get('items', {}))}"
    if kind == "object":
        needed = node.get("required") or list(node.get("properties", {}))
        return "{" + ", ".join(f"{name}: …" for name in needed) + "}"
    if kind == "boolean":
        return "true or false"
    if "pattern" in node:
        return f"a name of at most {node.get('maxLength', 60)} letters, digits, spaces, dots, dashes or underscores"
    return f"text of 1 to {node.get('maxLength', 80)} characters" if kind == "string" else "another value"
