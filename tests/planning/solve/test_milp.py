"""Choosing: tiny instances solved by hand, and random ones against every combination."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.options.table import Options
from planner.planning.draw_shares import draws_needed
from planner.planning.problem import Problem, state_problem
from planner.planning.solve.milp import Ask, Solution, cost_draws, solve, solve_ask, unpruned
from planner.units import stream
from planner.workload.schema import Limits, Workload
from tests.planning import instances as made

Way = made.Way


def solved(wl: Workload, opts: Options) -> Solution:
    solution = solve(state_problem(wl, opts))
    assert solution is not None
    return solution


def one_segment(*ways: Way, floor: float = 0.9, **fields: Any) -> tuple[Workload, Options]:
    return made.workload(made.segment("one"), **fields), made.options(made.table("one", list(ways), floor))


def test_the_cheapest_fitting_option_is_chosen() -> None:
    wl, opts = one_segment(Way("a/x", 90), Way("a/y", 70), Way("a/z", 10, quality=0.5))
    assert solved(wl, opts).choice == (1,)


def test_of_equal_options_the_first_is_chosen() -> None:
    wl, opts = one_segment(Way("a/x", 70), Way("a/y", 70), Way("a/z", 70))
    assert solved(wl, opts).choice == (0,)


def test_a_floor_must_hold_in_the_stated_share_of_draws() -> None:
    wl, opts = one_segment(Way("a/sure", 90, quality=0.95), Way("a/unsure", 10, quality=made.ramp(0.88, 1.0)))
    assert solved(wl, opts).choice == (0,)
    assert solved(wl.model_copy(update={"confidence": 0.8}), opts).choice == (1,)


def test_a_component_is_paid_once_for_all_segments() -> None:
    ways = [Way("a/shared", 10, needs=(0,)), Way("a/plain", 70)]
    wl = made.workload(made.segment("one"), made.segment("two"))
    opts = made.options(made.table("one", ways), made.table("two", ways), components=(made.component("gate", 100.0),))
    # Alone 10 + 100 loses to 70; together 20 + 100 beats 140.
    assert solved(wl, opts).cost_usd == pytest.approx(120.0)


def test_replicas_are_whole_and_held_below_the_cap() -> None:
    ways = [Way("a/open", 0, provider="own", pool=0, load=0.7, serving="self_hosted")]
    wl = made.workload(made.segment("one"), made.segment("two"), assumptions={"gpu_utilisation_cap": 0.5})
    opts = made.options(made.table("one", ways), made.table("two", ways), pools=(made.pool("p", "a/open", 100.0),))
    # 1.4 replicas of work at half load are 2.8, so 3.
    assert solved(wl, opts).replicas.tolist() == [3]


def test_a_pool_has_at_least_its_least_replicas() -> None:
    ways = [Way("a/open", 0, provider="own", pool=0, load=0.1, serving="self_hosted")]
    opts = made.options(made.table("one", ways), pools=(made.pool("p", "a/open", 100.0, least=2),))
    assert solved(made.workload(made.segment("one")), opts).cost_usd == pytest.approx(200.0)


def test_a_pool_never_outgrows_its_most_replicas() -> None:
    own = Way("a/open", 0, provider="own", pool=0, load=1.0, serving="self_hosted")
    wl = made.workload(made.segment("one"), made.segment("two"), assumptions={"gpu_utilisation_cap": 0.5})
    tables = [made.table(name, [own, Way("a/api", 1e6)]) for name in ("one", "two")]
    opts = made.options(*tables, pools=(made.pool("p", "a/open", 100.0, most=3),))
    assert sorted(solved(wl, opts).choice) == [0, 1]


def test_pool_load_is_taken_at_the_confidence() -> None:
    ways = [Way("a/open", 0, provider="own", pool=0, load=made.ramp(0.0, 1.0), serving="self_hosted")]
    wl = made.workload(made.segment("one"), assumptions={"gpu_utilisation_cap": 0.5})
    opts = made.options(made.table("one", ways), pools=(made.pool("p", "a/open", 100.0),))
    # The 231st of 256 draws is 230/255 = 0.902, so 1.80 replicas' worth at the cap: 2.
    assert solved(wl, opts).replicas.tolist() == [2]


def shared(*waits: bool, load: float) -> list[int]:
    """Replicas of a pool at a cap of 60 % whose first segment has 0.5 replicas of work, the second `load`."""
    segments = [made.segment(name, batchable=later) for name, later in zip(("one", "two"), waits, strict=True)]
    tables = [
        made.table(name, [Way("a/open", 0, provider="own", pool=0, load=work, serving="self_hosted")])
        for name, work in (("one", 0.5), ("two", load))
    ]
    opts = made.options(*tables, pools=(made.pool("p", "a/open", 100.0),))
    wl = made.workload(*segments, assumptions={"gpu_utilisation_cap": 0.6})
    return [int(count) for count in solved(wl, opts).replicas]


def test_work_that_may_wait_fills_the_idle_time_of_a_shared_pool() -> None:
    # 0.5 at the busiest hour, a third of it over the mean hour: 0.5 / 3 + 0.4 = 0.57 fits on one, 0.5 + 0.4 does not
    assert shared(False, True, load=0.4) == [1]
    assert shared(False, False, load=0.4) == [2]


def test_waiting_work_beyond_the_idle_time_takes_a_replica_more() -> None:
    assert shared(False, True, load=0.45) == [2]


def test_all_work_that_waits_is_added_up_over_the_mean_hour() -> None:
    assert shared(True, True, load=0.6) == [2]


def two_models() -> tuple[list[dict[str, Any]], Options]:
    one = [Way("a/x", 10), Way("b/y", 60, provider="bolt")]
    two = [Way("a/x", 60), Way("b/y", 10, provider="bolt")]
    return [made.segment("one"), made.segment("two")], made.options(made.table("one", one), made.table("two", two))


def test_max_models_leaves_one_model() -> None:
    segments, opts = two_models()
    assert solved(made.workload(*segments), opts).cost_usd == pytest.approx(20.0)
    assert solved(made.workload(*segments, limits={"max_models": 1}), opts).cost_usd == pytest.approx(70.0)


def test_a_cascade_counts_as_two_models() -> None:
    ways = [Way("a/x", 10, strong="b/y"), Way("c/z", 50)]
    wl, opts = one_segment(*ways, limits={"max_models": 1})
    assert solved(wl, opts).choice == (1,)


def test_min_providers_spreads_the_plan() -> None:
    ways = [Way("a/x", 10), Way("a/x", 15, provider="bolt")]
    wl = made.workload(made.segment("one"), made.segment("two"), limits={"min_providers": 2})
    opts = made.options(made.table("one", ways), made.table("two", ways))
    assert solved(wl, opts).cost_usd == pytest.approx(25.0)


def test_a_budget_must_hold_in_the_stated_share_of_draws() -> None:
    ways = [Way("a/cheap-on-average", made.ramp(0, 200)), Way("a/steady", 150)]
    wl, opts = one_segment(*ways, limits={"monthly_budget_usd": 160.0})
    # The ramp costs 100 on average, but 180 in the 231st draw.
    assert solved(wl, opts).choice == (1,)


def test_a_budget_looks_at_the_sum_and_not_at_each_segment() -> None:
    up, down = made.ramp(0, 200), made.ramp(200, 0)
    one = [Way("a/x", up), Way("a/y", 120)]
    two = [Way("a/x", down), Way("a/y", 120)]
    wl = made.workload(made.segment("one"), made.segment("two"), limits={"monthly_budget_usd": 201.0})
    opts = made.options(made.table("one", one), made.table("two", two))
    assert solved(wl, opts).choice == (0, 0)


def test_a_carbon_limit_keeps_the_dirtier_option_out() -> None:
    wl, opts = one_segment(
        Way("a/x", 10, carbon=made.ramp(0, 100)), Way("a/y", 20, carbon=60), limits={"carbon_kg_per_month": 70.0}
    )
    assert solved(wl, opts).choice == (1,)


def test_quality_is_maximised_within_the_budget() -> None:
    ways = [Way("a/x", 10, 0.92), Way("a/y", 50, 0.96), Way("a/z", 500, 0.99)]
    fields = {"objective": {"maximise": "quality"}, "limits": {"monthly_budget_usd": 100.0}}
    wl, opts = one_segment(*ways, **fields)
    assert solved(wl, opts).choice == (1,)


def test_of_equally_good_plans_the_cheaper_is_chosen() -> None:
    wl, opts = one_segment(Way("a/x", 90, 0.96), Way("a/y", 50, 0.96), objective={"maximise": "quality"})
    assert solved(wl, opts).choice == (1,)


@pytest.mark.parametrize(("worth", "choice"), [(5.0, 0), (15.0, 1)])
def test_quality_is_weighed_at_its_price_a_point(worth: float, choice: int) -> None:
    # Four points more for 40 USD: 10 USD a point.
    ways = [Way("a/x", 10, 0.92), Way("a/y", 50, 0.96)]
    wl, opts = one_segment(*ways, objective={"weigh": {"usd_per_quality_point": worth}})
    assert solved(wl, opts).choice == (choice,)


def test_no_fitting_option_is_no_solution() -> None:
    wl, opts = one_segment(Way("a/x", quality=0.5))
    assert solve(state_problem(wl, opts)) is None


def random_case(seed: int) -> tuple[Workload, Options]:
    """Small, with everything shared: two or three segments, four options each."""
    rng = stream(seed, "case")
    parts = tuple(made.component(f"part{k}", rng.uniform(0, 60) * made.ramp(0.5, 1.5)) for k in range(3))
    pools = (made.pool("p", "m/open", float(rng.uniform(20, 90)), most=3), made.pool("q", "m/open", 50.0, least=2))
    tables, names = [], [f"s{k}" for k in range(int(rng.integers(2, 4)))]
    for name in names:
        ways = []
        for _ in range(5):
            kind, model = rng.integers(0, 3), f"m/{rng.integers(0, 3)}"
            needs = tuple(sorted(rng.choice(3, size=rng.integers(0, 3), replace=False).tolist()))
            provider = f"p{rng.integers(0, 2)}"
            usage = rng.uniform(5, 100) * np.exp(0.4 * rng.normal(size=made.S))
            quality = np.clip(rng.uniform(0.88, 0.99) + 0.02 * rng.normal(size=made.S), 0, 1)
            way = Way(model, usage, quality, provider=provider, needs=needs, carbon=rng.uniform(1, 9))
            if kind == 1:
                way = replace(way, strong=f"m/{rng.integers(0, 3)}", strong_provider=f"p{rng.integers(0, 2)}")
            if kind == 2:
                pool = int(rng.integers(0, 2))
                way = replace(
                    way, provider="own", serving="self_hosted", pool=pool, load=rng.uniform(0.05, 0.9), usage=1.0
                )
            ways.append(way)
        tables.append(made.table(name, ways))
    objective = [{"minimise": "cost"}, {"weigh": {"usd_per_quality_point": 3.0}}, {"maximise": "quality"}][seed % 3]
    limits: dict[str, Any] = {}
    if rng.random() < 0.4:
        limits["max_models"] = int(rng.integers(1, 3))
    if rng.random() < 0.3:
        limits["min_providers"] = 2
    if rng.random() < 0.5:
        limits["monthly_budget_usd"] = float(rng.uniform(60, 260))
    if rng.random() < 0.2:
        limits["carbon_kg_per_month"] = float(rng.uniform(5, 40))
    segments = [
        made.segment(name, batchable=bool(rng.random() < 0.4), peak_to_mean=float(rng.uniform(1.0, 6.0)))
        for name in names
    ]
    wl = made.workload(*segments, limits=limits, objective=objective, confidence=0.7)
    return wl, made.options(*tables, components=parts, pools=pools)


def best_by_trying_all(problem: Problem) -> float | None:
    """Objective of the best plan among all combinations, each checked by the definitions of the limits."""
    best: float | None = None
    for rows in product(*(part.rows.index.tolist() for part in problem.parts)):
        value = value_of(problem, rows)
        if value is not None and (best is None or value < best):
            best = value
    return best


def value_of(problem: Problem, rows: tuple[int, ...]) -> float | None:
    limits, objective, needed = problem.workload.limits, problem.workload.objective, draws_needed(problem.confidence)
    cost, carbon, quality = np.zeros(made.S), np.zeros(made.S), 0.0
    used: set[int] = set()
    busiest: dict[int, float] = {}
    mean: dict[int, float] = {}
    models: set[str] = set()
    providers: set[str] = set()
    for number, (part, row) in enumerate(zip(problem.parts, rows, strict=True)):
        table = part.table
        cost, carbon = cost + table.usage_usd[row], carbon + table.carbon_kg[row]
        quality += float(table.quality[row].mean() * problem.request_share[number])
        used |= set(table.component_sets[table.component_set[row]])
        if table.pool[row] >= 0:
            mine = float(np.sort(table.pool_load[row])[needed - 1])
            pool, waits = int(table.pool[row]), part.segment.batchable
            busiest[pool] = busiest.get(pool, 0.0) + (0.0 if waits else mine)
            mean[pool] = mean.get(pool, 0.0) + (mine if waits else mine / part.segment.peak_to_mean)
        for model, place in ((table.model[row], table.place[row]), (table.strong_model[row], table.strong_place[row])):
            if model >= 0:
                models.add(table.model_ids[model])
                providers.add(table.places[place].provider)
    for pool, hour in busiest.items():
        spec, work = problem.options.pools[pool], max(hour, mean[pool])
        replicas = max(spec.min_replicas, int(np.ceil(work / problem.cap - 1e-9)))
        if replicas > spec.max_replicas:
            return None
        cost, carbon = (
            cost + replicas * spec.usd_per_replica_month,
            carbon + replicas * spec.carbon_kg_per_replica_month,
        )
    cost = cost + sum((problem.options.components[k].monthly_usd for k in sorted(used)), np.zeros(made.S))
    held = (
        limits.max_models is None or len(models) <= limits.max_models,
        limits.min_providers is None or len(providers) >= limits.min_providers,
        limits.monthly_budget_usd is None or (cost <= limits.monthly_budget_usd).sum() >= needed,
        limits.carbon_kg_per_month is None or (carbon <= limits.carbon_kg_per_month).sum() >= needed,
    )
    if not all(held):
        return None
    if objective.maximise:
        return -quality
    worth = objective.weigh.usd_per_quality_point * 100 if objective.weigh else 0.0
    return float(cost.mean()) - worth * quality


def value_of_solution(problem: Problem, solution: Solution) -> float:
    if problem.workload.objective.maximise:
        return -solution.quality
    worth = problem.workload.objective.weigh
    return solution.cost_usd - (worth.usd_per_quality_point * 100 if worth else 0.0) * solution.quality


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_the_solution_is_the_best_of_all_combinations(seed: int) -> None:
    problem = state_problem(*random_case(seed))
    best, solution = best_by_trying_all(problem), solve(problem)
    if best is None:
        assert solution is None
    else:
        assert solution is not None
        assert value_of_solution(problem, solution) == pytest.approx(best, rel=1e-7, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_the_cost_of_a_solution_is_the_mean_of_its_draws(seed: int) -> None:
    problem = state_problem(*random_case(seed))
    solution = solve(problem)
    if solution is not None:
        assert float(cost_draws(problem, solution).mean()) == pytest.approx(solution.cost_usd, rel=1e-9)


def loosened(change: Callable[[Limits], Limits], seed: int) -> tuple[Solution | None, Solution | None]:
    wl, opts = random_case(seed)
    wl = wl.model_copy(update={"objective": made.workload(made.segment("x")).objective})
    problem = state_problem(wl, opts)
    return solve(problem), solve(problem, change(wl.limits))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 100_000), field=st.sampled_from(sorted(Limits.model_fields)))
def test_lifting_a_limit_never_makes_the_plan_dearer(seed: int, field: str) -> None:
    held, free = loosened(lambda limits: limits.model_copy(update={field: None}), seed)
    if held is not None:
        assert free is not None
        assert free.cost_usd <= held.cost_usd + 1e-6


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 100_000), factor=st.floats(1.0, 5.0))
def test_dearer_usage_never_makes_the_plan_cheaper(seed: int, factor: float) -> None:
    wl, opts = random_case(seed)
    wl = made.workload(*(segment.model_dump() for segment in wl.segments), confidence=0.7)
    first = opts.tables[0]
    dearer = replace(opts, tables=(replace(first, usage_usd=first.usage_usd * factor), *opts.tables[1:]))
    before, after = solve(state_problem(wl, opts)), solve(state_problem(wl, dearer))
    if before is not None and after is not None:
        assert after.cost_usd >= before.cost_usd - 1e-6


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_a_mix_never_loses_to_the_best_single_model(seed: int) -> None:
    wl, opts = random_case(seed)
    wl = made.workload(*(segment.model_dump() for segment in wl.segments), confidence=0.7)
    problem = state_problem(wl, opts)
    mix, single = solve(problem), solve_ask(problem, Ask(1.0, 0.0, Limits(max_models=1)))
    if single is not None:
        assert mix is not None
        assert mix.cost_usd <= single.cost_usd + 1e-6


@pytest.mark.parametrize("seed", [1, 2])
def test_pruning_does_not_move_the_optimum_of_a_large_instance(seed: int) -> None:
    large = made.make(seed, segments=4, size=600)
    problem = state_problem(large.workload, large.options)
    ask = Ask(1.0, 0.0, Limits())
    peer, ours = unpruned(problem, ask), solve(problem)
    assert peer is not None
    assert ours is not None
    assert ours.cost_usd == pytest.approx(peer.cost_usd, rel=1e-6)
    assert ours.columns < peer.columns / 5
