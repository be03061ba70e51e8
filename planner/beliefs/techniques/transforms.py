"""Techniques as transforms of direct quality: few-shot, fine-tuning, retrieval, quantisation, cascades.

Every parameter is a named prior of the catalog with its source; each function works draw by draw. Gains are taken in
log odds, where they do not run into the ends. A segment's requests are split in two: those that need private or fresh
facts (share k) and the rest; a share of all requests is novel, unlike anything the model or the labels have seen.
"""

from typing import Final, Literal, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from planner.beliefs.priors import model_draws, prior_draws
from planner.beliefs.quality.segment_quality import SegmentQuality, given_reading
from planner.catalog.schema import Catalog, Model
from planner.units import SEED, Draws, Floats, logistic, logit, normal_draws
from planner.workload.schema import Segment

Technique: TypeAlias = Literal["direct", "few_shot", "fine_tune", "rag", "rag+fine_tune"]
TECHNIQUES: Final[tuple[Technique, ...]] = ("direct", "few_shot", "fine_tune", "rag", "rag+fine_tune")
GATE_THRESHOLDS: Final[tuple[float, ...]] = (0.1, 0.2, 0.3, 0.45, 0.6, 0.8)
"""Escalation shares that a cascade may be set to."""
_REFERENCE_SIZE_B: Final = 8.0
"""Size that the level priors of tuned models were fitted at, billions."""
_CLOSED_LABELS: Final = frozenset({"classification"})
"""Skills whose answers are one of a few labels."""
_TUNED_MODEL_SD: Final = 0.2
"""Spread between equally sized tuned models on one task, logit: within-task sd of the LoRA Land students."""
_READER_SLOPE: Final = 0.48
"""Slope of logit(answer with evidence) on logit(closed book): techniques table rag_uplift, single-hop, CI 0.37-0.63."""
_BISECTIONS: Final = 24


def _models(catalog: Catalog, direct: SegmentQuality) -> list[Model]:
    return [catalog.models[name] for name in direct.model_ids]


def _novelty_shift(catalog: Catalog, direct: SegmentQuality, seed: int) -> Draws:
    """Change in log odds (M, S) on novel requests, by class of model."""
    by_class = {
        name: prior_draws(catalog, f"novelty.logit_shift.{name}", seed) for name in ("small", "mid", "frontier")
    }
    return np.array([by_class[model.model_class] for model in _models(catalog, direct)])


def _with_novelty(segment: Segment, share: Draws, shift: Draws) -> Draws:
    novel = logistic(logit(share) + shift)
    return np.asarray((1.0 - segment.novelty) * share + segment.novelty * novel)


def labels_gain_share(catalog: Catalog, labels: int, seed: int = SEED) -> Draws:
    """Share (S,) of the full gain of tuning that `labels` examples reach.

    Straight in log10 of the labels between the published points (10: 17 %, 100: 42 %, 1,000: 67 %) and on to 90 % at
    the prior's n90; flat beyond it. Anchors: fine-tuning data-scaling tables (arXiv:2407.16615 and others).
    """
    points = [prior_draws(catalog, f"fine_tune.gain_share.n{count}", seed) for count in (10, 100, 1000)]
    shares = np.maximum.accumulate(np.array(points), axis=0)
    n90 = np.maximum(prior_draws(catalog, "fine_tune.n90", seed), 1500.0)
    at = np.log10(max(labels, 1))
    if at <= 3.0:
        low = int(np.clip(np.floor(at), 1, 2)) - 1
        return np.asarray(np.clip(shares[low] + (shares[low + 1] - shares[low]) * (at - low - 1.0), 0.0, 1.0))
    top = np.maximum(shares[2], 0.9)
    rise = np.clip((at - 3.0) / (np.log10(n90) - 3.0), 0.0, 1.0)
    return np.asarray(shares[2] + (top - shares[2]) * rise)


