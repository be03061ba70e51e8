"""Ways: models at places that a segment's rules allow, before techniques; and an exclusion for every one that isn't."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from planner.beliefs.serving.sizing import BITS, Precision
from planner.catalog.schema import Gpu
from planner.options.context import Fleet, World
from planner.options.eligibility.dominated import keep_unbeaten
from planner.options.eligibility.exclusions import (
    ANY,
    Needs,
    api_rules,
    own_rules,
    passing,
    tell_exclusions,
)
from planner.options.placements.machines import OWN, allowed_machines
from planner.options.table import SERVINGS, Exclusion, Place, RetirementWarning
from planner.units import Bools, Draws, Floats, Ints
from planner.workload.schema import Segment

API: Final = SERVINGS.index("api")
POOL: Final = SERVINGS.index("self_hosted")
DEVICE: Final = SERVINGS.index("on_device")
_DEVICE_PRECISIONS: Final[tuple[Precision, ...]] = ("fp8", "int4")
"""Weights on devices are quantised: bandwidth is what they lack most."""
_DEVICE_ROOM: Final = 1.1
_DAYS_PER_MONTH: Final = 365.25 / 12.0


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Models at places, W rows: APIs first, then pools, then devices."""

    model: Ints
    """(W,) row of the model."""
    serving: Ints
    """(W,) index into SERVINGS."""
    places: tuple[Place, ...]
    """Where each way runs, in the order of the rows."""
    offer: Ints
    """(W,) row of the offer; -1 for pools and devices."""
    setup: Ints
    """(W,) row of the fleet's set-ups; -1 for APIs and devices."""
    device: Ints
    """(W,) row of the world's devices; -1 for APIs and pools."""
    bits: Ints
    """(W,) bits of the weights; 16 for APIs, which serve what was benchmarked."""
    context: Floats
    """(W,) tokens."""

    def rows(self, serving: int) -> Ints:
        """Rows of one serving."""
        return np.flatnonzero(self.serving == serving)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Ways of a segment and what was found on the way."""

    ways: Ways
    exclusions: tuple[Exclusion, ...]
    retirements: tuple[RetirementWarning, ...]


def find_ways(
    world: World,
    fleet: Fleet,
    segment: Segment,
    needs: Needs,
    horizon_months: int,
    direct: Draws,
    named: frozenset[str],
) -> Found:
    """All ways that a segment's rules allow, with a reason for each that they don't.

    `direct` (M, S) is the quality by which open models that others outclass are left out; `named` are never left out.
    """
    offers, api_out = _api_rows(world, needs)
    rules = own_rules(world.models, needs)
    free = passing(rules)
    own_out = tell_exclusions(
        rules, np.arange(len(world.models.ids)), world.models, segment=needs.segment, serving="self_hosted"
    )
    free, beaten_out = keep_unbeaten(world, direct, free, named, needs.segment)
    setups, setup_out = _setup_rows(world, fleet, needs, free)
    devices, device_out = _device_rows(world, segment, needs, free)
    if not segment.allows("api"):
        offers = offers[:0]
    if not segment.allows("self_hosted"):
        setups = setups[:0]
    if not segment.allows("on_device"):
        devices = []
    return Found(
        ways=_ways(world, fleet, offers, setups, devices),
        exclusions=api_out + own_out + beaten_out + setup_out + device_out + _not_served_so(segment, needs.segment),
        retirements=_retirements(world, offers, horizon_months),
    )


def _not_served_so(segment: Segment, name: str) -> tuple[Exclusion, ...]:
    """Ways of serving that the segment rules out as a whole."""
    limit = "offline" if segment.offline else "serving_allowed"
    words = {"api": "by API", "self_hosted": "on machines", "on_device": "on devices"}
    why = "The segment must work offline" if segment.offline else "serving_allowed does not name it"
    return tuple(
        Exclusion(name, ANY, serving, "", limit, f"Not served {words[serving]}: {why[:1].lower()}{why[1:]}.")
        for serving in SERVINGS
        if not segment.allows(serving)
    )


def _api_rows(world: World, needs: Needs) -> tuple[Ints, tuple[Exclusion, ...]]:
    offers = world.offers
    rules = api_rules(offers, world.models, needs, world.today)
    out = tell_exclusions(
        rules,
        offers.model,
        world.models,
        segment=needs.segment,
        serving="api",
        keys=[offer.key for offer in offers.offers],
    )
    unsold = np.setdiff1d(np.arange(len(world.models.ids)), offers.model)
    reason = "No provider in the price map sells it by the token."
    lacking = tuple(Exclusion(needs.segment, world.models.ids[int(row)], "api", "", "offers", reason) for row in unsold)
    return np.flatnonzero(passing(rules)), out + lacking


def _setup_rows(world: World, fleet: Fleet, needs: Needs, free: Bools) -> tuple[Ints, tuple[Exclusion, ...]]:
    machines = allowed_machines(fleet.machines, needs)
    if not fleet.setups:
        return np.empty(0, dtype=np.int64), _no_machine(needs)
    rows = np.flatnonzero(free[fleet.setup_model] & machines[fleet.setup_machine])
    if not machines.any():
        return rows, _no_machine(needs)
    missing = np.setdiff1d(np.flatnonzero(free), fleet.setup_model[rows])
    largest = max(machine.gpus * machine.gpu.memory_gb for machine in fleet.machines)
    return rows, tuple(
        Exclusion(
            needs.segment,
            world.models.ids[int(row)],
            "self_hosted",
            "",
            "memory",
            f"Its {world.models.total_params_b[row]:,.0f} billion weights fit no allowed machine, even at 4 bits;"
            f" the largest there is holds {largest:,.0f} GB.",
        )
        for row in missing
    )


def _no_machine(needs: Needs) -> tuple[Exclusion, ...]:
    limit = "data.may_leave_premises" if needs.premises_only else "data.residency"
    reason = "The catalog prices no machine that the data rules of this segment allow."
    return (Exclusion(needs.segment, ANY, "self_hosted", "", limit, reason),)


def _device_rows(
    world: World, segment: Segment, needs: Needs, free: Bools
) -> tuple[list[tuple[int, int, Precision]], tuple[Exclusion, ...]]:
    """(device, model, precision) that may fit, on the devices that the segment names."""
    wanted = _wanted_devices(world, segment)
    if not wanted:
        reason = "On-device serving is only considered where data.devices names the devices at hand."
        return [], (Exclusion(needs.segment, ANY, "on_device", "", "data.devices", reason),)
    rows: list[tuple[int, int, Precision]] = []
    out: list[Exclusion] = []
    for model in np.flatnonzero(free):
        params = float(world.models.total_params_b[model])
        found = [
            (number, int(model), precision)
            for number, device in wanted
            for precision in _DEVICE_PRECISIONS
            if params * BITS[precision] / 8.0 * _DEVICE_ROOM <= device.memory_gb
        ]
        rows += found
        if not found:
            reason = f"Its {params:,.0f} billion weights fit no device at hand, even at 4 bits."
            out.append(Exclusion(needs.segment, world.models.ids[int(model)], "on_device", "", "memory", reason))
    return sorted(rows), tuple(out)


def _wanted_devices(world: World, segment: Segment) -> list[tuple[int, Gpu]]:
    named = segment.data.devices or ()
    return [(number, device) for number, device in enumerate(world.devices) if device.id in named]


def _ways(
    world: World, fleet: Fleet, offers: Ints, setups: Ints, devices: Sequence[tuple[int, int, Precision]]
) -> Ways:
    counts = (offers.size, setups.size, len(devices))
    model = np.concatenate(
        [world.offers.model[offers], fleet.setup_model[setups], np.array([row[1] for row in devices], dtype=np.int64)]
    )
    chosen = setups.tolist()
    places = (
        *(world.offer_places[int(row)] for row in offers),
        *(fleet.places[row] for row in chosen),
        *(_device_place(world.devices[number], precision) for number, _, precision in devices),
    )
    own_bits = [BITS[fleet.setups[row].precision] for row in chosen] + [BITS[precision] for _, _, precision in devices]
    return Ways(
        model=model,
        serving=np.repeat(np.array((API, POOL, DEVICE)), counts),
        places=places,
        offer=_spread(offers, counts, 0),
        setup=_spread(setups, counts, 1),
        device=_spread(np.array([row[0] for row in devices], dtype=np.int64), counts, 2),
        bits=np.concatenate([np.full(counts[0], 16), np.array(own_bits, dtype=np.int64)]).astype(np.int64),
        context=np.concatenate([world.offers.context[offers], world.models.context[model[counts[0] :]]]),
    )


def _spread(rows: Ints, counts: Sequence[int], position: int) -> Ints:
    """The rows at their place among all ways, -1 elsewhere."""
    column = np.full(sum(counts), -1, dtype=np.int64)
    start = sum(counts[:position])
    column[start : start + counts[position]] = rows
    return column


def _device_place(device: Gpu, precision: Precision) -> Place:
    return Place("on_device", device.name, OWN, "", "", precision)


def _retirements(world: World, offers: Ints, horizon_months: int) -> tuple[RetirementWarning, ...]:
    last = world.today.toordinal() + round(horizon_months * _DAYS_PER_MONTH)
    ending = offers[world.offers.retires[offers] <= last]
    return tuple(
        RetirementWarning(
            world.models.ids[int(world.offers.model[row])],
            world.offers.offers[int(row)].key,
            date.fromordinal(int(world.offers.retires[row])).isoformat(),
        )
        for row in ending
    )
