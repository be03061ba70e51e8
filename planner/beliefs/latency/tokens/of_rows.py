"""Hidden tokens before the first visible one: of a row of times by its effort, and of a segment by model and skill.

Of a segment the skill's prior says how much its usual request takes at medium effort; how much more or less one model
thinks than others comes from published counts, as far as it carries over from one kind of work to another.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from planner.beliefs.latency.tokens.fit import TokenPoint, forecast_tokens, token_points
from planner.catalog.evidence.token_spend import load_token_spend
from planner.catalog.schema import Catalog
from planner.catalog.speeds import ApiSpeed
from planner.units import Floats

_SPEED_TESTS_LOG: Final = -0.7
"""Speed tests ask short and easy questions: half the hidden tokens of a benchmark's chat (assumption)."""


def hidden_log_tokens(catalog: Catalog, rows: Sequence[ApiSpeed]) -> tuple[Floats, Floats]:
    """Mean and sd (N,) of the log of hidden tokens behind a row of times."""
    asked = [TokenPoint(row.model, None, "chat", row.effort or "", float("nan")) for row in rows]
    if not asked:
        return np.zeros(0), np.zeros(0)
    known = token_points(load_token_spend(frozenset(catalog.models)), "hidden")
    found = forecast_tokens(catalog, "hidden", known, asked)
    return found.mean + _SPEED_TESTS_LOG, np.hypot(found.sd, found.row_sd)
