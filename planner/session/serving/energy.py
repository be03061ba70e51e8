"""Electricity and carbon of a month by each path, for the Serving page."""

from dataclasses import dataclass

import numpy as np

from planner.beliefs.cost.api import volume_factor
from planner.beliefs.cost.energy import api_carbon_kg, grid_kg_per_kwh
from planner.beliefs.cost.use_energy import UseEnergy, machine_energy
from planner.beliefs.latency.api_times import reasoning_tokens
from planner.beliefs.requests import calls_of
from planner.beliefs.serving.sizing import busy_to_mean
from planner.catalog.schema import NumberClass
from planner.planning.self_hosting.case import ServingCase
from planner.session.cached import the_catalog
from planner.session.serving.question import measurements
from planner.units import DRAW_COUNT, HOURS_PER_MONTH, Draws
from planner.workload.schema import Workload

_NOW = np.ones((1, 1))


@dataclass(frozen=True, slots=True, eq=False)
class PathEnergy:
    """Electricity and carbon of a month by one path."""

    path: str
    kwh: Draws
    """(S,)"""
    carbon_kg: Draws
    """(S,)"""
    number_class: NumberClass
    how: str


def energy_of(workload: Workload, case: ServingCase) -> tuple[PathEnergy, ...]:
    """API, rented and owned, each on the mix of where it runs."""
    out = [_api(workload, case)]
    if case.rented is not None:
        hours = case.rented.instance_hours(_NOW)[0] * case.rented.gpus_per_instance
        area = case.question.rent.area if case.question.rent is not None else ""
        out.append(_machines(workload, case, f"rented in {area or 'a place not stated'}", hours, area))
    if case.owned is not None:
        hours = case.owned.servers(_NOW)[0] * HOURS_PER_MONTH * case.owned.gpus_per_server
        area = next((one.segment.data.residency[0] for one in case.served if one.segment.data.residency), "")
        out.append(_machines(workload, case, "owned", hours, area))
    return tuple(out)


def _api(workload: Workload, case: ServingCase) -> PathEnergy:
    catalog, offer, carbon = the_catalog(), case.question.offer, np.zeros(DRAW_COUNT)
    for one in case.served:
        carbon = (
            carbon
            + api_carbon_kg(
                catalog,
                [offer],
                one.segment,
                workload.assumptions,
                volume=volume_factor(workload),
                extra=one.added.extra,
            )[0]
        )
    kwh = carbon / grid_kg_per_kwh(catalog, offer.area, workload.assumptions)
    known = catalog.models[offer.model or ""].active_params_b is not None
    size = "the model's active parameters" if known else "an assumed size of its class, since the maker says nothing"
    return PathEnergy(f"API: {case.api.label}", kwh, carbon, "assumed", f"joules per token and billion of {size}")


def _machines(workload: Workload, case: ServingCase, path: str, paid_gpu_hours: Draws, area: str) -> PathEnergy:
    catalog, gpus = the_catalog(), case.setup.gpus_per_replica
    tokens, sequences = np.zeros(DRAW_COUNT), 0.0
    for one in case.served:
        calls = calls_of(catalog, one.segment, extra_input_tokens=one.added.sizing_tokens)
        hidden = reasoning_tokens(catalog, (one.sizing.model,), one.segment)[0] * calls.count
        tokens = tokens + one.requests_per_month * (calls.output_tokens + hidden)
        rate = one.peak_rps / busy_to_mean(one.segment)
        sequences += rate * float(np.mean(one.sizing.total_p50_ms)) / 1000.0
    paid_replicas = np.maximum(paid_gpu_hours / gpus / HOURS_PER_MONTH, 1e-9)
    busy = case.demand.busy_at_peak / case.demand.peak_to_mean * HOURS_PER_MONTH * gpus
    used: UseEnergy = machine_energy(
        catalog,
        case.setup,
        busy_gpu_hours=busy,
        paid_gpu_hours=paid_gpu_hours,
        output_tokens=tokens,
        batch=sequences / float(paid_replicas.mean()),
        measured=measurements(),
    )
    carbon = used.kwh * grid_kg_per_kwh(catalog, area, workload.assumptions)
    idle = float((used.idle_kwh / np.maximum(used.kwh, 1e-12)).mean())
    return PathEnergy(path, used.kwh, carbon, used.number_class, f"{used.how}; {idle:.0%} of it while nobody asks")
