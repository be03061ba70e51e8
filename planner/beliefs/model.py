"""What is known: the fitted parts that options are built from, bundled."""

from dataclasses import dataclass

from planner.beliefs.latency import LatencyBeliefs
from planner.beliefs.quality import QualityBeliefs


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """Fitted quality and latency with the seed that all draws come from."""

    catalog_version: str
    seed: int
    quality: QualityBeliefs
    latency: LatencyBeliefs
