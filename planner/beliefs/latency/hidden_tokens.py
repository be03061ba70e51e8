"""Hidden tokens of a row by its effort."""

from collections.abc import Sequence

import numpy as np

from planner.catalog.schema import Catalog
from planner.catalog.speeds import ApiSpeed
from planner.units import Floats

_LOG = {"low": -1.0, "high": 0.8, "xhigh": 1.6, "max": 1.6}


def hidden_log_tokens(catalog: Catalog, rows: Sequence[ApiSpeed]) -> tuple[Floats, Floats]:
    """Mean and sd (N,) of the log of hidden tokens."""
    prior = catalog.priors["reasoning_tokens.chat"]
    mean = [float(np.log(prior.a)) + _LOG.get(row.effort or "", 0.0) for row in rows]
    return np.array(mean), np.full(len(rows), 1.2)
