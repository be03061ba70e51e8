"""Shares of draws near an edge, with what is Gaussian integrated in closed form.

A share read off S draws errs by sqrt(p (1 - p) / S): 1.9 points of 90 % with 256. Most of what moves a quality against
its floor is normal on the log odds scale: what is not known of the models themselves, and of the segment's difficulty.
The margin is regressed on these; the share of the linear part is known in closed form, so its error on the very draws
is too, and is taken off (a control variate):

    P(margin >= 0) = share of draws (margin >= 0) + Phi(mean / |slopes|) - share of draws (mean + slopes x >= 0),

exact where the margin is linear in them, whatever the draws; unbiased where it is bent or moved by more.
"""

from typing import Final

import numpy as np
from scipy.special import ndtr

from planner.options.table import Doubts, OptionTable
from planner.units import Draws, Floats, Ints, logit

NEAR: Final = 0.08
"""Shares this close to the asked confidence are settled in closed form; further away no plan depends on them."""
_RIDGE: Final = 1e-9
_BLOCK: Final = 2048


def near_rows(share: Floats, confidence: float) -> Ints:
    """Options whose share is close to what is asked."""
    return np.flatnonzero(np.abs(share - confidence) <= NEAR)


def floor_shares(table: OptionTable, rows: Ints, tolerance: float) -> Floats:
    """(len(rows),) probability that quality reaches the floor less the tolerance, for some rows of a table."""
    if table.doubts is None:
        return np.asarray((table.quality[rows] >= table.floor - tolerance).mean(axis=-1), dtype=np.float64)
    bar = logit(np.clip(table.floor - tolerance, 0.0, 1.0))
    out = np.empty(rows.size)
    for start in range(0, rows.size, _BLOCK):
        these = rows[start : start + _BLOCK]
        margin = logit(table.quality[these]) - bar
        out[start : start + _BLOCK] = closed_form(margin, _moved_by(table, table.doubts, these))
    return out


def _moved_by(table: OptionTable, doubts: Doubts, rows: Ints) -> Draws:
    """(n, 4, S) what each row's margin is regressed on: its models by themselves, the floor's, the difficulty."""
    first, second = table.model[rows], table.strong_model[rows]
    found = np.zeros((rows.size, 4, doubts.difficulty.size))
    found[:, 0] = doubts.own[first]
    other = (second >= 0) & (second != first)
    found[other, 1] = doubts.own[second[other]]
    if table.floor_model >= 0:
        apart = (first != table.floor_model) & (second != table.floor_model)
        found[apart, 2] = doubts.own[table.floor_model]
    found[:, 3] = doubts.difficulty
    return found


def closed_form(margin: Draws, moved_by: Draws) -> Floats:
    """(n,) P(margin >= 0) of margins (n, S), given standard normals (n, K, S) that move them."""
    count = margin.shape[1]
    mean = margin.mean(axis=1, keepdims=True)
    centred = moved_by - moved_by.mean(axis=2, keepdims=True)
    gram = centred @ centred.transpose(0, 2, 1) / count + _RIDGE * np.eye(moved_by.shape[1])
    against = (centred @ (margin - mean)[:, :, None])[:, :, 0] / count
    slopes = np.linalg.solve(gram, against[:, :, None])[:, :, 0]
    linear = mean + (slopes[:, None, :] @ centred)[:, 0, :]
    spread = np.maximum(np.sqrt(np.sum(slopes**2, axis=1)), 1e-9)
    error = (linear >= 0.0).mean(axis=1) - ndtr(mean[:, 0] / spread)
    return np.asarray(np.clip((margin >= 0.0).mean(axis=1) - error, 0.0, 1.0), dtype=np.float64)
