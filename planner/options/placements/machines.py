"""GPU set-ups worth considering: what an hour costs where, and a few set-ups for each model and precision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.cost.components import pool_usd_per_replica_month
from planner.beliefs.serving.sizing import BITS, PRECISIONS, Precision, Setup
from planner.catalog.schema import Catalog, Gpu, GpuPrice, Model
from planner.options.eligibility.exclusions import Needs
from planner.options.table import Place
from planner.units import Bools, Floats, Ints
from planner.workload.schema import Assumptions

OWN: Final = "own"
"""Provider id of machines and devices that one owns."""
_COUNTS: Final = (1, 2, 4, 8)
"""GPUs of one replica: powers of two within one node, as tensor parallelism wants them."""
_ROOM: Final = 1.15
"""Memory over the weights alone below which a set-up is not even sized; sizing has the last word."""
_FAST_WITHIN: Final = 4.0
_SERVERS: Final = ("datacenter", "workstation", "consumer")


@dataclass(frozen=True, slots=True)
class Machine:
    """A number of GPUs on one node somewhere, at a price."""

    gpu: Gpu
    gpus: int
    price: GpuPrice
    usd_per_month: float
    """One always-on replica, at the workload's assumptions but GPU price factor 1."""
    listed_usd: float
    """The same at the default assumptions: what set-ups are chosen by, so that no price of the user's moves them."""

    @property
    def owned(self) -> bool:
        """Whether it stands on one's own premises."""
        return self.price.billing == "owned"

    @property
    def provider(self) -> str:
        """Provider id; 'own' on one's own premises."""
        return OWN if self.owned else self.price.provider


@dataclass(frozen=True, slots=True)
class SetupChoice:
    """A model at a precision on a machine (row of the machine list)."""

    model: int
    """Row of the model."""
    machine: int
    precision: Precision


def machines_of(catalog: Catalog, assumptions: Assumptions) -> tuple[Machine, ...]:
    """Cheapest machine for each GPU, count, area and provider, paid for as the workload prefers.

    Owned machines are listed as well, since only they serve data that may not leave the premises. Where a provider
    doesn't sell the preferred commitment, its on-demand price stands in.
    """
    found: dict[tuple[str, int, str, str], Machine] = {}
    neutral = assumptions.model_copy(update={"gpu_price_factor": 1.0})
    for price in _rows_by_preference(catalog, assumptions.prefer_commitment):
        gpu = catalog.gpus[price.gpu]
        for gpus in _counts(price):
            usd = pool_usd_per_replica_month(price, gpu, gpus, neutral, catalog)
            listed = pool_usd_per_replica_month(price, gpu, gpus, Assumptions(), catalog)
            machine = Machine(gpu, gpus, price, usd, listed)
            key = (gpu.id, gpus, price.area, machine.provider)
            if key not in found or usd < found[key].usd_per_month:
                found[key] = machine
    return tuple(found[key] for key in sorted(found))


def _counts(price: GpuPrice) -> Iterable[int]:
    return [count for count in _COUNTS if count <= price.gpus]


def _rows_by_preference(catalog: Catalog, preferred: str) -> list[GpuPrice]:
    """Rows paid for as preferred, on demand where a provider has none such, and all owned ones."""
    rows = [row for row in catalog.gpu_prices if row.gpu in catalog.gpus and catalog.gpus[row.gpu].kind in _SERVERS]
    wanted = [row for row in rows if row.billing == preferred]
    covered = {(row.gpu, row.provider, row.area) for row in wanted}
    instead = [row for row in rows if row.billing == "on_demand" and (row.gpu, row.provider, row.area) not in covered]
    owned = [row for row in rows if row.billing == "owned"] if preferred != "owned" else []
    return wanted + instead + owned


def machine_allowed(machine: Machine, needs: Needs) -> bool:
    """Whether a segment may use it."""
    return place_allowed(machine.price.provider, machine.price.area, needs, owned=machine.owned)


def place_allowed(provider: str, area: str, needs: Needs, *, owned: bool) -> bool:
    """Whether a segment may run there; owned machines see no one else's rules, but someone has to want them."""
    if owned:
        return needs.may_own
    if needs.premises_only:
        return False
    if needs.providers is not None and provider not in needs.providers:
        return False
    return needs.areas is None or area in needs.areas


def allowed_machines(machines: Sequence[Machine], needs: Needs) -> Bools:
    """Which machines a segment may use, shape (K,)."""
    return np.array([machine_allowed(machine, needs) for machine in machines], dtype=np.bool_)


