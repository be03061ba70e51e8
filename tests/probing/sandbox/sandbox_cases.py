"""Answers and tests kept as data, and what a judge of them is."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import yaml

from planner.probing.sandbox.run import Outcome

Judge: TypeAlias = Callable[..., Outcome]
Case: TypeAlias = dict[str, str]


def cases(kind: str) -> list[Case]:
    """Cases of a file in the folder beside."""
    found: list[Case] = yaml.safe_load((Path(__file__).parent / "cases" / f"{kind}.yaml").read_text(encoding="utf-8"))
    return found


def name_of(case: Case) -> str:
    """A case's name."""
    return case["name"]
