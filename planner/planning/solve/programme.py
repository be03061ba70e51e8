"""The rows of the mixed-integer programme: each rule is one function named for what it means.

Columns, in this order: one binary x per option, one y in [0, 1] per component, one integer r per pool (replicas), one
m in [0, 1] per model and one v in [0, 1] per provider, one binary w per draw that is allowed to fail. y, m and v
need not be integer: with x integer and costs not negative an optimum has them at 0 or 1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from planner.planning.draw_shares import draws_needed
from planner.planning.problem import Problem
from planner.planning.solve.prune import Pick
from planner.units import Floats, Ints
from planner.workload.schema import Limits

_QUALITY_SCALE: Final = 1e4
"""HiGHS holds rows to 1e-6, which is then 1e-10 of a share."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some rows low <= A x <= high, as coordinates; row numbers start at 0."""

    row: Ints
    column: Ints
    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each kind of column starts."""

    options: int
    components: int
    pools: int
    models: int
    providers: int
    budget_draws: tuple[int, ...] = ()
    """Draws that have a row in the budget."""
    carbon_draws: tuple[int, ...] = ()
    """Draws that have a row in the carbon limit."""

    @property
    def first_component(self) -> int:
        """First y."""
        return self.options

    @property
    def first_pool(self) -> int:
        """First r."""
        return self.first_component + self.components

    @property
    def first_model(self) -> int:
        """First m."""
        return self.first_pool + self.pools

    @property
    def first_provider(self) -> int:
        """First v."""
        return self.first_model + self.models

    @property
    def first_budget(self) -> int:
        """First w of the budget."""
        return self.first_provider + self.providers

    @property
    def first_carbon(self) -> int:
        """First w of the carbon limit."""
        return self.first_budget + len(self.budget_draws)

    @property
    def count(self) -> int:
        """Number of columns."""
        return self.first_carbon + len(self.carbon_draws)


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """Options, columns and limits that rows are made from."""

    problem: Problem
    pick: Pick
    columns: Columns
    limits: Limits
    quality_at_least: float | None = None


RowRule: TypeAlias = Callable[[Programme], Block | None]


def _block(row: Ints, column: Ints, value: Floats, low: Floats, high: Floats) -> Block:
    return Block(row.astype(np.int64), column.astype(np.int64), value.astype(np.float64), low, high)


def choose_one_option(programme: Programme) -> Block:
    """Each segment is served by exactly one option."""
    segments, n = len(programme.problem.parts), programme.pick.size
    one = np.ones(segments)
    return _block(programme.pick.segment, np.arange(n), np.ones(n), one, one)


def _at_most_switch(member: Ints, owner: Ints, segment: Ints, switch: Ints) -> Block:
    """For each (segment, owner): the sum of its x is at most the owner's switch column."""
    width = int(owner.max()) + 1 if owner.size else 1
    groups, row = np.unique(segment * width + owner, return_inverse=True)
    rows = np.arange(groups.shape[0])
    return _block(
        np.concatenate([row, rows]),
        np.concatenate([member, switch[groups % width]]),
        np.concatenate([np.ones(member.shape[0]), -np.ones(rows.shape[0])]),
        np.full(rows.shape[0], -np.inf),
        np.zeros(rows.shape[0]),
    )


def pay_components_once(programme: Programme) -> Block | None:
    """A component is paid in full as soon as one segment's option needs it."""
    member, component = np.nonzero(programme.pick.needs)
    if member.size == 0:
        return None
    switch = programme.columns.first_component + np.arange(programme.columns.components)
    return _at_most_switch(member, component, programme.pick.segment[member], switch)


