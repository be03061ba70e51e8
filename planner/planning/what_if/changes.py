"""Changes of a workload: one input set, scaled or shifted, found by its path."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any

from planner.errors import InputError
from planner.workload.load import check_workload, is_whole, plain_workload
from planner.workload.schema import Workload
from planner.workload.yaml_text import parse_yaml

_LONGEST_VALUE = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """One changed input: 'segments.ticket-triage.requests_per_month' to 2e6, 'x1.5' (times) or '+0.02' (plus)."""

    path: str
    """Dotted path; a segment by its name, or '*' for all: 'segments.*.quality_floor', 'limits.max_models'."""
    value: object
    """New value, or 'x1.5', '+0.02', '-0.02' relative to the present one; None removes an optional limit."""


def parse_change(text: str) -> Change:
    """Change from 'PATH=VALUE' of the command line; the value is read as YAML unless it starts with x, + or -.

    >>> parse_change("segments.triage.requests_per_month=x1.5")
    Change(path='segments.triage.requests_per_month', value='x1.5')
    >>> parse_change("limits.max_models=3")
    Change(path='limits.max_models', value=3)
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise InputError("--set", text, found=text, allowed="PATH=VALUE, such as limits.max_models=3")
    if _relative_of(value.strip()) is not None:
        return Change(path.strip(), value.strip())
    return Change(path.strip(), _parse_value(path.strip(), value))


def _parse_value(path: str, text: str) -> object:
    """A scalar, or a list or mapping of scalars on one line; no document, no nest, no tag."""
    allowed = "a number, a text or a list such as [eu, us], on one line"
    if len(text) > _LONGEST_VALUE or "\n" in text or "\r" in text:
        raise InputError("--set", path, found=text, allowed=allowed)
    try:
        value = parse_yaml(text, "--set")
    except InputError as error:
        raise InputError("--set", path, found=text, allowed=allowed) from error
    inner = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else [value]
    if any(isinstance(one, dict | list) for one in inner):
        raise InputError("--set", path, found=text, allowed=allowed)
    return value


def _relative_of(value: object) -> tuple[str, float] | None:
    """('x', 1.5) or ('+', -0.02) of a relative value; None when it is absolute."""
    if not isinstance(value, str) or value[:1] not in {"x", "+", "-"}:
        return None
    number = value[1:] if value[0] == "x" else value
    try:
        return ("x" if value[0] == "x" else "+"), float(number)
    except ValueError:
        return None


def apply_changes(workload: Workload, changes: Sequence[Change]) -> Workload:
    """A new workload; InputError names what is allowed when a path or value is wrong.

    Changes of one input compound in their order. The workload is checked once, after the last of them: on the way a
    prefix may outgrow its prompt.
    """
    given, full = plain_workload(workload), plain_workload(workload, full=True)
    for change in changes:
        _apply(given, full, change)
    return check_workload(given, "change")


def _apply(given: dict[str, Any], full: dict[str, Any], change: Change) -> None:
    """Write one change into what was given, and into every field as it stands for the changes after it."""
    relative = _relative_of(change.value)
    hit = False
    for steps in _places(full, change.path):
        now = _value_at(full, steps)
        if relative is not None and now is None and steps[-1] != "quality_floor":
            continue
        hit = True
        value = change.value if relative is None else _scaled(now, relative, change)
        if steps[-1] == "skill":
            # A kind of task belongs to its skill: another skill starts without one.
            _write(given, (*steps[:-1], "task"), None)
        _write(given, steps, _whole(deepcopy(value), now))
        _write(full, steps, _read_back(deepcopy(value), now, steps))
    if not hit:
        raise InputError(
            "change", change.path, found=change.value, allowed="a value of its own: there is none to scale"
        )


def _places(full: dict[str, Any], path: str) -> list[tuple[str | int, ...]]:
    """Steps into the plain workload that a path means; several for '*'."""
    if not path.startswith("segments."):
        return [_checked_steps(full, (), path, path)]
    rest = path.removeprefix("segments.")
    names = _names(full["segments"])
    if rest.startswith("*."):
        field = rest.removeprefix("*.")
        return [_checked_steps(full, ("segments", number), field, path) for number in range(len(names))]
    # Names may hold dots: the longest name that fits is meant.
    fitting = sorted((name for name in names if rest.startswith(f"{name}.")), key=len)
    if not fitting:
        wanted = rest.partition(".")[0]
        raise InputError("change", path, found=wanted, allowed=_close(wanted, [*names, "*"], "segment"))
    name = fitting[-1]
    field = rest.removeprefix(f"{name}.")
    return [_checked_steps(full, ("segments", names.index(name)), field, path)]


def _names(segments: object) -> list[str]:
    """Names of segments; '' for an entry, and none for a list, that an earlier change has spoilt."""
    entries = segments if isinstance(segments, list) else []
    return [str(entry.get("name", "")) if isinstance(entry, dict) else "" for entry in entries]


def _checked_steps(full: dict[str, Any], start: tuple[str | int, ...], field: str, path: str) -> tuple[str | int, ...]:
    steps = start
    for name in field.split("."):
        here = _value_at(full, steps)
        if isinstance(here, dict) and name not in here:
            raise InputError("change", path, found=name, allowed=_close(name, list(here), "field"))
        if here is not None and not isinstance(here, dict):
            raise InputError("change", path, found=name, allowed=f"{steps[-1]} has no fields: change it as a whole")
        steps = (*steps, name)
    return steps


def _close(wanted: str, names: list[str], kind: str) -> str:
    near = get_close_matches(wanted, names, n=1)
    said = f" (did you mean {near[0]}?)" if near else ""
    return f"one of the {kind}s {', '.join(names)}{said}"


def _value_at(data: Any, steps: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - plain data of any shape
    for step in steps:
        if data is None:
            return None
        data = data[step]
    return data


def _write(data: dict[str, Any], steps: tuple[str | int, ...], value: object) -> None:
    here: Any = data
    for step in steps[:-1]:
        if isinstance(step, str) and not isinstance(here.get(step), dict | list):
            here[step] = {}
        here = here[step]
    here[steps[-1]] = value


def _whole(value: object, now: object) -> object:
    """Whole numbers stay whole: sliders and sweeps give floats."""
    if isinstance(now, int) and not isinstance(now, bool) and isinstance(value, float) and isfinite(value):
        return round(value)
    return value


def _read_back(value: object, now: object, steps: tuple[str | int, ...]) -> object:
    """A value as the checked workload would show it: numbers of the field's kind, every field of a part by its name."""
    if isinstance(value, dict) and isinstance(now, dict):
        return {**dict.fromkeys(now), **value}
    whole = _whole(value, now)
    return float(whole) if type(whole) is int and not is_whole(steps) else whole


def _scaled(now: Any, relative: tuple[str, float], change: Change) -> object:  # noqa: ANN401 - as above
    """The present value times or plus a number; a distribution scales as a whole, a relative floor by its share."""
    kind, number = relative
    if now is None or (isinstance(now, dict) and "at_least" in now):
        floor = {"at_least": 0.95, "of": "best"} if now is None else now
        return {**floor, "at_least": _scaled(floor["at_least"], relative, change)}
    if isinstance(now, dict) and kind == "x" and "mean" in now:
        return {name: _scaled(value, relative, change) for name, value in now.items() if value is not None}
    if isinstance(now, bool) or not isinstance(now, int | float):
        raise InputError("change", change.path, found=change.value, allowed="x and + only for numbers")
    return now * number if kind == "x" else now + number
