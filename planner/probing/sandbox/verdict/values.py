"""Plain values as JSON and back: what may pass between the answer and its tests.

A scalar stands for itself; all else is a list whose first entry names its kind. Lists, dicts, sets and their like
carry a number, so that one message can hold a value twice, hold itself, or bring back what a function changed in
place. What is no plain value goes as a handle, if whoever sends it has a way to export it.
"""

import datetime as dt
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeAlias

Wire: TypeAlias = "bool | int | float | str | list[Any] | None"
Export: TypeAlias = Callable[[Any], list[Any]]
"""An object that is no plain value, as a message part of its own kind; raises what the sender wants."""
Resolve: TypeAlias = Callable[[list[Any]], Any]

_SMALL: Final = 1 << 53
_MOST_DEEP: Final = 400
_DICTS: Final[dict[str, Any]] = {"dict": dict, "OrderedDict": OrderedDict, "Counter": Counter}
_TYPES: Final = (int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set, frozenset, object, type)
_BY_NAME: Final[dict[str, type]] = {kind.__name__: kind for kind in (*_TYPES, type(None))}
_MOMENTS: Final[dict[str, Any]] = {kind.__name__: kind for kind in (dt.datetime, dt.date, dt.time)}


class WireError(Exception):
    """Not a message of ours."""


class Encoder:
    """Encodes the values of one message."""

    def __init__(self, export: Export, known: Sequence[Any] = ()) -> None:
        """`known`: containers that both sides number alike already."""
        self._export = export
        self.containers: list[Any] = list(known)
        self._places = {id(each): at for at, each in enumerate(known)}
        self._written: set[int] = set()
        self._deep = 0

    def encode(self, value: Any) -> Wire:
        """One value; a subclass of a plain type goes as that type, so that no method of its own goes along."""
        if value is None or value is True or value is False or type(value) is str:
            return value
        self._deep += 1
        if self._deep > _MOST_DEEP:
            raise WireError("values nested too deep")
        try:
            return self._scalar(value) if isinstance(value, int | float | complex | str | bytes) else self._rest(value)
        finally:
            self._deep -= 1

    def changed(self) -> list[Wire]:
        """The known containers that were not written yet, as they are now."""
        return [self.encode(each) for at, each in enumerate(self.containers) if at not in self._written]

    def _scalar(self, value: Any) -> Wire:
        if isinstance(value, int):
            number = int.__int__(value)
            return number if -_SMALL < number < _SMALL else ["i", format(number, "x")]
        if isinstance(value, float):
            return float.__float__(value)
        if isinstance(value, str):
            return "".join(str.__iter__(value))
        if isinstance(value, bytes):
            return ["b", bytes.hex(value)]
        return ["c", complex.__complex__(value).real, complex.__complex__(value).imag]

    def _rest(self, value: Any) -> Wire:  # noqa: C901, PLR0911 (one line a kind)
        match value:
            case tuple() if hasattr(value, "_fields"):
                fields = [str(name) for name in value._fields]
                return ["nt", type(value).__name__, fields, [self.encode(each) for each in tuple.__iter__(value)]]
            case tuple():
                return ["t", *(self.encode(each) for each in tuple.__iter__(value))]
            case frozenset():
                return ["f", *(self.encode(each) for each in frozenset.__iter__(value))]
            case range():
                return ["r", *(self.encode(each) for each in (value.start, value.stop, value.step))]
            case Decimal():
                return ["D", Decimal.__str__(value)]
            case Fraction():
                return ["F", self.encode(value.numerator), self.encode(value.denominator)]
            case dt.timedelta():
                return ["td", value.days, value.seconds, value.microseconds]
            case dt.date() | dt.time() if type(value).__name__ in _MOMENTS:
                return ["dt", type(value).__name__, value.isoformat()]
            case type() if value in _BY_NAME.values():
                return ["y", value.__name__]
            case list() | dict() | set() | bytearray() | deque():
                return self._container(value)
            case _:
                return self._export(value)

    def _container(self, value: Any) -> Wire:
        at = self._places.get(id(value))
        if at is None:
            at = self._places[id(value)] = len(self.containers)
            self.containers.append(value)
        if at in self._written:
            return ["=", at]
        self._written.add(at)
        match value:
            case dict():
                kind = _dict_kind(value)
                pairs = [[self.encode(key), self.encode(held)] for key, held in dict.items(value)]
                return ["d", at, kind, pairs]
            case bytearray():
                return ["ba", at, bytes(value).hex()]
            case deque():
                return ["q", at, value.maxlen, [self.encode(each) for each in value]]
            case set():
                return ["s", at, [self.encode(each) for each in set.__iter__(value)]]
            case _:
                return ["l", at, [self.encode(each) for each in list.__iter__(value)]]


