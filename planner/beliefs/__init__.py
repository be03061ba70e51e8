"""What is known: quality, latency and cost of every model as draws, from the catalog's evidence and priors."""

from planner.beliefs.latency.speeds import LatencyBeliefs, fit_latency
from planner.beliefs.model import Beliefs, fit_beliefs
from planner.beliefs.quality.abilities import (
    QualityBeliefs,
    anchor_quality,
    fit_quality,
    skill_qualities,
)
from planner.beliefs.quality.segment_quality import SegmentQuality, segment_quality

__all__ = [
    "Beliefs",
    "LatencyBeliefs",
    "QualityBeliefs",
    "SegmentQuality",
    "anchor_quality",
    "fit_beliefs",
    "fit_latency",
    "fit_quality",
    "segment_quality",
    "skill_qualities",
]
