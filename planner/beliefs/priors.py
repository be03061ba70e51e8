"""Draws of the named priors in catalogs/: one stream per prior id, so all who use a prior see the same draws."""

from functools import lru_cache

import numpy as np

from planner.catalog.schema import Catalog, Prior
from planner.units import DRAW_COUNT, SEED, Draws, stream


def prior_draws(catalog: Catalog, prior_id: str, seed: int = SEED) -> Draws:
    """Draws of one prior in its natural unit, shape (S,), read-only; KeyError if the catalog has none of that id."""
    return _draws(catalog.priors[prior_id], seed)


@lru_cache(maxsize=1024)
def _draws(prior: Prior, seed: int) -> Draws:
    """The same prior and seed give the same array; it is shared, so nobody may write to it."""
    rng = stream(seed, "prior", prior.id)
    if prior.family == "normal":
        draws = prior.a + prior.b * rng.standard_normal(DRAW_COUNT)
    elif prior.family == "lognormal":
        draws = prior.a * np.exp(prior.b * rng.standard_normal(DRAW_COUNT))
    elif prior.family == "beta":
        draws = rng.beta(prior.a, prior.b, DRAW_COUNT)
    else:
        draws = np.full(DRAW_COUNT, prior.a)
    draws.flags.writeable = False
    return draws
