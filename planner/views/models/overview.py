"""The Models page's parts: what to compare on, price against quality, the same as a table."""

from html import escape
from typing import Final

import streamlit as st

from planner.catalog.browse import ModelRow, list_models
from planner.report import charts
from planner.report.charts import PricedModel
from planner.report.format import money, number, share
from planner.session import Session, the_catalog, today
from planner.session.browsing import Asked
from planner.terms import AREAS, SKILLS
from planner.views.parts.frame import shown_mode
from planner.views.parts.pictures import clicked, draw_chart
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button

_CHART: Final = "models.chart"
_TABLE: Final = "models.table"
_ANY: Final = "anywhere"
_LICENCES: Final = {"permissive": "permissive", "open_restricted": "open, restricted", "proprietary": "proprietary"}


def draw_question(session: Session) -> Asked:
    """Skill and shape to compare on; a segment of the workload to start from."""
    start = session.segment_of_interest()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        skill = st.selectbox(
            "Skill",
            SKILLS,
            index=SKILLS.index(start.skill),
            format_func=lambda name: name.replace("_", " "),
            key="skill",
            bind="query-params",
            width=190,
        )
        tokens = st.number_input(
            "Input tokens",
            1.0,
            2e6,
            min(start.input_tokens.mean, 2e6),
            key="models.input",
            persist_state="session",
            width=150,
            format="%g",
        )
        answer = st.number_input(
            "Output tokens",
            1.0,
            2e5,
            min(start.output_tokens.mean, 2e5),
            key="models.output",
            persist_state="session",
            width=150,
            format="%g",
        )
        area = st.selectbox("Processed in", [_ANY, *AREAS], key="area", bind="query-params", width=140)
    prefix = min(start.shared_prefix_tokens, tokens)
    return Asked(skill, tokens, answer, prefix, None if area == _ANY else area)


def draw_filters(rows: tuple[PricedModel, ...]) -> tuple[PricedModel, ...]:
    """Licence, maker and size: the rows that pass."""
    models = the_catalog().models
    makers = sorted({models[row.model].maker for row in rows})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        licences = st.pills(
            "Licence",
            list(_LICENCES),
            selection_mode="multi",
            format_func=_LICENCES.__getitem__,
            key="models.licence",
            persist_state="session",
        )
        classes = st.pills(
            "Size", ["small", "mid", "frontier"], selection_mode="multi", key="models.size", persist_state="session"
        )
        makers = st.multiselect("Maker", makers, key="models.maker", persist_state="session", width=320)
    return tuple(
        row
        for row in rows
        if (not licences or models[row.model].licence_kind in licences)
        and (not classes or models[row.model].model_class in classes)
        and (not makers or models[row.model].maker in makers)
    )


def draw_answer(rows: tuple[PricedModel, ...], asked: Asked) -> None:
    """The page's sentence: the best, and the cheapest that is nearly as good."""
    words = asked.skill.replace("_", " ")
    if not rows:
        st.html(f'<p class="tp-answer">No model with a price passes these filters for {words}.</p>')
        return
    best = max(rows, key=lambda row: row.quality.mean)
    near = min(
        (row for row in rows if row.quality.mean >= 0.95 * best.quality.mean), key=lambda row: row.usd_per_1000.mean
    )
    text = (
        f"For {words}, <b>{escape(best.name)}</b> answers most acceptably: {share(best.quality)} "
        f"at {money(best.usd_per_1000.mean)} per 1,000"
    )
    if near.model == best.model:
        text += "; nothing cheaper comes within 95 % of it."
    else:
        text += f"; <b>{escape(near.name)}</b> comes within 95 % of it for <b>{money(near.usd_per_1000.mean)}</b>."
    st.html(f'<p class="tp-answer">{text}</p>')


def draw_picture(session: Session, rows: tuple[PricedModel, ...]) -> None:
    """Price against quality; a click opens a model."""
    if not rows:
        return
    chosen = (session.model,) if session.model else ()
    draw_chart(
        charts.price_quality_scatter(rows, chosen, shown_mode()),
        _CHART,
        "Price against quality of every model; the table below says the same",
        on_select=lambda: _take_point(session),
    )
    st.caption("Click a mark, or a line of the table, to open a model.")


def _take_point(session: Session) -> None:
    model = clicked(_CHART)
    if model is not None:
        session.model = str(model)


def draw_table(session: Session, rows: tuple[PricedModel, ...]) -> None:
    """The same selection as a table; its lines can be chosen."""
    facts = {row.id: row for row in list_models(the_catalog(), today())}
    listed = [_table_row(row, facts[row.model]) for row in rows]
    st.dataframe(
        listed,
        key=_TABLE,
        hide_index=True,
        on_select=lambda: _take_row(session, rows),
        selection_mode="single-row",
        height=380,
        column_config={
            "Acceptable, %": st.column_config.ProgressColumn(format="%.0f", min_value=0, max_value=100),
            **{
                name: st.column_config.NumberColumn(format="%.3g")
                for name in ("USD per 1,000", "USD, low", "USD, high")
            },
            **{name: st.column_config.NumberColumn(format="%.0f") for name in ("%, low", "%, high")},
        },
    )
    with st.container(horizontal=True, gap="small"):
        draw_csv_button(listed, "models")
        draw_json_button(listed, "models")


def _take_row(session: Session, rows: tuple[PricedModel, ...]) -> None:
    chosen = st.session_state[_TABLE]["selection"]["rows"]
    if chosen:
        session.model = rows[chosen[0]].model


def _table_row(row: PricedModel, facts: ModelRow) -> Row:
    return {
        "Model": row.name,
        "Maker": facts.maker,
        "USD per 1,000": row.usd_per_1000.mean,
        "USD, low": row.usd_per_1000.low,
        "USD, high": row.usd_per_1000.high,
        "Acceptable, %": 100 * row.quality.mean,
        "%, low": 100 * row.quality.low,
        "%, high": 100 * row.quality.high,
        "Cheapest at": row.place,
        "Context, tokens": number(facts.context_tokens),
        "Parameters, B": facts.total_params_b,
        "Licence": facts.licence,
        "Scores": facts.evidence_rows,
        "Retires": str(facts.retires) if facts.retires else None,
        "Id": row.model,
    }
