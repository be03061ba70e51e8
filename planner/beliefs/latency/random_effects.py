"""A Gaussian random-effects regression with heavy-tailed rows, exact and in one solve; its draws go by names.

y of row i = mean + slopes x features + the sum of its effects + residual. An effect is a normal deviation shared by all
rows with one label ('the model', 'the host', 'the source'), or, where it fades, an Ornstein-Uhlenbeck path a label: two
rows a years apart share exp(-a / tau) of it. The residual is Student: rows are weighted by (nu + 1) / (nu + r^2 / s^2),
a few rounds of expectation-maximisation (Lange, Little, Taylor 1989, JASA 84). Everything else is linear, so that
forecasts are the conditional normal of Rasmussen and Williams (2006), chapter 2, and draws are moved by Matheron's
rule: prior draws of named effects, corrected by what was seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np

from planner.units import Draws, Floats, Ints, normal_draws, normal_rows

_MEAN_SD: Final = 5.0
"""Prior sd of the overall mean: nothing known."""
LEVELS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Quantiles that a forecast of a row is told by."""
FREEDOM: Final = 4.0
"""Degrees of freedom of a residual."""
_ROUNDS: Final = 4
_LEAST_VARIANCE: Final = 1e-6
_MONTHS: Final = 12.0
_GRID: Final = 400
_RATIOS: Final = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 100.0)


@dataclass(frozen=True, slots=True)
class Effect:
    """One kind of deviation that rows share by a label."""

    name: str
    sd: float
    tau_years: float | None = None
    """Time over which it fades; None: it stays."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """R rows as the regression takes them."""

    features: Floats
    """(R, F) columns of about unit size."""
    labels: Mapping[str, Ints]
    """Effect to the label (R,) of each row; -1: the row has none of it."""
    names: Mapping[str, tuple[str, ...]]
    """Effect to the names of its labels: draws belong to these."""
    months: Ints
    """(R,) when it was measured, months since a common day."""

    def take(self, rows: Ints) -> "Rows":
        """Some of the rows; labels and names stay common."""
        labels = {name: label[rows] for name, label in self.labels.items()}
        return Rows(self.features[rows], labels, self.names, self.months[rows])


@dataclass(frozen=True, slots=True)
class Spreads:
    """What the regression takes as known of how far things lie apart."""

    slopes_sd: float
    effects: tuple[Effect, ...]
    residual_sd: float
    """Scale of the Student residual of one published row."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What rows taught; forecasts are read off it."""

    spreads: Spreads
    rows: Rows
    observed: Floats
    """(R,)"""
    noise: Floats
    """(R,) variance of each row after its weight."""
    inverse: Floats
    """(R, R) of the covariance of what was observed."""
    weights: Floats
    """(R,) inverse times observed."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """Forecasts of N rows."""

    mean: Floats
    sd: Floats
    """(N,) of what the row's source would report in the long run, as of a normal."""
    row_sd: Floats
    """(N,) scale of the Student residual that one measurement adds."""


def label_rows(columns: Mapping[str, Sequence[str | None]]) -> tuple[dict[str, Ints], dict[str, tuple[str, ...]]]:
    """Labels and their names from a column of texts an effect; None has no label.

    >>> label_rows({"host": ["groq", None, "groq"]})[1]
    {'host': ('groq',)}
    """
    labels: dict[str, Ints] = {}
    names: dict[str, tuple[str, ...]] = {}
    for effect, texts in columns.items():
        known = {text: number for number, text in enumerate(dict.fromkeys(text for text in texts if text is not None))}
        labels[effect] = np.array([-1 if text is None else known[text] for text in texts], dtype=np.int64)
        names[effect] = tuple(known)
    return labels, names


def fit_effects(rows: Rows, observed: Floats, row_sd: Floats, spreads: Spreads) -> Fit:
    """Condition on rows; `row_sd` (R,) is the scale of each row's residual."""
    known = _covariance(rows, rows, spreads)
    scale = np.square(row_sd)
    weight = np.ones(observed.size)
    for _ in range(_ROUNDS):
        noise = scale / weight
        residual = noise * np.linalg.solve(known + np.diag(noise), observed)
        weight = (FREEDOM + 1.0) / (FREEDOM + np.square(residual) / scale)
    noise = scale / weight
    inverse = np.asarray(np.linalg.inv(known + np.diag(noise)), dtype=np.float64)
    return Fit(spreads, rows, observed, noise, inverse, inverse @ observed)


def forecast(fit: Fit, asked: Rows, row_sd: Floats) -> Outlook:
    """Forecasts of rows labelled together with those of the fit; a label never seen is as wide as its prior."""
    shared = _covariance(asked, fit.rows, fit.spreads)
    known = np.einsum("nr,nr->n", shared @ fit.inverse, shared)
    variance = _prior_variance(asked, fit.spreads) - known
    return Outlook(shared @ fit.weights, np.sqrt(np.maximum(variance, _LEAST_VARIANCE)), row_sd)


