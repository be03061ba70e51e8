"""Rows: every way combined with every technique that it can take, and a reason for techniques that it can't."""

from typing import Final

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.beliefs.techniques.transforms import TECHNIQUES
from planner.options.context import World
from planner.options.eligibility.exclusions import ANY, Needs
from planner.options.estimates.figures import Shape, Times, TimesByShape, added_by, shape_of
from planner.options.estimates.qualities import SegmentQualities
from planner.options.placements.placements import API, Ways
from planner.options.table import SERVINGS, Exclusion
from planner.units import Bools, Ints
from planner.workload.schema import Segment

TUNED: Final = np.array(["fine_tune" in name for name in TECHNIQUES])
_TOO_SMALL: Final = "Below half a billion parameters a model is planned only once it was probed on this segment."
GROUNDED: Final = np.array([name.startswith("rag") for name in TECHNIQUES])


def shapes_needed(qualities: SegmentQualities) -> tuple[Shape, ...]:
    """Shapes of the techniques that apply to at least one model."""
    return tuple(
        dict.fromkeys(shape_of(number) for number in range(len(TECHNIQUES)) if qualities.applies[number].any())
    )


def tunable(world: World, ways: Ways) -> Bools:
    """(W,) whether a tuned model can be had by a way: where the provider tunes it, or on its open weights."""
    by_weights = np.array([model.fine_tuning == "weights" for model in world.models.models], dtype=np.bool_)
    by_provider = np.isfinite(world.tuned_factor[ways.offer]) if world.tuned_factor.size else np.zeros_like(ways.offer)
    return np.where(ways.serving == API, by_provider, by_weights[ways.model]).astype(np.bool_)


def valid_rows(
    world: World,
    ways: Ways,
    times: TimesByShape,
    qualities: SegmentQualities,
    segment: Segment,
    needs: Needs,
) -> Bools:
    """(T, W) which techniques each way can take: applicable to the model, tuned there, in memory and in context."""
    can_tune = tunable(world, ways)
    valid = np.zeros((len(TECHNIQUES), ways.model.size), dtype=np.bool_)
    for number in range(len(TECHNIQUES)):
        shape = shape_of(number)
        if shape not in times.of:
            continue
        context = needs.context_tokens + added_by(world.catalog, segment, shape, world.seed).context_tokens
        valid[number] = qualities.applies[number][ways.model] & times.of[shape].fits & (ways.context >= context)
        if TUNED[number]:
            valid[number] &= can_tune
    return valid


def in_order(valid: Bools) -> tuple[Ints, Ints]:
    """Rows (way, technique) ordered by technique, then way."""
    technique, way = np.nonzero(valid)
    return way.astype(np.int64), technique.astype(np.int64)


def technique_exclusions(
    world: World, ways: Ways, valid: Bools, qualities: SegmentQualities, segment: Segment
) -> tuple[Exclusion, ...]:
    """Why techniques are out: for every model (no labels, no corpus), or for a model that is in by other techniques."""
    small = np.unique(ways.model[qualities.too_small[ways.model]])
    ids = world.models.ids
    out = [Exclusion(segment.name, ids[int(model)], "any", "", "unprobed", _TOO_SMALL) for model in small]
    present = np.unique(ways.model[valid[0]])
    for number, name in enumerate(TECHNIQUES):
        if not qualities.applies[number].any():
            limit, reason = _lacking(world, segment, number)
            out.append(Exclusion(segment.name, ANY, "any", "", limit, reason, name))
            continue
        for model in np.setdiff1d(present, ways.model[valid[number]]):
            limit, reason = _not_for(world, qualities, number, int(model))
            out.append(Exclusion(segment.name, world.models.ids[int(model)], "any", "", limit, reason, name))
    return tuple(out)


def _lacking(world: World, segment: Segment, technique: int) -> tuple[str, str]:
    labels = segment.training.labelled_examples
    if GROUNDED[technique] and segment.knowledge.corpus_tokens <= 0.0:
        return "knowledge.corpus_tokens", "There is no corpus to search."
    prior = "few_shot.min_labels" if TECHNIQUES[technique] == "few_shot" else "fine_tune.min_labels"
    least = float(prior_draws(world.catalog, prior, world.seed)[0])
    if labels < least:
        return "training.labelled_examples", f"It takes at least {least:,.0f} labelled examples; there are {labels:,}."
    return "fine_tuning", "No model can be tuned this way."


def _not_for(world: World, qualities: SegmentQualities, technique: int, model: int) -> tuple[str, str]:
    if TUNED[technique] and world.models.models[model].fine_tuning == "no":
        return "fine_tuning", "It can't be tuned: its weights are closed and its maker offers no tuning."
    if not qualities.applies[technique][model]:
        return "technique", "Nothing is known of it under this technique."
    if TUNED[technique]:
        return "fine_tuning", "No provider that may serve this segment tunes it, and no machine that may, holds it."
    return "context_p99_tokens", "Its context or memory doesn't hold what the technique adds to the prompt."


def unfit_exclusions(world: World, ways: Ways, plain: Times, segment: str) -> tuple[Exclusion, ...]:
    """Models that fit none of their pools, or none of their devices, once sized for this segment's requests."""
    out = []
    for serving in np.unique(ways.serving[~plain.fits]):
        of_serving = ways.serving == serving
        fitting = np.unique(ways.model[of_serving & plain.fits])
        for model in np.setdiff1d(ways.model[of_serving], fitting):
            rows = np.flatnonzero(of_serving & (ways.model == model))
            why = plain.why[int(rows[-1])]
            place = ways.places[int(rows[-1])].label
            name = world.models.ids[int(model)]
            out.append(Exclusion(segment, name, SERVINGS[int(serving)], place, "memory", why))
    return tuple(out)
