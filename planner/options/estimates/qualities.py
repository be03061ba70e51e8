"""Quality of a segment by model and technique, and the floor it has to reach."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.evidence.measured import SegmentMeasurement
from planner.beliefs.quality.segment_quality import SegmentQuality, segment_quality
from planner.beliefs.techniques.outcomes import Outcomes, outcomes_of
from planner.beliefs.techniques.transforms import TECHNIQUES, quantised_quality, reference_quality, technique_quality
from planner.options.context import World
from planner.options.placements.placements import Ways
from planner.options.table import AnchorUse
from planner.units import DRAW_COUNT, Bools, Draws, Ints
from planner.workload.schema import LatencyLimits, RelativeFloor, Segment, TokenDistribution

_DEFAULT_FLOOR: Final = RelativeFloor(at_least=0.95, of="best")
_FILE: Final = "workload"
_LEAST_UNPROBED_B: Final = 0.5
"""Total parameters, billions, from which a model may be planned on published evidence alone."""
FLATTERY_SEEN: Final = 0.47
"""Measured: on 72 held-out benchmarks, forecast from their skill's usual one, the model of the best forecast scored 5.2
points (standard error 1.6) below it; regressed on what luck by the draws explains (11.4 points), slope 0.47."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentQualities:
    """Quality of every model on a segment under every technique."""

    direct: SegmentQuality
    by_technique: tuple[Draws, ...]
    """(M, S) for each of TECHNIQUES; nan rows where it doesn't apply."""
    applies: Bools
    """(T, M)"""
    too_small: Bools
    """(M,) models that are too small to be planned before they were probed on the segment."""
    reference: Draws
    """(M, S) what relative floors refer to."""
    anchor: AnchorUse
    outcomes: Outcomes
    """Where questions that need documents end, and what novelty costs."""


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """Least acceptable quality of a segment."""

    draws: Draws
    """(S,)"""
    text: str
    """How it reads: 'at least 0.90'."""
    model: int = -1
    """Row of the model that it refers to; -1 for an absolute floor."""


def quality_key(segment: Segment) -> Segment:
    """The segment with everything reset that its quality doesn't depend on: equal keys have equal qualities."""
    return segment.model_copy(
        update={
            "requests_per_month": 1.0,
            "input_tokens": TokenDistribution(mean=1.0),
            "output_tokens": TokenDistribution(mean=1.0),
            "quality_floor": None,
            "shared_prefix_tokens": 0.0,
            "turns_per_conversation": 1.0,
            "tool_calls_per_request": 0.0,
            "peak_to_mean": 1.0,
            "batchable": False,
            "latency": LatencyLimits(),
            "data": type(segment.data)(),
            "context_p99_tokens": None,
            "samples": None,
            "error_cost_usd": 0.0,
            "today": None,
            "prefer": None,
            "serving_allowed": None,
            "offline": False,
        }
    )


def qualities_of(world: World, segment: Segment, measured: SegmentMeasurement | None = None) -> SegmentQualities:
    """Quality of every model on a segment under every technique, given what was measured on it."""
    catalog, seed = world.catalog, world.seed
    direct = segment_quality(world.beliefs.quality, catalog, segment, measured)
    by_technique = tuple(technique_quality(catalog, segment, direct, name, seed) for name in TECHNIQUES)
    too_small = _unprobed_small(world, direct)
    return SegmentQualities(
        direct=direct,
        by_technique=by_technique,
        applies=np.array([np.isfinite(draws).all(axis=1) for draws in by_technique]) & ~too_small,
        too_small=too_small,
        reference=reference_quality(*(by_technique[TECHNIQUES.index(name)] for name in ("direct", "rag"))),
        anchor=AnchorUse(
            segment=segment.name,
            kind=direct.anchor_kind,
            benchmark=direct.anchor_benchmark,
            text=direct.anchor_text,
            evidence_rows=direct.anchor_rows,
            runs=direct.runs,
            probed=direct.probed,
        ),
        outcomes=outcomes_of(catalog, segment, direct, by_technique, seed),
    )


