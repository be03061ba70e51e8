"""A plan read back from its JSON: what this version doesn't know is left out and told, what it needs is asked for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from planner.errors import InputError
from planner.planning.plan import Conflict, Outcome, Plan
from planner.version import VERSION
from planner.workload.yaml_text import Said, read_text

_MOST_BYTES: Final = 50_000_000
_SHOWN: Final = 3
_WRITTEN: Final = "what `planner plan --json` wrote"
_OUTCOME: Final[TypeAdapter[Plan | Conflict]] = TypeAdapter(Outcome)


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A plan and what its reader should know."""

    plan: Plan
    notes: tuple[str, ...]
    """One sentence each: fields left out, another planner, another catalog."""


def read_plan(path: Path | str, catalog_version: str | None = None) -> ReadPlan:
    """The plan of a file that `planner plan --json` wrote.

    Args:
        path: The file.
        catalog_version: The catalog at hand; a plan of another one is read, and told.

    Raises:
        InputError: There is no such file, it is no plan, it is a conflict, or a field is missing or wrong.
    """
    name = str(path)
    text = read_text(Path(path), name, _MOST_BYTES)
    data = _parsed(text, name)
    if data.get("version") != 1:
        raise InputError(name, "version", found=data.get("version"), allowed="1")
    if data.get("status") == "infeasible":
        allowed = "a plan: `planner plan` found no way to hold every limit here"
        raise InputError(name, "status", found=Said("infeasible"), allowed=allowed)
    plan, left_out = _plan_of(data, name)
    return ReadPlan(plan, tuple(_notes(plan, left_out, catalog_version)))


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(name, where, found=Said("text that is no JSON"), allowed=_WRITTEN) from None
    if not isinstance(data, dict) or ("segments" not in data and "status" not in data):
        raise InputError(name, "", found=Said(f"JSON of another shape ({type(data).__name__})"), allowed=_WRITTEN)
    return data


def _plan_of(data: dict[str, Any], name: str) -> tuple[Plan, list[str]]:
    """The plan, and the paths of what this version does not know."""
    left_out: list[str] = []
    try:
        return Plan.model_validate(data), left_out
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            if problem["type"] == "extra_forbidden":
                left_out.append(_path(problem["loc"]))
                _drop(data, problem["loc"])
    try:
        return Plan.model_validate(data), left_out
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        missing = first["type"] == "missing"
        allowed = "a plan of this version; make it anew with `planner plan`" if missing else first["msg"].lower()
        found = Said("nothing") if missing else first["input"]
        raise InputError(name, _path(first["loc"]), found=found, allowed=allowed) from None


def _drop(data: Any, steps: Sequence[str | int]) -> None:  # noqa: ANN401 - plain data of any shape
    for step in steps[:-1]:
        data = data[step]
    del data[steps[-1]]


def _path(steps: Sequence[str | int]) -> str:
    return ".".join(str(step) for step in steps)


def _notes(plan: Plan, left_out: Sequence[str], catalog_version: str | None) -> list[str]:
    notes = []
    if left_out:
        names = list(dict.fromkeys(path.rsplit(".", 1)[-1] for path in left_out))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        notes.append(f"The plan holds fields that this version does not know: {', '.join(names[:_SHOWN])}{more}.")
    if plan.planner_version != VERSION:
        notes.append(f"The plan was made by planner {plan.planner_version}; this is {VERSION}.")
    if catalog_version is not None and plan.catalog_version != catalog_version:
        notes.append(
            f"The plan was made with the catalog {plan.catalog_version} of {plan.catalog_date}; here is"
            f" {catalog_version}: prices and offers may differ."
        )
    return notes
