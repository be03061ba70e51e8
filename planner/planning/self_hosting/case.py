"""One way of running kinds of request oneself, put against an API: sizings, paths of cost, and what is not shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.cost.api import api_usage_usd, volume_factor
from planner.beliefs.cost.components import (
    fine_tune_component_usd,
    people_component_usd,
    provider_component_usd,
    self_hosted_stack_component_usd,
)
from planner.beliefs.cost.machine_hours import Demand, month_profile, startup_of
from planner.beliefs.cost.owned_servers import ServerMonth, server_month, server_month_of_total
from planner.beliefs.serving.roofline import BYTES_PER_WEIGHT
from planner.beliefs.serving.sizing import Precision, Setup
from planner.beliefs.techniques.transforms import Technique
from planner.catalog.schema import GpuPrice, Offer
from planner.options.context import World
from planner.planning.self_hosting.break_even import ApiPath, OwnedPath, RentedPath, RentMode
from planner.planning.self_hosting.doubts import doubts_of, start_doubts
from planner.planning.self_hosting.pool_lines import Work, work_of
from planner.planning.self_hosting.served import Served, served_segment
from planner.units import DRAW_COUNT, Draws
from planner.workload.schema import Workload

_MONTHS_PER_YEAR: Final = 12.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which requests, which model where, against which offer."""

    segments: tuple[str, ...]
    """Names; several share one pool."""
    model: str
    gpu: str
    gpus_per_replica: int
    precision: Precision
    rent: GpuPrice | None
    """What an hour costs; None: not rented."""
    offer: Offer
    """The API to compare with; priced."""
    mode: RentMode = "always_on"
    spare: int = 0
    technique: Technique | None = None
    """How the own model is used; None: the first way that is shown to hold the floor, else the likeliest."""


@dataclass(frozen=True, slots=True, eq=False)
class ServingCase:
    """The answer's parts: what `break_even` and the pictures take."""

    question: Question
    setup: Setup
    served: tuple[Served, ...]
    demand: Demand
    api: ApiPath
    rented: RentedPath | None
    owned: OwnedPath | None
    why_not_owned: str
    doubts: tuple[str, ...]
    """What is not shown, as sentences; empty: the comparison holds as it stands."""


def serving_case(
    world: World, workload: Workload, question: Question, measured_gpus: frozenset[str]
) -> ServingCase | str:
    """Size a model for its requests and price the paths; a sentence when it does not fit.

    Args:
        world: Catalog, beliefs and the day.
        workload: Volumes, growth, assumptions, confidence.
        question: What is asked.
        measured_gpus: GPUs on which some published measurement of the speed exists.
    """
    catalog = world.catalog
    setup = Setup(
        catalog.models[question.model], catalog.gpus[question.gpu], question.gpus_per_replica, question.precision
    )
    served: list[Served] = []
    for name in question.segments:
        found = served_segment(world, workload, workload.segment(name), setup, question.technique)
        if isinstance(found, str):
            return found
        served.append(found)
    demand = _demand(workload, served, question.spare)
    doubts = doubts_of(world, workload, question.rent, setup, served, measured_gpus)
    rented, owned, why_not = _own_paths(world, workload, question, setup, served, demand)
    doubts = (*doubts, *start_doubts(rented, served))
    return ServingCase(
        question=question,
        setup=setup,
        served=tuple(served),
        demand=demand,
        api=_api_path(world, workload, question.offer, served),
        rented=rented,
        owned=owned,
        why_not_owned=why_not,
        doubts=(
            *doubts_of(world, workload, question.rent, setup, served, measured_gpus),
            *start_doubts(rented, served),
        ),
    )


def work_of_case(served: Sequence[Served]) -> Work:
    """Work of all kinds together, those that may wait a day apart."""
    return work_of([one.segment for one in served], [one.busy_at_peak for one in served])


def _demand(workload: Workload, served: list[Served], spare: int) -> Demand:
    """Work of all segments together; their busiest hours are taken to fall together, as the plan does."""
    work = work_of_case(served)
    return Demand(
        requests_per_month=sum(one.requests_per_month for one in served),
        busy_at_peak=work.counts,
        peak_to_mean=float(work.counts.mean()) / float(work.mean.mean()),
        utilisation_cap=workload.assumptions.gpu_utilisation_cap,
        spare=spare,
        waits=work.all_waits,
    )


