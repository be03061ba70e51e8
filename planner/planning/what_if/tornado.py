"""The tornado: what each input moves the bill by, one at a time."""

from dataclasses import dataclass
from typing import Final

from planner.errors import InputError
from planner.planning.choose import Answer
from planner.planning.plan import Figure, Plan
from planner.planning.what_if.changes import Change, apply_changes
from planner.planning.wording import rounded_text
from planner.workload.schema import Workload


@dataclass(frozen=True, slots=True)
class Driver:
    """One input with a cautious low and high setting."""

    label: str
    low: float | str
    """Value of a Change."""
    high: float | str
    paths: tuple[str, ...]
    """What is set; more than one where inputs only make sense together."""

    def changes(self, value: float | str) -> tuple[Change, ...]:
        """The changes that a setting stands for."""
        return tuple(Change(path, value) for path in self.paths)


@dataclass(frozen=True, slots=True)
class Swing:
    """One bar of the tornado: all else as planned."""

    label: str
    low_value: str
    high_value: str
    cost_at_low: Figure | None
    """USD a month of the plan made anew with the low value; None when there is none."""
    cost_at_high: Figure | None


DRIVERS: Final = (
    Driver("Volume", "x0.5", "x1.5", ("segments.*.requests_per_month",)),
    Driver("Prompt length", "x0.75", "x1.25", ("segments.*.input_tokens", "segments.*.shared_prefix_tokens")),
    Driver("Answer length", "x0.75", "x1.25", ("segments.*.output_tokens",)),
    Driver("Quality floor", "-0.03", "+0.03", ("segments.*.quality_floor",)),
    Driver("Time to first token allowed", "x0.75", "x1.5", ("segments.*.latency.ttft_p95_ms",)),
    Driver("Time to the whole answer allowed", "x0.75", "x1.5", ("segments.*.latency.total_p95_ms",)),
    Driver("Busiest hour over the mean", "x0.67", "x1.5", ("segments.*.peak_to_mean",)),
    Driver("Frontier price", "x0.5", "x1.5", ("assumptions.frontier_price_factor",)),
    Driver("GPU price", "x0.7", "x1.3", ("assumptions.gpu_price_factor",)),
    Driver("Engineer hour", "x0.5", "x1.5", ("assumptions.engineer_hour_usd",)),
    Driver("Cache hits", 0.0, 0.9, ("assumptions.cache_hit_share",)),
    Driver("Growth a month", "-0.03", "+0.03", ("growth_per_month",)),
    Driver("Confidence", 0.8, 0.95, ("confidence",)),
)
"""What the tornado moves: each driver between a cautious low and high, one at a time."""


def tornado(workload: Workload, answer: Answer) -> tuple[Swing, ...]:
    """What each driver moves the bill by; those that the workload has nothing for are left out."""
    swings = (
        Swing(
            driver.label,
            _text(driver.low),
            _text(driver.high),
            _cost_after(workload, driver.changes(driver.low), answer),
            _cost_after(workload, driver.changes(driver.high), answer),
        )
        for driver in DRIVERS
    )
    return tuple(swing for swing in swings if swing.cost_at_low is not None or swing.cost_at_high is not None)


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else rounded_text(value)


def _cost_after(workload: Workload, changes: tuple[Change, ...], answer: Answer) -> Figure | None:
    """Monthly cost of the plan made anew; None when the change does not apply or leaves no plan."""
    try:
        outcome = answer(apply_changes(workload, changes))
    except InputError:
        return None
    return outcome.totals.monthly_cost_usd if isinstance(outcome, Plan) else None
