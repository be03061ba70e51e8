"""Exact pruning: options that some optimal plan does without, found before the solver sees them.

Dominance. Option a dominates option b of the same segment when a needs nothing that b does not need (components, pool,
models where their number is limited), gives every provider that b gives (where their number is asked for), loads the
pool no more, and is no worse in any column (score; quality where it is bounded; every draw's cost where a budget must
hold draw by draw); equal options keep the lowest row number. In any plan that holds all limits b can then be exchanged
for a: no component, replica or model is added, no provider is lost, and neither the objective nor any draw of the bill
gets worse. Chains end because "no worse, ties by number" is a strict partial order, so one optimum always survives.

Bounds come after: see bounds.py.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.planning.problem import Problem, Rows, SegmentPart
from planner.units import Bools, Floats, Ints

_PAIRS: Final = 2_000_000
"""Pairs compared at once, so that the boolean blocks stay in cache."""
_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Structure:
    """Which sets matter when two options are exchanged."""

    models: bool
    """The number of models is limited."""
    providers: bool
    """A number of providers is asked for."""


def best_of_groups(rows: Rows, columns: Floats, structure: Structure) -> Ints:
    """Positions that no row of equal structure dominates; `columns` (R, K) the smaller the better, loads apart."""
    if rows.size == 0:
        return np.zeros(0, dtype=np.int64)
    key = _group_key(rows, structure)
    order = np.lexsort((np.arange(rows.size), rows.load, *columns.T[1:3][::-1], columns[:, 0], key))
    starts = np.flatnonzero(np.diff(key[order], prepend=key[order[0]] - 1))
    if columns.shape[1] == 1:
        return np.sort(_staircase(order, starts, rows.load))
    groups = [_skyline(group, columns, rows.load) for group in np.split(order, starts[1:])]
    return np.sort(np.concatenate(groups))


def undominated(part: SegmentPart, rows: Rows, columns: Floats, structure: Structure) -> Bools:
    """(R,) rows that no other row dominates, whatever its structure; pair by pair, so prune by groups first."""
    dominated = np.zeros(rows.size, dtype=np.bool_)
    block = max(1, _PAIRS // max(1, rows.size))
    for start in range(0, rows.size, block):
        these = np.arange(start, min(start + block, rows.size))
        dominated[these] = _dominated(part, rows, columns, structure, these)
    return ~dominated


def _group_key(rows: Rows, structure: Structure) -> Ints:
    """One number per equal structure."""
    columns = [rows.component_set, rows.pool]
    if structure.models:
        columns += [rows.models.min(axis=1), rows.models.max(axis=1)]
    if structure.providers:
        columns += [rows.providers.min(axis=1), rows.providers.max(axis=1)]
    key = np.zeros(rows.size, dtype=np.int64)
    for column in columns:
        low = column.min()
        key = key * (int(column.max() - low) + 1) + (column - low)
    return key


def _staircase(order: Ints, starts: Ints, load: Floats) -> Ints:
    """With one column, sorted by it: a row survives when its load is below all before it in its group."""
    rank = np.unique(load[order], return_inverse=True)[1].astype(np.int64)
    group = np.zeros(order.shape[0], dtype=np.int64)
    group[starts[1:]] = 1
    # Later groups are shifted below all earlier ones, so that one running minimum serves all groups.
    shifted = rank - np.cumsum(group) * (rank.shape[0] + 1)
    before = np.concatenate([[np.iinfo(np.int64).max], np.minimum.accumulate(shifted)[:-1]])
    before[starts] = np.iinfo(np.int64).max
    kept: Ints = order[shifted < before]
    return kept


def _skyline(group: Ints, columns: Floats, load: Floats) -> Ints:
    """With several columns, sorted by the first: each row against those kept so far."""
    if group.shape[0] == 1:
        return group
    values = np.concatenate([columns[group], load[group, None]], axis=1)
    kept = np.empty_like(values)
    kept[0] = values[0]
    count, positions = 1, [0]
    for number in range(1, group.shape[0]):
        if not (kept[:count] <= values[number]).all(axis=1).any():
            kept[count] = values[number]
            count += 1
            positions.append(number)
    return group[positions]


def _dominated(part: SegmentPart, rows: Rows, columns: Floats, structure: Structure, these: Ints) -> Bools:
    """(len(these),) whether any row dominates each of these."""
    values = [rows.load, *columns.T]
    no_worse = needs_no_more(part, rows, structure, these)
    for value in values:
        no_worse &= value[None, :] <= value[these, None]
    no_worse[np.arange(these.shape[0]), these] = False
    candidate = np.flatnonzero(no_worse.any(axis=0))
    equal = no_worse[:, candidate]
    for value in values:
        equal &= value[None, candidate] == value[these, None]
    if equal.any():
        # Among equals that need the same the lower row number stays.
        mutual = equal & needs_no_more(part, rows, structure, these, reverse=True)[:, candidate]
        no_worse[:, candidate] &= ~mutual | (rows.index[None, candidate] < rows.index[these, None])
    return np.asarray(no_worse.any(axis=1), dtype=np.bool_)


def needs_no_more(part: SegmentPart, rows: Rows, structure: Structure, these: Ints, *, reverse: bool = False) -> Bools:
    """(T, R): row r needs no more than row t (reverse: row t no more than row r)."""
    sets, number = np.unique(rows.component_set, return_inverse=True)
    members = part.component_matrix[sets].astype(np.float32)
    subset = (members @ (1.0 - members).T) == 0.0
    subset_pairs = subset[np.ix_(number[these], number)] if reverse else subset[np.ix_(number, number[these])].T
    pool_r, pool_t = rows.pool[None, :], rows.pool[these, None]
    allowed: Bools = subset_pairs & ((pool_r == pool_t) | ((pool_t if reverse else pool_r) < 0))
    if structure.models:
        allowed &= _within(rows.models, these, reverse=reverse)
    if structure.providers:
        allowed &= _within(rows.providers, these, reverse=not reverse)
    return allowed


def _within(pairs: Ints, these: Ints, *, reverse: bool) -> Bools:
    """(T, R): both members of row r's pair are in row t's (reverse: t's in r's)."""
    r, t = pairs[None, :, :], pairs[these, None, :]
    inner, outer = (t, r) if reverse else (r, t)
    in_first = (inner[..., 0] == outer[..., 0]) | (inner[..., 0] == outer[..., 1])
    in_second = (inner[..., 1] == outer[..., 0]) | (inner[..., 1] == outer[..., 1])
    return np.asarray(in_first & in_second, dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """The options left of all segments in one row of arrays; n columns of the programme."""

    segment: Ints
    """(n,) segment number, ascending"""
    position: Ints
    """(n,) position in that segment's rows"""
    usage_usd: Floats
    errors_usd: Floats
    """(n,) mean cost of wrong answers"""
    quality: Floats
    """(n,) share of acceptable answers times the segment's share of requests"""
    load: Floats
    pool: Ints
    needs: Bools
    """(n, C)"""
    models: Ints
    providers: Ints
    replicas: Floats
    """(n,) whole replicas that each option needs by itself; 0 without a pool"""
    own_usd: Floats
    """(n,) components and those replicas in full"""

    @property
    def size(self) -> int:
        """Number of options, n."""
        return int(self.segment.shape[0])

    def take(self, mask: Bools) -> "Pick":
        """The options under the mask."""
        return Pick(
            self.segment[mask],
            self.position[mask],
            self.usage_usd[mask],
            self.errors_usd[mask],
            self.quality[mask],
            self.load[mask],
            self.pool[mask],
            self.needs[mask],
            self.models[mask],
            self.providers[mask],
            self.replicas[mask],
            self.own_usd[mask],
        )