def _api_path(world: World, workload: Workload, offer: Offer, served: list[Served]) -> ApiPath:
    catalog, assumptions = world.catalog, workload.assumptions
    usage: Draws = np.zeros(DRAW_COUNT)
    for one in served:
        usage = (
            usage
            + api_usage_usd(
                catalog,
                [offer],
                one.segment,
                assumptions,
                volume=volume_factor(workload),
                extra=one.added.extra,
                seed=world.seed,
            )[0]
        )
    model = catalog.models[offer.model or ""]
    provider = catalog.providers[offer.provider].name
    people = provider_component_usd(catalog, assumptions, world.seed).monthly_usd
    return ApiPath(f"{model.name} at {provider}", usage, people)


def _own_paths(
    world: World, workload: Workload, question: Question, setup: Setup, served: list[Served], demand: Demand
) -> tuple[RentedPath | None, OwnedPath | None, str]:
    catalog, seed = world.catalog, world.seed
    people, jobs = _fixed_usd(world, workload, setup, served)
    rented = None
    if question.rent is not None:
        price = question.rent
        weights = (setup.model.total_params_b or 0.0) * BYTES_PER_WEIGHT[setup.precision]
        rented = RentedPath(
            label=f"{price.instance or price.gpu} at {price.provider}",
            demand=demand,
            usd_per_gpu_hour=price.usd_per_gpu_hour * workload.assumptions.gpu_price_factor,
            gpus_per_instance=price.gpus,
            gpus_per_replica=setup.gpus_per_replica,
            mode=question.mode,
            profile=month_profile(demand.peak_to_mean, catalog.priors["demand.rush"].a),
            startup=startup_of(catalog, weights, seed),
            people_usd=people,
            jobs_usd=jobs,
            committed=price.billing == "reserved",
        )
    bought = _server_of(world, workload, setup)
    if isinstance(bought, str):
        return rented, None, bought
    gpus, month = bought
    label = f"own server of {gpus} x {setup.gpu.name}"
    return rented, OwnedPath(label, demand, month, gpus, setup.gpus_per_replica, people, jobs), ""


def _server_of(world: World, workload: Workload, setup: Setup) -> tuple[int, ServerMonth] | str:
    """GPUs of one server and its month: by purchase price where there is one, else by an owner's published total."""
    catalog, gpu = world.catalog, setup.gpu
    server = catalog.servers.get(gpu.id)
    totals = [row for row in catalog.gpu_prices if row.gpu == gpu.id and row.billing == "owned"]
    if server is not None:
        gpus, month = server.gpus, server_month(catalog, server, gpu, workload.assumptions, world.seed)
    elif totals:
        row = min(totals, key=lambda price: price.usd_per_gpu_hour)
        gpus, month = row.gpus, server_month_of_total(catalog, row, gpu, workload.assumptions, world.seed)
    else:
        return f"{gpu.name}: no purchase price in the catalog"
    return month if isinstance(month, str) else (gpus, month)


def _fixed_usd(world: World, workload: Workload, setup: Setup, served: list[Served]) -> tuple[Draws, Draws]:
    """People and first trainings of a month, and the machines of retrainings; USD, (S,) each."""
    catalog, assumptions, seed = world.catalog, workload.assumptions, world.seed
    people = self_hosted_stack_component_usd(catalog, assumptions, seed).monthly_usd
    people = people + people_component_usd(catalog, "self_hosted_model", assumptions, seed).monthly_usd
    jobs: Draws = np.zeros(DRAW_COUNT)
    tuned = [one for one in served if "fine_tune" in one.technique]
    if tuned:
        people = people + people_component_usd(catalog, "adapter_pool", assumptions, seed).monthly_usd
    bare = assumptions.model_copy(update={"include_people": False})
    for one in tuned:
        whole = fine_tune_component_usd(catalog, setup.model, one.segment, assumptions, provider=None, seed=seed)
        machines = fine_tune_component_usd(catalog, setup.model, one.segment, bare, provider=None, seed=seed)
        again = one.segment.training.retrain_per_year / _MONTHS_PER_YEAR
        retraining = machines.monthly_usd * again / (again + 1.0 / assumptions.amortise_months)
        jobs = jobs + retraining
        people = people + whole.monthly_usd - retraining
    return people, jobs
