"""The process that runs an answer: it defines what the answer defines and does what the tests ask of it.

It knows neither the tests nor what they compare with. Whatever the answer does to this process, all that leaves it is
plain values, printed text and handles of objects that stay here.
"""

import asyncio
import contextlib
import importlib
import inspect
import io
import sys
import types
from collections.abc import Iterator
from typing import Any, Final

from planner.probing.sandbox.verdict.channel import Channel, ClosedError
from planner.probing.sandbox.verdict.operations import OPERATIONS
from planner.probing.sandbox.verdict.places import place_of, remembered
from planner.probing.sandbox.verdict.values import Decoder, Encoder

_MOST_PRINTED: Final = 1_000_000
_MODULE: Final = "answer"


class TestObject:
    """Something of the tests that the answer was handed: it may be called, iterated and asked for public attributes."""

    __test__ = False

    def __init__(self, side: "AnswerSide", number: int) -> None:
        self.__dict__["_side"], self.__dict__["_number"] = side, number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._side.ask("call", self._number, list(args), kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._side.ask("get", self._number, [name], {})

    def __setattr__(self, name: str, value: Any) -> None:
        self._side.ask("set", self._number, [name, value], {})

    def __iter__(self) -> Iterator[Any]:
        return self._special("__iter__")  # type: ignore[no-any-return]

    def __next__(self) -> Any:
        return self._special("__next__")

    def __bool__(self) -> bool:
        return bool(self._special("__bool__"))

    def __len__(self) -> int:
        return int(self._special("__len__"))

    def __getitem__(self, key: Any) -> Any:
        return self._special("__getitem__", key)

    def __eq__(self, other: object) -> bool:
        return self is other or bool(self._special("__eq__", other))

    def __lt__(self, other: object) -> bool:
        return bool(self._special("__lt__", other))

    def __hash__(self) -> int:
        return hash(self._number)

    def __str__(self) -> str:
        return str(self._special("__str__"))

    def _special(self, name: str, *args: Any) -> Any:
        return self._side.ask("special", self._number, [name, *args], {})


class AnswerSide:
    """Runs the answer and serves its tests."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._theirs: dict[int, TestObject] = {}
        self._printed = io.StringIO()
        self.names: dict[str, Any] = {"__name__": _MODULE}

    def run(self, source: str) -> None:
        """Execute the answer, tell what it defines, then serve until the tests end."""
        sys.stdout = self._printed
        sys.stderr = io.StringIO()
        sys.stdin = io.StringIO()
        module = types.ModuleType(_MODULE)
        module.__dict__.update(self.names)
        self.names = module.__dict__
        sys.modules[_MODULE] = module
        with remembered(_MODULE, source):
            try:
                exec(compile(source, _MODULE, "exec"), self.names)  # noqa: S102 (that is what this process is for)
            except BaseException as error:  # noqa: BLE001 (SystemExit and KeyboardInterrupt are failures too)
                self._channel.send(["broken", self._told(error)])
                return
            with contextlib.suppress(ClosedError):
                self._channel.send(["defined", self._defined()])
                while (message := self._channel.receive())[0] != "bye":
                    self._channel.send(self.answer(message))

    def _defined(self) -> dict[str, Any]:
        encoder = Encoder(self._export)
        defined: dict[str, Any] = {}
        for name, value in list(self.names.items()):
            if not name.startswith("__") and not isinstance(value, types.ModuleType):
                with contextlib.suppress(Exception):
                    defined[name] = encoder.encode(value)
        return defined

    def answer(self, message: list[Any]) -> list[Any]:
        """Do what a message asks; the reply, with what was printed meanwhile."""
        try:
            match message:
                case ["names"]:
                    return ["ok", self._defined(), [], ""]
                case [str(act), int(number), args, kwargs]:
                    decoder = Decoder(self._resolve)
                    asked, named = decoder.decode(args), decoder.decode(kwargs)
                    known = [decoder.containers[at] for at in range(len(decoder.containers))]
                    value = self._act(act, self._objects[number], asked, named)
                    # The first two are the message's own.
                    encoder = Encoder(self._export, known)
                    return ["ok", encoder.encode(value), encoder.changed(), self._new_text()]
                case _:
                    raise TypeError("not a request")  # noqa: TRY301
        except ClosedError:
            raise
        except BaseException as error:  # noqa: BLE001 (whatever an answer raises is told to its tests)
            return ["raised", self._told(error), [], self._new_text()]

    def ask(self, act: str, number: int, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Ask the tests to do something with an object of theirs."""
        encoder = Encoder(self._export)
        said = self._channel.ask([act, number, encoder.encode(args), encoder.encode(kwargs)], self.answer)
        if said[0] == "ok":
            return Decoder(self._resolve).decode(said[1])
        kind, text = said[1]["kind"], said[1]["text"]
        raised = getattr(importlib.import_module("builtins"), kind, RuntimeError)
        raise raised(text)

    def _act(self, act: str, held: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        match act:
            case "call":
                return held(*args, **kwargs)
            case "get":
                return getattr(held, args[0])
            case "set":
                return setattr(held, args[0], args[1])
            case "await":
                return asyncio.run(_awaited(held))
            case "special":
                return OPERATIONS[args[0]](held, *args[1:])
            case _:
                raise TypeError(act)

    def _new_text(self) -> str:
        text = self._printed.getvalue()[:_MOST_PRINTED]
        self._printed.seek(0)
        self._printed.truncate()
        return text

    def _export(self, value: Any) -> list[Any]:
        if isinstance(value, TestObject):
            return ["x", value.__dict__["_number"]]
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        return ["o", number, _kind_of(value), self._lineage(value) if _is_exception(value) else []]

    def _lineage(self, kind: type) -> list[Any]:
        """Name and handle of an exception class and of its parents up to Python's own."""
        found: list[Any] = []
        for each in kind.__mro__:
            if each.__module__ == "builtins":
                return [*found, [each.__name__, -1]]
            number = self._numbers.setdefault(id(each), len(self._objects))
            if number == len(self._objects):
                self._objects.append(each)
            found.append([each.__name__, number])
        return found

    def _resolve(self, part: list[Any]) -> Any:
        match part:
            case ["o", int(number), *_]:
                return self._objects[number]
            case ["x", int(number)]:
                return self._theirs.setdefault(number, TestObject(self, number))
            case ["std", str(module), str(name)]:
                held: Any = importlib.import_module(module)
                for step in name.split("."):
                    held = getattr(held, step)
                return held
            case _:
                raise ValueError("no value")

    def _told(self, error: BaseException) -> dict[str, Any]:
        """An exception in plain words, with what a test may ask of it."""
        try:
            args = Encoder(self._export).encode(list(error.args))
        except Exception:  # noqa: BLE001 (an answer's own exception may hold anything)
            args = []
        return {
            "lineage": self._lineage(type(error)),
            "args": args,
            "handle": self._export(error),
            "text": place_of(error, _MODULE)[:1000],
            "errno": getattr(error, "errno", None) if isinstance(error, OSError) else None,
            "missing": error.name if isinstance(error, ModuleNotFoundError | NameError) else None,
        }


async def _awaited(held: Any) -> Any:
    return await held


def _is_exception(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def _kind_of(value: Any) -> str:
    if _is_exception(value):
        return "exception"
    if isinstance(value, type):
        return "class"
    if inspect.iscoroutine(value):
        return "coroutine"
    if isinstance(value, types.FunctionType | types.MethodType | types.BuiltinFunctionType):
        return "coroutine function" if inspect.iscoroutinefunction(value) else "function"
    return "own" if _tells_equality(type(value)) else "builtin"


def _tells_equality(kind: type) -> bool:
    """Whether a class of the answer's has an `__eq__` that it wrote; a data class compares with its own kind alone."""
    equal: object = kind.__eq__
    if kind.__module__ != _MODULE or equal is object.__eq__:
        return False
    code = getattr(equal, "__code__", None)
    return code is None or code.co_filename == _MODULE
