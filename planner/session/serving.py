"""The Serving page's questions: what can be chosen, one case with its break-evens, devices, jobs, indexes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import streamlit as st

from planner.beliefs.cost import api_usage_usd, volume_factor
from planner.beliefs.serving import Precision, Setup, size_replicas, why_not_sized
from planner.catalog.hardware import measured_gpus
from planner.catalog.measurements import Measurement, load_measurements
from planner.catalog.schema import Gpu, GpuPrice, Model, Offer
from planner.options.exclusions import api_rules, areas_within, needs_of, own_rules, passing
from planner.options.retrieval import Retrieval, choose_retrieval
from planner.options.world import World, build_world
from planner.planning.break_even import BreakEven, Lens, NotReached, Reached, RentedPath, break_even, verified
from planner.planning.plan import Plan, PoolPlan
from planner.planning.served import who_could_share
from planner.planning.serving_case import Question, ServingCase, serving_case, spread_over_day
from planner.resources import catalogs_dir
from planner.session.cached import the_beliefs, the_catalog, today
from planner.units import HOURS_PER_MONTH
from planner.workload.load import workload_hash
from planner.workload.schema import Assumptions, Segment, Workload

ALL_SEGMENTS = ""
"""Stands for the pool of all segments that could share it."""
_CLASS_8B = "meta/llama-3.1-8b"
_SMALL_B = 16.0
_SERVERS = frozenset({"datacenter", "workstation", "consumer"})
_COUNTS = (1, 2, 4, 8)
_ROWS = 400


@dataclass(frozen=True, slots=True)
class GpuChoice:
    """So many GPUs of a kind for one replica."""

    gpu: str
    count: int

    @property
    def key(self) -> str:
        """'1x l40s', as the address has it."""
        return f"{self.count}x {self.gpu}"


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A case with its break-evens under one lens."""

    case: ServingCase
    lens: Lens
    rented: BreakEven | None
    owned: BreakEven | None
    spread: BreakEven | None
    """The first of the two if the work were spread evenly over the day; None where answers may not wait."""


def serving_world() -> World:
    """The catalog as options see it today, built once."""
    return _world_of(the_catalog().version, today())


@st.cache_resource(show_spinner=False, max_entries=2)
def _world_of(version: str, day: date) -> World:  # noqa: ARG001 (the version is part of the key)
    return build_world(the_catalog(), the_beliefs(), day)


def measurements() -> tuple[Measurement, ...]:
    """Published measurements of served models, read once."""
    return _measured(the_catalog().version)


@st.cache_resource(show_spinner=False, max_entries=2)
def _measured(version: str) -> tuple[Measurement, ...]:  # noqa: ARG001 (the version is the key)
    return load_measurements()


def _measured_gpus() -> frozenset[str]:
    return measured_gpus(catalogs_dir() / "serving" / "measurements.csv")


def own_models() -> tuple[Model, ...]:
    """Open models whose memory and speed can be sized, small ones first."""
    models = [
        model
        for model in the_catalog().models.values()
        if model.open_weights and model.total_params_b is not None and None not in (model.layers, model.hidden)
        if model.kv_bytes_per_token is not None
    ]
    return tuple(sorted(models, key=lambda model: (model.total_params_b or 0.0, model.id)))


def usual_model(segment: Segment, plan: Plan | None) -> str:
    """What to look at first: the model that the plan runs itself here, else a small one that may serve the segment."""
    for part in plan.segments if plan is not None else ():
        if part.name == segment.name and part.option.serving == "self_hosted":
            return part.option.model
    world = serving_world()
    free = passing(own_rules(world.models, needs_of(segment, may_own=True)))
    if free[world.models.row[_CLASS_8B]]:
        return _CLASS_8B
    small = [model for model in own_models() if free[world.models.row[model.id]]]
    eight = [model for model in small if 6.0 <= (model.total_params_b or 0.0) <= _SMALL_B] or small
    newest = max(eight, key=lambda model: (_measured_rows(model.id) > 0, model.released or date.min), default=None)
    return newest.id if newest is not None else _CLASS_8B


