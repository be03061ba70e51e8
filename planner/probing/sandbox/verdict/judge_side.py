"""The process that runs an item's tests and forms the verdict: what the answer defines is asked for, never run here."""

import ast
import builtins
import contextlib
import io
import json
import os
import random
import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from planner.probing.sandbox.verdict.answer_objects import UNDECIDED, AnswerCoroutine, AnswerObject, NotGraded
from planner.probing.sandbox.verdict.channel import Channel, ClosedError
from planner.probing.sandbox.verdict.imports import imported_alike
from planner.probing.sandbox.verdict.operations import OPERATIONS
from planner.probing.sandbox.verdict.places import place_of, remembered
from planner.probing.sandbox.verdict.values import Decoder, Encoder, WireError

_MODULE: Final = "tests"
_REFUSED: Final = frozenset({1, 30, 38})
"""EPERM, EROFS, ENOSYS: the sandbox's own answers."""
_LENT: Final = (io.StringIO, io.BytesIO, random.Random)
"""Objects of the library that the tests may hand to an answer as they are; their attributes lead nowhere."""
_LOOKING: Final = frozenset({"ast", "dis", "gc", "inspect", "mock", "tracemalloc", "unittest", "weakref", "pickle"})
"""What tests import to look into code itself, which is not here."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """passed is None where no verdict can be given."""

    passed: bool | None
    detail: str
    missing: str = ""
    """A module that the answer wanted and that isn't in the sandbox."""


