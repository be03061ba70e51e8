"""One way of running kinds of request oneself, put against an API: sizings, paths of cost, and what is not shown."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.beliefs.components import (
    fine_tune_component_usd,
    people_component_usd,
    provider_component_usd,
    self_hosted_stack_component_usd,
)
from planner.beliefs.cost import api_usage_usd, volume_factor
from planner.beliefs.demand import Demand, month_profile, startup_of
from planner.beliefs.ownership import ServerMonth, server_month, server_month_of_total
from planner.beliefs.roofline import BYTES_PER_WEIGHT
from planner.beliefs.serving import BITS, PoolSizing, Precision, Setup, peak_requests_per_second, size_replica
from planner.beliefs.techniques import TECHNIQUES, Technique, quantised_quality
from planner.catalog.schema import GpuPrice, Offer
from planner.options.exclusions import needs_of, own_rules
from planner.options.figures import Added, added_by, shape_of
from planner.options.qualities import Floor, SegmentQualities, floor_of, qualities_of, quality_key
from planner.options.world import World
from planner.planning.break_even import ApiPath, OwnedPath, RentedPath, RentMode
from planner.planning.wording import percent_text, time_text
from planner.units import DRAW_COUNT, Draws, Floats
from planner.workload.schema import Segment, Workload

TECHNIQUE_TEXTS: Final[dict[Technique, str]] = {
    "direct": "asked directly",
    "few_shot": "with examples in the prompt",
    "fine_tune": "fine-tuned",
    "rag": "with retrieval",
    "rag+fine_tune": "fine-tuned, with retrieval",
}
_MONTHS_PER_YEAR: Final = 12.0
_TAIL: Final = 0.05
"""Share of requests that a limit at p95 leaves aside."""


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
class Served:
    """One kind of request on the pool."""

    segment: Segment
    technique: Technique
    sizing: PoolSizing
    requests_per_month: float
    """Average month of the horizon."""
    peak_rps: float
    busy_at_peak: Draws
    """(S,) replicas' worth of work."""
    quality: Draws
    floor: Floor
    added: Added
    """What retrieval adds to a request."""

    @property
    def holds_floor(self) -> float:
        """Share of draws in which the model is good enough."""
        return float((self.quality >= self.floor.draws).mean())


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
        found = _served(world, workload, workload.segment(name), setup, question.technique)
        if isinstance(found, str):
            return found
        served.append(found)
    demand = _demand(workload, served, question.spare)
    rented, owned, why_not = _own_paths(world, workload, question, setup, served, demand)
    return ServingCase(
        question=question,
        setup=setup,
        served=tuple(served),
        demand=demand,
        api=_api_path(world, workload, question.offer, served),
        rented=rented,
        owned=owned,
        why_not_owned=why_not,
        doubts=(*_doubts(world, workload, question, setup, served, measured_gpus), *_start_doubts(rented, served)),
    )


def spread_over_day(case: ServingCase, rush: float) -> ServingCase | None:
    """The same work spread evenly over all hours, where every kind of it may wait a day; None where one may not."""
    if not all(one.segment.batchable for one in case.served):
        return None
    demand = replace(case.demand, busy_at_peak=case.demand.busy_at_peak / case.demand.peak_to_mean, peak_to_mean=1.0)
    rented = replace(case.rented, demand=demand, profile=month_profile(1.0, rush)) if case.rented else None
    owned = replace(case.owned, demand=demand) if case.owned else None
    return replace(case, demand=demand, rented=rented, owned=owned)


def usable_techniques(segment: Segment) -> tuple[Technique, ...]:
    """How an own model may be used on a segment: with retrieval where there are documents, tuned where labels."""
    plain, tuned = ("rag", "rag+fine_tune") if segment.knowledge.corpus_tokens > 0.0 else ("direct", "fine_tune")
    ways: tuple[Technique, ...] = (plain, tuned) if segment.training.labelled_examples > 0 else (plain,)  # type: ignore[assignment]  # the pairs are techniques
    return ways


def who_could_share(world: World, workload: Workload, model: str) -> tuple[str, ...]:
    """Names of the segments whose rules let this model serve them on machines of one's own."""
    row = world.models.row[model]
    rules = [(segment.name, own_rules(world.models, needs_of(segment, may_own=True))) for segment in workload.segments]
    return tuple(name for name, checks in rules if not any(bool(rule.fails[row]) for rule in checks))


