"""YAML that cannot surprise: no aliases, tags, duplicate keys or deep nests; YAML 1.2's reading of yes, no and 1e6.

Sizes are checked before parsing and every event before anything is built, so a bomb costs one pass over its text.
"""

import math
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from planner.errors import InputError

MAX_BYTES: Final = 2_000_000
"""Largest file that is read as a workload."""
MAX_DEPTH: Final = 20
"""Deepest nesting; the format itself needs six."""


class Said:
    """A finding that is shown as it stands, without the quotes that a string value gets."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self.text = text

    def __str__(self) -> str:
        """Give the text."""
        return self.text


class _Loader(yaml.CSafeLoader):
    """Safe loader with YAML 1.2's plain scalars: only true and false are booleans, dates are text, 1e6 is a number."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own protocol)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ARG002
        """Build a mapping; a key given twice is an error, and so is a merge key."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key that is no text", key_node.start_mark)
            key = str(key_node.value)
            if key in seen:
                problem = f"the key {key!r} twice in one mapping"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            seen.add(key)
        return {str(key.value): self.construct_object(value, deep=True) for key, value in node.value}


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9][0-9_]*$"), list("-+0123456789"))
_FLOAT: Final = re.compile(
    r"^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|\.inf|\.nan)$"
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))


def _construct_int(_: _Loader, node: yaml.ScalarNode) -> int | str:
    text = str(node.value).replace("_", "")
    # Decimal always: YAML 1.1 reads 010 as eight. Absurd digit strings stay text and are refused by the schema.
    return int(text) if len(text) <= 300 else str(node.value)


def _construct_float(_: _Loader, node: yaml.ScalarNode) -> float:
    text = str(node.value).replace("_", "").lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)


def printable(name: str) -> str:
    """A file name that cannot break a line or flood a terminal."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return shown if len(shown) <= 200 else f"{shown[:80]}…{shown[-80:]}"


def read_text(path: Path, name: str, max_bytes: int = MAX_BYTES) -> str:
    """Text of a UTF-8 file; InputError for a missing, unreadable, oversized or binary one and for a directory."""
    return decode_text(read_bytes(path, name, max_bytes), name, max_bytes)


def read_bytes(path: Path, name: str, max_bytes: int = MAX_BYTES) -> bytes:
    """Bytes of a file; InputError for a missing, unreadable or oversized one and for a directory."""
    try:
        if path.is_dir():
            raise InputError(name, "", found=Said("a directory"), allowed="a file")
        if path.exists() and not path.is_file():
            raise InputError(name, "", found=Said("no regular file (a pipe or a device)"), allowed="a file")
        size = path.stat().st_size
        if size > max_bytes:
            found = Said(f"{size / 1e6:,.1f} MB")
            raise InputError(name, "", found=found, allowed=f"a file of at most {max_bytes / 1e6:g} MB")
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except FileNotFoundError:
        raise InputError(name, "", found=Said("no such file"), allowed="an existing file") from None
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "a name that no file can have"
        raise InputError(name, "", found=Said(str(reason).lower()), allowed="a file that can be read") from None


def decode_text(content: bytes, name: str, max_bytes: int = MAX_BYTES) -> str:
    """UTF-8 text of the bytes; InputError when there is too much, or it is binary or in another encoding."""
    if len(content) > max_bytes:
        raise InputError(name, "", found=Said(f"more than {max_bytes / 1e6:g} MB"), allowed="a smaller file")
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(name, "", found=Said("a binary file"), allowed="a text file (UTF-8)")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        found = Said(f"bytes that are not UTF-8 (byte {content[exc.start]:#04x})")
        raise InputError(name, f"line {line}", found=found, allowed="text in UTF-8") from None


def _place(mark: object) -> str:
    line = getattr(mark, "line", None)
    return "" if line is None else f"line {line + 1}, column {getattr(mark, 'column', 0) + 1}"


def _refused(event: yaml.Event, depth: int) -> str:
    if isinstance(event, yaml.AliasEvent):
        return "an alias (*)"
    if getattr(event, "anchor", None):
        return "an anchor (&)"
    if tag := getattr(event, "tag", None):
        return f"a tag ({tag})"
    if depth > MAX_DEPTH:
        return f"more than {MAX_DEPTH} levels of nesting"
    return ""


def _check_events(text: str, name: str) -> int:
    """Walk the events without building anything; InputError at the first that is refused; number of documents."""
    depth, documents = 0, 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if found := _refused(event, depth):
            allowed = "plain YAML: no anchors, aliases, tags or deep nests"
            raise InputError(name, _place(event.start_mark), found=Said(found), allowed=allowed)
    return documents


def parse_yaml(text: str, name: str) -> object:
    """The one document of the text as plain dicts, lists and scalars; InputError with line and column otherwise."""
    if len(text) > MAX_BYTES:
        raise InputError(name, "", found=Said(f"{len(text) / 1e6:,.1f} MB of text"), allowed="at most 2 MB")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(name, "", found=Said("a letter that is none (half of a pair)"), allowed="text") from None
    try:
        documents = _check_events(text, name)
        if documents > 1:
            raise InputError(name, "", found=Said(f"{documents} YAML documents"), allowed="one")
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (a CSafeLoader subclass)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None) or getattr(exc, "context_mark", None)
        problem = getattr(exc, "problem", None) or getattr(exc, "reason", None) or "text that is no YAML"
        raise InputError(name, _place(mark), found=Said(_reworded(str(problem))), allowed="valid YAML") from None


def _reworded(problem: str) -> str:
    """Libyaml's words after our 'found': it says 'found X' and 'did not find expected X' itself."""
    return problem.removeprefix("found ").replace("did not find expected", "something other than the expected")


class _Dumper(yaml.SafeDumper):
    """Block style, but short mappings and lists of scalars on one line, as people write them."""


def _is_leaf(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _represent_dict(dumper: _Dumper, data: dict[str, Any]) -> yaml.Node:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", data.items())
    short = len(data) <= 3 and all(_is_leaf(value) for value in data.values())
    node.flow_style = short and "skill" not in data and "version" not in data
    return node


def _represent_list(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=all(_is_leaf(value) for value in data))


def _represent_float(dumper: _Dumper, value: float) -> yaml.Node:
    if math.isfinite(value) and value.is_integer() and abs(value) < 1e15:
        return dumper.represent_scalar("tag:yaml.org,2002:int", str(int(value)))
    return dumper.represent_scalar("tag:yaml.org,2002:float", repr(value))


# Numbers such as 1e-05 need no tag, and a text that reads like one gets its quotes.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))
_Dumper.add_representer(dict, _represent_dict)
_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(float, _represent_float)


def dump_yaml(data: dict[str, Any]) -> str:
    """YAML of plain data, in the given order of keys; whole numbers without a decimal point."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))
