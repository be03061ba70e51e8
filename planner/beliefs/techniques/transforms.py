"""Techniques as transforms of direct quality: few-shot, fine-tuning, retrieval, quantisation.

Every parameter is a named prior of the catalog with its source; each function works draw by draw. Gains are taken in
log odds, where they do not run into the ends. A segment's requests are split in two: those that need private or fresh
facts (share k) and the rest; a share of all requests is novel, unlike anything the model or the labels have seen.
"""

from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.priors import model_draws, prior_draws
from planner.beliefs.quality.segment_quality import SegmentQuality
from planner.beliefs.techniques.published.examples import columns_of as example_columns
from planner.beliefs.techniques.published.examples import scatter as example_scatter
from planner.beliefs.techniques.published.quantised import CALLS, GENERATED, SIZE_POWER, STUDIED_SIZE_B
from planner.beliefs.techniques.segment_retrieval import retrieved_shares
from planner.beliefs.techniques.segment_tuning import segment_kind, tuned_quality
from planner.catalog.schema import Catalog, Model
from planner.units import SEED, Draws, Floats, logistic, logit
from planner.workload.schema import Segment

Technique: TypeAlias = Literal["direct", "few_shot", "fine_tune", "rag", "rag+fine_tune"]
TECHNIQUES: Final[tuple[Technique, ...]] = ("direct", "few_shot", "fine_tune", "rag", "rag+fine_tune")
_EXAMPLES_SHARED: Final = 0.7
"""Part of the spread of examples that all models of a segment share (correlation 0.5)."""


def _models(catalog: Catalog, direct: SegmentQuality) -> list[Model]:
    return [catalog.models[name] for name in direct.model_ids]


def _novelty_shift(catalog: Catalog, direct: SegmentQuality, seed: int) -> Draws:
    """Change in log odds (M, S) on novel requests, by class of model."""
    by_class = {
        name: prior_draws(catalog, f"novelty.logit_shift.{name}", seed) for name in ("small", "mid", "frontier")
    }
    return np.array([by_class[model.model_class] for model in _models(catalog, direct)])


def _tuned_shift(catalog: Catalog, direct: SegmentQuality, seed: int) -> Draws:
    """Change in log odds (M, S) of a tuned model on novel requests.

    What novelty costs a large model, and what tuned ones lose beside it; never less than an untuned one of its class.
    """
    large = prior_draws(catalog, "novelty.logit_shift.frontier", seed)
    lost = large + prior_draws(catalog, "novelty.logit_shift.tuned", seed)
    return np.asarray(np.minimum(lost, _novelty_shift(catalog, direct, seed)))


def _with_novelty(segment: Segment, share: Draws, start: Draws, shift: Draws) -> Draws:
    """Quality when a share of requests is novel: there it starts from `start`, elsewhere it is `share`."""
    novel = logistic(logit(start) + shift)
    return np.asarray((1.0 - segment.novelty) * share + segment.novelty * novel)


def _with_examples(catalog: Catalog, segment: Segment, direct: SegmentQuality, seed: int) -> Draws:
    """Quality (M, S) with examples in the prompt; nan with too few labels to show any."""
    if segment.training.labelled_examples < prior_draws(catalog, "few_shot.min_labels", seed)[0]:
        return np.full_like(direct.direct, np.nan)
    gain, base = catalog.priors["few_shot.gain"], direct.direct
    columns = example_columns(base)
    shared = (prior_draws(catalog, "few_shot.gain", seed) - gain.a) / max(gain.b, 1e-9)
    own = model_draws(seed, ("few_shot", segment.skill), direct.model_ids)
    noise = _EXAMPLES_SHARED * shared + np.sqrt(1.0 - _EXAMPLES_SHARED**2) * own
    line = gain.a * columns["one"] + catalog.priors["few_shot.gain.weak"].a * columns["weak"]
    return logistic(logit(base) + line + gain.b * example_scatter(base, float(segment.skill == "extraction")) * noise)


def technique_quality(
    catalog: Catalog, segment: Segment, direct: SegmentQuality, technique: Technique, seed: int = SEED
) -> Draws:
    """Quality of every model on the whole segment under one technique, shape (M, S).

    Rows are nan where the technique does not apply (tuning a model that cannot be tuned, retrieval without a
    corpus, tuning without labelled examples). The share of requests that need private or fresh facts and the
    novelty of the segment are accounted for: on novel requests examples teach nothing, and a tuned model loses most.
    """
    shift = _novelty_shift(catalog, direct, seed)
    familiar = direct.direct
    start = familiar
    tuned = technique in {"fine_tune", "rag+fine_tune"}
    if technique == "few_shot":
        familiar = _with_examples(catalog, segment, direct, seed)
        start = np.minimum(familiar, start)
    if tuned:
        familiar = start = tuned_quality(catalog, segment, direct, seed)
        shift = _tuned_shift(catalog, direct, seed)
    known = _with_novelty(segment, familiar, start, shift)
    needs_facts = segment.knowledge.private_or_fresh_share
    if technique in {"rag", "rag+fine_tune"}:
        if segment.knowledge.corpus_tokens <= 0.0:
            return np.full_like(familiar, np.nan)
        answered = retrieved_shares(catalog, direct, tuned=tuned, seed=seed).quality
        facts = _with_novelty(segment, answered, answered, shift)
        facts = np.where(np.isnan(familiar), np.nan, facts)
    else:
        facts = prior_draws(catalog, "knowledge.closed_book_private", seed) * known
    return np.asarray((1.0 - needs_facts) * known + needs_facts * facts)


def reference_quality(plain: Draws, grounded: Draws) -> Draws:
    """What each model (M, S) would reach without tuning: with retrieval where facts are needed, else directly.

    Relative floors ('95 % as good as the best') refer to this, so that a segment that needs documents is not held to a
    model that never saw them. `plain` and `grounded` are its `technique_quality` asked directly and by 'rag'.
    """
    if np.isnan(grounded).all():
        return plain
    return grounded if float(grounded.mean()) > float(plain.mean()) else plain


def quantised_quality(
    catalog: Catalog,
    quality: Draws,
    total_params_b: Floats,
    bits: int,
    seed: int = SEED,
    segment: Segment | None = None,
) -> Draws:
    """Quality with weights of 8 or 4 bits, shape as `quality` (N, S); params shape (N,); 16 bits change nothing.

    The loss goes with size, and is larger where answers are generated and for calls in a given form.
    """
    if bits >= 16:
        return quality
    form = "quantisation.int8" if bits >= 8 else "quantisation.int4"
    loss = catalog.priors[form]
    size = (np.where(np.isnan(total_params_b), STUDIED_SIZE_B, total_params_b) / STUDIED_SIZE_B) ** SIZE_POWER
    more, wide = 0.0, 1.0
    if segment is not None and segment.skill in GENERATED:
        more, wide = more + catalog.priors[f"{form}.generated"].a, wide + 1.0
    if segment is not None and segment_kind(segment) in CALLS:
        more, wide = more + catalog.priors[f"{form}.calls"].a, wide + 3.0
    noise = (prior_draws(catalog, form, seed) - loss.a) * wide
    return logistic(logit(quality) + size[:, None] * (loss.a + more + noise))