def _tuned(catalog: Catalog, segment: Segment, direct: SegmentQuality, seed: int) -> Draws:
    """Quality (M, S) of tuned models on familiar requests that need no private facts; nan where none can be tuned.

    The level is predicted, not the gain: within a task the tuned score hardly depends on the base (slope 0.08), so
    logit(tuned) = level(best frontier, zero-shot) + size slope x log10(B / 8). Fewer labels reach a share of the way
    from the base. A tuned model that measures worse than its base is not deployed.
    """
    labels = segment.training.labelled_examples
    base = logit(direct.direct)
    if labels < prior_draws(catalog, "fine_tune.min_labels", seed)[0]:
        return np.full_like(base, np.nan)
    models = _models(catalog, direct)
    frontier = [row for row, model in enumerate(models) if model.model_class == "frontier"] or list(range(len(models)))
    best = frontier[int(np.argmax(direct.direct[frontier].mean(axis=1)))]
    size = np.array([np.log10((model.total_params_b or _REFERENCE_SIZE_B) / _REFERENCE_SIZE_B) for model in models])
    slope = prior_draws(catalog, "fine_tune.size_slope", seed)
    noise = model_draws(seed, ("fine_tune.model", segment.name), direct.model_ids)
    level = _tuned_level(catalog, segment, base[best], seed) + size[:, None] * slope + _TUNED_MODEL_SD * noise
    reached = base + labels_gain_share(catalog, labels, seed) * (np.maximum(level, base) - base)
    can = np.array([model.fine_tuning != "no" for model in models])
    return np.where(can[:, None], logistic(reached), np.nan)


def _tuned_level(catalog: Catalog, segment: Segment, frontier: Draws, seed: int) -> Draws:
    """Log odds (S,) of a tuned 8B model from those of the best frontier model, only prompted.

    With closed labels a line: intercept + slope x frontier (slope below 1: the better the frontier is already, the less
    tuning adds; refit in tuning_fits.py). Elsewhere no study spans enough levels, and a gain per skill is added.
    """
    noise = normal_draws(seed, "fine_tune.level", segment.name)
    if segment.skill in _CLOSED_LABELS:
        line = prior_draws(catalog, "fine_tune.level_intercept", seed)
        line = line + prior_draws(catalog, "fine_tune.level_slope", seed) * frontier
        return np.asarray(line + catalog.priors["fine_tune.level_residual"].b * noise)
    prior = catalog.priors[f"fine_tune.level_gain.{segment.skill}"]
    return np.asarray(frontier + prior.a + prior.b * noise)


def recall_at(catalog: Catalog, passages: float, seed: int = SEED) -> Draws:
    """Share (S,) of questions whose evidence is among the passages: straight in log k between recall at 5 and at 20."""
    at_5 = logit(prior_draws(catalog, "rag.recall_at_5.hybrid", seed))
    at_20 = np.maximum(logit(prior_draws(catalog, "rag.recall_at_20.hybrid", seed)), at_5)
    weight = np.log(passages / 5.0) / np.log(4.0)
    return logistic(at_5 + np.clip(weight, 0.0, 1.0) * (at_20 - at_5))


def _grounded(catalog: Catalog, direct: SegmentQuality, tuned_gain: Draws, seed: int) -> Draws:
    """Quality (M, S) on requests that need facts, with retrieval: r u + (1 - r) kappa c p.

    r: recall of the index; u: acceptable given the evidence, better for better readers, or as measured with the
    evidence in the prompt; c: closed-book skill on private facts, of which wrong passages leave kappa (decomposition of
    the rag_uplift table; PopQA, FRAMES).
    """
    familiar = direct.direct
    passages = float(prior_draws(catalog, "rag.passages", seed)[0])
    recall = recall_at(catalog, passages, seed)
    log_odds = logit(familiar)
    reader = log_odds - np.median(log_odds, axis=0)
    reading = logit(prior_draws(catalog, "rag.u", seed)) + _READER_SLOPE * reader
    use = logistic(given_reading(reading, direct, seed) + tuned_gain)
    kappa = prior_draws(catalog, "rag.kappa", seed)
    closed = prior_draws(catalog, "knowledge.closed_book_private", seed)
    return np.asarray(recall * use + (1.0 - recall) * kappa * closed * familiar)


def technique_quality(
    catalog: Catalog, segment: Segment, direct: SegmentQuality, technique: Technique, seed: int = SEED
) -> Draws:
    """Quality of every model on the whole segment under one technique, shape (M, S).

    Rows are nan where the technique does not apply (tuning a model that cannot be tuned, retrieval without a
    corpus, tuning without labelled examples). The share of requests that need private or fresh facts and the
    novelty of the segment are accounted for.
    """
    shift = _novelty_shift(catalog, direct, seed)
    familiar = direct.direct
    if technique == "few_shot":
        if segment.training.labelled_examples < prior_draws(catalog, "few_shot.min_labels", seed)[0]:
            return np.full_like(familiar, np.nan)
        gain = prior_draws(catalog, f"few_shot.logit_gain.{segment.skill}", seed)
        familiar = logistic(logit(familiar) + gain)
    tuned = technique in {"fine_tune", "rag+fine_tune"}
    if tuned:
        familiar = _tuned(catalog, segment, direct, seed)
        shift = np.broadcast_to(prior_draws(catalog, "novelty.logit_shift.tuned", seed), familiar.shape)
    known = _with_novelty(segment, familiar, shift)
    needs_facts = segment.knowledge.private_or_fresh_share
    if technique in {"rag", "rag+fine_tune"}:
        if segment.knowledge.corpus_tokens <= 0.0:
            return np.full_like(familiar, np.nan)
        tuned_gain = prior_draws(catalog, "rag.tuned_logit_gain", seed) * float(tuned)
        facts = _with_novelty(segment, _grounded(catalog, direct, tuned_gain, seed), shift)
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


