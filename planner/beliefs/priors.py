"""Draws of the named priors in catalogs/: one stream per prior id, so every room that uses a prior sees the same draws."""

import numpy as np

from planner.catalog.schema import Catalog
from planner.units import DRAW_COUNT, SEED, Draws, stream


def prior_draws(catalog: Catalog, prior_id: str, seed: int = SEED) -> Draws:
    """Draws of one prior in its natural unit, shape (S,); KeyError if the catalog has none of that id."""
    prior = catalog.priors[prior_id]
    rng = stream(seed, "prior", prior_id)
    if prior.family == "normal":
        return prior.a + prior.b * rng.standard_normal(DRAW_COUNT)
    if prior.family == "lognormal":
        return prior.a * np.exp(prior.b * rng.standard_normal(DRAW_COUNT))
    if prior.family == "beta":
        return rng.beta(prior.a, prior.b, DRAW_COUNT)
    return np.full(DRAW_COUNT, prior.a)
