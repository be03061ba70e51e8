"""The Serving page's question: kind of request, model, machines, offer and lens, each in the address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import streamlit as st

from planner.beliefs.serving.sizing import Precision
from planner.catalog.schema import GpuPrice, Offer
from planner.planning.plan import Plan, PoolPlan
from planner.planning.self_hosting.break_even import Lens, RentMode
from planner.planning.self_hosting.case import Question
from planner.planning.self_hosting.choice import GpuChoice, plan_pool
from planner.report.format import number
from planner.report.serving.paths import MODE_TEXTS
from planner.session import Session, show_value, the_catalog
from planner.session.serving.question import (
    allowed_rent,
    gpus_for,
    offers_for,
    own_models,
    sharing,
    usual_model,
    usual_offer,
)
from planner.views.parts.choice import choose, keep_choice
from planner.workload.schema import Segment

LENS_TEXTS: Final[dict[str, str]] = {"full": "full cost", "marginal": "next month only"}
PRECISION_TEXTS: Final[dict[str, str]] = {"bf16": "16 bits", "fp8": "8 bits", "int4": "4 bits"}
_LENS_HELP: Final = (
    "Full cost: purchase or rent, electricity, hosting, maintenance and people's hours. Next month only: what next "
    "month's invoices say when contracts, machines and people are there already."
)
_MODE_HELP: Final = (
    "Always on: every hour is paid. In active hours: on while there is traffic, off at night. Off when idle: machines "
    "follow the load down to none, and the first request waits for a start."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page compares."""

    segments: tuple[Segment, ...]
    question: Question | None
    """None: no GPU holds the model, or there is no API to compare with."""
    lens: Lens
    api_allowed: bool
    """False: no API may serve these requests; the comparison is for information."""
    model: str
    precision: Precision


def draw_question(session: Session) -> Asked:
    """Kind of request, model, machines, offer, lens; each in the address."""
    plan = session.outcome if isinstance(session.outcome, Plan) else session.last_plan
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        segment = _pick_segment(session)
        model = _pick_model(session, segment, plan)
        pooled = _pick(session, "scope", "Volume of", ["kind", "pool"], "kind", _scope_text, 180) == "pool"
        pool = plan_pool(segment, model, plan)
        precision = _pick_precision(session, pool)
        segments = (sharing(session.workload, model, precision) or (segment,)) if pooled else (segment,)
        choice = _pick_gpu(session, model, precision, segments, pool)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        rent = None if choice is None else _pick_rent(session, choice, segments)
        mode = _pick_mode(session)
        offer, allowed = _pick_offer(session, segments, plan, model)
        lens: Lens = "marginal" if _pick_lens(session) == "marginal" else "full"
        spare = _pick_spare(session)
    question = None
    if choice is not None and offer is not None:
        names = tuple(one.name for one in segments)
        question = Question(names, model, choice.gpu, choice.count, precision, rent, offer, mode, spare)
    return Asked(segments, question, lens, allowed, model, precision)


def _pick(
    session: Session,
    name: str,
    label: str,
    options: Sequence[str],
    usual: str,
    told: Callable[[str], str],
    width: int,
    help_text: str | None = None,
) -> str:
    """A choice that stands in the address."""
    return choose(session, f"serving.{name}", label, options, usual, told, width=width, help_text=help_text)


def _keep(session: Session, name: str) -> None:
    keep_choice(session, f"serving.{name}")


def _pick_segment(session: Session) -> Segment:
    names = [segment.name for segment in session.workload.segments]
    show_value("serving.segment", session.segment_of_interest().name)
    name = st.selectbox(
        "Kind of request",
        names,
        key="serving.segment",
        on_change=_look_at,
        args=(session, "segment"),
        width=190,
        filter_mode=None if len(names) <= 8 else "fuzzy",
    )
    return session.workload.segment(name or names[0])


def _pick_model(session: Session, segment: Segment, plan: Plan | None) -> str:
    models = {model.id: model for model in own_models()}
    wanted = session.model if session.model in models else usual_model(segment, plan)
    show_value("serving.model", wanted)
    return str(
        st.selectbox(
            "Model to run ourselves",
            list(models),
            key="serving.model",
            format_func=lambda name: f"{models[name].name} · {number(models[name].total_params_b or 0.0)}B",
            on_change=_look_at,
            args=(session, "model"),
            width=250,
        )
    )


def _look_at(session: Session, name: str) -> None:
    value = str(st.session_state[f"serving.{name}"])
    if name == "segment":
        session.segment = value
    else:
        session.model = value