def hold_pool_load(programme: Programme) -> Block | None:
    """The load of all segments on a pool is at most its whole replicas times the utilisation cap.

    So it is at the busiest hour, of the work that may not wait, and, where some may wait a day, over the mean hour for
    all of it: what waits fills the idle time up to the cap. Each segment's load is the one that suffices at the
    confidence; their sum suffices too when loads move together, as they do inside a pool (one model on one GPU set-up),
    and errs towards more replicas otherwise.
    """
    pick, columns = programme.pick, programme.columns
    member = np.flatnonzero(pick.pool >= 0)
    if member.size == 0:
        return None
    parts = programme.problem.load_parts[pick.segment[member]]
    busiest, waiting = parts[:, 0] > 0.0, np.isin(pick.pool[member], pick.pool[member[parts[:, 0] == 0.0]])
    which = np.concatenate([np.flatnonzero(busiest), np.flatnonzero(waiting)])
    hour = np.concatenate([np.zeros(int(busiest.sum()), np.int64), np.ones(int(waiting.sum()), np.int64)])
    pool = pick.pool[member[which]]
    keys, row = np.unique(hour * columns.pools + pool, return_inverse=True)
    rows = np.arange(keys.shape[0])
    return _block(
        np.concatenate([row, rows]),
        np.concatenate([member[which], columns.first_pool + keys % columns.pools]),
        np.concatenate([pick.load[member[which]] * parts[which, hour], np.full(rows.shape[0], -programme.problem.cap)]),
        np.full(rows.shape[0], -np.inf),
        np.zeros(rows.shape[0]),
    )


def keep_least_replicas(programme: Programme) -> Block | None:
    """A pool in use has at least its least number of replicas, and enough for any one of its segments.

    The second half follows from the load row; stated by segment it tightens the relaxation.
    """
    pick, columns = programme.pick, programme.columns
    member = np.flatnonzero(pick.pool >= 0)
    if member.size == 0:
        return None
    width = int(pick.pool.max()) + 1
    groups, row = np.unique(pick.segment[member] * width + pick.pool[member], return_inverse=True)
    rows = np.arange(groups.shape[0])
    return _block(
        np.concatenate([row, rows]),
        np.concatenate([member, columns.first_pool + groups % width]),
        np.concatenate([pick.replicas[member], -np.ones(rows.shape[0])]),
        np.full(rows.shape[0], -np.inf),
        np.zeros(rows.shape[0]),
    )


def _each_once(pairs: Ints) -> tuple[Ints, Ints]:
    """(option, member) of both columns of (n, 2) pairs, doubles left out."""
    second = np.flatnonzero(pairs[:, 0] != pairs[:, 1])
    option = np.concatenate([np.arange(pairs.shape[0]), second])
    return option, np.concatenate([pairs[:, 0], pairs[second, 1]])


def limit_models_per_plan(programme: Programme) -> Block | None:
    """At most `limits.max_models` distinct models; a cascade uses two. Without a limit they are only counted."""
    if not programme.columns.models:
        return None
    allowed = np.inf if programme.limits.max_models is None else float(programme.limits.max_models)
    option, model = _each_once(programme.pick.models)
    switch = programme.columns.first_model + np.arange(programme.columns.models)
    use = _at_most_switch(option, model, programme.pick.segment[option], switch)
    row = np.full(switch.shape[0], use.low.shape[0])
    return _block(
        np.concatenate([use.row, row]),
        np.concatenate([use.column, switch]),
        np.concatenate([use.value, np.ones(switch.shape[0])]),
        np.append(use.low, -np.inf),
        np.append(use.high, allowed),
    )


def limit_providers(programme: Programme) -> Block | None:
    """At least `limits.min_providers` distinct providers; own machines count as one."""
    asked = programme.limits.min_providers
    if asked is None:
        return None
    option, provider = _each_once(programme.pick.providers)
    count = programme.columns.providers
    column = programme.columns.first_provider + np.arange(count)
    return _block(
        np.concatenate([np.arange(count), provider, np.full(count, count)]),
        np.concatenate([column, option, column]),
        np.concatenate([np.ones(count), -np.ones(option.shape[0]), np.ones(count)]),
        np.append(np.full(count, -np.inf), float(asked)),
        np.append(np.zeros(count), np.inf),
    )


def budget_draws(problem: Problem, pick: Pick) -> tuple[Floats, Floats, Floats]:
    """Cost in each draw of options (n, S), components (C, S) and one replica (P,)."""
    usage = _of_options(problem, pick, "usage_usd")
    return usage, problem.component_draws, problem.replica_usd


def carbon_draws(problem: Problem, pick: Pick) -> tuple[Floats, Floats, Floats]:
    """Carbon in each draw of options (n, S), components (none) and one replica (P,)."""
    carbon = _of_options(problem, pick, "carbon_kg")
    return carbon, np.zeros_like(problem.component_draws), problem.replica_carbon_kg


def _of_options(problem: Problem, pick: Pick, name: str) -> Floats:
    blocks = []
    for number, part in enumerate(problem.parts):
        index = part.rows.index[pick.position[pick.segment == number]]
        blocks.append(getattr(part.table, name)[index])
    return np.concatenate(blocks)