def _unprobed_small(world: World, direct: SegmentQuality) -> Bools:
    """(M,) models of less than half a billion parameters, as they are named, that nobody asked on this segment.

    Published results fall fast below a billion and differ more than any model here knows.
    """
    small = np.round(world.models.total_params_b, 1) < _LEAST_UNPROBED_B
    probed = {*direct.probed, *(name for part in direct.grounded for name in part.outcomes.models)}
    asked = np.array([name in probed for name in direct.model_ids], dtype=np.bool_)
    return np.asarray(small & ~asked)


def row_quality(
    world: World, ways: Ways, qualities: SegmentQualities, way: Ints, technique: Ints, segment: Segment
) -> Draws:
    """Quality of rows (way, technique), shape (N, S); weights of 8 and 4 bits lose what quantisation costs.

    Rows must be ordered by technique.
    """
    quality = np.empty((way.size, DRAW_COUNT))
    for number in np.unique(technique):
        start, stop = np.searchsorted(technique, (number, number + 1))
        rows = way[start:stop]
        draws = qualities.by_technique[number]
        stack, position = _with_quantised(world, draws, ways.model[rows], ways.bits[rows], segment)
        np.take(stack, position, axis=0, out=quality[start:stop], mode="clip")
    return np.clip(quality, 0.0, 1.0, out=quality)


def _with_quantised(world: World, draws: Draws, model: Ints, bits: Ints, segment: Segment) -> tuple[Draws, Ints]:
    """The models' draws with their quantised variants below them, and each row's place in this stack."""
    stack = [draws]
    position = model.copy()
    height = draws.shape[0]
    for width in (8, 4):
        rows = bits == width
        used, where = np.unique(model[rows], return_inverse=True)
        stack.append(
            quantised_quality(world.catalog, draws[used], world.models.total_params_b[used], width, world.seed, segment)
        )
        position[rows] = height + where
        height += used.size
    return np.concatenate(stack), position


def floor_of(world: World, segment: Segment, qualities: SegmentQualities, allowed: Bools | None = None) -> Floor:
    """Least acceptable quality of a segment; 95 % as good as the best model where the user gives none.

    'best' is the one model of the highest mean quality, of those that the segment's own rules allow (`allowed` (M,);
    all that are still to be had when None), less what being picked for the highest forecast flatters it. Techniques
    beyond retrieval don't count, so that the floor doesn't move with what is enumerated. A resolved floor is the one of
    the plan that it was taken from.
    """
    floor = _DEFAULT_FLOOR if segment.quality_floor is None else segment.quality_floor
    if not isinstance(floor, RelativeFloor):
        return Floor(np.full(DRAW_COUNT, floor), f"at least {floor:.2f}")
    reference, flattered = qualities.reference, 0.0
    if floor.resolved is not None:
        row = world.models.row[floor.resolved.model]
        flattered = float(reference[row].mean()) - floor.resolved.value / floor.at_least
    elif floor.of == "best":
        may = world.available if allowed is None or not allowed.any() else allowed
        row = int(np.argmax(np.where(may, reference.mean(axis=1), -np.inf)))
        flattered = flattery_of_best(reference[may])
    else:
        row = world.models.row[floor.of]
    text = f"at least {floor.at_least:.0%} as good as {world.models.ids[row]}"
    return Floor(np.clip(floor.at_least * (reference[row] - flattered), 0.0, 1.0), text, row)


def flattery_of_best(reference: Draws) -> float:
    """By how much the model of the best forecast is forecast too well, share of answers; (M, S) the models to pick of.

    What a pick of the highest of M forecasts gains by luck if each errs as its draws say, times the part of it that was
    seen on held-out benchmarks (FLATTERY_SEEN). The errors that all share do not move the pick and cancel.
    """
    mean, pick = reference.mean(axis=1), np.argmax(reference, axis=0)
    gained = reference[pick, np.arange(reference.shape[1])] - mean[pick]
    return FLATTERY_SEEN * max(float(gained.mean()), 0.0)
