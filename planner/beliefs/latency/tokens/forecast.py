"""Forecasts of rows that someone counted: visible, hidden and all output tokens of a model in a skill at an effort.

A model that thinks bills hidden tokens; one that may, and of whom no one says, does so in some of the published rows;
one without, or asked not to, bills none. Each is a distribution over what a task never seen would take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.latency.random_effects import LEVELS, Outlook, student_quantiles
from planner.beliefs.latency.speed_facts import model_facts, thought
from planner.beliefs.latency.tokens.fit import TokenPoint, forecast_tokens, token_points
from planner.catalog.evidence.token_spend import TokenSpend
from planner.catalog.schema import Catalog
from planner.units import SEED, Draws, Floats, stream

TOKENS: Final = ("visible", "hidden", "output")
_SIZE: Final = 4000
_DEFAULT_THINKS: Final = 0.3
"""Share of published rows at the maker's default, of models that may think, that bill hidden tokens (19 of 65)."""
_UNSTATED_THINKS: Final = 0.6
"""The same where no effort is told at all: who counts hidden tokens had some to count (assumption)."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenForecast:
    """Quantiles of N rows at LEVELS, tokens, (N, 7) each; hidden ones may be 0."""

    visible: Floats
    hidden: Floats
    output: Floats


def forecast_spend(
    catalog: Catalog, known: Sequence[TokenSpend], rows: Sequence[TokenSpend], seed: int = SEED
) -> TokenForecast:
    """Forecast rows from known ones; what the rows themselves count is not read."""
    facts = model_facts(catalog, [row.model for row in rows])
    seen = {row.benchmark for row in known}
    asked = [
        TokenPoint(
            model=row.model,
            benchmark=row.benchmark if row.benchmark in seen else None,
            skill=row.skill or None,
            effort=row.effort or "",
            log_tokens=float("nan"),
        )
        for row in rows
    ]
    visible = forecast_tokens(catalog, "visible", token_points(known, "visible"), asked)
    hidden = forecast_tokens(catalog, "hidden", token_points(known, "hidden"), asked)
    rng = stream(seed, "token forecast")
    normal = rng.standard_normal((2, _SIZE))
    student = student_quantiles((rng.permuted(np.tile(np.arange(_SIZE), (2, 1)), axis=1) + 0.5) / _SIZE)
    share = rng.random(_SIZE)
    parts = np.empty((len(TOKENS), len(rows), len(LEVELS)))
    for number, row in enumerate(rows):
        shown = np.exp(_logs(visible, number, normal[0], student[0]))
        thinks = _chance(facts[row.model].reasoning, row.effort)
        kept = np.where(share < thinks, np.exp(_logs(hidden, number, normal[1], student[1])), 0.0)
        for which, tokens in enumerate((shown, kept, shown + kept)):
            parts[which, number] = np.quantile(tokens, LEVELS)
    return TokenForecast(parts[0], parts[1], parts[2])


def _chance(reasoning: str, effort: str | None) -> float:
    """Chance that hidden tokens are billed; a model that always thinks does so however little it is asked for."""
    if reasoning == "always":
        return 1.0
    thinks = thought("optional" if reasoning == "optional" else "none", effort)
    return {"yes": 1.0, "no": 0.0, "unstated": _DEFAULT_THINKS if effort == "default" else _UNSTATED_THINKS}[thinks]


def _logs(outlook: Outlook, row: int, normal: Draws, student: Draws) -> Draws:
    found: Draws = outlook.mean[row] + outlook.sd[row] * normal + outlook.row_sd[row] * student
    return found
