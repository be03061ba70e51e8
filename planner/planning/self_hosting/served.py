"""One kind of request on machines of one's own: how the model is used, how good it is so, and its replica's sizing."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.cost.api import volume_factor
from planner.beliefs.serving.sizing import BITS, PoolSizing, Precision, Setup, size_replica, sized_requests_per_second
from planner.beliefs.techniques.transforms import TECHNIQUES, Technique, quantised_quality
from planner.catalog.schema import Model
from planner.options.context import World
from planner.options.eligibility.exclusions import needs_of, own_rules
from planner.options.estimates.figures import Added, added_by, shape_of
from planner.options.estimates.qualities import Floor, SegmentQualities, floor_of, qualities_of, quality_key
from planner.planning.limits import Strictness, holds_floor, strictness_of
from planner.units import DRAW_COUNT, Draws, Floats
from planner.workload.schema import Segment, Workload

TECHNIQUE_TEXTS: Final[dict[Technique, str]] = {
    "direct": "asked directly",
    "few_shot": "with examples in the prompt",
    "fine_tune": "fine-tuned",
    "rag": "with retrieval",
    "rag+fine_tune": "fine-tuned, with retrieval",
}
_LIKELY: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """One kind of request on the pool."""

    segment: Segment
    technique: Technique
    sizing: PoolSizing
    requests_per_month: float
    """Average month of the horizon."""
    peak_rps: float
    """Of the busiest hour; of the mean one where answers may wait a day."""
    busy_at_peak: Draws
    """(S,) replicas' worth of work at that hour."""
    quality: Draws
    floor: Floor
    added: Added
    """What retrieval adds to a request."""

    @property
    def holds_floor(self) -> float:
        """Share of draws in which the model is good enough."""
        return float((self.quality >= self.floor.draws).mean())


def usable_techniques(segment: Segment) -> tuple[Technique, ...]:
    """How an own model may be used on a segment: with retrieval where there are documents, tuned where labels."""
    plain, tuned = ("rag", "rag+fine_tune") if segment.knowledge.corpus_tokens > 0.0 else ("direct", "fine_tune")
    ways: tuple[Technique, ...] = (plain, tuned) if segment.training.labelled_examples > 0 else (plain,)  # type: ignore[assignment]  # the pairs are techniques
    return ways


def who_could_share(world: World, workload: Workload, model: str, precision: Precision = "fp8") -> tuple[str, ...]:
    """Names of the segments that one pool of this model could serve: their rules let it, and it is likely good enough.

    Likely: in at least half of the draws it holds the segment's floor, in the best way it may be used.
    """
    row, facts = world.models.row[model], world.catalog.models[model]
    names = []
    for segment in workload.segments:
        checks = own_rules(world.models, needs_of(segment, may_own=True))
        if any(bool(rule.fails[row]) for rule in checks):
            continue
        qualities = qualities_of(world, quality_key(segment))
        floor = floor_of(world, segment, qualities)
        _, quality = _way(
            world, qualities, segment, (facts, precision), floor, strictness_of(workload)["quality"], None
        )
        if float((quality >= floor.draws).mean()) >= _LIKELY:
            names.append(segment.name)
    return tuple(names)


def served_segment(
    world: World, workload: Workload, segment: Segment, setup: Setup, technique: Technique | None
) -> Served | str:
    """Size a replica for one kind of request; a sentence when the model does not fit."""
    qualities = qualities_of(world, quality_key(segment))
    floor = floor_of(world, segment, qualities)
    what = (setup.model, setup.precision)
    chosen, quality = _way(world, qualities, segment, what, floor, strictness_of(workload)["quality"], technique)
    catalog, seed = world.catalog, world.seed
    added = added_by(catalog, segment, shape_of(TECHNIQUES.index(chosen)), seed)
    sizing = size_replica(
        catalog,
        setup,
        segment,
        utilisation_cap=workload.assumptions.gpu_utilisation_cap,
        extra_input_tokens=added.sizing_tokens,
        before_ms=added.before_ms,
        seed=seed,
    )
    if isinstance(sizing, str):
        return sizing
    volume = volume_factor(workload)
    peak = sized_requests_per_second(segment, volume)
    requests = segment.requests_per_month * volume
    return Served(segment, chosen, sizing, requests, peak, peak / sizing.capacity_rps, quality, floor, added)


def _way(
    world: World,
    qualities: SegmentQualities,
    segment: Segment,
    what: tuple[Model, Precision],
    floor: Floor,
    strict: Strictness,
    wanted: Technique | None,
) -> tuple[Technique, Draws]:
    """How the model is used, and its quality (S,) at a precision; 0 where the technique does not apply."""
    model, precision = what
    row = world.models.row[model.id]
    size: Floats = np.array([model.total_params_b or np.nan])
    ways = usable_techniques(segment) if wanted is None else (wanted,)
    found: list[tuple[float, Technique, Draws]] = []
    for way in ways:
        draws = qualities.by_technique[TECHNIQUES.index(way)][row : row + 1]
        if not np.isfinite(draws).all():
            found.append((-1.0, way, np.zeros(DRAW_COUNT)))
            continue
        quality = quantised_quality(world.catalog, draws, size, BITS[precision], world.seed, segment)[0]
        held = float((quality >= floor.draws).mean())
        if holds_floor(quality, floor.draws, strict):
            return way, quality
        found.append((held, way, quality))
    _, way, quality = max(found, key=lambda item: item[0])
    return way, quality