def limit_monthly_budget(programme: Programme) -> Block | None:
    """The month costs at most `limits.monthly_budget_usd` in a share `confidence` of the draws."""
    allowed = programme.limits.monthly_budget_usd
    if allowed is None or not programme.columns.budget_draws:
        return None
    parts = budget_draws(programme.problem, programme.pick)
    return _hold_in_draws(programme, parts, allowed, programme.columns.budget_draws, programme.columns.first_budget)


def limit_carbon(programme: Programme) -> Block | None:
    """The month emits at most `limits.carbon_kg_per_month` in a share `confidence` of the draws."""
    allowed = programme.limits.carbon_kg_per_month
    if allowed is None or not programme.columns.carbon_draws:
        return None
    parts = carbon_draws(programme.problem, programme.pick)
    return _hold_in_draws(programme, parts, allowed, programme.columns.carbon_draws, programme.columns.first_carbon)


def _hold_in_draws(
    programme: Programme,
    parts: tuple[Floats, Floats, Floats],
    allowed: float,
    draws: tuple[int, ...],
    first_switch: int,
) -> Block:
    """A row a draw, each with a switch w that lets it fail; at most S - needed switches; and one cut.

    The cut: in the draws that hold, the bill is at most `allowed`, so over the needed cheapest draws it sums to at
    most needed x allowed; and that sum is at least the sum of every part's own cheapest draws.
    """
    options, components, replica = parts
    problem, columns = programme.problem, programme.columns
    body = np.concatenate([options, components, np.repeat(replica[:, None], options.shape[1], axis=1)])
    column = np.concatenate(
        [
            np.arange(columns.options),
            columns.first_component + np.arange(components.shape[0]),
            columns.first_pool + np.arange(replica.shape[0]),
        ]
    )
    needed = draws_needed(problem.confidence, options.shape[1])
    slack = _dearest(problem, programme.pick, parts) - allowed
    cheapest = np.sort(body, axis=1)[:, :needed].mean(axis=1)
    chosen = np.array(draws)
    k, width = chosen.shape[0], column.shape[0]
    switch = first_switch + np.arange(k)
    return _block(
        np.concatenate([np.repeat(np.arange(k), width), np.arange(k), np.full(k, k), np.full(width, k + 1)]),
        np.concatenate([np.tile(column, k), switch, switch, column]),
        np.concatenate([body[:, chosen].T.ravel(), -np.maximum(slack[chosen], 0.0), np.ones(k), cheapest]),
        np.full(k + 2, -np.inf),
        np.concatenate([np.full(k, allowed), [float(options.shape[1] - needed), allowed]]),
    )


def _dearest(problem: Problem, pick: Pick, parts: tuple[Floats, Floats, Floats]) -> Floats:
    """(S,) more than which no plan costs: each segment's dearest option with its own components and replicas."""
    options, components, replica = parts
    pool = np.maximum(pick.pool, 0)
    replicas = pick.replicas * (replica[pool] if replica.size else 0.0)
    full = options + pick.needs.astype(np.float64) @ components + replicas[:, None]
    return np.asarray(
        np.sum([full[pick.segment == g].max(axis=0) for g in range(len(problem.parts))], axis=0), dtype=np.float64
    )


def reach_quality(programme: Programme) -> Block | None:
    """Mean quality over all requests is at least what is asked for."""
    if programme.quality_at_least is None:
        return None
    n = programme.pick.size
    return _block(
        np.zeros(n, dtype=np.int64),
        np.arange(n),
        programme.pick.quality * _QUALITY_SCALE,
        np.array([programme.quality_at_least * _QUALITY_SCALE]),
        np.array([np.inf]),
    )


STRUCTURE: Final[Mapping[str, RowRule]] = {
    "one_option": choose_one_option,
    "components": pay_components_once,
    "pool_load": hold_pool_load,
    "least_replicas": keep_least_replicas,
    "reach_quality": reach_quality,
}
"""Rules of every plan."""

PLAN_ROWS: Final[Mapping[str, RowRule]] = {
    "limits.monthly_budget_usd": limit_monthly_budget,
    "limits.max_models": limit_models_per_plan,
    "limits.min_providers": limit_providers,
    "limits.carbon_kg_per_month": limit_carbon,
}
"""Path of a plan's limit (limits.py) to the rows that mean it."""