def plan_pool(segment: Segment, model: str, plan: Plan | None) -> PoolPlan | None:
    """The pool on which the plan runs this model for the segment, if it does."""
    for pool in plan.pools if plan is not None else ():
        if pool.model == model and segment.name in pool.segments:
            return pool
    return None


def _measured_rows(model: str) -> int:
    return sum(row.model == model for row in measurements())


def gpus_for(
    model: Model, precision: Precision, segments: Sequence[Segment]
) -> tuple[tuple[GpuChoice, ...], GpuChoice | None]:
    """GPUs on which the model fits, and the one to look at first; kept by the content of the segments."""
    key = "|".join([model.id, precision, *(segment.model_dump_json() for segment in segments)])
    return _gpus_for(key, the_catalog().version, model, precision, segments)


@st.cache_resource(show_spinner=False, max_entries=128)
def _gpus_for(
    key: str,  # noqa: ARG001
    version: str,  # noqa: ARG001
    _model: Model,
    _precision: Precision,
    _segments: Sequence[Segment],
) -> tuple[tuple[GpuChoice, ...], GpuChoice | None]:
    choices = fitting_gpus(_model, _precision, _segments[0])
    return choices, usual_gpu(_model, _precision, _segments, choices)


def fitting_gpus(model: Model, precision: Precision, segment: Segment) -> tuple[GpuChoice, ...]:
    """GPUs, and how many for one replica, on which a model fits; the two smallest counts of each kind."""
    catalog = the_catalog()
    setups = [
        Setup(model, gpu, count, precision)
        for gpu in catalog.gpus.values()
        if gpu.kind in _SERVERS and (rent_rows(gpu.id) or gpu.id in catalog.servers)
        for count in _COUNTS
        if count <= _largest(gpu)
    ]
    setups = [setup for setup in setups if why_not_sized(setup) is None]
    sized = size_replicas(catalog, setups, segment)
    found: dict[str, list[GpuChoice]] = {}
    for setup, sizing in zip(setups, sized, strict=True):
        if not isinstance(sizing, str):
            found.setdefault(setup.gpu.id, []).append(GpuChoice(setup.gpu.id, setup.gpus_per_replica))
    return tuple(choice for choices in found.values() for choice in choices[:2])


def _largest(gpu: Gpu) -> int:
    server = the_catalog().servers.get(gpu.id)
    rows = [row.gpus for row in rent_rows(gpu.id)]
    return max([*rows, server.gpus if server else 0], default=0)


def rent_rows(gpu: str) -> tuple[GpuPrice, ...]:
    """What an hour of a GPU costs to rent, cheapest first."""
    rows = [row for row in the_catalog().gpu_prices if row.gpu == gpu and row.billing != "owned"]
    return tuple(sorted(rows, key=lambda row: (row.usd_per_gpu_hour, row.provider, row.instance, row.region)))


def allowed_rent(gpu: str, count: int, segments: Sequence[Segment]) -> tuple[GpuPrice, ...]:
    """Rows on which a replica fits and which the data rules of all segments allow; cheapest instance first."""
    rows = [row for row in rent_rows(gpu) if row.gpus >= count or row.gpus == _most_gpus(gpu)]
    for segment in segments:
        needs = needs_of(segment)
        if needs.premises_only:
            return ()
        rows = [row for row in rows if needs.areas is None or row.area in areas_within(sorted(needs.areas))]
        rows = [row for row in rows if needs.providers is None or row.provider in needs.providers]
    return tuple(sorted(rows, key=lambda row: (row.usd_per_gpu_hour * _rented_gpus(row, count), row.gpus)))


def _most_gpus(gpu: str) -> int:
    return max((row.gpus for row in rent_rows(gpu)), default=0)


