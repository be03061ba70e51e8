"""Techniques as transforms of direct quality, with sourced priors. (Interface; body follows.)"""

from typing import Final, Literal, TypeAlias

from planner.beliefs.quality import SegmentQuality
from planner.catalog.schema import Catalog
from planner.units import SEED, Draws
from planner.workload.schema import Segment

Technique: TypeAlias = Literal["direct", "few_shot", "fine_tune", "rag", "rag+fine_tune"]
TECHNIQUES: Final[tuple[Technique, ...]] = ("direct", "few_shot", "fine_tune", "rag", "rag+fine_tune")
GATE_THRESHOLDS: Final[tuple[float, ...]] = (0.1, 0.2, 0.3, 0.45, 0.6, 0.8)
"""Escalation shares that a cascade may be set to."""


def technique_quality(
    catalog: Catalog, segment: Segment, direct: SegmentQuality, technique: Technique, seed: int = SEED
) -> Draws:
    """Quality of every model on the whole segment under one technique, shape (M, S).

    Rows are nan where the technique does not apply (tuning a model that cannot be tuned, retrieval without a
    corpus, tuning without labelled examples). The share of requests that need private or fresh facts and the
    novelty of the segment are accounted for.
    """
    raise NotImplementedError


def quantised_quality(
    catalog: Catalog, quality: Draws, total_params_b: Draws, bits: int, seed: int = SEED
) -> Draws:
    """Quality after weight-only quantisation to 8 or 4 bits, shape as `quality` (N, S); params shape (N,)."""
    raise NotImplementedError


def gate_auc(catalog: Catalog, *, tuned: bool, labelled_examples: int, seed: int = SEED) -> Draws:
    """AUC of the gate that decides whether to escalate, shape (S,)."""
    raise NotImplementedError


def cascade_quality(weak: Draws, strong: Draws, auc: Draws, share: Draws) -> Draws:
    """Quality of a cascade whose gate passes on `share` (N, 1) of requests; weak, strong (N, S), auc (S,) or (N, S)."""
    raise NotImplementedError
