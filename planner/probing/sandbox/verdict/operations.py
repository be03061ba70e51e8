"""What may be done with an object that stays in the other process, by the name of Python's special method."""

import operator
from collections.abc import Callable
from typing import Any, Final

TRUTHS: Final = frozenset({"__lt__", "__le__", "__gt__", "__ge__", "__contains__"})
"""Operations that say yes or no of an object and a value: the answer's word alone would decide a test."""
ARITHMETIC: Final = tuple(
    f"__{side}{name}__"
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "matmul")
    for side in ("", "r")
)
PLAIN_TRUTHS: Final = frozenset(
    [
        "endswith",
        "isalnum",
        "isalpha",
        "isascii",
        "isdecimal",
        "isdigit",
        "isdisjoint",
        "isidentifier",
        "islower",
        "isnumeric",
        "isprintable",
        "isspace",
        "issubset",
        "issuperset",
        "istitle",
        "isupper",
        "is_integer",
        "is_nan",
        "is_finite",
        "startswith",
    ]
)
"""Methods of plain types that say yes or no: a test that calls one expects a plain value."""
_REFLECTED: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "matmul": operator.matmul,
}


def _reflected(act: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda held, other: act(other, held)


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "__len__": len,
    "__iter__": iter,
    "__next__": next,
    "__reversed__": reversed,
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__delitem__": operator.delitem,
    "__contains__": operator.contains,
    "__str__": str,
    "__repr__": repr,
    "__bool__": bool,
    "__int__": int,
    "__float__": float,
    "__index__": operator.index,
    "__abs__": abs,
    "__neg__": operator.neg,
    "__round__": round,
    "__format__": format,
    "__eq__": operator.eq,
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
    "__enter__": lambda held: type(held).__enter__(held),
    "__exit__": lambda held, *why: type(held).__exit__(held, *why),
    "__instancecheck__": lambda kind, held: isinstance(held, kind),
    **{f"__{name}__": act for name, act in _REFLECTED.items()},
    **{f"__r{name}__": _reflected(act) for name, act in _REFLECTED.items()},
}
