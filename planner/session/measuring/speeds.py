"""Forecasts of times and of hidden reasoning before and after measuring, as the Measure page draws them."""

from dataclasses import dataclass

import streamlit as st

from planner.beliefs.latency.changes import SpeedChange, length_changes, time_changes
from planner.planning.wording import figure_of
from planner.report.charts import SpeedForecast
from planner.session.cached import facts_version, planning_catalog, published_beliefs, the_beliefs, the_catalog


@dataclass(frozen=True, slots=True)
class Speeds:
    """What measuring changed, by kind of forecast."""

    first_tokens: tuple[SpeedForecast, ...]
    """95th percentile of the time to the first token, ms."""
    tokens: tuple[SpeedForecast, ...]
    """95th percentile of the time per token, ms."""
    hidden: tuple[SpeedForecast, ...]
    """Mean hidden reasoning tokens of an answer."""
    answers: int
    """Accepted answers with times, load runs included."""
    elsewhere: tuple[str, ...]
    """Models that were timed where no API forecast applies: the embedded one, servers of one's own."""
    visible: tuple[tuple[str, float], ...]
    """Model and the mean length of its visible answers, tokens."""


def speed_changes() -> Speeds:
    """Every forecast of a time or a length that an accepted answer bears on."""
    return _speeds_for(facts_version())


@st.cache_resource(show_spinner=False, max_entries=4)
def _speeds_for(version: str) -> Speeds:  # noqa: ARG001 (the version is the key)
    beliefs, catalog = the_beliefs(), the_catalog()
    times = beliefs.measured.times
    changes = time_changes(published_beliefs().latency, beliefs.latency, times)
    changes += length_changes(catalog, planning_catalog(), times, beliefs.seed)
    timed = dict.fromkeys(one.model for one in times)
    told = {one.model for one in changes if one.what != "hidden"}
    lengths = {
        model: [one.output_tokens - one.reasoning_tokens for one in times if one.model == model] for model in timed
    }
    return Speeds(
        first_tokens=tuple(_forecast(one) for one in changes if one.what == "ttft"),
        tokens=tuple(_forecast(one) for one in changes if one.what == "tpot"),
        hidden=tuple(_forecast(one) for one in changes if one.what == "hidden"),
        answers=len(times),
        elsewhere=tuple(catalog.models[model].name for model in timed if model not in told),
        visible=tuple((catalog.models[model].name, sum(found) / len(found)) for model, found in lengths.items()),
    )


def _forecast(change: SpeedChange) -> SpeedForecast:
    name = the_catalog().models[change.model].name
    provider = the_catalog().providers.get(change.where)
    where = provider.name if provider is not None else change.where.replace("_", " ")
    return SpeedForecast(
        model=change.model,
        name=f"{name} · {where}",
        before=figure_of(change.before),
        after=figure_of(change.after),
        seen=change.seen,
        at_tokens=change.at_tokens,
    )
