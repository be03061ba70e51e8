"""How much more or less one model thinks than others, as far as it carries over to work that no one has counted.

The factors stand in catalogs/hidden_priors.csv, fitted to catalogs/token_spend (a test fits them anew): a plan needs
them for every segment, and the counts change with the catalog alone.
"""

from typing import Final

import numpy as np

from planner.beliefs.latency.tokens.fit import TokenPoint, forecast_tokens, token_points
from planner.beliefs.priors import prior_draws
from planner.catalog.evidence.token_spend import load_token_spend
from planner.catalog.schema import Catalog
from planner.units import Draws

PREFIX: Final = "hidden_factor."
_CARRIED_SD: Final = 0.45
"""Log-sd of a well-counted model's factor in another kind of work: 0.6 of it carries over, 0.4 is of the work."""


def fitted_factors(catalog: Catalog) -> dict[str, tuple[float, float]]:
    """Factor and its log-sd of every thinking model whose hidden tokens were counted somewhere."""
    known = token_points(load_token_spend(frozenset(catalog.models)), "hidden")
    thinking = [name for name, model in catalog.models.items() if model.reasoning != "none"]
    counted = {point.model for point in known}
    asked = [TokenPoint(name, None, None, "medium", float("nan")) for name in thinking]
    found = forecast_tokens(catalog, "hidden", known, asked)
    usual = float(np.median(found.mean))
    own = np.sqrt(np.maximum(np.square(found.sd) - float(np.square(found.sd).min()) + _CARRIED_SD**2, 0.0))
    return {
        name: (float(np.exp(mean - usual)), float(sd))
        for name, mean, sd in zip(thinking, found.mean, own, strict=True)
        if name in counted
    }


def hidden_factor(catalog: Catalog, model: str, seed: int) -> Draws | None:
    """(S,) draws of a model's hidden tokens over those of the usual thinking model; None: never counted."""
    prior = f"{PREFIX}{model}"
    return prior_draws(catalog, prior, seed) if prior in catalog.priors else None
