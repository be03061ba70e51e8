"""What measuring is worth and what it changed: ideas for the next probe, forecasts before and after, the plan."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import streamlit as st

from planner.beliefs.evidence.measured import LIKE_PROBE, SegmentMeasurement, measured_on
from planner.beliefs.evidence.probe_statistics import share_of
from planner.beliefs.quality.segment_quality import SegmentQuality, segment_quality
from planner.facts import today
from planner.planning.certainty.next_probe import ProbeIdea, rank_probes
from planner.planning.choose import Planned, plan_bundle
from planner.planning.plan import Conflict, Figure
from planner.planning.what_if.comparison import Comparison, what_if
from planner.planning.wording import figure_of
from planner.report.charts import ForecastChange, ForecastCheck
from planner.session.cached import (
    facts_version,
    planned,
    published_beliefs,
    the_beliefs,
    the_catalog,
)
from planner.units import Draws, interval_of, normal_draws
from planner.workload.load import workload_hash
from planner.workload.schema import Segment, Workload

_SHOWN_MODELS: Final = 12


def probe_ideas(workload: Workload) -> tuple[ProbeIdea, ...]:
    """What to measure next, what is worth most for its cost first; empty when no answer would change the plan."""
    return _ideas_for(workload_hash(workload), facts_version(), today(), workload)


@st.cache_resource(show_spinner="Weighing what to measure …", max_entries=8)
def _ideas_for(key: str, version: str, day: date, _workload: Workload) -> tuple[ProbeIdea, ...]:  # noqa: ARG001 (the key)
    answer = planned(_workload)
    ideas = rank_probes(answer, the_catalog(), the_beliefs())
    if isinstance(answer.outcome, Conflict) and answer.outcome.segment:
        # The other segments have tools that hold their limits: measuring them finds no plan.
        return tuple(idea for idea in ideas if idea.segment == answer.outcome.segment)
    return ideas


def plan_change(workload: Workload) -> Comparison:
    """The plan that rests on published evidence alone against the one that knows what was measured."""
    return _change_for(workload_hash(workload), facts_version(), today(), workload)


@st.cache_resource(show_spinner="Planning without what was measured …", max_entries=8)
def _change_for(key: str, version: str, day: date, _workload: Workload) -> Comparison:  # noqa: ARG001 (the key)
    before = _planned_before(key, the_catalog().version, day, _workload)
    return what_if(before, (), the_catalog(), the_beliefs(), day)


@st.cache_resource(show_spinner=False, max_entries=4)
def _planned_before(key: str, version: str, day: date, _workload: Workload) -> Planned:  # noqa: ARG001 (the key)
    segments = tuple(_without_probes(segment) for segment in _workload.segments)
    workload = _workload.model_copy(update={"segments": segments})
    return plan_bundle(workload, the_catalog(), published_beliefs(), day, detail="quick")


def _without_probes(segment: Segment) -> Segment:
    """The segment as it was before its difficulty was anchored at a suite that was run."""
    if segment.like is not None and segment.like.startswith(LIKE_PROBE):
        return segment.model_copy(update={"like": None})
    return segment


def forecast_changes(workload: Workload, segment: Segment) -> tuple[ForecastChange, ...]:
    """Every model's share of acceptable answers on a segment, before and after measuring; the probed ones first."""
    return _forecasts_for(workload_hash(workload), facts_version(), segment.name, workload)


@st.cache_resource(show_spinner=False, max_entries=16)
def _forecasts_for(key: str, version: str, name: str, _workload: Workload) -> tuple[ForecastChange, ...]:  # noqa: ARG001 (the key)
    segment = _workload.segment(name)
    beliefs, catalog = the_beliefs(), the_catalog()
    seen = measured_on(beliefs.measured, _workload.name, segment)
    before = _forecast_before(segment)
    after = segment_quality(beliefs.quality, catalog, segment, seen)
    shares = _measured_shares(seen)
    found = [
        ForecastChange(
            model=model,
            name=catalog.models[model].name,
            before=figure_of(before.direct[number]),
            after=figure_of(after.direct[number]),
            measured=shares.get(model),
        )
        for number, model in enumerate(before.model_ids)
    ]
    return tuple(sorted(found, key=lambda one: (one.measured is None, -abs(one.after.mean - one.before.mean))))


def _forecast_before(segment: Segment) -> SegmentQuality:
    return segment_quality(published_beliefs().quality, the_catalog(), _without_probes(segment), SegmentMeasurement())


def _measured_shares(seen: SegmentMeasurement) -> dict[str, Figure]:
    """Share of each model's answers to the segment's own samples that were acceptable, with its interval."""
    found: dict[str, Figure] = {}
    for part in seen.own if seen.stands_for else ():
        outcomes = part.outcomes
        for number, model in enumerate(outcomes.models):
            mine = outcomes.model == number
            if not mine.any():
                continue
            share = share_of(outcomes.score[mine].tolist(), [str(item) for item in outcomes.item[mine]])
            interval = share.interval
            found[model] = Figure(
                mean=interval.mean, low=interval.low, high=interval.high, level=interval.level, number_class="measured"
            )
    return found


def shown_changes(
    changes: Sequence[ForecastChange], planned_models: Sequence[str], most: int = _SHOWN_MODELS
) -> tuple[ForecastChange, ...]:
    """The models worth a picture: those that were asked, the planned ones, then those whose forecast moved most."""
    asked = [one for one in changes if one.measured is not None]
    used = [one for one in changes if one.measured is None and one.model in planned_models]
    rest = [one for one in changes if one not in asked and one not in used]
    return tuple([*asked, *used, *rest][: max(most, len(asked))])


def forecast_checks(workload: Workload) -> tuple[ForecastCheck, ...]:
    """Each measured share beside the forecast that was made without it, over all segments with samples answered."""
    return _checks_for(workload_hash(workload), facts_version(), workload)


@st.cache_resource(show_spinner=False, max_entries=4)
def _checks_for(key: str, version: str, _workload: Workload) -> tuple[ForecastCheck, ...]:  # noqa: ARG001 (the key)
    measured = the_beliefs().measured
    found = []
    for segment in _workload.segments:
        seen = measured_on(measured, _workload.name, segment)
        if not (seen.own and seen.stands_for):
            continue
        before = _forecast_before(segment)
        row = {model: number for number, model in enumerate(before.model_ids)}
        asked = _asked(seen)
        for model, share in _measured_shares(seen).items():
            draws = before.direct[row[model]]
            found.append(
                ForecastCheck(
                    model=model,
                    name=the_catalog().models[model].name,
                    segment=segment.name,
                    forecast=figure_of(draws),
                    measured=share,
                    held=_holds(draws, share.mean, asked[model], f"{segment.name} {model}"),
                )
            )
    return tuple(found)


def _asked(seen: SegmentMeasurement) -> dict[str, int]:
    """Independent items that each model answered."""
    return {
        model: len(np.unique(part.outcomes.item[part.outcomes.model == number]))
        for part in seen.own
        for number, model in enumerate(part.outcomes.models)
    }


def _holds(draws: Draws, share: float, items: int, name: str) -> bool:
    """Whether a measured share lies where the forecast expects one of so many items: its draws with their own chance.

    The share of n answers of a model that is right with probability p scatters around p by sqrt(p (1 - p) / n).
    """
    noise = normal_draws(the_beliefs().seed, "measured beside forecast", name)
    likely = interval_of(draws + np.sqrt(draws * (1.0 - draws) / max(items, 1)) * noise)
    rounding = 0.5 / max(items, 1)
    return likely.low - rounding <= share <= likely.high + rounding
