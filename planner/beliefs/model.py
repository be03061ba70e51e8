"""What is known: the fitted parts that options are built from, bundled."""

from dataclasses import dataclass

from planner.beliefs.latency import LatencyBeliefs, fit_latency
from planner.beliefs.quality import QualityBeliefs, fit_quality
from planner.catalog.schema import Catalog
from planner.units import SEED


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """Fitted quality and latency with the seed that all draws come from."""

    catalog_version: str
    seed: int
    quality: QualityBeliefs
    latency: LatencyBeliefs


def fit_beliefs(catalog: Catalog, seed: int = SEED) -> Beliefs:
    """Fit quality and latency to the catalog's evidence; the same catalog and seed give the same draws."""
    return Beliefs(catalog.version, seed, fit_quality(catalog, seed), fit_latency(catalog, seed))
