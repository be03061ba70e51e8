"""Quality of every model on one segment: abilities, the segment's anchor, and what the user's probes measured.

Quality of a segment is the share of its requests answered acceptably. The anchor gives its difficulty: answers to its
own samples (measured), what the user saw (observed), a benchmark or suite it is about as hard as (like), or the usual
benchmark of its skill. The weaker the anchor, the wider the interval.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.item_outcomes import ItemOutcomes
from planner.beliefs.measured import LIKE_PROBE, RunUse, SegmentMeasurement, SuiteAnswers
from planner.beliefs.priors import model_draws
from planner.beliefs.quality import (
    Latent,
    QualityBeliefs,
    benchmark_number,
    latent_draws,
    latent_of,
    own_draws,
    share_of_log_odds,
    skilled_draws,
)
from planner.beliefs.segment_state import SegmentState, given_samples, given_shares, given_suite, start_state
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.units import DRAW_COUNT, Draws, Floats, Ints, logistic, normal_draws, stream
from planner.workload.schema import Segment

AnchorKind: TypeAlias = Literal["measured", "observed", "like", "usual"]

_LIKE_SD: Final = 0.25
"""A segment said to be about as hard as a benchmark or suite differs from it by this much, logit (a stated prior)."""
_FREE_DIFFICULTY_SD: Final = 2.0
"""Before anything is seen a segment or suite may be far easier or harder than the usual benchmark, logit sd."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentQuality:
    """Quality of every model on one segment when asked directly, without retrieval or tuning."""

    segment: str
    model_ids: tuple[str, ...]
    direct: Draws
    """(M, S) share of acceptable answers on requests that need no private or fresh facts."""
    anchor_kind: AnchorKind
    anchor_benchmark: str
    anchor_text: str
    anchor_rows: int
    evidence_rows: Ints
    """(M,) benchmark rows behind each model."""
    runs: tuple[RunUse, ...] = ()
    """Runs of probes that moved it."""
    probed: tuple[str, ...] = ()
    """Models whose own answers to the segment's samples were graded."""


def segment_quality(
    quality: QualityBeliefs, catalog: Catalog, segment: Segment, measured: SegmentMeasurement | None = None
) -> SegmentQuality:
    """Direct quality of all models on a segment; InputError for unknown names.

    With its own samples answered, or shares observed, the difficulty is learnt from them and log odds are read as
    shares directly; otherwise the anchor's difficulty and its chance level hold. About 20 ms with probes of 20 models.
    """
    seen = SegmentMeasurement() if measured is None else measured
    kind = _anchor_kind(segment, seen)
    usual = catalog.anchors[segment.skill]
    name = usual.benchmark if segment.like is None or segment.like.startswith(LIKE_PROBE) else segment.like
    number = benchmark_number(quality, segment, name)
    latent = latent_of(quality, catalog, segment.skill, number, segment.hidden_reasoning)
    if kind == "observed" or seen.own:
        state = _started(quality, segment, latent, _FREE_DIFFICULTY_SD)
        state = _given_own(quality, _given_observed(quality, segment, state), seen)
        direct = np.asarray(logistic(_given_skill(quality, latent, state, seen).log_odds))
    else:
        spread = _LIKE_SD if kind == "like" else usual.difference_sd
        direct = share_of_log_odds(_anchored(quality, segment, latent, seen, spread), catalog.benchmarks[name])
    return SegmentQuality(
        segment=segment.name,
        model_ids=quality.model_ids,
        direct=direct,
        anchor_kind=kind,
        anchor_benchmark=name,
        anchor_text=_anchor_text(catalog, segment, name, kind, seen),
        anchor_rows=int(np.sum(quality.frame.cells.benchmark == number)),
        evidence_rows=quality.evidence_rows,
        runs=seen.runs,
        probed=_models_of(seen.own) if seen.stands_for else (),
    )


def _anchor_kind(segment: Segment, seen: SegmentMeasurement) -> AnchorKind:
    if seen.own and seen.stands_for:
        return "measured"
    if segment.like is not None and segment.like.startswith(LIKE_PROBE) and not seen.own:
        suite = segment.like.removeprefix(LIKE_PROBE)
        allowed = f"a suite with graded answers of a catalog model: planner probe {suite} --models MODEL first"
        raise InputError("workload", f"segments.{segment.name}.like", found=segment.like, allowed=allowed)
    if segment.observed:
        return "observed"
    return "like" if segment.like else "usual"


