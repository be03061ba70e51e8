"""What the tests of the runner share: a suite, targets at the streaming server, a store in a temporary folder."""

from collections.abc import Callable
from typing import Any

from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Condition, GraderSpec, Item, Suite
from planner.probing.wire.messages import Timeouts
from planner.store.records import Target

Asker = Callable[..., list[Any]]
"""Asks a model some prompts: answers or failures in their order."""
PATIENT = Timeouts(connect_s=30.0, first_s=30.0, total_s=60.0)
"""For servers that answer: a busy machine may take its time."""
QUICK = Timeouts(connect_s=2.0, first_s=2.0, total_s=4.0)
"""For servers that never end."""


def suite_of(items: int, tokens: int = 8, prefix: str = "question") -> Suite:
    """A suite whose every answer of the fixed server is right."""
    return Suite(
        name="fixed",
        title="Fixed",
        skill="chat",
        conditions=(Condition(name="plain", template="{input}"),),
        grader=GraderSpec(kind="includes"),
        max_output_tokens=tokens,
        items=tuple(Item(id=f"i{number}", input=f"{prefix} {number}", reference="t3") for number in range(items)),
    )


def target_at(api_base: str | None, name: str = "fixed", price: tuple[float, float] = (1.0, 2.0)) -> Target:
    """A model of the streaming server; its name says how it behaves."""
    return Target(name, f"openai/{name}", None, "custom", api_base, price[0], None, price[1])


def settings_of(**changes: object) -> ProbeSettings:
    """Settings with time-outs that a busy machine keeps."""
    return ProbeSettings.model_validate({"timeouts": PATIENT, **changes})
