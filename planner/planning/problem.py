"""From workload and options to the arrays a programme is made of: which options fit, what they add to the objective.

An option fits when every limit of its segment holds, each by itself (limits.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from planner.beliefs.cost.api import volume_factor
from planner.beliefs.serving.sizing import busy_to_mean, may_wait
from planner.options.table import Options, OptionTable
from planner.planning.draw_shares import upper_at
from planner.planning.limits import Held, Strictness, held_limits, strictness_of
from planner.units import DRAW_COUNT, Bools, Draws, Floats, Ints
from planner.workload.schema import Segment, Workload


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Some options of one segment with what the programme needs of them; R rows."""

    index: Ints
    """(R,) row numbers in the option table."""
    usage_usd: Floats
    """(R,) mean over draws."""
    errors_usd: Floats
    """(R,) mean cost of wrong answers a month, counted or not."""
    quality: Floats
    """(R,) mean over draws."""
    load: Floats
    """(R,) replicas' worth of work that suffices at the confidence, if it had the pool to itself; 0 without one."""
    pool: Ints
    """(R,) index into pools; -1: none."""
    component_set: Ints
    """(R,)"""
    models: Ints
    """(R, 2) index into Problem.models: the model and the one a cascade escalates to (else the model again)."""
    providers: Ints
    """(R, 2) index into Problem.providers, likewise."""
    memo: dict[tuple[object, ...], Ints] = field(default_factory=dict)
    """Rows left after exact pruning, by what it was pruned for."""

    @property
    def size(self) -> int:
        """Number of rows, R."""
        return int(self.index.shape[0])

    def take(self, positions: Ints | Bools) -> "Rows":
        """The rows at these positions."""
        return Rows(
            self.index[positions],
            self.usage_usd[positions],
            self.errors_usd[positions],
            self.quality[positions],
            self.load[positions],
            self.pool[positions],
            self.component_set[positions],
            self.models[positions],
            self.providers[positions],
        )


@dataclass(frozen=True, slots=True, eq=False)
class SegmentPart:
    """One segment of the problem."""

    segment: Segment
    table: OptionTable
    held: Held
    error_usd: float
    """What a month costs if every answer is wrong: error_cost_usd x requests of an average month of the horizon."""
    model_of: Ints
    """Index into Problem.models of each of the table's model_ids."""
    provider_of: Ints
    """Index into Problem.providers of each of the table's places."""
    component_matrix: Bools
    """(sets, components) which set needs which component."""
    rows: Rows
    """Options that fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything choosing needs, as arrays."""

    workload: Workload
    options: Options
    parts: tuple[SegmentPart, ...]
    models: tuple[str, ...]
    providers: tuple[str, ...]
    request_share: Floats
    """(G,) share of all requests."""
    component_usd: Floats
    """(C,) mean monthly cost."""
    component_draws: Draws
    """(C, S)"""
    replica_usd: Floats
    """(P,) a month"""
    replica_carbon_kg: Floats
    """(P,) a month"""
    min_replicas: Ints
    """(P,)"""
    max_replicas: Ints
    """(P,)"""
    load_parts: Floats
    """(G, 2) an option's load at its pool's busiest hour, and over the mean hour, each over `Rows.load`: work that may
    wait a day is none at the busiest hour."""

    @property
    def confidence(self) -> float:
        """Share of draws in which machine load, budget and carbon must hold."""
        return self.workload.times_confidence

    @property
    def strictness(self) -> dict[str, Strictness]:
        """How surely each kind of a segment's limits must hold, and within which tolerance."""
        return strictness_of(self.workload)

    @property
    def cap(self) -> float:
        """Busy share of a pool that is never planned beyond."""
        return self.workload.assumptions.gpu_utilisation_cap

    def replicas_for(self, load: Floats) -> Ints:
        """Whole replicas of each pool (P,) that carry a load (P, 2) at the cap; 0 where there is none.

        The busiest hour's work has to fit, and the mean hour's with all that may wait: it fills what is idle up to the
        cap, at which the times of the others are stated.
        """
        most = load.max(axis=-1)
        return np.where(most > 0.0, self.replicas_in(np.arange(most.shape[0]), most).astype(np.int64), 0)

    def replicas_in(self, pool: Ints, load: Floats) -> Floats:
        """(n,) whole replicas that a pool in use needs for each of these loads; (n,) index into pools.

        The tolerance is the solver's own for a row, so that 3.0000001 replicas are three.
        """
        return np.maximum(np.ceil(load / self.cap - 1e-6), self.min_replicas[pool])

    def with_rows(self, rows: Mapping[int, Rows]) -> "Problem":
        """The same problem with other options allowed in some segments (by number)."""
        parts = tuple(
            replace(part, rows=rows[number]) if number in rows else part for number, part in enumerate(self.parts)
        )
        return replace(self, parts=parts)


