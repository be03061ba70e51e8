"""When the requests of a load run leave."""

from typing import Final

import numpy as np

from planner.probing.settings import ProbeSettings
from planner.units import SEED, Floats, stream

PAUSE_S: Final = 2.0
"""Between two models, so that the first one's last answers are in."""


def planned_s(run_id: str, model: str, settings: ProbeSettings) -> Floats:
    """Moments at which one model is sent a request, seconds from its start, ascending: a Poisson process.

    The same for every process that asks, because they come from a stream named by run and model.
    """
    rate, seconds = settings.rate_per_s or 0.0, settings.seconds or 0.0
    rng = stream(SEED, "arrivals", run_id, model)
    count = int(rate * seconds + 8.0 * np.sqrt(rate * seconds) + 16)
    moments = np.cumsum(rng.exponential(1.0 / rate, count)) if rate > 0 else np.empty(0)
    return moments[moments < seconds]