def _covariance(one: Rows, other: Rows, spreads: Spreads) -> Floats:
    """(N, R) prior covariance of two sets of rows, residuals apart."""
    total = _MEAN_SD**2 + spreads.slopes_sd**2 * (one.features @ other.features.T)
    years = np.abs(one.months[:, None] - other.months[None, :]) / _MONTHS
    for effect in spreads.effects:
        mine, theirs = one.labels[effect.name], other.labels[effect.name]
        same = (mine[:, None] == theirs[None, :]) & (mine[:, None] >= 0)
        fade = 1.0 if effect.tau_years is None else np.exp(-years / effect.tau_years)
        total = total + effect.sd**2 * same * fade
    return np.asarray(total, dtype=np.float64)


def _prior_variance(rows: Rows, spreads: Spreads) -> Floats:
    """(N,) variance of each row before anything was seen."""
    total = _MEAN_SD**2 + spreads.slopes_sd**2 * np.square(rows.features).sum(axis=1)
    for effect in spreads.effects:
        total = total + effect.sd**2 * (rows.labels[effect.name] >= 0)
    return np.asarray(total, dtype=np.float64)


def draw_rows(fit: Fit, asked: Rows, seed: int, purpose: str) -> Draws:
    """(N, S) draws of what the asked rows' source would report in the long run.

    Prior draws belong to the names of effects, so that a row more or less leaves the others' draws as they were.
    """
    last = int(max(fit.rows.months.max(), asked.months.max()))
    seen, wanted = (_prior_draws(rows, fit.spreads, last, seed, purpose) for rows in (fit.rows, asked))
    noise = normal_rows(seed, purpose, "noise", rows=fit.observed.size)
    missed = fit.observed[:, None] - seen - np.sqrt(fit.noise)[:, None] * noise
    return np.asarray(wanted + _covariance(asked, fit.rows, fit.spreads) @ (fit.inverse @ missed), dtype=np.float64)


def _prior_draws(rows: Rows, spreads: Spreads, last_month: int, seed: int, purpose: str) -> Draws:
    """(R, S) draws of rows before anything was seen; paths start at the last month."""
    slopes = normal_rows(seed, purpose, "slopes", rows=rows.features.shape[1] + 1)
    total = _MEAN_SD * slopes[0] + spreads.slopes_sd * (rows.features @ slopes[1:])
    for effect in spreads.effects:
        labels, names = rows.labels[effect.name], rows.names[effect.name]
        order = np.argsort(labels, kind="stable")
        starts = np.searchsorted(labels[order], np.arange(len(names) + 1))
        for label in np.unique(labels[labels >= 0]).tolist():
            here = order[starts[label] : starts[label + 1]]
            name = (purpose, effect.name, names[label])
            if effect.tau_years is None:
                total[here] += effect.sd * normal_draws(seed, *name)
            else:
                back = last_month - rows.months[here]
                steps = normal_rows(seed, *name, rows=int(back.max()) + 1)
                total[here] += effect.sd * _path(steps, back, effect.tau_years)
    return np.asarray(total, dtype=np.float64)


def _path(steps: Draws, months_back: Ints, tau_years: float) -> Draws:
    """(N, S) of one label's unit Ornstein-Uhlenbeck path, drawn backwards: one label has one path, wherever asked."""
    keep = np.exp(-1.0 / (_MONTHS * tau_years))
    steps[1:] *= np.sqrt(1.0 - keep**2)
    for month in range(1, len(steps)):
        steps[month] += keep * steps[month - 1]
    return np.asarray(steps[months_back])


def half_width(outlook: Outlook, level: float = 0.95) -> Floats:
    """(N,) half width of the interval of one measurement whose upper end is this quantile."""
    ratio = outlook.row_sd / outlook.sd
    factor = np.interp(ratio, _RATIOS, _tail_table(level))
    return np.asarray(factor * np.hypot(outlook.sd, outlook.row_sd), dtype=np.float64)


@lru_cache(maxsize=8)
def _tail_table(level: float) -> Floats:
    """Quantile of a normal plus a Student variate over the root of their squared scales, by the ratio of the scales."""
    at = (np.arange(_GRID) + 0.5) / _GRID
    normal = np.array([NormalDist().inv_cdf(share) for share in at.tolist()])
    student = student_quantiles(at)
    found = [
        np.quantile((normal[:, None] + ratio * student[None, :]).ravel(), level) / np.hypot(1.0, ratio)
        for ratio in _RATIOS
    ]
    return np.array(found)


def student_quantiles(shares: Floats) -> Floats:
    """Quantiles of a Student variate with 4 degrees of freedom (Shaw 2006, J. Comput. Finance 9(4), closed form).

    >>> round(float(student_quantiles(np.array([0.95]))[0]), 3)
    2.132
    """
    alpha = 4.0 * shares * (1.0 - shares)
    q = np.cos(np.arccos(np.sqrt(alpha)) / 3.0) / np.sqrt(alpha)
    return np.asarray(np.sign(shares - 0.5) * 2.0 * np.sqrt(q - 1.0), dtype=np.float64)