class JudgeSide:
    """Runs the tests against an answer in another process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stand_ins: dict[int, Any] = {}
        self._lent: list[Any] = []
        self._lent_at: dict[int, int] = {}
        self._plain: set[str] = set()
        self._raised: dict[int, dict[str, Any]] = {}
        self._wrote_files = False
        self._refreshed = False
        self._names: dict[str, Any] = {}

    def judge(self, answer: str, tests: str) -> Verdict:
        """The verdict on an answer by its tests."""
        sys.stdout, sys.stderr, sys.stdin = io.StringIO(), io.StringIO(), io.StringIO()
        try:
            said = self._channel.receive()
            if said[0] == "broken":
                return self._broken(said[1])
            verdict = self._run(answer, tests, said[1])
            with contextlib.suppress(ClosedError):
                self._channel.send(["bye"])
        except ClosedError:
            return Verdict(passed=False, detail="answer: its process ended before the tests did")
        except WireError as error:
            return Verdict(passed=False, detail=f"answer: {error}")
        return verdict

    def _broken(self, told: dict[str, Any]) -> Verdict:
        text = f"answer: {told['text']}"
        if told.get("errno") in _REFUSED:
            return Verdict(passed=None, detail=f"the sandbox does not allow it: {text}")
        return Verdict(passed=False, detail=text, missing=_module_of(told))

    def _run(self, answer: str, tests: str, defined: dict[str, Any]) -> Verdict:
        module = types.ModuleType(_MODULE)
        sys.modules[_MODULE] = module
        self._names = module.__dict__
        self._names.update(imported_alike(answer))
        self._define(defined)
        sys.addaudithook(self._watch)
        with remembered(_MODULE, tests):
            try:
                tree = ast.parse(tests, _MODULE)
                used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
                self._refreshed = bool(self._plain & used)
                exec(compile(tree, _MODULE, "exec"), self._names)  # noqa: S102 (that is what this process is for)
            except (ClosedError, WireError):
                raise
            except BaseException as error:  # noqa: BLE001 (SystemExit and KeyboardInterrupt are failures too)
                return self._failed(error, tests)
        if UNDECIDED:
            return Verdict(passed=None, detail=UNDECIDED[0])
        return Verdict(passed=True, detail="all tests pass")

    def _define(self, defined: dict[str, Any]) -> None:
        decoder = Decoder(self._resolve)
        for name, part in defined.items():
            value = decoder.decode(part)
            known = self._names.get(name)
            if isinstance(value, AnswerObject) and isinstance(known, type | types.FunctionType):
                # Imported alike: the library's own is here too.
                continue
            if not isinstance(value, AnswerObject | type):
                self._plain.add(name)
            self._names[name] = value

    def _watch(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
            self._wrote_files = True

    def _failed(self, error: BaseException, tests: str) -> Verdict:
        """Wrong, or beyond what can be told from outside."""
        place = f"tests: {place_of(error, _MODULE)}"
        told = self._raised.get(id(error))
        if told is not None:
            place += f" (answer: {told['text']})"
        why = self._why_undecided(error, told, tests)
        if why:
            return Verdict(passed=None, detail=f"{why}: {place}")
        return Verdict(passed=False, detail=place, missing=_module_of(told))

    def _why_undecided(self, error: BaseException, told: dict[str, Any] | None, tests: str) -> str:
        if UNDECIDED:
            return UNDECIDED[0]
        if told is not None and told.get("errno") in _REFUSED:
            return "the sandbox does not allow it"
        if told is not None and str(told.get("missing")) in self._names.keys() - self._plain:
            return "the answer uses a name of the tests"
        return self._why_beyond(error, tests, of_tests=told is None)

    def _why_beyond(self, error: BaseException, tests: str, *, of_tests: bool) -> str:
        """What the tests do that cannot be done from outside."""
        if of_tests and isinstance(error, ImportError):
            return "the tests need what the sandbox does not hold"
        if of_tests and isinstance(error, TypeError) and "Answer" in str(error):
            return "the tests look into the answer's objects"
        if self._wrote_files:
            return "the tests keep files, which the answer's process cannot see"
        return "the tests look into code itself" if _imports(tests) & _LOOKING else ""

    def _asked(self, message: list[Any]) -> Any:
        said = self._channel.ask(message, self._answer)
        if said[0] == "ok":
            return said[1]
        raise self._exception(said[1])

    def ask(self, act: str, number: int, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Have something done in the answer's process, and take what was changed in place."""
        encoder = Encoder(self._export)
        message = [act, number, encoder.encode(args), encoder.encode(kwargs)]
        said = self._channel.ask(message, self._answer)
        if len(said) < 4:
            raise WireError("a reply of another form")
        sys.stdout.write(str(said[3]))
        if said[0] == "raised":
            raise self._exception(said[1])
        decoder = Decoder(self._resolve, encoder.containers)
        value = decoder.decode(said[1])
        for part in said[2]:
            decoder.decode(part)
        if self._refreshed:
            # The tests look at a plain value that the answer keeps, and what was asked may have changed it.
            self._define(self._asked(["names"]))
        return value

    def _answer(self, message: list[Any]) -> list[Any]:
        """Do what the answer asks of an object that it was lent; nothing of it leads to the tests' own state."""
        try:
            match message:
                case [str(act), int(number), args, kwargs] if 0 <= number < len(self._lent):
                    decoder = Decoder(self._resolve)
                    value = _act(act, self._lent[number], decoder.decode(args), decoder.decode(kwargs))
                    return ["ok", Encoder(self._export).encode(value)]
                case _:
                    return ["raised", {"kind": "TypeError", "text": "not a request"}]
        except (Exception, NotGraded) as error:  # noqa: BLE001 (a test's own function may raise anything)
            return ["raised", {"kind": type(error).__name__, "text": str(error)[:1000]}]

    def _export(self, value: Any) -> list[Any]:
        if isinstance(value, AnswerObject):
            return ["o", value._answer_number]  # noqa: SLF001 (ours)
        if isinstance(value, type):
            for number, stand_in in self._stand_ins.items():
                if stand_in is value:
                    return ["o", number]
        name = _library_name(value)
        if name is not None:
            return ["std", *name]
        own = type(value).__module__ == _MODULE or isinstance(value, _LENT)
        if own or callable(value) or hasattr(value, "__next__"):
            at = self._lent_at.setdefault(id(value), len(self._lent))
            if at == len(self._lent):
                self._lent.append(value)
            return ["x", at]
        raise NotGraded(f"a {type(value).__name__} cannot be handed to the answer")

    def _resolve(self, part: list[Any]) -> Any:
        match part:
            case ["x", int(number)] if 0 <= number < len(self._lent):
                return self._lent[number]
            case ["o", int(number), "exception", list(lineage)]:
                del number
                return self._exception_class(lineage)
            case ["o", int(number), str(kind), *_]:
                made = AnswerCoroutine if kind == "coroutine" else AnswerObject
                return self._stand_ins.setdefault(number, made(self.ask, number, kind))
            case _:
                raise ValueError("no value")

    def _exception_class(self, lineage: list[Any]) -> type[BaseException]:
        """The stand-in of an exception class of the answer's, below its parents' stand-ins."""
        (name, number), *parents = lineage
        if number < 0 or not parents:
            found = getattr(builtins, str(name), None)
            return found if isinstance(found, type) and issubclass(found, BaseException) else Exception
        if number not in self._stand_ins:
            self._stand_ins[number] = type(str(name), (self._exception_class(parents),), {"__module__": "answer"})
        return self._stand_ins[number]  # type: ignore[no-any-return]

    def _exception(self, told: dict[str, Any]) -> BaseException:
        """What the answer raised, to be raised here."""
        kind = self._exception_class(told["lineage"])
        if issubclass(kind, NotGraded | ClosedError | WireError):
            kind = Exception
        try:
            error = kind(*Decoder(self._resolve).decode(told["args"]))
        except Exception:  # noqa: BLE001 (UnicodeDecodeError and its like take what they take)
            error = Exception(str(told["text"]))
        if kind.__module__ == "answer":
            handle = self._resolve(["o", told["handle"][1], "own"])
            kind.__getattr__ = lambda _, name: getattr(handle, name)  # type: ignore[attr-defined]
        self._raised[id(error)] = told | {"kept": error}
        return error


