"""What published series say about size, generation and quantisation: shifts and slopes in log odds."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from planner.beliefs.techniques.pooling import Fit, median_fit, pool, source_weights
from planner.catalog.evidence.techniques import SizeScore, TechniqueTables
from planner.units import Floats, logit

Strings: TypeAlias = npt.NDArray[np.str_]

_NEAR_CHANCE: Final = 0.02
"""Scores this close to chance are left out: their log odds say nothing about size."""
_KNOT: Final = 1.0
"""log10 of the size where the slope changes, 10B."""
_GENERATION: Final = ("Qwen2", "Qwen2.5")
_LEAST_SPAN: Final = 0.3
_SAME_SIZE: Final = 0.06
"""Two models are of one size when log10 of their parameters differ by less."""


def fit_quantisation(tables: TechniqueTables, forms: Sequence[str], bits: int, methods: Sequence[str] = ()) -> Fit:
    """logit(quantised) - logit(16 bits) over these forms at so many bits; all methods when none is named."""
    rows = [
        row
        for row in tables.quantised
        if row.form in forms and row.bits == bits and (not methods or row.method in methods)
    ]
    shifts = [float(logit(row.quantised) - logit(row.full)) for row in rows]
    return pool(shifts, [row.source_id for row in rows])


def _above_chance(rows: Sequence[SizeScore]) -> list[SizeScore]:
    """Dense models without a doubt, clear of chance."""
    return [
        row
        for row in rows
        if not row.doubt and row.active_params_b is None and row.score > row.chance + _NEAR_CHANCE * (row.chance > 0.0)
    ]


def _level(row: SizeScore) -> float:
    """Log odds of the score with chance taken off."""
    return float(logit((row.score - row.chance) / (1.0 - row.chance)))


def fit_size_slopes(tables: TechniqueTables, skills: Sequence[str] = ()) -> tuple[Fit, Fit]:
    """Slopes of log odds per decade of total parameters below and above 10B; all skills when none is named.

    One line with a knot at 10B through every series (family, stage, benchmark), each series with its own intercept and
    no family counting for more than five series. Spread: between the families' own slopes on that side.
    """
    rows = [row for row in _above_chance(tables.sizes) if not skills or row.skill in skills]
    names = [f"{row.family} {row.stage}" for row in rows]
    series = np.array([f"{name} {row.benchmark}" for name, row in zip(names, rows, strict=True)])
    size = np.log10([row.params_b for row in rows]) - _KNOT
    sides = np.column_stack([np.minimum(size, 0.0), np.maximum(size, 0.0)])
    raw = sides.copy()
    level = np.array([_level(row) for row in rows])
    for one in np.unique(series):
        mine = series == one
        sides[mine] -= sides[mine].mean(axis=0)
        level[mine] -= level[mine].mean()
    weights = source_weights(names)
    slopes = _two_slopes(sides, level, weights)
    sources = tuple(sorted({row.source_id for row in rows}))
    spreads = _family_spreads(raw, sides, level, np.array(names))
    on_side = [int(np.sum(np.abs(raw[:, side]) > 0.0)) for side in (0, 1)]
    below, above = (Fit(float(slopes[side]), spreads[side], on_side[side], sources) for side in (0, 1))
    return below, above


def _two_slopes(sides: Floats, level: Floats, weights: Floats) -> Floats:
    root = np.sqrt(weights)
    found = np.linalg.lstsq(sides * root[:, None], level * root, rcond=None)[0]
    return np.asarray(found)


def _family_spreads(raw: Floats, sides: Floats, level: Floats, names: Strings) -> tuple[float | None, float | None]:
    """Spread between families of their own slope on either side; None with fewer than three families.

    A family counts on a side where its sizes span a factor of two there.
    """
    found: tuple[list[float], list[float]] = ([], [])
    for name in np.unique(names):
        mine = names == name
        spans = np.ptp(raw[mine], axis=0) > _LEAST_SPAN
        if np.sum(mine) >= 4 and spans.any():
            slopes = np.linalg.lstsq(sides[mine][:, spans], level[mine], rcond=None)[0]
            for side, slope in zip(np.flatnonzero(spans), slopes, strict=True):
                found[int(side)].append(float(slope))
    below, above = (median_fit(np.array(each), ()).spread if len(each) >= 3 else None for each in found)
    return below, above


def fit_one_slope(tables: TechniqueTables, skills: Sequence[str], least_b: float = 0.0) -> Fit:
    """One slope per decade of parameters over all sizes from `least_b` on, where a series is too short for a knot.

    Spread: between the slopes of the series (family, stage, benchmark).
    """
    rows = [row for row in _above_chance(tables.sizes) if row.skill in skills and row.params_b >= least_b]
    groups: dict[tuple[str, str, str], list[SizeScore]] = defaultdict(list)
    for row in rows:
        groups[row.family, row.stage, row.benchmark].append(row)
    series = [group for group in groups.values() if len({row.params_b for row in group}) >= 2]
    slopes = [
        float(np.polyfit(np.log10([row.params_b for row in group]), [_level(row) for row in group], 1)[0])
        for group in series
    ]
    return pool(slopes, [group[0].source_id for group in series])


def fit_generation_gain(tables: TechniqueTables, stage: str) -> Fit:
    """Log odds that Qwen2.5 gains over Qwen2 at equal size: mean over sizes of the mean over benchmarks."""
    old = [row for row in _above_chance(tables.sizes) if row.family == _GENERATION[0] and row.stage == stage]
    new = [row for row in _above_chance(tables.sizes) if row.family == _GENERATION[1] and row.stage == stage]
    gains: dict[float, list[float]] = defaultdict(list)
    for row in new:
        for before in old:
            close = abs(np.log10(row.params_b / before.params_b)) < _SAME_SIZE
            if close and row.benchmark == before.benchmark:
                gains[before.params_b].append(_level(row) - _level(before))
    each = [float(np.mean(found)) for found in gains.values()]
    return Fit(
        float(np.mean(each)),
        float(np.std(each, ddof=1)),
        sum(len(found) for found in gains.values()),
        ("qwen2.5-blog",),
    )


def fit_moe_factor(tables: TechniqueTables) -> Fit:
    """Size of the dense model that a mixture of experts equals, over sqrt(total x active parameters); median, log-sd.

    Each benchmark's score is placed between the dense models of about the same generation, straight in log size.
    """
    dense = {"Qwen2": ("Qwen2-7B", "Qwen2-72B"), "Mixtral": ("Llama3-8B", "Llama-3-70B")}
    logs = []
    groups: dict[tuple[str, str], list[SizeScore]] = defaultdict(list)
    for row in tables.sizes:
        if row.active_params_b is not None and row.family in dense:
            groups[row.model, row.stage].append(row)
    for (_, stage), mixed in groups.items():
        small, large = (_scores_of(tables, name, stage) for name in dense[mixed[0].family])
        shared = [row for row in mixed if row.benchmark in small and row.benchmark in large]
        sizes = [_dense_size(row, small[row.benchmark], large[row.benchmark]) for row in shared]
        active = mixed[0].active_params_b or mixed[0].params_b
        logs.append(float(np.nanmedian(sizes)) - 0.5 * np.log10(mixed[0].params_b * active))
    spread = float(np.std(logs, ddof=1) * np.log(10.0))
    return Fit(float(10.0 ** np.mean(logs)), spread, len(logs), ("qwen2.5-blog",))


def _scores_of(tables: TechniqueTables, name: str, stage: str) -> dict[str, SizeScore]:
    return {row.benchmark: row for row in tables.sizes if row.model.startswith(name) and row.stage == stage}


def _dense_size(row: SizeScore, small: SizeScore, large: SizeScore) -> float:
    """log10 of the size between two dense models that would score the same; nan where the larger one is no better."""
    low, high = _level(small), _level(large)
    along = (_level(row) - low) / (high - low) if high > low else np.nan
    return float(np.log10(small.params_b) + along * np.log10(large.params_b / small.params_b))
