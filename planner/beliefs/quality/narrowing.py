"""Which further evidence would narrow the belief about one model in one skill most.

The skill's usual benchmark has latent log odds y = s_a (L_a . theta + e_a). A score on benchmark b would be
x = L_b . theta + e_b + sampling. Both are Gaussian under the fit, so a score of any value leaves

    Var(y | x) = Var(y) - Cov(y, x)^2 / Var(x),    Cov(y, x) = s_a L_a' C L_b

and where b is a itself, the part of its oddity that is held to carry over goes as well (design by expected posterior
variance: Lindley, Annals of Mathematical Statistics 27, 1956).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.quality.abilities import RESIDUAL_KEPT, QualityBeliefs, ability_at, latent_of, share_of_log_odds
from planner.beliefs.quality.cells import planned_effort
from planner.catalog.schema import Catalog
from planner.units import DRAW_COUNT, Floats, Interval, interval_of, normal_draws

_PROBE_ITEMS: Final = 100
_PROBE_NAME: Final = f"{_PROBE_ITEMS} answers of your own to a suite of this skill"
PROBE: Final = ""
"""Benchmark id of the suggestion to probe the model oneself."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One piece of evidence that the model lacks."""

    benchmark: str
    """Benchmark id; PROBE: 100 items of one's own, of a difficulty that other models' answers have told."""
    name: str
    now: Interval
    """Expected score on the skill's usual benchmark as it is believed."""
    then: Interval
    """The same with the evidence, if it comes out as expected."""

    @property
    def narrower(self) -> float:
        """Part of the interval's width that goes."""
        width = self.now.high - self.now.low
        return 0.0 if width <= 0.0 else 1.0 - (self.then.high - self.then.low) / width


def narrowing(
    quality: QualityBeliefs, catalog: Catalog, model: str, skill: str, most: int = 5
) -> tuple[Narrowing, ...]:
    """Evidence that would narrow the belief about a model in a skill, the most telling first."""
    row = quality.model_ids.index(model)
    anchor = catalog.anchors[skill].benchmark
    at = quality.benchmark_ids.index(anchor)
    latent = latent_of(quality, catalog, skill, at)
    mean, own = float(latent.mean[row]), float(latent.own_variance[row])
    variance = float(latent.skilled_variance[row]) + own
    gains = _gains(quality, catalog, row, skill, at, own)
    gains[PROBE] = _probe_gain(mean, float(latent.skilled_variance[row]), own)

    def expected(left: float) -> Interval:
        draws = mean + np.sqrt(max(left, 0.0)) * normal_draws(quality.seed, "narrowing", size=DRAW_COUNT)
        return interval_of(share_of_log_odds(draws, catalog.benchmarks[anchor]))

    ranked = sorted(gains, key=lambda name: (-gains[name], name))[:most]
    return tuple(
        Narrowing(
            benchmark=name,
            name=catalog.benchmarks[name].name if name else _PROBE_NAME,
            now=expected(variance),
            then=expected(variance - gains[name]),
        )
        for name in ranked
    )


def _gains(
    quality: QualityBeliefs, catalog: Catalog, row: int, skill: str, anchor: int, own: float
) -> dict[str, float]:
    """Variance of the anchor's log odds that a score on each benchmark without one would take away."""
    fit, cells = quality.fit, quality.frame.cells
    effort = planned_effort(catalog.models[quality.model_ids[row]], skill)
    _, covariance = ability_at(quality, row, effort)
    scale = float(fit.scale[anchor])
    sampling = _typical_sampling(quality)
    across = scale * (fit.loading @ covariance @ fit.loading[anchor])
    seen = np.einsum("jk,kl,jl->j", fit.loading, covariance, fit.loading) + fit.odd_variance + sampling
    known = set(cells.benchmark[cells.model[cells.variant] == row].tolist())
    gain = across**2 / seen
    gain[anchor] += RESIDUAL_KEPT**2 * own
    return {name: float(gain[j]) for j, name in enumerate(quality.benchmark_ids) if j not in known}


def _typical_sampling(quality: QualityBeliefs) -> Floats:
    """(J,) median sampling variance of each benchmark's scores, in units of its scale."""
    cells, fit = quality.frame.cells, quality.fit
    found = np.array(
        [
            np.median(cells.sampling[cells.benchmark == j]) if (cells.benchmark == j).any() else 0.0
            for j in range(len(quality.benchmark_ids))
        ]
    )
    return np.asarray(found / fit.scale**2)


def _probe_gain(mean: float, skilled: float, own: float) -> float:
    """Variance that graded answers to a suite of the same skill would take away; the suite has an oddity of its own."""
    share = 1.0 / (1.0 + np.exp(-mean))
    sampling = 1.0 / (_PROBE_ITEMS * max(share * (1.0 - share), 0.02))
    return float(skilled**2 / (skilled + own + sampling))