def _act(act: str, held: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if act == "call" and callable(held):
        return held(*args, **kwargs)
    if act == "special" and args[0] in OPERATIONS:
        return OPERATIONS[args[0]](held, *args[1:])
    open_to_it = type(held).__module__ == _MODULE or isinstance(held, _LENT)
    if open_to_it and act in {"get", "set"} and isinstance(args[0], str) and not args[0].startswith("_"):
        return getattr(held, args[0]) if act == "get" else setattr(held, args[0], args[1])
    raise AttributeError(f"{act} is not allowed on an object of the tests")


def _module_of(told: dict[str, Any] | None) -> str:
    """Name of the module that an answer missed."""
    if told is None or "No module named" not in str(told.get("text")):
        return ""
    return str(told.get("missing") or "").split(".")[0]


def _library_name(value: Any) -> tuple[str, str] | None:
    """Module and name by which the answer's process finds the same object of the standard library."""
    if not isinstance(value, type | types.BuiltinFunctionType | types.FunctionType):
        return None
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    if not isinstance(module, str) or module.split(".")[0] not in sys.stdlib_module_names:
        return None
    held: Any = sys.modules.get(module)
    for step in name.split("."):
        held = getattr(held, step, None)
    return (module, name) if held is value else None


def _imports(tests: str) -> set[str]:
    """First and last names of the modules that the tests import."""
    with contextlib.suppress(SyntaxError):
        nodes = list(ast.walk(ast.parse(tests)))
        plain = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
        return plain | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return set()


def told(verdict: Verdict, layers: Iterable[str], writing: int) -> None:
    """Write the verdict to the planner, last of all."""
    said = {"passed": verdict.passed, "detail": verdict.detail[:1000], "missing": verdict.missing, "layers": [*layers]}
    text = json.dumps(said).encode("ascii")
    while text:
        text = text[os.write(writing, text) :]
