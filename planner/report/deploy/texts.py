"""YAML and JSON as programs read them: every text is a text to YAML 1.1 and 1.2 alike, keys in the given order."""

import json
import re
from typing import Any, Final

import yaml
from pydantic import BaseModel

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_/.-]*")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
"""Texts that some YAML reads as something else, in any case."""


class _Dumper(yaml.SafeDumper):
    """Block style without aliases; any text that could be read as something else is quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 (PyYAML's own signature)
        """Write equal parts twice: readers of configuration need no anchors."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists under their key, as the tools' own examples do."""
        return super().increase_indent(flow, False)


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    plain = _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS
    if "\n" in value and value.isprintable() is False and _blockable(value):
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|")
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


def _blockable(value: str) -> bool:
    return all(line.isprintable() and line == line.rstrip() for line in value.split("\n"))


def _number(dumper: _Dumper, value: float) -> yaml.Node:
    text = repr(value)
    if "e" in text and "." not in text:  # YAML 1.1 wants a point in a float, and 1.2 does not mind one
        text = text.replace("e", ".0e")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _number)


def yaml_of(*documents: BaseModel | dict[str, Any], head: str = "") -> str:
    """YAML of one or several documents; what is unset is left out, `head` becomes comment lines above.

    >>> print(yaml_of({"name": "no", "size": "1e3", "rate": 1e-07}), end="")
    name: "no"
    size: "1e3"
    rate: 1.0e-07
    """
    comment = "".join(f"# {line}".rstrip() + "\n" for line in _lines(head))
    texts = [
        yaml.dump(plain(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=4096)
        for document in documents
    ]
    return comment + "---\n".join(texts)


def json_of(document: BaseModel | dict[str, Any]) -> str:
    """JSON with two spaces, keys in the given order, and a line end."""
    return json.dumps(plain(document), indent=2, ensure_ascii=False) + "\n"


def plain(document: BaseModel | dict[str, Any]) -> dict[str, Any]:
    """A format's model as plain data, under the names that its reader knows."""
    if isinstance(document, BaseModel):
        return document.model_dump(mode="json", by_alias=True, exclude_none=True)
    return document


def one_line(text: str) -> str:
    """A text on one line, without control characters: for comments and tables."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _lines(text: str) -> list[str]:
    return [one_line(line) for line in text.splitlines()] if text else []
