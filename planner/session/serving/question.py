"""The Serving page's questions: what can be chosen, one case with its break-evens, devices, jobs, indexes."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from planner.beliefs.cost.api import volume_factor
from planner.beliefs.queueing.traces import parse_trace
from planner.beliefs.serving.sizing import Precision
from planner.catalog.evidence.measurements import Measurement, load_measurements
from planner.catalog.hardware import measured_gpus
from planner.catalog.schema import GpuPrice, Model, Offer
from planner.facts import today
from planner.options.context import World, build_world
from planner.options.eligibility.exclusions import needs_of
from planner.options.estimates.retrieval import Retrieval, choose_retrieval
from planner.planning.plan import Plan
from planner.planning.self_hosting import choice as serving_choice
from planner.planning.self_hosting.answer import Answer, answer_case
from planner.planning.self_hosting.break_even import Lens
from planner.planning.self_hosting.case import Question
from planner.planning.self_hosting.choice import GpuChoice, Known
from planner.planning.self_hosting.served import who_could_share
from planner.planning.self_hosting.trace import TraceCase, trace_case
from planner.resources import catalogs_dir
from planner.session.cached import the_beliefs, the_catalog
from planner.workload.load import workload_hash
from planner.workload.schema import Assumptions, Segment, Workload

_ROWS = 400


def serving_world() -> World:
    """The catalog as options see it today, built once."""
    return _world_of(the_catalog().version, today())


@st.cache_resource(show_spinner=False, max_entries=2)
def _world_of(version: str, day: date) -> World:  # noqa: ARG001 (the version is part of the key)
    return build_world(the_catalog(), the_beliefs(), day)


def known() -> Known:
    """The same with what has been measured anywhere."""
    return Known(serving_world(), _measured_gpus(), frozenset(row.model for row in measurements()))


def own_models() -> tuple[Model, ...]:
    """Open models that can be sized, small ones first."""
    return serving_choice.own_models(the_catalog())


def usual_model(segment: Segment, plan: Plan | None) -> str:
    """What to look at first."""
    return serving_choice.usual_model(known(), segment, plan)


def allowed_rent(gpu: str, count: int, segments: Sequence[Segment]) -> tuple[GpuPrice, ...]:
    """Rows of the price list that the data rules of all segments allow; cheapest instance first."""
    return serving_choice.allowed_rent(the_catalog(), gpu, count, segments)


def offers_for(segments: Sequence[Segment]) -> tuple[tuple[Offer, ...], bool]:
    """Offers to compare with, cheapest first, and whether they may serve the segments."""
    return serving_choice.offers_for(serving_world(), segments)


def usual_offer(
    segments: Sequence[Segment], offers: Sequence[Offer], plan: Plan | None, model: str, *, allowed: bool
) -> Offer:
    """The offer to look at first."""
    return serving_choice.usual_offer(the_catalog(), segments, offers, plan, model, allowed=allowed)


def measurements() -> tuple[Measurement, ...]:
    """Published measurements of served models, read once."""
    return _measured(the_catalog().version)


@st.cache_resource(show_spinner=False, max_entries=2)
def _measured(version: str) -> tuple[Measurement, ...]:  # noqa: ARG001 (the version is the key)
    return load_measurements()


def _measured_gpus() -> frozenset[str]:
    return measured_gpus(catalogs_dir() / "serving" / "measurements.csv")


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
    choices = serving_choice.fitting_gpus(the_catalog(), _model, _precision, _segments[0])
    return choices, serving_choice.usual_gpu(known(), _model, _precision, _segments, choices)


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
    return answer_case(serving_world(), _workload, question, lens, _measured_gpus())


def replay_of(workload: Workload, answer: Answer, name: str, content: bytes) -> TraceCase | str:
    """A trace on the answer's pool, replayed once for each content of workload, question and file.

    Raises:
        InputError: The file is no trace; file, line and field.
    """
    key = hashlib.sha256(content).hexdigest()
    return _replay(
        workload_hash(workload), the_catalog().version, key, answer.case.question, name, workload, answer, content
    )


@st.cache_resource(show_spinner=False, max_entries=8)
def _replay(
    key: str,  # noqa: ARG001
    version: str,  # noqa: ARG001
    trace: str,  # noqa: ARG001
    question: Question,  # noqa: ARG001
    name: str,
    _workload: Workload,
    _answer: Answer,
    _content: bytes,
) -> TraceCase | str:
    return trace_case(the_catalog(), _workload, _answer.case, parse_trace(name, _content), the_beliefs().seed)


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
