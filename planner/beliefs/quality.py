"""Quality: the latent-skill model. (Interface; body follows.)"""

from dataclasses import dataclass
from typing import Literal

from planner.catalog.schema import Catalog
from planner.units import SEED, Draws, Ints
from planner.workload.schema import Segment


@dataclass(frozen=True, slots=True, eq=False)
class QualityBeliefs:
    """Fitted abilities of every curated model: rows in the order of `model_ids`."""

    model_ids: tuple[str, ...]
    """All models of the catalog, in catalog order."""
    evidence_rows: Ints
    """(M,) benchmark rows behind each model; 0: 'no public evidence'."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentQuality:
    """Quality of every model on one segment when asked directly, without retrieval or tuning."""

    segment: str
    model_ids: tuple[str, ...]
    direct: Draws
    """(M, S) share of acceptable answers on requests that need no private or fresh facts."""
    anchor_kind: Literal["observed", "like", "usual"]
    anchor_benchmark: str
    anchor_text: str
    anchor_rows: int
    evidence_rows: Ints
    """(M,) benchmark rows behind each model."""


def fit_quality(catalog: Catalog, seed: int = SEED) -> QualityBeliefs:
    """Fit abilities to the catalog's evidence."""
    raise NotImplementedError


def segment_quality(quality: QualityBeliefs, catalog: Catalog, segment: Segment) -> SegmentQuality:
    """Direct quality of all models on a segment, difficulty taken from its anchor."""
    raise NotImplementedError