def _models_of(parts: tuple[SuiteAnswers, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(model for part in parts for model in part.outcomes.models))


def _difficulty(quality: QualityBeliefs, segment: Segment, spread: float) -> Draws:
    return np.asarray(spread * normal_draws(quality.seed, "difficulty", segment.name))


def _anchored(
    quality: QualityBeliefs, segment: Segment, latent: Latent, seen: SegmentMeasurement, spread: float
) -> Draws:
    """Log odds (M, S) at the anchor's difficulty."""
    if not seen.skill:
        return np.asarray(latent_draws(quality, latent) + _difficulty(quality, segment, spread))
    return _given_skill(quality, latent, _started(quality, segment, latent, spread), seen).log_odds


def _started(quality: QualityBeliefs, segment: Segment, latent: Latent, spread: float) -> SegmentState:
    return start_state(
        centre=latent.mean,
        skilled=skilled_draws(quality, latent),
        own=own_draws(quality, latent),
        variances=(latent.skilled_variance, latent.own_variance),
        difficulty=(_difficulty(quality, segment, spread), spread),
    )


def _given_observed(quality: QualityBeliefs, segment: Segment, state: SegmentState) -> SegmentState:
    """State given the shares that the user saw: a share q of n answers is log odds with variance 1 / (n q (1 - q))."""
    if not segment.observed:
        return state
    row = {name: number for number, name in enumerate(quality.model_ids)}
    unknown = [item.model for item in segment.observed if item.model not in row]
    if unknown:
        close = get_close_matches(unknown[0], quality.model_ids, n=3, cutoff=0.4)
        allowed = f"a model id of the catalog, such as {', '.join(close or quality.model_ids[:3])}"
        raise InputError("workload", f"segments.{segment.name}.observed", found=unknown[0], allowed=allowed)
    n = np.array([float(item.n) for item in segment.observed])
    share = np.clip([item.quality for item in segment.observed], 0.5 / n, 1.0 - 0.5 / n)
    noise = 1.0 / (n * share * (1.0 - share))
    error = np.sqrt(noise)[:, None] * stream(quality.seed, "observed", segment.name).standard_normal(
        (n.size, DRAW_COUNT)
    )
    rows = np.array([row[item.model] for item in segment.observed])
    return given_shares(state, rows, np.log(share / (1.0 - share)), noise, error)


def _rows(quality: QualityBeliefs, outcomes: ItemOutcomes) -> Ints:
    return np.array([quality.model_ids.index(model) for model in outcomes.models], dtype=np.int64)


def _given_own(quality: QualityBeliefs, state: SegmentState, seen: SegmentMeasurement) -> SegmentState:
    """State given answers to the segment's samples, or to the suite that it is like."""
    for part in seen.own:
        unlike = None if seen.stands_for else (_LIKE_SD * normal_draws(quality.seed, "unlike", part.suite), _LIKE_SD)
        state = given_samples(state, _rows(quality, part.outcomes), part.outcomes, unlike)
    return state


def _given_skill(
    quality: QualityBeliefs, latent: Latent, state: SegmentState, seen: SegmentMeasurement
) -> SegmentState:
    """State given answers to other suites of the skill: they move abilities, not the segment's difficulty."""
    for part in seen.skill:
        rows = _rows(quality, part.outcomes)
        variance: Floats = latent.own_variance[rows]
        own = np.sqrt(variance)[:, None] * model_draws(quality.seed, ("own", part.suite), part.outcomes.models)
        shared = _FREE_DIFFICULTY_SD * normal_draws(quality.seed, "suite difficulty", part.suite)
        state = given_suite(state, rows, part.outcomes, (variance, own), (shared, _FREE_DIFFICULTY_SD))
    return state


def _anchor_text(catalog: Catalog, segment: Segment, name: str, kind: AnchorKind, seen: SegmentMeasurement) -> str:
    """What fixes the difficulty, in one sentence."""
    benchmark, usual = catalog.benchmarks[name], catalog.anchors[segment.skill]
    own = "; ".join(f"{part.text} on {part.date} (suite {part.suite})" for part in seen.own)
    if kind == "measured":
        return f"difficulty measured on your samples: {own}"
    if kind == "observed":
        listed = "; ".join(f"{item.model} {item.quality:.0%} of {item.n}" for item in segment.observed)
        return f"difficulty set by what you observed: {listed}"
    if kind == "like":
        like = f"suite {segment.like.removeprefix(LIKE_PROBE)}: {own}" if own and segment.like else benchmark.name
        return f"taken to be about as hard as {like}, as you said"
    moved = "; abilities also moved by your runs of other suites of this skill" if seen.skill else ""
    return f"taken to be about as hard as {benchmark.name}, the usual anchor of {segment.skill}: {usual.reason}{moved}"
