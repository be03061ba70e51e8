"""What an answer imports from the standard library, for tests that count on it: read from its text, not asked of it.

Only modules whose functions say what they say whoever imports them: nothing that ends a process, equals everything or
reaches into frames. A name that the answer binds anywhere else is the answer's own.
"""

import ast
import contextlib
import importlib
import types
from collections.abc import Iterator
from typing import Any, Final

_SAFE: Final = frozenset(
    [
        "abc",
        "array",
        "asyncio",
        "base64",
        "bisect",
        "calendar",
        "cmath",
        "collections",
        "collections.abc",
        "contextlib",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "io",
        "itertools",
        "json",
        "math",
        "numbers",
        "operator",
        "random",
        "re",
        "statistics",
        "string",
        "struct",
        "textwrap",
        "time",
        "typing",
        "unicodedata",
        "uuid",
        "zoneinfo",
    ]
)


def imported_alike(answer: str) -> dict[str, Any]:
    """Modules, classes and functions of the library under the names by which the answer imports them at its top."""
    try:
        tree = ast.parse(answer)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    own = {
        *(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)),
        *(
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ),
    }
    found: dict[str, Any] = {}
    for node in tree.body:
        with contextlib.suppress(ImportError, AttributeError):
            found.update(_names_of(node))
    kinds = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType)
    return {name: held for name, held in found.items() if name not in own and isinstance(held, kinds)}


def _names_of(node: ast.stmt) -> Iterator[tuple[str, Any]]:
    match node:
        case ast.Import(names=names):
            for each in names:
                if each.name in _SAFE:
                    held = importlib.import_module(each.name)
                    top = each.name.split(".")[0]
                    yield (each.asname, held) if each.asname else (top, importlib.import_module(top))
        case ast.ImportFrom(module=str(module), names=names, level=0) if module in _SAFE:
            source = importlib.import_module(module)
            for each in names:
                if each.name == "*":
                    yield from ((name, getattr(source, name)) for name in getattr(source, "__all__", ()))
                else:
                    yield each.asname or each.name, getattr(source, each.name)
