"""The question of own machines against an API, with what is not said filled in as the page Serving does."""

from dataclasses import dataclass
from typing import Final, get_args

from planner.beliefs.serving.sizing import Precision
from planner.catalog.schema import GpuPrice, Model, Offer
from planner.errors import InputError
from planner.options.context import World
from planner.planning.plan import Plan
from planner.planning.self_hosting.break_even import RentMode
from planner.planning.self_hosting.case import Question
from planner.planning.self_hosting.choice import (
    GpuChoice,
    Known,
    allowed_rent,
    fitting_gpus,
    offers_for,
    own_models,
    plan_pool,
    usual_gpu,
    usual_model,
    usual_offer,
)
from planner.workload.schema import Segment, Workload

_PRECISIONS: Final[tuple[Precision, ...]] = get_args(Precision)


@dataclass(frozen=True, slots=True)
class Said:
    """What the user says; None: what the plan does, else the usual."""

    segment: str | None = None
    model: str | None = None
    gpu: str | None = None
    """'1x l40s'."""
    precision: str | None = None
    against: str | None = None
    """Model of the API to compare with."""
    mode: RentMode = "always_on"


def ask(known: Known, workload: Workload, said: Said, plan: Plan | None) -> tuple[Question, bool]:
    """A whole question, and whether the API may serve the segment (else the comparison is for information).

    Raises:
        InputError: No such segment, model, GPU or offer; the model fits on none.
    """
    world = known.world
    segment = _segment(workload, said.segment, plan)
    model = _model(known, segment, said.model, plan)
    pool = plan_pool(segment, model.id, plan)
    precision = _precision(said.precision or (pool.precision if pool is not None else "fp8"))
    choices = fitting_gpus(world.catalog, model, precision, segment)
    usual = usual_gpu(known, model, precision, [segment], choices)
    if usual is None:
        raise InputError("--model", "", found=model.id, allowed=f"a model that some GPU holds at {precision}")
    if pool is not None:
        usual = next((one for one in choices if (one.gpu, one.count) == (pool.gpu, pool.gpus_per_replica)), usual)
    choice = usual if said.gpu is None else _gpu(choices, said.gpu)
    rent = _rent(known, choice, segment)
    offer, may = _offer(world, segment, said.against, plan, model.id)
    spare = workload.assumptions.spare_replicas
    names = (segment.name,)
    return Question(names, model.id, choice.gpu, choice.count, precision, rent, offer, said.mode, spare), may


def _segment(workload: Workload, said: str | None, plan: Plan | None) -> Segment:
    names = [segment.name for segment in workload.segments]
    if said is not None and said not in names:
        raise InputError("--segment", "", found=said, allowed=f"one of {', '.join(names)}")
    return workload.segment(said or _first(workload, plan))


def _precision(said: str) -> Precision:
    """One of the three; 8 bits for what a plan calls otherwise."""
    return next((one for one in _PRECISIONS if one == said), "fp8")


def _offer(world: World, segment: Segment, said: str | None, plan: Plan | None, model: str) -> tuple[Offer, bool]:
    offers, allowed = offers_for(world, [segment])
    if said is not None:
        offers = tuple(offer for offer in offers if offer.model == said)
    if not offers:
        found = said or "no API with the abilities that the segment asks for"
        raise InputError("--against", "", found=found, allowed="a model that an API sells for this segment")
    return usual_offer(world.catalog, [segment], offers, plan, model, allowed=allowed), allowed


def _first(workload: Workload, plan: Plan | None) -> str:
    """The first segment that the plan serves on own machines; else the one with the most requests."""
    for part in plan.segments if plan is not None else ():
        if part.option.serving == "self_hosted":
            return part.name
    return max(workload.segments, key=lambda segment: segment.requests_per_month).name


def _model(known: Known, segment: Segment, said: str | None, plan: Plan | None) -> Model:
    models = {model.id: model for model in own_models(known.world.catalog)}
    wanted = usual_model(known, segment, plan) if said is None else said
    if wanted not in models:
        allowed = "an open model whose size and layers are known (`planner models show ID`)"
        raise InputError("--model", "", found=wanted, allowed=allowed)
    return models[wanted]


def _gpu(choices: tuple[GpuChoice, ...], said: str) -> GpuChoice:
    wanted = said if "x " in said else f"1x {said}"
    for choice in choices:
        if choice.key == wanted:
            return choice
    raise InputError("--gpu", "", found=said, allowed=f"one of {', '.join(choice.key for choice in choices)}")


def _rent(known: Known, choice: GpuChoice, segment: Segment) -> GpuPrice | None:
    rows = allowed_rent(known.world.catalog, choice.gpu, choice.count, [segment])
    return next((row for row in rows if row.billing == "on_demand"), next(iter(rows), None))