def quantised_quality(catalog: Catalog, quality: Draws, total_params_b: Floats, bits: int, seed: int = SEED) -> Draws:
    """Quality after weight-only quantisation to 8 or 4 bits, shape as `quality` (N, S); params shape (N,).

    Small models and generated answers lose more (techniques tables, section 7); 16 bits change nothing.
    """
    if bits >= 16:
        return quality
    shift = prior_draws(catalog, "quantisation.8bit" if bits >= 8 else "quantisation.4bit", seed)[None, :]
    if bits < 8:
        small = prior_draws(catalog, "quantisation.4bit_generative_extra", seed)[0] * (total_params_b < 3.0)
        large = prior_draws(catalog, "quantisation.4bit_large_relief", seed)[0] * (total_params_b >= 30.0)
        shift = shift + (small + large)[:, None]
    return logistic(logit(quality) + shift)


def gate_auc(catalog: Catalog, *, tuned: bool, labelled_examples: int, seed: int = SEED) -> Draws:
    """AUC of the gate that decides whether to escalate, shape (S,).

    Log-probability of the small model's answer; labels beyond what it needs do not help it (published gates with 1,500
    labels: 0.59; log-probability: 0.65, of a tuned model 0.79).
    """
    if tuned and labelled_examples > 0:
        return np.clip(prior_draws(catalog, "gate_auc.tuned", seed), 0.5, 0.98)
    return np.clip(prior_draws(catalog, "gate_auc.log_prob", seed), 0.5, 0.98)


def gate_correlation(catalog: Catalog, seed: int = SEED) -> Draws:
    """Correlation (phi) of the small and the large model's being right on one request, shape (S,)."""
    return np.clip(prior_draws(catalog, "gate.correlation", seed), -0.2, 0.95)


def _threshold(weak: Draws, shift: Draws, share: Draws) -> Draws:
    """Gate score t above which `share` of requests lie, by bisection: w Q(t) + (1 - w) Q(t - shift) = share."""
    low = np.broadcast_to(-6.0 + np.min(np.minimum(shift, 0.0)), np.broadcast_shapes(weak.shape, share.shape)).copy()
    high = np.full_like(low, 6.0 + np.max(np.maximum(shift, 0.0)))
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        passed = weak * ndtr(-middle) + (1.0 - weak) * ndtr(shift - middle)
        above = passed > share
        low = np.where(above, middle, low)
        high = np.where(above, high, middle)
    return np.asarray(0.5 * (low + high))


def cascade_quality(weak: Draws, strong: Draws, auc: Draws, share: Draws, correlation: Draws | float) -> Draws:
    """Quality of a cascade whose gate passes on `share` (N, 1) of requests; weak, strong (N, S), others (S,) or (N, S).

    Binormal gate: its score is normal with unit spread, shifted by sqrt(2) z(AUC) when the weak model is wrong. Whether
    the strong model is right depends on the weak one's outcome alone, through the correlation (phi) of the two. It
    reproduces five published cascade curves within 0.9 points (techniques tables, section 5).
    """
    w = np.clip(weak, 1e-4, 1.0 - 1e-4)
    s = np.clip(strong, 1e-4, 1.0 - 1e-4)
    shift = np.sqrt(2.0) * ndtri(np.clip(auc, 0.001, 0.999))
    threshold = _threshold(w, shift, share)
    both = w * s + correlation * np.sqrt(w * (1.0 - w) * s * (1.0 - s))
    both = np.clip(both, np.maximum(0.0, w + s - 1.0), np.minimum(w, s))
    rescued = (s - both) / (1.0 - w)
    kept_right = both / w
    escalated_right = ndtr(-threshold)
    escalated_wrong = ndtr(shift - threshold)
    return np.asarray(
        w * (1.0 - escalated_right) + w * escalated_right * kept_right + (1.0 - w) * escalated_wrong * rescued
    )
