"""What is known: the fitted parts that options are built from, bundled."""

from dataclasses import dataclass, replace
from pathlib import Path

from planner.beliefs.evidence.measured import NOTHING, Measured
from planner.beliefs.latency.speeds import LatencyBeliefs, fit_latency
from planner.beliefs.quality.abilities import QualityBeliefs, fit_quality
from planner.beliefs.serving.fit import ServingFit, fit_serving
from planner.catalog.schema import Catalog
from planner.units import SEED


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """Fitted quality, latency and serving with the seed that all draws come from."""

    catalog_version: str
    seed: int
    quality: QualityBeliefs
    latency: LatencyBeliefs
    serving: ServingFit
    """Times of own replicas; the sizing takes it from the catalog that it was fitted for."""
    measured: Measured = NOTHING
    """What the user's probes add; segments take their part of it when their quality is asked for."""


def fit_beliefs(
    catalog: Catalog, seed: int = SEED, measured: Measured = NOTHING, kept_in: Path | None = None
) -> Beliefs:
    """Fit quality, latency and serving to the catalog's evidence and to what was measured; same input, same draws.

    `kept_in` is a folder of the user's that keeps the slow part between two processes; nothing depends on it.
    """
    latency = fit_latency(catalog, seed, measured.times)
    quality = fit_quality(catalog, seed, kept_in)
    return Beliefs(catalog.version, seed, quality, latency, fit_serving(catalog), measured)


def with_measured(beliefs: Beliefs, catalog: Catalog, measured: Measured) -> Beliefs:
    """Beliefs with other measurements: the fit to published evidence is kept, so this takes a second."""
    latency = fit_latency(catalog, beliefs.seed, measured.times)
    return replace(beliefs, latency=latency, measured=measured)
