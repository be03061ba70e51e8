"""One model's page: where it stands in the plan, what it costs where, its limits, skills, scores and sources."""

from html import escape
from typing import Final

import streamlit as st

from planner.catalog.browse import EvidenceRow, ModelDetails, show_model
from planner.catalog.schema import Model, Offer
from planner.planning.plan import Plan
from planner.report import charts
from planner.report.format import number, percent
from planner.session import Session, show_value, the_catalog
from planner.session.browsing import narrowing_of, skills_of
from planner.terms import SKILLS
from planner.views.parts.figures import mark
from planner.views.parts.frame import shown_mode
from planner.views.parts.pictures import draw_chart
from planner.views.parts.tables import Row, draw_csv_button
from planner.views.toolbox.segment import why_not_reasons

_WORTH_TELLING: Final = 0.02
"""A narrowing by less is not told."""
_PICK: Final = "models.pick"


def draw_model(session: Session) -> None:
    """The page of the model looked at; a search box when there is none."""
    models = the_catalog().models
    show_value(_PICK, session.model or None)
    st.selectbox(
        "One model",
        list(models),
        key=_PICK,
        format_func=lambda name: f"{models[name].name} ({models[name].maker})",
        placeholder="Type a name",
        on_change=_pick,
        args=(session,),
    )
    if not session.model:
        return
    details = show_model(the_catalog(), session.model)
    st.subheader(details.model.name, anchor=False)
    _draw_standing(session, details.model)
    facts, skills = st.columns([2, 3], gap="medium")
    with facts:
        _draw_facts(details.model)
    with skills:
        _draw_skills(details.model)
    _draw_narrowing(details.model)
    offers, scores = st.tabs([f"Prices ({len(details.offers)})", f"Scores ({len(details.evidence)})"])
    with offers:
        _draw_rows([offer_row(offer) for offer in details.offers], "prices", "Nobody sells it by the token.")
    with scores:
        _draw_rows(
            [_score_row(row) for row in details.evidence],
            "scores",
            "No public score is known: its skills are read off its maker, size, date and price.",
        )
    _draw_sources(details)


def _pick(session: Session) -> None:
    session.model = st.session_state[_PICK] or ""


def _draw_standing(session: Session, model: Model) -> None:
    """Where it stands in the present plan, or why not, kind by kind."""
    plan = session.outcome
    if not isinstance(plan, Plan):
        return
    items = []
    for segment in plan.segments:
        reasons = why_not_reasons(session, segment, model.id)
        first = reasons[0] if reasons else ""
        items.append(f"<li><b>{escape(segment.name)}</b>: {escape(first)}</li>")
    st.html(f'<p class="tp-small"><b>In the present plan</b></p><ul class="tp-list tp-small">{"".join(items)}</ul>')


def _draw_facts(model: Model) -> None:
    size = _billions(model.total_params_b)
    if model.active_params_b and model.active_params_b != model.total_params_b:
        size += f", {_billions(model.active_params_b)} active per token"
    facts = [
        ("Maker", model.maker),
        ("Released", str(model.released or "unknown")),
        ("Licence", f"{model.licence} ({model.licence_kind.replace('_', ' ')})"),
        ("Parameters", size),
        ("Context", f"{number(model.context_tokens)} tokens"),
        ("Longest answer", f"{number(model.max_output_tokens)} tokens" if model.max_output_tokens else "unknown"),
        ("Reads", ", ".join(model.modalities)),
        ("Hidden reasoning", model.reasoning),
        ("Knows until", model.knowledge_cutoff or "unknown"),
        ("Languages", ", ".join(model.languages) if model.languages else "not stated"),
        (
            "Can be tuned",
            {"weights": "on its open weights", "provider": "through its maker", "no": "no"}[model.fine_tuning],
        ),
        ("Made from", model.base or "itself"),
    ]
    rows = "".join(f"<tr><td class='tp-dim'>{name}</td><td>{escape(value)}</td></tr>" for name, value in facts)
    source = f"{model.source.url} ({model.source.date})"
    st.html(
        f'<table class="tp-table">{rows}</table><p class="tp-small tp-dim">{mark("published")} {escape(source)}</p>'
    )


def _billions(value: float | None) -> str:
    return "the maker does not say" if value is None else f"{number(value)} billion"


def _draw_skills(model: Model) -> None:
    rows = skills_of(model.id)
    as_bars = st.segmented_control(
        "Skills as", ["bars", "radar"], default="bars", required=True, key="models.skills", label_visibility="collapsed"
    )
    draw = charts.skills_radar if as_bars == "radar" else charts.skill_bars
    text = "; ".join(f"{row.skill} {percent(row.quality.mean)}" for row in rows)
    draw_chart(draw(rows, model.name, shown_mode()), "models.one", f"Skills of {model.name}: {text}")


def _draw_narrowing(model: Model) -> None:
    """Which further evidence would narrow what is believed of the model in the chosen skill."""
    asked = st.session_state.get("skill")
    skill = asked if asked in SKILLS else SKILLS[0]
    found = [one for one in narrowing_of(model.id, skill) if one.narrower >= _WORTH_TELLING]
    name = skill.replace("_", " ")
    if not found:
        st.caption(f"No single further score would narrow its {name} figure noticeably.")
        return
    now = found[0].now
    items = "".join(
        f"<li>{escape(one.name)}: {percent(one.then.low)} to {percent(one.then.high)},"
        f" {percent(one.narrower)} narrower</li>"
        for one in found
    )
    st.html(
        f'<p class="tp-small"><b>What would narrow it most</b>: {escape(name)} stands at {percent(now.low)} to'
        f" {percent(now.high)} {mark('fitted')}. With one more result, if it comes out as expected:</p>"
        f'<ul class="tp-list tp-small">{items}</ul>'
    )


def _draw_rows(rows: list[Row], name: str, nothing: str) -> None:
    if not rows:
        st.caption(nothing)
        return
    st.dataframe(rows, hide_index=True, height=300, key=f"models.{name}")
    draw_csv_button(rows, name)


def offer_row(offer: Offer) -> Row:
    """One offer for the table of prices."""
    price = offer.price
    return {
        "Provider": the_catalog().providers[offer.provider].name,
        "Area": offer.area,
        "Region": offer.region,
        "Input, USD per 1M": price.input_usd_per_mtok if price else None,
        "Cached input": price.cached_input_usd_per_mtok if price else None,
        "Output, USD per 1M": price.output_usd_per_mtok if price else None,
        "Batch output": price.batch_output_usd_per_mtok if price else None,
        "Long-context steps": len(price.steps) if price else None,
        "Context": offer.context_tokens,
        "Retires": str(offer.retires) if offer.retires else None,
        "Key": offer.key,
        "Read": str(offer.source.date),
        "Source": offer.source.url,
    }


def _score_row(row: EvidenceRow) -> Row:
    return {
        "Benchmark": row.benchmark,
        "Skill": row.skill.replace("_", " "),
        "Variant": row.variant,
        "Score": row.score,
        "Items": None if row.n != row.n else row.n,
        "Date": row.date,
        "Source": row.source,
    }


def _draw_sources(details: ModelDetails) -> None:
    listed = "".join(
        f"<li>{escape(source.url)} ({source.date}) {escape(source.note)}</li>" for source in details.sources
    )
    with st.expander(f"Sources ({len(details.sources)})"):
        st.html(f'<ul class="tp-list tp-small">{listed}</ul>')
