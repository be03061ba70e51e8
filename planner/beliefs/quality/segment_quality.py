"""Quality of every model on one segment: abilities, the segment's anchor, and what the user's probes measured.

Quality of a segment is the share of its requests answered acceptably. The anchor gives its difficulty: answers to its
own samples (measured), what the user saw (observed), a benchmark or suite it is about as hard as (like), or the usual
benchmark of its skill. The weaker the anchor, the wider the interval.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.evidence.item_outcomes import ItemOutcomes
from planner.beliefs.evidence.measured import LIKE_PROBE, RunUse, SegmentMeasurement, SuiteAnswers
from planner.beliefs.priors import model_draws
from planner.beliefs.quality.abilities import (
    Latent,
    QualityBeliefs,
    benchmark_number,
    latent_draws,
    latent_of,
    own_draws,
    share_of_log_odds,
    skilled_draws,
)
from planner.beliefs.quality.segment_state import (
    Leaning,
    SegmentState,
    Spread,
    given_samples,
    given_shares,
    given_suite,
    mixed_log_odds,
    start_state,
)
from planner.beliefs.quality.skill_model import LOADING_SD
from planner.catalog.schema import Benchmark, Catalog, Model
from planner.errors import InputError
from planner.units import Draws, Floats, Ints, logistic, normal_draws, normal_rows, uniform_draws
from planner.workload.schema import Segment

AnchorKind: TypeAlias = Literal["measured", "observed", "like", "usual"]

_LIKE_SD: Final = 0.25
"""A segment said to be about as hard as a benchmark or suite differs from it by this much, logit (a stated prior)."""
_FREE_DIFFICULTY_SD: Final = 2.0
"""A segment unlike its anchor, or any suite, may be far easier or harder than the usual benchmark, logit sd."""
_READER_SD: Final = 0.4
"""Readers of equal skill make this much more or less of evidence, logit sd (a stated prior)."""
_ODD_KNOWN_SD: Final = 0.25
_ODD_UNKNOWN_SD: Final = 1.0
_ODD_ROWS: Final = 5.0
_ODD_DECADE_SD: Final = 2.8
_UNLIKE_ANCHOR: Final = 0.1
"""How often a segment is unlike its anchor, before anything of it was seen (a stated prior). With three models of a
withheld public benchmark asked, 90 % intervals of the others held 87, 89 and 91 % with 0.05, 0.1 and 0.2; with more
than 0.1 the failure of one tiny model speaks of all others."""


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
    grounded: tuple[SuiteAnswers, ...] = ()
    """Answers to its samples with the evidence in the prompt: what readers make of it."""
    own_noise: Draws | None = None
    """(M, S) standard normals: what is not known of each model by itself, ability and oddity together."""
    difficulty_noise: Draws | None = None
    """(S,) standard normals: how far the segment is off its anchor, the same for all models."""


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
    like = None if segment.like is None or segment.like.startswith(LIKE_PROBE) else segment.like
    name = like or usual.benchmark
    number = benchmark_number(quality, segment, name)
    latent = latent_of(quality, catalog, segment.skill, number, segment.thinking)
    spread = usual.difference_sd if like is None else _LIKE_SD
    return SegmentQuality(
        segment=segment.name,
        model_ids=quality.model_ids,
        direct=_direct(quality, catalog, segment, latent, seen, spread),
        anchor_kind=kind,
        anchor_benchmark=name,
        anchor_text=_anchor_text(catalog, segment, name, kind, seen),
        anchor_rows=int(np.sum(quality.frame.cells.benchmark == number)),
        evidence_rows=quality.evidence_rows,
        runs=seen.runs,
        probed=_models_of(seen.own) if seen.stands_for else (),
        grounded=seen.grounded,
        own_noise=_own_noise(quality, latent),
        difficulty_noise=normal_draws(quality.seed, "difficulty", name),
    )


def _own_noise(quality: QualityBeliefs, latent: Latent) -> Draws:
    sd = np.sqrt(latent.skilled_variance + latent.own_variance)
    return (skilled_draws(quality, latent) + own_draws(quality, latent)) / np.maximum(sd, 1e-12)[:, None]


def given_reading(reading: Draws, direct: SegmentQuality, seed: int) -> Draws:
    """Log odds (M, S) of an acceptable answer with the evidence in the prompt, given what was measured that way.

    Models share what evidence is worth on the segment, as far as the draws say so, and differ by _READER_SD beyond it.
    """
    if not direct.grounded:
        return reading
    count = reading.shape[0]
    draws = reading + _READER_SD * model_draws(seed, ("reader", direct.anchor_benchmark), direct.model_ids)
    covariance = np.zeros((2 * count, 2 * count))
    covariance[count:, count:] = np.cov(reading) + _READER_SD**2 * np.eye(count)
    mean = np.concatenate([np.zeros(count), reading.mean(axis=1)])
    state = SegmentState(mean[count:], mean, covariance, np.concatenate([np.zeros_like(draws), draws]), np.ones(count))
    for part in direct.grounded:
        rows = np.array([direct.model_ids.index(model) for model in part.outcomes.models], dtype=np.int64)
        state = given_samples(state, rows, part.outcomes)
    return state.log_odds


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


def _difficulty(quality: QualityBeliefs, anchor: str, spread: float) -> Spread:
    """Belongs to the anchor: segments as hard as one benchmark are off by the same, whatever they are called."""
    return Spread(spread * normal_draws(quality.seed, "difficulty", anchor), np.array(spread**2))


@dataclass(frozen=True, slots=True, eq=False)
class _Shares:
    """The latent log odds of all models on a benchmark, as log odds of the share itself, guessing included."""

    benchmark: str
    centre: Floats
    """(M,)"""
    loading: Floats
    """(M,) change for a unit of latent log odds."""
    ability: Spread
    own: Spread
    leaning: Leaning
    """Of a segment that is unlike the benchmark."""


def _of_shares(
    quality: QualityBeliefs, catalog: Catalog, latent: Latent, benchmark: Benchmark, seen: SegmentMeasurement
) -> _Shares:
    """Straightened at the mean: share c + (1 - c) p has log odds that change by (1 - c) p (1 - p) / (q (1 - q)).

    Models that were asked may be odd on the segment beyond what benchmarks show, so that the failure of a tiny or
    unknown model speaks of that model first, and of the segment little.
    """
    chance = benchmark.chance if benchmark.link == "share" else 0.0
    p = logistic(latent.mean)
    share = chance + (1.0 - chance) * p
    g = (1.0 - chance) * p * (1.0 - p) / (share * (1.0 - share))
    odd = np.zeros(p.size)
    for name in _models_of((*seen.own, *seen.skill)):
        row = quality.model_ids.index(name)
        odd[row] = _oddness_sd(catalog.models[name], int(quality.evidence_rows[row]))
    extra = odd[:, None] * model_draws(quality.seed, ("odd here", latent.benchmark), quality.model_ids)
    skills = latent.by_loading.shape[1]
    leaning = LOADING_SD * normal_rows(quality.seed, "leaning", latent.benchmark, rows=skills)
    return _Shares(
        benchmark=latent.benchmark,
        centre=np.log(share / (1.0 - share)),
        loading=g,
        ability=Spread(g[:, None] * skilled_draws(quality, latent), g**2 * latent.skilled_variance),
        own=Spread(g[:, None] * own_draws(quality, latent) + extra, g**2 * latent.own_variance + odd**2),
        leaning=Leaning(g[:, None] * latent.by_loading, leaning, LOADING_SD**2),
    )


def _oddness_sd(model: Model, evidence_rows: int) -> float:
    """How far a model that is asked may be off on a segment beyond its oddity on benchmarks, logit sd (stated priors).

    A quarter where much is published of it, one where nothing is, and more for each decade below a billion parameters,
    where hardly anything is published and instructions are often not followed at all.
    """
    size = model.total_params_b
    tiny = 0.0 if size is None else max(-float(np.log10(size)), 0.0)
    return _ODD_KNOWN_SD + (_ODD_UNKNOWN_SD - _ODD_KNOWN_SD) / (1.0 + evidence_rows / _ODD_ROWS) + _ODD_DECADE_SD * tiny


def _direct(
    quality: QualityBeliefs,
    catalog: Catalog,
    segment: Segment,
    latent: Latent,
    seen: SegmentMeasurement,
    spread: float,
) -> Draws:
    """Quality (M, S) given all that was seen.

    Where its own difficulty was seen, the segment may be like its anchor, or like any benchmark (of any difficulty,
    with loadings as uncertain as a benchmark's are), and the evidence of both decides from _UNLIKE_ANCHOR on. Where
    not, the anchor stands.
    """
    near, benchmark = _difficulty(quality, latent.benchmark, spread), catalog.benchmarks[latent.benchmark]
    if not (seen.own or seen.skill or segment.observed):
        return share_of_log_odds(latent_draws(quality, latent) + near.draws, benchmark)
    shares = _of_shares(quality, catalog, latent, benchmark, seen)
    at_anchor = _given_all(quality, segment, shares, near, seen)
    if not (seen.own or segment.observed):
        moved = (at_anchor.log_odds - shares.centre[:, None]) / shares.loading[:, None]
        return share_of_log_odds(latent.mean[:, None] + moved, benchmark)
    far = _difficulty(quality, latent.benchmark, _FREE_DIFFICULTY_SD)
    anywhere = _given_all(quality, segment, shares, far, seen, shares.leaning)
    uniform = uniform_draws(quality.seed, "unlike its anchor", latent.benchmark)
    return np.asarray(logistic(mixed_log_odds((at_anchor, anywhere), _UNLIKE_ANCHOR, uniform)))


def _given_all(
    quality: QualityBeliefs,
    segment: Segment,
    shares: _Shares,
    difficulty: Spread,
    seen: SegmentMeasurement,
    leaning: Leaning | None = None,
) -> SegmentState:
    state = start_state(shares.centre, shares.loading, shares.ability, shares.own, difficulty, leaning)
    return _given_skill(quality, shares, _given_own(quality, _given_observed(quality, segment, state), seen), seen)


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
    names = [f"{item.model}:{item.quality:g}:{item.n}" for item in segment.observed]
    normal = np.array([normal_draws(quality.seed, "observed", name) for name in names])
    rows = np.array([row[item.model] for item in segment.observed])
    return given_shares(state, rows, np.log(share / (1.0 - share)), Spread(np.sqrt(noise)[:, None] * normal, noise))


def _rows(quality: QualityBeliefs, outcomes: ItemOutcomes) -> Ints:
    return np.array([quality.model_ids.index(model) for model in outcomes.models], dtype=np.int64)


def _given_own(quality: QualityBeliefs, state: SegmentState, seen: SegmentMeasurement) -> SegmentState:
    """State given answers to the segment's samples, or to the suite that it is like."""
    for part in seen.own:
        unlike = Spread(_LIKE_SD * normal_draws(quality.seed, "unlike", part.suite), np.array(_LIKE_SD**2))
        rows = _rows(quality, part.outcomes)
        state = given_samples(state, rows, part.outcomes, None if seen.stands_for else unlike)
    return state


def _given_skill(
    quality: QualityBeliefs, shares: _Shares, state: SegmentState, seen: SegmentMeasurement
) -> SegmentState:
    """State given answers to other suites of the skill: they move abilities, not the segment's difficulty."""
    for part in seen.skill:
        rows = _rows(quality, part.outcomes)
        variance: Floats = shares.own.variance[rows]
        own = np.sqrt(variance)[:, None] * model_draws(quality.seed, ("own", part.suite), part.outcomes.models)
        difficulty = _FREE_DIFFICULTY_SD * normal_draws(quality.seed, "suite difficulty", part.suite)
        state = given_suite(
            state, rows, part.outcomes, Spread(own, variance), Spread(difficulty, np.array(_FREE_DIFFICULTY_SD**2))
        )
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
