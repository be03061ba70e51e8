"""What becomes of a segment's questions that need its documents: found and right, found and wrong, declined, invented.

    right from the documents: r u       wrong though found: r (1 - u)
    not found, right from memory: (1 - r) kappa c p; of the rest a share is declined and a share invented, by model

r: recall of the index; u: acceptable given the evidence, better for better readers, or as measured with the evidence in
the prompt; c p: closed-book skill on private facts, of which wrong passages leave kappa (decomposition of the retrieval
tables; PopQA, FRAMES). Corpora differ for every reader alike, which the spreads of r and u say (0.46 logit together;
six corpora of one judged study lie 0.44 apart); readers differ beyond what they know by heart.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.priors import model_draws, prior_draws
from planner.beliefs.quality.segment_quality import SegmentQuality, given_reading
from planner.catalog.schema import Catalog
from planner.units import HOURS_PER_MONTH, SEED, Draws, logistic, logit
from planner.workload.schema import Segment

READER_SLOPE: Final = 0.48
"""Slope of logit(answer with evidence) on logit(closed book): techniques table rag_uplift, single-hop, CI 0.37-0.63."""
_HOURS_PER_DAY: Final = 24.0


@dataclass(frozen=True, slots=True, eq=False)
class RetrievedShares:
    """Shares (M, S) of the questions that need documents; they add up to 1."""

    right: Draws
    """Found, and right."""
    wrong: Draws
    """Found, and not right all the same."""
    from_memory: Draws
    """Not found, and right from memory."""
    declined: Draws
    """Not found, and declined."""
    invented: Draws
    """Not found, and answered with an invention."""

    @property
    def quality(self) -> Draws:
        """Share (M, S) answered acceptably."""
        return self.right + self.from_memory


def recall_at(catalog: Catalog, passages: float, seed: int = SEED) -> Draws:
    """Share (S,) of questions whose evidence is among the passages: straight in log k between recall at 5 and at 20."""
    at_5 = logit(prior_draws(catalog, "rag.recall_at_5.hybrid", seed))
    at_20 = np.maximum(logit(prior_draws(catalog, "rag.recall_at_20.hybrid", seed)), at_5)
    weight = np.log(passages / 5.0) / np.log(4.0)
    return logistic(at_5 + np.clip(weight, 0.0, 1.0) * (at_20 - at_5))


def retrieved_shares(
    catalog: Catalog, direct: SegmentQuality, *, tuned: bool = False, seed: int = SEED
) -> RetrievedShares:
    """Where a question that needs documents ends, for every model; familiar questions."""
    passages = float(prior_draws(catalog, "rag.passages", seed)[0])
    recall = recall_at(catalog, passages, seed)
    gain = prior_draws(catalog, "rag.tuned_logit_gain", seed) * float(tuned)
    use = logistic(given_reading(_reading(catalog, direct, seed), direct, seed) + gain)
    kappa = prior_draws(catalog, "rag.kappa", seed)
    closed = prior_draws(catalog, "knowledge.closed_book_private", seed)
    memory = kappa * closed * direct.direct
    missed = 1.0 - recall
    invented = invented_share(catalog, direct.model_ids, seed)
    return RetrievedShares(
        right=recall * use,
        wrong=recall * (1.0 - use),
        from_memory=missed * memory,
        declined=missed * (1.0 - memory) * (1.0 - invented),
        invented=missed * (1.0 - memory) * invented,
    )


def _reading(catalog: Catalog, direct: SegmentQuality, seed: int) -> Draws:
    """Log odds (M, S) of an acceptable answer with the evidence in the prompt, before anything was measured so."""
    log_odds = logit(direct.direct)
    reader = log_odds - np.median(log_odds, axis=0)
    reading = logit(prior_draws(catalog, "rag.u", seed)) + READER_SLOPE * reader
    if direct.grounded:
        return np.asarray(reading)
    own = model_draws(seed, ("reader", direct.anchor_benchmark), direct.model_ids)
    return np.asarray(reading + prior_draws(catalog, "rag.reader_sd", seed)[0] * own)


def invented_share(catalog: Catalog, models: tuple[str, ...], seed: int = SEED) -> Draws:
    """Share (M, S) of questions without evidence that each model answers all the same, by its published rate if any."""
    usual = catalog.priors["rag.invented"]
    own_sd = catalog.priors["rag.invented_own_sd"].a
    rows = [catalog.abstention.get(name) for name in models]
    mean = np.array([usual.a if row is None else float(logit(row.invented)) for row in rows])
    spread = np.array([usual.b if row is None else own_sd for row in rows])
    return logistic(mean[:, None] + spread[:, None] * model_draws(seed, ("invented",), models))


def answer_age_hours(segment: Segment) -> tuple[float, float]:
    """How far an answer may lag behind its document, hours: on average, and at most; a document may change any time."""
    at_most = segment.knowledge.reindex_every_days * _HOURS_PER_DAY
    return at_most / 2.0, at_most


def outdated_share(segment: Segment) -> float:
    """Share of the corpus whose indexed text is behind its document at any time, from what changes in a month."""
    knowledge = segment.knowledge
    if knowledge.corpus_tokens <= 0.0:
        return 0.0
    changed_per_hour = knowledge.changed_tokens_per_month / knowledge.corpus_tokens / HOURS_PER_MONTH
    return min(changed_per_hour * answer_age_hours(segment)[0], 1.0)
