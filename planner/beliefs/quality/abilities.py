"""Quality: how well each model does on each kind of request, as posterior draws of the latent-skill model.

Quality of a segment is the share of its requests answered acceptably. The skill model (skill_model.py) knows
abilities; a segment's difficulty comes from its anchor: what the user saw (observed), a benchmark it is about as hard
as (like), or the usual benchmark of its skill. The weaker the anchor, the wider the interval.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from planner.beliefs.priors import model_draws
from planner.beliefs.quality.cells import Frame, build_frame, planned_effort
from planner.beliefs.quality.kept_fit import recall_skill_fit
from planner.beliefs.quality.skill_model import SkillFit
from planner.catalog.schema import Benchmark, Catalog
from planner.errors import InputError
from planner.terms import SKILLS
from planner.units import SEED, Draws, Floats, Ints, logistic, normal_rows
from planner.workload.schema import Segment

RESIDUAL_KEPT: Final = 0.5
"""Share of a model's oddity on a benchmark that it is assumed to carry over to a segment like it."""
_EFFORT_MATCH: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class QualityBeliefs:
    """Fitted abilities of every curated model: rows in the order of `model_ids`."""

    model_ids: tuple[str, ...]
    """All models of the catalog, in catalog order."""
    evidence_rows: Ints
    """(M,) benchmark rows behind each model; 0: 'no public evidence'."""
    benchmark_ids: tuple[str, ...]
    fit: SkillFit
    frame: Frame
    ability_noise: Draws
    """(M, K, S) standard normals, one stream a model: a model that is better than thought is so in all its skills."""
    settings: tuple[tuple[int, ...], ...]
    """Measured settings (variants) of each model, most rows first."""
    seed: int


def fit_quality(catalog: Catalog, seed: int = SEED, kept_in: Path | None = None) -> QualityBeliefs:
    """Fit abilities to the catalog's evidence; about a second for 20,000 rows, less when `kept_in` holds that fit."""
    frame = build_frame(catalog)
    curated = len(catalog.models)
    return QualityBeliefs(
        model_ids=frame.models[:curated],
        evidence_rows=frame.rows[:curated],
        benchmark_ids=frame.benchmarks,
        fit=recall_skill_fit(frame.cells, kept_in),
        frame=frame,
        ability_noise=np.array(
            [normal_rows(seed, "ability", model, rows=frame.cells.skills) for model in frame.models[:curated]]
        ),
        settings=_settings(frame, curated),
        seed=seed,
    )


def _settings(frame: Frame, curated: int) -> tuple[tuple[int, ...], ...]:
    cells = frame.cells
    rows = np.bincount(cells.variant, minlength=cells.model.size)
    found: list[list[int]] = [[] for _ in range(curated)]
    for variant in np.argsort(-rows, kind="stable").tolist():
        if cells.model[variant] < curated:
            found[cells.model[variant]].append(variant)
    return tuple(tuple(some) for some in found)


def _nearest_variant(quality: QualityBeliefs, model: int, effort: float) -> int | None:
    """Measured setting close to the planned effort with the most rows; None when none is close."""
    effort_of_setting = quality.frame.cells.effort
    close = (v for v in quality.settings[model] if abs(float(effort_of_setting[v]) - effort) <= _EFFORT_MATCH)
    return next(close, None)


def ability_at(quality: QualityBeliefs, model: int, effort: float) -> tuple[Floats, Floats]:
    """Mean (K,) and covariance (K, K) of a model's ability at the effort a plan assumes."""
    fit = quality.fit
    variant = _nearest_variant(quality, model, effort)
    if variant is not None:
        return fit.variant_mean[variant], fit.variant_covariance[variant]
    facts = quality.frame.cells.facts[model]
    # Uncertain effects of facts matter where facts are all there is.
    leverage = float(facts @ fit.effects_covariance @ facts) if quality.evidence_rows[model] == 0 else 0.0
    covariance = fit.ability_covariance[model] + leverage * fit.psi + fit.tau2 * np.eye(fit.psi.shape[0])
    return fit.ability_mean[model] + effort * fit.effort_effect, covariance


HiddenReasoning: TypeAlias = str
"""auto, off, on, or a reasoning effort by name."""


def _ability_moments(
    quality: QualityBeliefs, catalog: Catalog, skill: str, hidden_reasoning: HiddenReasoning = "auto"
) -> tuple[Floats, Floats]:
    """Ability of all curated models at the effort a plan assumes for the skill: means (M, K), covariances (M, K, K)."""
    efforts = [planned_effort(catalog.models[name], skill, hidden_reasoning) for name in quality.model_ids]
    moments = [ability_at(quality, model, effort) for model, effort in enumerate(efforts)]
    return np.array([mean for mean, _ in moments]), np.array([cov for _, cov in moments])