def choose_setups(machines: Sequence[Machine], models: Sequence[Model], allowed: Sequence[Bools]) -> list[SetupChoice]:
    """At most three kinds of machine for each model and precision, rented and owned apart; each where it may stand.

    Of the kinds whose memory holds the weights: the cheapest; the best value, USD over the geometric mean of
    bandwidth (which bounds decode) and FLOPs (which bound prefill); and the one with the most bandwidth within four
    times the cheapest's price, for tight latency limits. At 16 bits the best value alone: 8 bits lose a hundredth of a
    logit and cost half. Kinds are chosen over all places at listed prices, so that neither a data rule nor a price of
    the user's moves them: a looser rule or a lower price only adds. Where a rule leaves none of the kinds, the same is
    asked of the machines that it leaves. That is a choice to keep the table short, not a proof.
    """
    columns = _machine_columns(machines)
    owned = np.array([machine.owned for machine in machines], dtype=np.bool_)
    kind = _kinds(machines)
    chosen: set[tuple[int, int, int]] = set()
    for model, facts in enumerate(models):
        if not facts.open_weights or facts.total_params_b is None:
            continue
        for number, precision in enumerate(PRECISIONS):
            for of in (owned, ~owned):
                found = _chosen(columns, kind, of, allowed, facts.total_params_b, precision)
                chosen |= {(model, machine, number) for machine in found}
    return [SetupChoice(model, machine, PRECISIONS[number]) for model, machine, number in sorted(chosen)]


def _kinds(machines: Sequence[Machine]) -> Ints:
    """(K,) the same number for the same GPUs, wherever they stand and whoever sells them."""
    known: dict[tuple[str, int], int] = {}
    return np.array([known.setdefault((m.gpu.id, m.gpus), len(known)) for m in machines], dtype=np.int64)


def _chosen(
    columns: "_MachineColumns",
    kind: Ints,
    of: Bools,
    allowed: Sequence[Bools],
    params_b: float,
    precision: Precision,
) -> set[int]:
    """Machines (rented or owned, by `of`) worth sizing for a model at a precision, under any of these rules."""
    kinds = {int(kind[machine]) for machine in _worth_sizing(columns, of, params_b, precision)}
    found: set[int] = set()
    for mask in allowed:
        there = np.flatnonzero(mask & of)
        mine = [there[kind[there] == each] for each in sorted(kinds)]
        cheapest = {int(rows[np.argmin(columns.usd[rows])]) for rows in mine if rows.size}
        found |= cheapest or _worth_sizing(columns, mask & of, params_b, precision)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _MachineColumns:
    usd: Floats
    """At listed prices."""
    memory_gb: Floats
    bandwidth: Floats
    tflops: Floats


def _machine_columns(machines: Sequence[Machine]) -> _MachineColumns:
    gpus = np.array([machine.gpus for machine in machines], dtype=np.float64)
    return _MachineColumns(
        usd=np.array([machine.listed_usd for machine in machines], dtype=np.float64),
        memory_gb=gpus * np.array([machine.gpu.memory_gb for machine in machines], dtype=np.float64),
        bandwidth=gpus * np.array([machine.gpu.bandwidth_gb_s for machine in machines], dtype=np.float64),
        tflops=gpus * np.array([machine.gpu.bf16_tflops or 1.0 for machine in machines], dtype=np.float64),
    )


def _worth_sizing(columns: _MachineColumns, allowed: Bools, params_b: float, precision: Precision) -> set[int]:
    memory_gb = params_b * BITS[precision] / 8.0 * _ROOM
    fitting: Ints = np.flatnonzero(allowed & (columns.memory_gb >= memory_gb))
    if fitting.size == 0:
        return set()
    usd = columns.usd[fitting]
    bandwidth, tflops = columns.bandwidth[fitting], columns.tflops[fitting]
    within = usd <= _FAST_WITHIN * usd.min()
    scores = [usd / np.sqrt(bandwidth * tflops)]
    if precision != "bf16":
        scores += [usd, np.where(within, 1e-6 * usd - bandwidth, np.inf)]
    return {int(fitting[int(np.argmin(score))]) for score in scores}


def setup_of(choice: SetupChoice, machines: Sequence[Machine], models: Sequence[Model]) -> Setup:
    """What is sized for a choice."""
    machine = machines[choice.machine]
    return Setup(models[choice.model], machine.gpu, machine.gpus, choice.precision)


def pool_id(choice: SetupChoice, machines: Sequence[Machine], models: Sequence[Model]) -> str:
    """'meta/llama-3.1-8b@1xL40S/fp8@nebius-eu'."""
    machine = machines[choice.machine]
    where = f"{machine.provider}-{machine.price.area}" if machine.price.area else machine.provider
    return f"{models[choice.model].id}@{machine.gpus}x{machine.gpu.id}/{choice.precision}@{where}"


def area_text(area: str) -> str:
    """How an area reads in the label of a place; two of them are no one area."""
    return {"global": "anywhere", "unknown": "place not stated"}.get(area, area.upper())


def machine_place(machine: Machine, precision: Precision, names: dict[str, str]) -> Place:
    """Place of a pool: '1x L40S · Nebius · EU'."""
    provider = "own machines" if machine.owned else names.get(machine.provider, machine.provider)
    area = machine.price.area
    parts = [f"{machine.gpus}x {machine.gpu.name}", provider]
    if area and not machine.owned:
        parts.append(area_text(area))
    return Place("self_hosted", " · ".join(parts), machine.provider, area, "", precision)
