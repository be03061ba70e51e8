"""Draws of the named priors in catalogs/, and what each model has of its own: a stream for each, the same for all."""

from functools import lru_cache

import numpy as np
from scipy.special import betaincinv

from planner.catalog.schema import Catalog, Prior
from planner.units import DRAW_COUNT, SEED, Draws, normal_draws, uniform_draws


def prior_draws(catalog: Catalog, prior_id: str, seed: int = SEED) -> Draws:
    """Draws of one prior in its natural unit, shape (S,), read-only; KeyError if the catalog has none of that id."""
    return _draws(catalog.priors[prior_id], seed)


@lru_cache(maxsize=1024)
def _draws(prior: Prior, seed: int) -> Draws:
    """The same prior and seed give the same array; it is shared, so nobody may write to it."""
    if prior.family == "normal":
        draws = prior.a + prior.b * normal_draws(seed, "prior", prior.id)
    elif prior.family == "lognormal":
        draws = prior.a * np.exp(prior.b * normal_draws(seed, "prior", prior.id))
    elif prior.family == "beta":
        draws = np.asarray(betaincinv(prior.a, prior.b, uniform_draws(seed, "prior", prior.id)))
    else:
        draws = np.full(DRAW_COUNT, prior.a)
    draws.flags.writeable = False
    return draws


@lru_cache(maxsize=64)
def model_draws(seed: int, names: tuple[str, ...], models: tuple[str, ...]) -> Draws:
    """Standard normals (M, S), a stream for each model under these names; read-only, since they are shared."""
    draws = np.array([normal_draws(seed, *names, model) for model in models]).reshape(len(models), DRAW_COUNT)
    draws.flags.writeable = False
    return draws
