"""Where the data goes: one row a segment and place, and a picture of them."""

from dataclasses import dataclass
from typing import Final

from planner.planning.plan import Plan
from planner.report.document import Table, Text, plain, strong
from planner.report.picture_data import workload_of
from planner.workload.schema import DataRules

_AREAS: Final = {"unknown": "place not stated", "global": "anywhere", "own": "your own machines", "": "not stated"}
SENSITIVE: Final = frozenset({"personal", "confidential"})


@dataclass(frozen=True, slots=True)
class Way:
    """Data of one segment to one place."""

    segment: str
    sensitivity: str
    rule: str
    """What the workload allows, in words."""
    processor: str
    """Who processes it."""
    area: str
    """In words."""
    stays: bool
    """On own machines or devices."""
    escalated: bool = False
    """Only what a gate passes on."""


def ways_of(plan: Plan) -> tuple[Way, ...]:
    """Every place that requests of a segment are sent to, in the order of the plan."""
    rules = {segment.name: segment.data for segment in workload_of(plan).segments}
    found = []
    for part in plan.segments:
        data = rules.get(part.name, DataRules())
        option = part.option
        stays = option.provider == "own"
        found.append(
            Way(
                part.name,
                data.sensitivity,
                _rule(data),
                "own machines" if option.serving == "self_hosted" and stays else _who(option.place),
                "the device" if option.serving == "on_device" else _area(option.area),
                stays,
            )
        )
        gate = option.gate
        if gate is not None:
            area = _area(gate.strong_area)
            found.append(Way(part.name, data.sensitivity, _rule(data), _who(gate.strong_place), area, False, True))
    return tuple(found)


def place_table(plan: Plan) -> Table:
    """The ways as rows."""
    rows: list[tuple[Text, ...]] = [
        (
            strong(way.segment + (" (escalated)" if way.escalated else "")),
            plain(way.sensitivity),
            plain(way.rule),
            plain(way.processor),
            plain(way.area),
        )
        for way in ways_of(plan)
    ]
    head = ("Segment", "Data", "Allowed", "Processed by", "In")
    return Table(head, tuple(rows), widths=(1.8, 1.0, 1.8, 2.4, 1.4))


def _who(place: str) -> str:
    return place.split(" · ", maxsplit=1)[0]


def _area(area: str) -> str:
    return _AREAS.get(area, area.upper())


def _rule(data: DataRules) -> str:
    if not data.may_leave_premises:
        return "only on the premises"
    where = ", ".join(area.upper() for area in data.residency) if data.residency else "anywhere"
    return f"in {where}" if data.residency else where