class Decoder:
    """Decodes the values of one message; trusts nothing of it but that it is JSON."""

    def __init__(self, resolve: Resolve, known: Sequence[Any] = ()) -> None:
        """`known`: containers that are changed in place when the message holds them."""
        self._resolve = resolve
        self._known = dict(enumerate(known))
        self.containers: dict[int, Any] = dict(self._known)

    def decode(self, part: Any) -> Any:
        """One value. WireError for anything that `Encoder` doesn't write."""
        if part is None or isinstance(part, bool | int | float | str):
            return part
        try:
            return self._plain(part)
        except (ValueError, TypeError, IndexError, KeyError, ArithmeticError, RecursionError) as error:
            raise WireError(f"no value: {type(error).__name__}") from error

    def _plain(self, part: Any) -> Any:  # noqa: C901, PLR0911, PLR0912 (one line a kind)
        match part:
            case ["t", *items]:
                return tuple(self.decode(each) for each in items)
            case ["f", *items]:
                return frozenset(self.decode(each) for each in items)
            case ["i", str(digits)]:
                return int(digits, 16)
            case ["b", str(digits)]:
                return bytes.fromhex(digits)
            case ["c", float() | int() as real, float() | int() as imaginary]:
                return complex(real, imaginary)
            case ["r", *bounds]:
                return range(*(self.decode(each) for each in bounds))
            case ["D", str(digits)]:
                return Decimal(digits)
            case ["F", above, below]:
                return Fraction(self.decode(above), self.decode(below))
            case ["td", int(days), int(seconds), int(micros)]:
                return dt.timedelta(days, seconds, micros)
            case ["dt", str(kind), str(text)]:
                return _MOMENTS[kind].fromisoformat(text)
            case ["y", str(name)]:
                return _BY_NAME[name]
            case ["nt", str(name), list(fields), list(items)]:
                return _named(name, fields, [self.decode(each) for each in items])
            case ["=", int(at)]:
                return self.containers[at]
            case [str(kind), int(at), *rest] if kind in {"l", "d", "s", "q", "ba"}:
                return self._container(kind, at, rest)
            case _:
                return self._resolve(part)

    def _container(self, kind: str, at: int, rest: list[Any]) -> Any:
        fresh = _empty(kind, rest[0])
        known = self._known.get(at)
        if known is not None and isinstance(known, dict if kind == "d" else type(fresh)):
            fresh = known
        self.containers[at] = fresh
        self._fill(kind, fresh, rest[-1])
        return fresh

    def _fill(self, kind: str, held: Any, parts: Any) -> None:
        if kind == "ba":
            held[:] = bytes.fromhex(parts)
        elif kind == "d":
            pairs = [(self.decode(key), self.decode(value)) for key, value in parts]
            held.clear()
            held.update(pairs)
        else:
            items = [self.decode(each) for each in parts]
            held.clear()
            held.update(items) if kind == "s" else held.extend(items)


def _dict_kind(value: dict[Any, Any]) -> str:
    if isinstance(value, defaultdict):
        factory = value.default_factory
        return f"defaultdict {factory.__name__}" if factory in _BY_NAME.values() else "dict"  # type: ignore[union-attr]
    return next((name for name in ("OrderedDict", "Counter") if isinstance(value, _DICTS[name])), "dict")


def _empty(kind: str, setting: Any) -> Any:
    """An empty container of a kind; `setting` is which dict, or the most entries of a deque."""
    if kind == "q":
        return deque(maxlen=setting)
    if kind == "d" and setting.startswith("defaultdict "):
        return defaultdict(_BY_NAME[setting.removeprefix("defaultdict ")])
    return _DICTS[setting]() if kind == "d" else {"l": list, "s": set, "ba": bytearray}[kind]()


def _named(name: str, fields: list[Any], items: list[Any]) -> Any:
    """A named tuple's values under its names."""
    from collections import namedtuple  # noqa: PLC0415 (rare)

    return namedtuple(name, [str(field) for field in fields])(*items)  # noqa: PYI024 (its fields are known only now)
