"""Fields set in a workload's YAML text, so that its comments, order and quotes stay as a person wrote them."""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Path: TypeAlias = Sequence[str | int]
"""Keys and places from the top: ('segments', 0, 'latency', 'ttft_p95_ms')."""
_WIDTH: Final = 4096
"""Lines are not folded anew."""


def edit_text(text: str, values: Mapping[tuple[str | int, ...], object]) -> str | None:
    """The text with these fields set; None removes one, and a mapping left empty goes too.

    None when the text is no mapping that such an edit can be written into. Whoever calls checks that the new text says
    what was meant: a field may stand in a form that only a person would read so.
    """
    writer = YAML()
    writer.preserve_quotes = True
    writer.width = _WIDTH
    writer.indent(mapping=2, sequence=4, offset=2)
    try:
        data = writer.load(text)
        for path, value in values.items():
            place_value(data, list(path), value)
        written = StringIO()
        writer.dump(data, written)
    except (YAMLError, TypeError, KeyError, IndexError, AttributeError, ValueError):
        return None
    return written.getvalue()


def place_value(data: Any, path: list[str | int], value: object) -> None:  # noqa: ANN401 (plain or round-trip YAML data)
    """Set or remove one entry of nested data in place; a list grows at its end, an emptied mapping goes too."""
    first, rest = path[0], path[1:]
    if rest:
        below = data[first] if isinstance(first, int) else data.setdefault(first, {})
        place_value(below, rest, value)
        if below == {} and isinstance(first, str):
            del data[first]
    elif isinstance(data, list) and isinstance(first, int):
        data[first : first + 1] = [] if value is None else [value]
    elif value is None:
        data.pop(first, None)
    else:
        data[first] = value
