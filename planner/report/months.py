"""Which month a figure 'a month' is of: said in one way on the page, in the terminal and in the report."""

from dataclasses import dataclass

from planner.beliefs.cost.api import volume_factor
from planner.report.format import number, requests
from planner.workload.schema import Workload


@dataclass(frozen=True, slots=True)
class Volume:
    """Requests of the first, the average and the last month that the plan looks ahead to."""

    first: float
    average: float
    last: float
    months: int
    growth: float
    """Share by which each month has more than the one before."""

    @property
    def grows(self) -> bool:
        """Whether the months differ at all."""
        return self.growth != 0.0 and self.months > 1

    @property
    def month(self) -> str:
        """'a month', or where the months differ 'average month': what stands behind a figure's name."""
        return "average month" if self.grows else "a month"

    def named(self, what: str) -> str:
        """A figure's name with its month: 'Cost a month' or 'Cost, average month'."""
        return f"{what}, {self.month}" if self.grows else f"{what} {self.month}"


def volume_of(workload: Workload) -> Volume:
    """Requests over all segments; costs, machines and break-evens are all of the average month."""
    first = sum(segment.requests_per_month for segment in workload.segments)
    growth, months = workload.growth_per_month, workload.horizon_months
    return Volume(first, first * volume_factor(workload), first * (1.0 + growth) ** (months - 1), months, growth)


def volume_told(workload: Workload) -> str:
    """'1.65 million requests in an average month', or '1.5 million requests a month' where all are alike."""
    volume = volume_of(workload)
    return f"{requests(volume.average)} requests {'in an average month' if volume.grows else 'a month'}"


def month_note(workload: Workload) -> str:
    """Which month all figures are of, and what it has to do with the months around it."""
    volume = volume_of(workload)
    if not volume.grows:
        return f"Every month of the {volume.months} looked at is alike: the workload states no growth."
    word = "grow" if volume.growth > 0 else "shrink"
    return (
        f"Costs, requests and machines are those of the average month of {volume.months}: requests {word} by"
        f" {number(100.0 * abs(volume.growth))} % a month, from {requests(volume.first)} in the first month to"
        f" {requests(volume.last)} in the last; the average is {requests(volume.average)}."
    )
