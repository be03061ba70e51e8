"""The Models page's questions: price and quality of every model for a kind of request; one model's skills."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np
import streamlit as st

from planner.beliefs.quality.abilities import skill_qualities
from planner.beliefs.quality.narrowing import Narrowing, narrowing
from planner.facts import today
from planner.options.enumerate import enumerate_options
from planner.options.table import TECHNIQUES, TIERS, OptionTable
from planner.planning.plan import Figure
from planner.report.charts import PricedModel, SkillEstimate
from planner.session.cached import the_beliefs, the_catalog
from planner.terms import SKILLS, Skill
from planner.units import Draws, interval_of
from planner.workload.load import check_workload

_REQUESTS: float = 1000.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind of request to compare models on."""

    skill: Skill
    input_tokens: float
    output_tokens: float
    shared_prefix_tokens: float = 0.0
    area: str | None = None
    """Area in which it must be processed; None: any."""


def priced_models(asked: Asked) -> tuple[PricedModel, ...]:
    """Cheapest offer of every model that may serve it, with its quality when asked directly; the best first."""
    return _priced_for(asked, the_catalog().version, today())


@st.cache_resource(show_spinner="Comparing models …", max_entries=24)
def _priced_for(asked: Asked, version: str, day: date) -> tuple[PricedModel, ...]:  # noqa: ARG001 (part of the key)
    segment = {
        "name": "asked",
        "skill": asked.skill,
        "requests_per_month": _REQUESTS,
        "input_tokens": {"mean": asked.input_tokens},
        "output_tokens": {"mean": asked.output_tokens},
        "shared_prefix_tokens": min(asked.shared_prefix_tokens, asked.input_tokens),
        "quality_floor": 0.0,
        "data": {"residency": [asked.area]} if asked.area else {},
    }
    workload = check_workload({"version": 1, "name": "models page", "segments": [segment]})
    catalog, beliefs = the_catalog(), the_beliefs()
    table = enumerate_options(workload, catalog, beliefs, day).tables[0]
    rows = [_priced(table, row) for row in _cheapest_direct(table)]
    return tuple(sorted(rows, key=lambda row: -row.quality.mean))


def _cheapest_direct(table: OptionTable) -> list[int]:
    """Row of the cheapest plain API offer of every model."""
    by_api = np.array([place.serving == "api" for place in table.places], dtype=bool)
    plain = (table.technique == TECHNIQUES.index("direct")) & (table.strong_model < 0) & by_api[table.place]
    best: dict[int, tuple[float, int]] = {}
    for row in np.flatnonzero(plain).tolist():
        cost, model = float(table.usage_usd[row].mean()), int(table.model[row])
        if model not in best or cost < best[model][0]:
            best[model] = (cost, row)
    return [row for _, row in best.values()]


def _priced(table: OptionTable, row: int) -> PricedModel:
    model = table.model_ids[int(table.model[row])]
    return PricedModel(
        model=model,
        name=the_catalog().models[model].name,
        tier=TIERS[int(table.tier[row])],
        usd_per_1000=_figure(table.usage_usd[row]),
        quality=_figure(table.quality[row]),
        place=table.places[int(table.place[row])].label,
    )


def _figure(draws: Draws) -> Figure:
    found = interval_of(draws)
    return Figure(mean=found.mean, low=found.low, high=found.high, number_class="fitted")


def skills_of(model: str) -> tuple[SkillEstimate, ...]:
    """One model's quality in every skill, on requests as hard as the skill's usual benchmark."""
    return _skills_for(model, the_catalog().version)


@st.cache_resource(show_spinner=False, max_entries=300)
def _skills_for(model: str, version: str) -> tuple[SkillEstimate, ...]:
    by_skill, counts = _all_skills(version)
    number = list(the_catalog().models).index(model)
    return tuple(
        SkillEstimate(skill, _figure(by_skill[skill][number]), counts[(model, skill)])
        for skill in SKILLS
        if skill in by_skill
    )


@st.cache_resource(show_spinner="Reading skills …", max_entries=2)
def _all_skills(version: str) -> tuple[dict[str, Draws], Counter[tuple[str, str]]]:  # noqa: ARG001 (the key)
    catalog = the_catalog()
    names = zip(catalog.evidence.model, catalog.evidence.benchmark, strict=True)
    counts = Counter((model, catalog.benchmarks[benchmark].skill) for model, benchmark in names)
    return skill_qualities(the_beliefs().quality, catalog), counts


def narrowing_of(model: str, skill: Skill) -> tuple[Narrowing, ...]:
    """Evidence that would narrow the belief about a model in a skill, the most telling first."""
    return _narrowing_for(model, skill, the_catalog().version)


@st.cache_resource(show_spinner=False, max_entries=300)
def _narrowing_for(model: str, skill: Skill, version: str) -> tuple[Narrowing, ...]:  # noqa: ARG001 (part of the key)
    return narrowing(the_beliefs().quality, the_catalog(), model, skill)