def rows_of(part: SegmentPart, index: Ints, confidence: float) -> Rows:
    """What the programme needs of some options of a segment, by their row numbers in the table."""
    table = part.table
    pool = table.pool[index]
    load = np.zeros(index.shape[0])
    pooled = pool >= 0
    if pooled.any():
        # A pool that is used at all needs a replica, even for a load that rounds to nothing.
        load[pooled] = np.maximum(upper_at(table.pool_load[index[pooled]], confidence), 1e-9)
    quality = table.quality[index].mean(axis=1)
    first, second = table.model[index], table.strong_model[index]
    place, strong_place = table.place[index], table.strong_place[index]
    return Rows(
        index=index,
        usage_usd=table.usage_usd[index].mean(axis=1),
        errors_usd=part.error_usd * (1.0 - quality),
        quality=quality,
        load=load,
        pool=pool,
        component_set=table.component_set[index],
        models=part.model_of[np.stack([first, np.where(second < 0, first, second)], axis=1)],
        providers=part.provider_of[np.stack([place, np.where(strong_place < 0, place, strong_place)], axis=1)],
    )


def fitting_rows(part: SegmentPart, held: Held, confidence: float) -> Rows:
    """The options of a segment that fit, limits evaluated as in `held`; machine load at this confidence."""
    return rows_of(part, np.flatnonzero(held.fits()), confidence)


def state_problem(workload: Workload, options: Options) -> Problem:
    """Evaluate all limits of all segments and lay out the arrays that choosing needs."""
    models = _in_order(name for table in options.tables for name in table.model_ids)
    providers = _in_order(place.provider for table in options.tables for place in table.places)
    requests = np.array([segment.requests_per_month for segment in workload.segments])
    draws = [component.monthly_usd for component in options.components]
    component_draws = np.stack(draws) if draws else np.zeros((0, DRAW_COUNT))
    return Problem(
        workload=workload,
        options=options,
        parts=tuple(
            _state_segment(workload, segment, table, models, providers, len(draws))
            for segment, table in zip(workload.segments, options.tables, strict=True)
        ),
        models=tuple(models),
        providers=tuple(providers),
        request_share=requests / requests.sum(),
        component_usd=component_draws.mean(axis=1),
        component_draws=component_draws,
        replica_usd=np.array([pool.usd_per_replica_month for pool in options.pools]),
        replica_carbon_kg=np.array([pool.carbon_kg_per_replica_month for pool in options.pools]),
        min_replicas=np.array([pool.min_replicas for pool in options.pools], dtype=np.int64),
        max_replicas=np.array([pool.max_replicas for pool in options.pools], dtype=np.int64),
        load_parts=np.array([load_parts_of(segment) for segment in workload.segments]),
    )


def load_parts_of(segment: Segment) -> tuple[float, float]:
    """A segment's work at the busiest hour and over the mean hour, each over what its options' load says."""
    return 0.0 if may_wait(segment) else 1.0, 1.0 / busy_to_mean(segment)


def _in_order(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _state_segment(
    workload: Workload,
    segment: Segment,
    table: OptionTable,
    models: Mapping[str, int],
    providers: Mapping[str, int],
    components: int,
) -> SegmentPart:
    held = held_limits(segment, table, strictness_of(workload))
    matrix = np.zeros((len(table.component_sets), components), dtype=np.bool_)
    for number, members in enumerate(table.component_sets):
        matrix[number, list(members)] = True
    empty, none = np.zeros(0, dtype=np.int64), np.zeros(0)
    part = SegmentPart(
        segment=segment,
        table=table,
        held=held,
        error_usd=segment.error_cost_usd * segment.requests_per_month * volume_factor(workload),
        model_of=np.array([models[name] for name in table.model_ids], dtype=np.int64),
        provider_of=np.array([providers[place.provider] for place in table.places], dtype=np.int64),
        component_matrix=matrix,
        rows=Rows(empty, none, none, none, none, empty, empty, empty.reshape(0, 2), empty.reshape(0, 2)),
    )
    return replace(part, rows=fitting_rows(part, held, workload.times_confidence))
