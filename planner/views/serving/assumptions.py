"""What the paths of the Serving page rest on beside prices: each number with its spread, class and source."""

from html import escape
from typing import Final

import numpy as np
import streamlit as st

from planner.beliefs.priors import prior_draws
from planner.planning.self_hosting.answer import Answer
from planner.planning.wording import figure_of
from planner.session import Session, the_catalog
from planner.views.parts.figures import figure_html, mark
from planner.views.parts.tables import Row, draw_csv_button, wide_table

_TOLD: Final[tuple[tuple[str, str], ...]] = (
    ("demand.rush", "Busiest hour over the mean of the hours with traffic"),
    ("startup.node_seconds", "Start: until a machine is there"),
    ("startup.load_gb_per_s", "Start: loading the weights"),
    ("startup.engine_seconds", "Start: engine, compilation, graphs"),
    ("startup.idle_timeout_seconds", "Idle time after which a replica is switched off"),
    ("own.capital_rate", "Own servers: cost of capital"),
    ("own.hosting_usd_per_kw_month", "Own servers: space and cooling"),
    ("own.maintenance_share", "Own servers: maintenance"),
    ("own.idle_power_share", "Electricity of an idle machine over a loaded one's"),
    ("power.host_watts_factor", "Server power over board power"),
    ("energy.power_fraction", "Board power drawn under load"),
    ("energy.pue", "Site power over machine power"),
    ("setup_hours.self_hosted_pool", "Setting the serving stack up"),
    ("upkeep_hours.self_hosted_pool", "Keeping the serving stack up"),
    ("setup_hours.self_hosted_model", "Setting one model up on it"),
    ("upkeep_hours.self_hosted_model", "Keeping one model up"),
    ("setup_hours.own_server", "Setting an own server up"),
    ("upkeep_hours.own_server", "Keeping an own server up"),
    ("setup_hours.provider", "Setting an API contract up"),
    ("upkeep_hours.provider", "Keeping an API contract up"),
)


def draw_rests_on(session: Session, found: Answer | str) -> None:
    """A closed panel with every named number, where the workload's own stand, and where they are changed."""
    if isinstance(found, str):
        return
    own = session.workload.assumptions
    with st.expander("What these paths assume", icon=":material/rule:"):
        st.caption(
            "From the workload, changed on its page under What nobody said: an engineer's hour "
            f"{own.engineer_hour_usd:g} USD, {own.amortise_months} months of amortisation, electricity "
            f"{own.electricity_usd_per_kwh:g} USD per kWh, machines busy to {own.gpu_utilisation_cap:.0%} at most. The "
            "rest is the catalog's:"
        )
        rows = [_row(prior_id, name) for prior_id, name in _TOLD]
        body = "".join(_html(prior_id, name) for prior_id, name in _TOLD)
        st.html(wide_table(("What", "Value", "Unit", "From"), body))
        draw_csv_button(rows, "serving-assumptions")


def _html(prior_id: str, name: str) -> str:
    prior = the_catalog().priors[prior_id]
    draws = prior_draws(the_catalog(), prior_id)
    figure = figure_of(draws, prior.number_class)
    shown = figure_html(figure, "") if np.ptp(draws) > 0.0 else f"<b>{prior.a:g}</b>{mark(prior.number_class)}"
    source = f"{prior.source.url} ({prior.source.date})"
    return (
        f"<tr><td>{escape(name)}</td><td>{shown}</td><td>{escape(prior.unit)}</td>"
        f'<td class="tp-dim">{escape(source)}</td></tr>'
    )


def _row(prior_id: str, name: str) -> Row:
    prior = the_catalog().priors[prior_id]
    figure = figure_of(prior_draws(the_catalog(), prior_id))
    return {
        "what": name,
        "mean": figure.mean,
        "low": figure.low,
        "high": figure.high,
        "unit": prior.unit,
        "class": prior.number_class,
        "source": prior.source.url,
        "date": str(prior.source.date),
        "id": prior_id,
    }