def gather(problem: Problem, positions: list[Ints]) -> Pick:
    """Lay the chosen positions of all segments end to end."""
    parts = problem.parts
    few = [part.rows.take(chosen) for part, chosen in zip(parts, positions, strict=True)]
    load = np.concatenate([rows.load for rows in few])
    pool = np.concatenate([rows.pool for rows in few])
    needs = np.concatenate([part.component_matrix[rows.component_set] for part, rows in zip(parts, few, strict=True)])
    replicas = _own_replicas(problem, load, pool)
    replica_usd = problem.replica_usd[pool] if problem.replica_usd.size else 0.0
    return Pick(
        segment=np.concatenate([np.full(rows.size, g, dtype=np.int64) for g, rows in enumerate(few)]),
        position=np.concatenate(positions),
        usage_usd=np.concatenate([rows.usage_usd for rows in few]),
        errors_usd=np.concatenate([rows.errors_usd for rows in few]),
        quality=np.concatenate([rows.quality * problem.request_share[g] for g, rows in enumerate(few)]),
        load=load,
        pool=pool,
        needs=needs,
        models=np.concatenate([rows.models for rows in few]),
        providers=np.concatenate([rows.providers for rows in few]),
        replicas=replicas,
        own_usd=needs @ problem.component_usd + replicas * replica_usd,
    )


def _own_replicas(problem: Problem, load: Floats, pool: Ints) -> Floats:
    out = np.zeros(load.shape[0])
    pooled = np.flatnonzero(pool >= 0)
    out[pooled] = problem.replicas_in(pool[pooled], load[pooled])
    return out


def least_of_segments(segment: Ints, values: Floats, segments: int) -> Floats:
    """(G,) least value in each segment."""
    out = np.full(segments, np.inf)
    np.minimum.at(out, segment, values)
    return out


def shared_fixed_usd(problem: Problem, pick: Pick) -> Floats:
    """(n,) components and replicas at one over the number of segments that could share them."""
    segments = len(problem.parts)
    used_by = np.zeros(problem.component_usd.shape[0])
    pool_used_by = np.zeros(max(1, problem.replica_usd.shape[0]))
    for number in range(segments):
        mine = pick.segment == number
        used_by += pick.needs[mine].any(axis=0)
        pools = np.unique(pick.pool[mine])
        pool_used_by[pools[pools >= 0]] += 1.0
    replica_usd = problem.replica_usd[pick.pool] if problem.replica_usd.size else 0.0
    component = pick.needs @ (problem.component_usd / np.maximum(used_by, 1.0))
    pool = pick.replicas * replica_usd / np.maximum(pool_used_by[pick.pool], 1.0)
    return np.asarray(component + pool, dtype=np.float64)