def _residuals(quality: QualityBeliefs, benchmark: int) -> tuple[Floats, Floats]:
    """What each model's own score on a benchmark says beyond its skills: mean and variance (M,), in units of scale."""
    fit, cells = quality.fit, quality.frame.cells
    models, odd = len(quality.model_ids), float(fit.odd_variance[benchmark])
    family = fit.family_oddity[cells.family[:models], benchmark]
    rows = np.flatnonzero((cells.benchmark == benchmark) & (cells.model[cells.variant] < models))
    variant = cells.variant[rows]
    model = cells.model[variant]
    expected = np.vecdot(fit.variant_mean[variant], fit.loading[benchmark]) + family[model]
    gap = (cells.z[rows] - fit.mu[benchmark]) / fit.scale[benchmark] - expected
    gain = odd / (odd + cells.sampling[rows] / fit.scale[benchmark] ** 2)
    total, count = np.bincount(model, gain * gap, models), np.bincount(model, minlength=models)
    seen = count > 0
    mean, variance = family.copy(), np.full(models, odd)
    mean[seen] += RESIDUAL_KEPT * total[seen] / count[seen]
    variance[seen] = odd * (1.0 - RESIDUAL_KEPT**2)
    return mean, variance


def benchmark_number(quality: QualityBeliefs, segment: Segment, name: str) -> int:
    """Place of a benchmark in the fit; InputError with the closest names for one that the catalog has no scores of."""
    if name in quality.benchmark_ids:
        return quality.benchmark_ids.index(name)
    close = get_close_matches(name, quality.benchmark_ids, n=3, cutoff=0.3)
    allowed = f"a benchmark of the catalog with scores, such as {', '.join(close or quality.benchmark_ids[:3])}"
    raise InputError("workload", f"segments.{segment.name}.like", found=name, allowed=allowed)


@dataclass(frozen=True, slots=True, eq=False)
class Latent:
    """Log odds of every model on a benchmark, sampling noise left out."""

    mean: Floats
    """(M,)"""
    direction: Floats
    """(M, K) how the ability noise moves them."""
    own_variance: Floats
    """(M,) what skills do not explain."""
    by_loading: Floats
    """(M, K) how a unit more of each loading would move them: abilities in units of log odds."""
    benchmark: str

    @property
    def skilled_variance(self) -> Floats:
        """(M,) what skills explain."""
        return np.asarray(np.sum(self.direction**2, axis=1))


def latent_of(
    quality: QualityBeliefs, catalog: Catalog, skill: str, benchmark: int, hidden_reasoning: HiddenReasoning = "auto"
) -> Latent:
    """Log odds of all curated models on a benchmark, at the effort that a plan assumes for the skill."""
    fit = quality.fit
    mean, covariance = _ability_moments(quality, catalog, skill, hidden_reasoning)
    loading = fit.loading[benchmark]
    residual, residual_variance = _residuals(quality, benchmark)
    scale = float(fit.scale[benchmark])
    return Latent(
        mean=fit.mu[benchmark] + scale * (mean @ loading + residual),
        direction=scale * np.einsum("k,mkj->mj", loading, np.linalg.cholesky(covariance)),
        own_variance=scale**2 * residual_variance,
        by_loading=scale * mean,
        benchmark=quality.benchmark_ids[benchmark],
    )


def skilled_draws(quality: QualityBeliefs, latent: Latent) -> Draws:
    """What uncertain skills add, (M, S)."""
    return np.asarray(np.einsum("mk,mks->ms", latent.direction, quality.ability_noise))


def own_draws(quality: QualityBeliefs, latent: Latent) -> Draws:
    """What models have of their own on the benchmark, (M, S)."""
    own = model_draws(quality.seed, ("own", latent.benchmark), quality.model_ids)
    return np.asarray(np.sqrt(latent.own_variance)[:, None] * own)


def latent_draws(quality: QualityBeliefs, latent: Latent) -> Draws:
    """Draws (M, S); the same model and benchmark give the same draws in every segment."""
    return np.asarray(latent.mean[:, None] + skilled_draws(quality, latent) + own_draws(quality, latent))


def share_of_log_odds(log_odds: Draws, benchmark: Benchmark) -> Draws:
    """Expected score, guessing included."""
    chance = benchmark.chance if benchmark.link == "share" else 0.0
    return np.asarray(chance + (1.0 - chance) * logistic(log_odds))


def anchor_quality(quality: QualityBeliefs, catalog: Catalog, skill: str) -> Draws:
    """Expected score (M, S) of every model on the usual benchmark of a skill: for pages that compare skills."""
    anchor = catalog.anchors[skill]
    number = quality.benchmark_ids.index(anchor.benchmark)
    return share_of_log_odds(
        latent_draws(quality, latent_of(quality, catalog, skill, number)), catalog.benchmarks[anchor.benchmark]
    )


def skill_qualities(quality: QualityBeliefs, catalog: Catalog) -> dict[str, Draws]:
    """`anchor_quality` of every skill."""
    return {skill: anchor_quality(quality, catalog, skill) for skill in SKILLS}
