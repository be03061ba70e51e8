"""Plans to compare with, on instances that can be added up by hand."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.planning.choose import choose_plan
from planner.planning.explain.baselines import best_single
from planner.planning.explain.pareto import pareto_front
from planner.planning.plan import Baseline, Plan
from planner.planning.problem import state_problem
from planner.planning.solve.milp import Ask, solve, solve_ask
from planner.workload.schema import Limits
from tests.planning import instances as made
from tests.planning.solve.test_milp import random_case

Way = made.Way
CATALOG = made.catalog(
    made.model("a/small"), made.model("b/mid", "mid"), made.model("c/big", "frontier"), made.model("d/huge", "frontier")
)
MISSES = "would not hold 1 limit: the quality floor of"
WAYS = [
    Way("a/small", 10, 0.7),
    Way("b/mid", 60, 0.93),
    Way("c/big", 200, 0.97),
    Way("d/huge", 500, 0.99),
    Way("a/small", 40, 0.94, strong="c/big"),
]


def baselines(ways: dict[str, list[Way]], **fields: Any) -> dict[str, Baseline]:
    wl = made.workload(*(made.segment(name, **fields) for name in ways))
    plan = choose_plan(wl, CATALOG, made.options(*(made.table(name, mine) for name, mine in ways.items())))
    assert isinstance(plan, Plan)
    return {baseline.name: baseline for baseline in plan.baselines}


def mean(baseline: Baseline) -> float:
    assert baseline.monthly_cost_usd is not None
    return baseline.monthly_cost_usd.mean


def test_all_frontier_is_everything_on_the_best_frontier_model() -> None:
    made_of = baselines({"one": WAYS, "two": WAYS})["all_frontier"]
    assert (made_of.model, mean(made_of), made_of.fits) == ("d/huge", pytest.approx(1000.0), True)


def test_the_saving_is_the_baseline_less_the_plan_draw_by_draw() -> None:
    saving = baselines({"one": WAYS})["all_frontier"].saving_usd
    assert saving is not None
    assert (saving.low, saving.mean, saving.high) == pytest.approx((460.0, 460.0, 460.0))


def test_all_small_is_shown_although_it_misses_the_floor() -> None:
    small = baselines({"one": WAYS})["all_small"]
    assert (small.model, mean(small), small.fits, small.note) == (
        "a/small",
        10.0,
        False,
        f"{MISSES} one",
    )


def test_best_single_is_the_cheapest_one_model_that_fits_everywhere() -> None:
    single = baselines({"one": WAYS, "two": [*WAYS[:2], *WAYS[3:]]})["best_single"]
    assert (single.model, mean(single), single.fits) == ("b/mid", pytest.approx(120.0), True)


def test_best_single_is_the_best_model_when_none_fits_everywhere() -> None:
    mixed = {"one": [Way("a/small", 10), Way("b/mid", 9, 0.8)], "two": [Way("a/small", 10, 0.5), Way("b/mid", 20)]}
    single = baselines(mixed)["best_single"]
    assert (single.model, single.fits, single.note) == (
        "b/mid",
        False,
        f"{MISSES} one",
    )


def test_a_model_that_may_not_serve_a_segment_is_stood_in_for() -> None:
    frontier = baselines({"one": WAYS, "two": WAYS[:2]})["all_frontier"]
    assert not frontier.fits
    assert "may not serve two" in frontier.note


def test_today_is_what_the_user_runs() -> None:
    today = baselines({"one": WAYS}, today={"model": "c/big"})["today"]
    assert (today.model, mean(today)) == ("c/big", pytest.approx(200.0))


def test_without_today_there_is_no_such_baseline() -> None:
    assert "today" not in baselines({"one": WAYS})


def test_the_oracle_takes_each_draws_cheapest() -> None:
    ways = [Way("a/small", made.ramp(0, 100)), Way("b/mid", 50)]
    # Mean of min(ramp, 50): 25 over the lower half, 50 over the upper.
    assert mean(baselines({"one": ways})["oracle"]) == pytest.approx(37.5, abs=0.2)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_best_single_is_the_programme_with_one_model(seed: int) -> None:
    wl, opts = random_case(seed)
    problem = state_problem(wl.model_copy(update={"limits": Limits()}), opts)
    exact = solve_ask(problem, Ask(1.0, 0.0, Limits(max_models=1)))
    found = best_single(problem)
    assert found is not None
    if exact is not None:
        assert found[1].solution is not None
        assert found[1].solution.cost_usd == pytest.approx(exact.cost_usd, rel=1e-7)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_no_point_of_the_front_is_beaten_by_another(seed: int) -> None:
    wl, opts = random_case(3 * (seed // 3))
    problem = state_problem(wl, opts)
    solution = solve(problem)
    if solution is not None:
        points = [
            (plan.solution.cost_usd, plan.solution.quality)
            for plan in pareto_front(problem, solution, 6)
            if not plan.chosen
        ]
        assert all(a == b or a[0] < b[0] or a[1] > b[1] for a in points for b in points)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_the_chosen_plan_is_on_the_front_once(seed: int) -> None:
    wl, opts = random_case(seed)
    problem = state_problem(wl, opts)
    solution = solve(problem)
    if solution is not None:
        assert sum(plan.chosen for plan in pareto_front(problem, solution, 6)) == 1