def _rented_gpus(row: GpuPrice, count: int) -> int:
    """GPUs that one replica makes one rent."""
    return -(-count // row.gpus) * row.gpus


def usual_gpu(
    model: Model, precision: Precision, segments: Sequence[Segment], choices: Sequence[GpuChoice]
) -> GpuChoice | None:
    """The choice with the lowest price of a request when full, rentable and measured ones first; None without any."""
    catalog = the_catalog()
    measured = _measured_gpus()
    best: tuple[tuple[bool, bool, float], GpuChoice] | None = None
    setups = [Setup(model, catalog.gpus[choice.gpu], choice.count, precision) for choice in choices]
    for choice, sizing in zip(choices, size_replicas(catalog, setups, segments[0]), strict=True):
        usd = _month_usd(choice, segments)
        if isinstance(sizing, str) or usd is None:
            continue
        rented = bool(allowed_rent(choice.gpu, choice.count, segments))
        rank = (not rented, choice.gpu not in measured, usd / float(np.mean(sizing.capacity_rps)))
        if best is None or rank < best[0]:
            best = (rank, choice)
    return best[1] if best else (choices[0] if choices else None)


def _month_usd(choice: GpuChoice, segments: Sequence[Segment]) -> float | None:
    """Cheapest month of one replica there, rented on demand or owned; None where neither is possible."""
    rows = [row for row in allowed_rent(choice.gpu, choice.count, segments) if row.billing == "on_demand"]
    if rows:
        return rows[0].usd_per_gpu_hour * _rented_gpus(rows[0], choice.count) * HOURS_PER_MONTH
    owned = [row for row in the_catalog().gpu_prices if row.gpu == choice.gpu and row.billing == "owned"]
    return min((row.usd_per_gpu_hour * choice.count * HOURS_PER_MONTH for row in owned), default=None)


def offers_for(segments: Sequence[Segment]) -> tuple[tuple[Offer, ...], bool]:
    """Offers that may serve all segments, and True; where no API may, those that could by their abilities, and False.

    Cheapest first, by the first segment's requests.
    """
    world = serving_world()
    allowed = _passing_offers(world, segments)
    if allowed:
        return _by_cost(allowed, segments[0]), True
    free = [anywhere(segment) for segment in segments]
    return _by_cost(_passing_offers(world, free), segments[0]), False


def _passing_offers(world: World, segments: Sequence[Segment]) -> list[Offer]:
    masks = [passing(api_rules(world.offers, world.models, needs_of(segment), world.today)) for segment in segments]
    return [world.offers.offers[int(row)] for row in np.flatnonzero(np.logical_and.reduce(masks))]


def anywhere(segment: Segment) -> Segment:
    """The segment as if its data might go anywhere."""
    return segment.model_copy(update={"data": type(segment.data)()})


def _by_cost(offers: list[Offer], segment: Segment) -> tuple[Offer, ...]:
    usd = api_usage_usd(the_catalog(), offers, segment, Assumptions(), volume=1.0).mean(axis=1)
    order = np.argsort(usd, kind="stable")
    return tuple(offers[int(row)] for row in order)


def usual_offer(
    segments: Sequence[Segment], offers: Sequence[Offer], plan: Plan | None, model: str, *, allowed: bool
) -> Offer:
    """The plan's own offer for the first segment; else today's model's, else the cheapest mid-sized model's.

    Where no API is allowed, the same model's: what keeping the data at home costs.
    """
    same = [offer for offer in offers if offer.model == model]
    if same and not allowed:
        return same[0]
    keys = {offer.key: offer for offer in offers}
    for part in plan.segments if plan is not None else ():
        if part.name == segments[0].name and part.option.offer_key in keys:
            return keys[part.option.offer_key]
    named = segments[0].today.model if segments[0].today else segments[0].prefer
    for offer in offers:
        if offer.model == named:
            return offer
    models = the_catalog().models
    mid = [offer for offer in offers if models[offer.model or ""].model_class == "mid"]
    return (mid or list(offers))[0]


def sharing(workload: Workload, model: str, precision: Precision) -> tuple[Segment, ...]:
    """Segments that one pool of the model could serve; kept by the content of the workload."""
    names = _sharing(workload_hash(workload), the_catalog().version, today(), model, precision, workload)
    return tuple(workload.segment(name) for name in names)


@st.cache_resource(show_spinner=False, max_entries=64)
def _sharing(
    key: str,  # noqa: ARG001
    version: str,  # noqa: ARG001
    day: date,  # noqa: ARG001
    model: str,
    precision: Precision,
    _workload: Workload,
) -> tuple[str, ...]:
    return who_could_share(serving_world(), _workload, model, precision)


def question_for(workload: Workload, question: Question, names: tuple[str, ...]) -> tuple[Question, bool]:
    """The question for other segments: the same machines, rented where their data rules allow; whether the API may.

    Where the rented instance is not allowed, the cheapest that is; none where none is.
    """
    segments = [workload.segment(name) for name in names]
    rows = allowed_rent(question.gpu, question.gpus_per_replica, segments)
    rent = question.rent if question.rent in rows or question.rent is None else next(iter(rows), None)
    offers, allowed = offers_for(segments)
    may = allowed and any(offer.key == question.offer.key for offer in offers)
    return replace(question, segments=names, rent=rent), may


def answer_for(workload: Workload, question: Question, lens: Lens) -> Answer | str:
    """Case and break-evens, made once for each content of the workload and question; a sentence when it does not fit.

    The lens is part of the key: the halving is done for one at a time.
    """
    return _answer(workload_hash(workload), the_catalog().version, today(), question, lens, workload)


@st.cache_resource(show_spinner=False, max_entries=64)
def _answer(
    key: str,  # noqa: ARG001
    version: str,  # noqa: ARG001
    day: date,  # noqa: ARG001
    question: Question,
    lens: Lens,
    _workload: Workload,
) -> Answer | str:
    case = serving_case(serving_world(), _workload, question, _measured_gpus())
    if isinstance(case, str):
        return case
    rented = break_even(case.rented, case.api, lens) if case.rented else None
    owned = break_even(case.owned, case.api, lens) if case.owned else None
    return Answer(case, lens, _told(rented, case), _told(owned, case), _spread(case, lens))


def _spread(case: ServingCase, lens: Lens) -> BreakEven | None:
    even = spread_over_day(case, the_catalog().priors["demand.rush"].a)
    path = None if even is None else even.rented or even.owned
    return None if path is None else _told(break_even(path, case.api, lens), case)


def _told(found: Reached | NotReached | None, case: ServingCase) -> BreakEven | None:
    return None if found is None else verified(found, case.doubts)


def other_modes(path: RentedPath) -> tuple[RentedPath, ...]:
    """The same machines rented in each way."""
    return tuple(replace(path, mode=mode) for mode in ("always_on", "active_hours", "scale_to_zero"))


def retrieval_of(segment: Segment) -> Retrieval | None:
    """Embedder and store that the plan would take for the segment's documents; None without documents."""
    if segment.knowledge.corpus_tokens <= 0.0:
        return None
    return choose_retrieval(the_catalog(), segment, needs_of(segment), Assumptions(), the_beliefs().seed)


def planned_requests(segment: Segment, workload: Workload) -> float:
    """Requests of an average month of the horizon."""
    return segment.requests_per_month * volume_factor(workload)


def measured_like(question: Question) -> tuple[Measurement, ...]:
    """Published measurements of this model on this GPU, else of any model on it; at most some hundreds."""
    same_gpu = [row for row in measurements() if row.gpu == question.gpu]
    same = [row for row in same_gpu if row.model == question.model]
    return tuple((same or same_gpu)[:_ROWS])
