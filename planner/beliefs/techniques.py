"""Techniques as transforms of direct quality, with sourced priors. (Interface; body follows.)"""

from planner.beliefs.quality import SegmentQuality
from planner.catalog.schema import Catalog
from planner.options.table import Technique  # noqa: F401  (moved below when filled)
from planner.units import Draws
from planner.workload.schema import Segment