def _served(
    world: World, workload: Workload, segment: Segment, setup: Setup, technique: Technique | None
) -> Served | str:
    qualities = qualities_of(world, quality_key(segment))
    floor = floor_of(world, segment, qualities)
    chosen, quality = _way(world, qualities, segment, setup, floor, workload.confidence, technique)
    catalog, seed = world.catalog, world.seed
    added = added_by(catalog, segment, shape_of(TECHNIQUES.index(chosen)), seed)
    sizing = size_replica(
        catalog,
        setup,
        segment,
        utilisation_cap=workload.assumptions.gpu_utilisation_cap,
        extra_input_tokens=added.sizing_tokens,
        before_ms=added.before_ms,
        seed=seed,
    )
    if isinstance(sizing, str):
        return sizing
    volume = volume_factor(workload)
    peak = peak_requests_per_second(segment, volume)
    requests = segment.requests_per_month * volume
    return Served(segment, chosen, sizing, requests, peak, peak / sizing.capacity_rps, quality, floor, added)


def _way(
    world: World,
    qualities: SegmentQualities,
    segment: Segment,
    setup: Setup,
    floor: Floor,
    confidence: float,
    wanted: Technique | None,
) -> tuple[Technique, Draws]:
    """How the model is used, and its quality (S,) at the set-up's precision; 0 where the technique does not apply."""
    row = world.models.row[setup.model.id]
    size: Floats = np.array([setup.model.total_params_b or np.nan])
    ways = usable_techniques(segment) if wanted is None else (wanted,)
    found: list[tuple[float, Technique, Draws]] = []
    for way in ways:
        draws = qualities.by_technique[TECHNIQUES.index(way)][row : row + 1]
        if not np.isfinite(draws).all():
            found.append((-1.0, way, np.zeros(DRAW_COUNT)))
            continue
        quality = quantised_quality(world.catalog, draws, size, BITS[setup.precision], world.seed)[0]
        held = float((quality >= floor.draws).mean())
        if held >= confidence:
            return way, quality
        found.append((held, way, quality))
    _, way, quality = max(found, key=lambda item: item[0])
    return way, quality


def _demand(workload: Workload, served: list[Served], spare: int) -> Demand:
    """Work of all segments together; their busiest hours are taken to fall together, as the plan does."""
    busy: Draws = np.sum([one.busy_at_peak for one in served], axis=0)
    mean = sum(float(one.busy_at_peak.mean()) / one.segment.peak_to_mean for one in served)
    return Demand(
        requests_per_month=sum(one.requests_per_month for one in served),
        busy_at_peak=busy,
        peak_to_mean=float(busy.mean()) / mean,
        utilisation_cap=workload.assumptions.gpu_utilisation_cap,
        spare=spare,
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


def _doubts(
    world: World,
    workload: Workload,
    question: Question,
    setup: Setup,
    served: list[Served],
    measured_gpus: frozenset[str],
) -> tuple[str, ...]:
    out = [doubt for one in served for doubt in _segment_doubts(world, workload, setup, one)]
    if setup.gpu.id not in measured_gpus:
        out.append(f"No published speed of any model on the {setup.gpu.name} is in the evidence: it is extrapolated.")
    if question.rent is not None and question.rent.source.url.startswith("assumption"):
        out.append("The price of the GPU hour is an assumption.")
    return tuple(dict.fromkeys(out))


def _segment_doubts(world: World, workload: Workload, setup: Setup, one: Served) -> list[str]:
    """Rules the model fails, its quality, its times at the cap."""
    segment, name = one.segment, setup.model.name
    row = world.models.row[setup.model.id]
    rules = own_rules(world.models, needs_of(segment, may_own=True))
    out = [f"{segment.name}: {rule.tell(np.array([row]))}" for rule in rules if bool(rule.fails[row])]
    if one.holds_floor < workload.confidence:
        out.append(
            f"{segment.name}: {name}, {TECHNIQUE_TEXTS[one.technique]}, is {one.floor.text} in"
            f" {percent_text(one.holds_floor)} of the draws; {percent_text(workload.confidence)} are asked for."
        )
    limits = (
        ("first token", segment.latency.ttft_p95_ms, one.sizing.ttft_p95_ms),
        ("whole answer", segment.latency.total_p95_ms, one.sizing.total_p95_ms),
    )
    for what, allowed, draws in limits:
        if allowed is not None and float((draws <= allowed).mean()) < workload.confidence:
            out.append(
                f"{segment.name}: the {what} takes {time_text(float(draws.mean()))} at p95 and the busiest hour;"
                f" {time_text(allowed)} are allowed."
            )
    return out


def _start_doubts(rented: RentedPath | None, served: list[Served]) -> list[str]:
    """Limits that requests miss which wait for a machine to start, at the planned volume."""
    if rented is None:
        return []
    waiting = float(rented.waiting_share(np.ones((1, 1))).mean())
    start_ms = float(rented.startup.hours.mean()) * 3.6e6
    if waiting <= _TAIL:
        return []
    wait = f"{percent_text(waiting)} of the requests wait {time_text(start_ms)} for a start"
    return [
        f"{one.segment.name}: {wait}, longer than the {time_text(limit)} allowed at p95."
        for one in served
        for limit in (one.segment.latency.ttft_p95_ms, one.segment.latency.total_p95_ms)
        if limit is not None and start_ms > limit
    ]