def _scope_text(scope: str) -> str:
    return "all that could share" if scope == "pool" else "this kind alone"


def _pick_precision(session: Session, pool: PoolPlan | None) -> Precision:
    every: tuple[Precision, ...] = get_args(Precision)
    usual = "fp8" if pool is None else pool.precision
    wanted = _pick(session, "precision", "Weights in", list(every), usual, PRECISION_TEXTS.__getitem__, 110)
    return next(one for one in every if one == wanted)


def _pick_gpu(
    session: Session, model: str, precision: Precision, segments: Sequence[Segment], pool: PoolPlan | None
) -> GpuChoice | None:
    choices, cheapest = gpus_for(the_catalog().models[model], precision, segments)
    planned = [one for one in choices if pool is not None and (one.gpu, one.count) == (pool.gpu, pool.gpus_per_replica)]
    usual = planned[0] if planned else cheapest
    if usual is None:
        return None
    by_key = {choice.key: choice for choice in choices}
    gpus = the_catalog().gpus
    key = _pick(
        session,
        "gpu",
        "GPUs of one replica",
        list(by_key),
        usual.key,
        lambda key: f"{by_key[key].count}x {gpus[by_key[key].gpu].name}" if key in by_key else key,
        255,
    )
    return by_key[key]


def rent_key(row: GpuPrice) -> str:
    """'nebius/gpu-h100-sxm_1gpu/eu-north1/on_demand'."""
    return f"{row.provider}/{row.instance}/{row.region}/{row.billing}"


def _pick_rent(session: Session, choice: GpuChoice, segments: Sequence[Segment]) -> GpuPrice | None:
    rows = {rent_key(row): row for row in allowed_rent(choice.gpu, choice.count, segments)}
    if not rows:
        st.caption("Not rented: no price for this GPU that the data rules allow.")
        return None
    usual = next((key for key, row in rows.items() if row.billing == "on_demand"), next(iter(rows)))

    def told(key: str) -> str:
        row = rows[key]
        size = f", {row.gpus} at a time" if row.gpus > 1 else ""
        billing = row.billing.replace("_", " ")
        return f"{number(row.usd_per_gpu_hour)} USD/GPU h · {row.provider} {row.region}{size}, {billing}"

    return rows[_pick(session, "rent", "Rented from", list(rows), usual, told, 290)]


def _pick_mode(session: Session) -> RentMode:
    modes: tuple[RentMode, ...] = get_args(RentMode)
    wanted = _pick(session, "mode", "Rented", list(modes), "always_on", MODE_TEXTS.__getitem__, 155, _MODE_HELP)
    return next(mode for mode in modes if mode == wanted)


def _pick_offer(
    session: Session, segments: Sequence[Segment], plan: Plan | None, model: str
) -> tuple[Offer | None, bool]:
    offers, allowed = offers_for(segments)
    if not offers:
        return None, allowed
    by_key = {offer.key: offer for offer in offers}
    models, providers = the_catalog().models, the_catalog().providers

    def told(key: str) -> str:
        offer = by_key[key]
        return f"{models[offer.model or ''].name} · {providers[offer.provider].name} · {offer.area}"

    usual = usual_offer(segments, offers, plan, model, allowed=allowed).key
    return by_key[_pick(session, "offer", "API to compare with", list(by_key), usual, told, 260)], allowed


def _pick_lens(session: Session) -> str:
    wanted = session.serving.get("lens", "full")
    show_value("serving.lens", wanted if wanted in LENS_TEXTS else "full")
    return str(
        st.segmented_control(
            "Count",
            list(LENS_TEXTS),
            key="serving.lens",
            required=True,
            format_func=LENS_TEXTS.__getitem__,
            on_change=_keep,
            args=(session, "lens"),
            help=_LENS_HELP,
        )
    )


def _pick_spare(session: Session) -> int:
    """Spare replicas: as many as the workload asks for, else one where it is ticked."""
    asked = session.workload.assumptions.spare_replicas
    show_value("serving.spare", session.serving.get("spare", "1" if asked else "0") == "1")
    spare = st.checkbox(
        f"{asked} spare replicas" if asked > 1 else "One spare replica",
        key="serving.spare",
        on_change=_keep_spare,
        args=(session,),
        help="N+1: a replica more than the load needs, so that one may fail or be updated.",
    )
    return max(asked, 1) if spare else 0


def _keep_spare(session: Session) -> None:
    session.serving["spare"] = "1" if st.session_state["serving.spare"] else "0"
