"""The shipped catalog, read once, and a segment to change."""

import pytest

from planner.beliefs.quality.abilities import QualityBeliefs, fit_quality
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.workload.schema import LatencyLimits, Segment, TokenDistribution


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The shipped catalog."""
    return load_catalog()


@pytest.fixture(scope="session")
def quality(catalog: Catalog) -> QualityBeliefs:
    """The fit to the shipped evidence."""
    return fit_quality(catalog)


@pytest.fixture
def segment() -> Segment:
    """A support chat: 300 of 800 prompt tokens are shared."""
    return Segment(
        name="chat",
        skill="chat",
        requests_per_month=1_000_000,
        input_tokens=TokenDistribution(mean=800, p95=2000),
        output_tokens=TokenDistribution(mean=250, p95=600),
        shared_prefix_tokens=300,
        latency=LatencyLimits(),
    )
