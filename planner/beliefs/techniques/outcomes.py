"""What one figure of quality does not say of a segment: where questions end that need documents, what novelty costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.beliefs.quality.segment_quality import SegmentQuality
from planner.beliefs.techniques.segment_retrieval import RetrievedShares, retrieved_shares
from planner.beliefs.techniques.transforms import TECHNIQUES, technique_quality
from planner.catalog.schema import Catalog
from planner.units import Draws, Floats
from planner.workload.schema import Segment


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Of every model on one segment."""

    model_ids: tuple[str, ...]
    retrieved: Mapping[bool, RetrievedShares]
    """By whether the reader is tuned; empty where nothing is searched."""
    novelty_share: Floats
    """(T, M) mean share of acceptable answers that novel requests cost, by technique; nan where it does not apply."""


def outcomes_of(
    catalog: Catalog, segment: Segment, direct: SegmentQuality, by_technique: Sequence[Draws], seed: int
) -> Outcomes:
    """Outcomes beside the qualities (M, S) of each of TECHNIQUES."""
    searched = segment.knowledge.corpus_tokens > 0.0 and segment.knowledge.private_or_fresh_share > 0.0
    retrieved = {tuned: retrieved_shares(catalog, direct, tuned=tuned, seed=seed) for tuned in (False, True)}
    return Outcomes(
        model_ids=direct.model_ids,
        retrieved=retrieved if searched else {},
        novelty_share=_novelty_share(catalog, segment, direct, by_technique, seed),
    )


def _novelty_share(
    catalog: Catalog, segment: Segment, direct: SegmentQuality, by_technique: Sequence[Draws], seed: int
) -> Floats:
    if segment.novelty == 0.0:
        return np.zeros((len(TECHNIQUES), len(direct.model_ids)))
    calm = segment.model_copy(update={"novelty": 0.0})
    familiar = [technique_quality(catalog, calm, direct, name, seed).mean(axis=1) for name in TECHNIQUES]
    return np.array([one - now.mean(axis=1) for one, now in zip(familiar, by_technique, strict=True)])
