"""What the tests hold of an answer's objects: stand-ins that ask the answer's process, and take no verdict from it.

A value that is compared has to be plain. Where an object of the answer's own would decide (by its own `__lt__`,
`__contains__`, arithmetic), no automatic verdict is given: `NotGraded`. It never equals a plain value.
"""

from collections.abc import Callable, Generator
from typing import Any, Final, TypeAlias

from planner.probing.sandbox.verdict.operations import ARITHMETIC, OPERATIONS, PLAIN_TRUTHS, TRUTHS

Asking: TypeAlias = Callable[[str, int, list[Any], dict[str, Any]], Any]
"""Does something with an object there: what, number, arguments by place and by name."""
_TOLD: Final = frozenset({"__name__", "__qualname__", "__doc__", "__dict__", "__annotations__", "__module__"})


UNDECIDED: Final[list[str]] = []
"""Why no verdict can be given, kept beside the exception: a test may catch everything."""


class NotGraded(BaseException):
    """The tests need what cannot be told from outside."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        UNDECIDED.append(why)


class AnswerObject:
    """An object that stays in the answer's process."""

    __slots__ = ("_answer_asking", "_answer_kind", "_answer_number")

    def __init__(self, asking: Asking, number: int, kind: str) -> None:
        object.__setattr__(self, "_answer_asking", asking)
        object.__setattr__(self, "_answer_number", number)
        object.__setattr__(self, "_answer_kind", kind)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer_asking("call", self._answer_number, list(args), kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in PLAIN_TRUTHS and self._answer_kind not in {"class", "exception"}:
            raise NotGraded(f"an object of the answer's own would decide .{name}()")
        if name.startswith("__") and name not in _TOLD and self._answer_kind != "class":
            raise NotGraded(f"the tests look into the answer's code ({name})")
        return self._answer_asking("get", self._answer_number, [name], {})

    def __setattr__(self, name: str, value: Any) -> None:
        self._answer_asking("set", self._answer_number, [name, value], {})

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, AnswerObject):
            return _plain_truth(self._answer_special("__eq__", other))
        if self._answer_kind == "own" and other is not None:
            raise NotGraded("an object of the answer's own is compared with a plain value")
        return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(("answer", self._answer_number))

    def __bool__(self) -> bool:
        return _plain_truth(self._answer_special("__bool__"))

    def __str__(self) -> str:
        return _plain_text(self._answer_special("__str__"))

    def __repr__(self) -> str:
        return _plain_text(self._answer_special("__repr__"))

    def __format__(self, wanted: str) -> str:
        return _plain_text(self._answer_special("__format__", wanted))

    def __instancecheck__(self, held: object) -> bool:
        return isinstance(held, AnswerObject) and _plain_truth(self._answer_special("__instancecheck__", held))

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        raise NotGraded("the tests derive from a class of the answer")

    def __await__(self) -> Generator[None, None, Any]:
        yield from ()
        return self._answer_asking("await", self._answer_number, [], {})

    def _answer_special(self, name: str, *args: Any) -> Any:
        return self._answer_asking("special", self._answer_number, [name, *args], {})


def _plain_truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise NotGraded("an object of the answer's own says neither yes nor no")
    return value


def _plain_text(value: Any) -> str:
    if not isinstance(value, str):
        raise NotGraded("an object of the answer's own has no text")
    return value


def _forwarded(name: str) -> Callable[..., Any]:
    def forward(self: AnswerObject, *args: Any) -> Any:
        return self._answer_special(name, *args)

    return forward


def _undecided(name: str) -> Callable[..., Any]:
    def refuse(self: AnswerObject, *args: Any) -> Any:
        del self, args
        raise NotGraded(f"an object of the answer's own would decide {name}")

    return refuse


for _name in OPERATIONS:
    if _name not in AnswerObject.__dict__:
        setattr(AnswerObject, _name, (_undecided if _name in TRUTHS or _name in ARITHMETIC else _forwarded)(_name))


class AnswerCoroutine(AnswerObject):
    """A coroutine of the answer: awaited here, run there."""

    __slots__ = ()

    def send(self, value: Any) -> Any:
        del value
        raise StopIteration(self._answer_asking("await", self._answer_number, [], {}))

    def __next__(self) -> Any:
        # An event loop takes a step by this where there is no `am_send`.
        return self.send(None)

    def throw(self, *why: Any) -> Any:
        raise why[0]

    def close(self) -> None:
        """Nothing is held here."""
