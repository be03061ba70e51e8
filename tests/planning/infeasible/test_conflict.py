"""Conflicts: the smallest set, what frees it, and impossible told from not yet shown."""

from typing import Any

import pytest

from planner.options.table import Exclusion, Options, OptionTable
from planner.planning.choose import choose_plan
from planner.planning.infeasible.conflict import find_conflict, samples_to_show
from planner.planning.plan import Conflict, Plan
from planner.planning.problem import state_problem
from planner.planning.what_if.changes import Change, apply_changes
from planner.workload.schema import Segment, Workload
from tests.planning import instances as made

Way = made.Way
CATALOG = made.catalog(made.model("a/small"), made.model("b/big", "frontier"))


def conflict_of(wl: Workload, opts: Options) -> Conflict:
    outcome = choose_plan(wl, CATALOG, opts)
    assert isinstance(outcome, Conflict)
    return outcome


def one(*ways: Way, floor: float = 0.9, **fields: Any) -> tuple[Workload, Options]:
    return made.workload(made.segment("one", quality_floor=floor, **fields)), made.options(
        made.table("one", list(ways), floor)
    )


def paths(conflict: Conflict) -> list[str]:
    return [limit.limit for limit in conflict.limits]


def test_a_floor_that_no_option_reaches_stands_alone() -> None:
    conflict = conflict_of(*one(Way("a/small", quality=0.8), latency={"ttft_p95_ms": 9000}))
    assert (paths(conflict), conflict.kind) == (["segments.one.quality_floor"], "impossible")


def test_two_limits_that_no_option_holds_together_are_both_named() -> None:
    good_but_slow, fast_but_weak = Way("b/big", quality=0.95, ttft=3000), Way("a/small", quality=0.8, ttft=300)
    limits = {"ttft_p95_ms": 1000, "total_p95_ms": 90000}
    conflict = conflict_of(*one(good_but_slow, fast_but_weak, latency=limits))
    assert paths(conflict) == ["segments.one.quality_floor", "segments.one.latency.ttft_p95_ms"]


def test_each_limit_says_how_far_it_alone_must_move() -> None:
    good_but_slow, fast_but_weak = Way("b/big", quality=0.95, ttft=3000), Way("a/small", quality=0.8, ttft=300)
    conflict = conflict_of(*one(good_but_slow, fast_but_weak, latency={"ttft_p95_ms": 1000}))
    assert [limit.relax_to for limit in conflict.limits] == ["0.800", "3000 ms"]


@pytest.mark.parametrize("number", [0, 1])
def test_moving_one_limit_that_far_frees_the_set(number: int) -> None:
    wl, opts = one(
        Way("b/big", quality=made.ramp(0.9, 1.0), ttft=made.ramp(2000, 3000)),
        Way("a/small", quality=made.ramp(0.7, 0.85), ttft=300),
        floor=0.9,
        latency={"ttft_p95_ms": 1000},
    )
    limit = conflict_of(wl, opts).limits[number]
    value = float(limit.relax_to.removesuffix(" ms"))
    freed = apply_changes(wl, [Change(limit.limit, value)])
    floor = freed.segments[0].quality_floor
    assert isinstance(floor, float)
    table = made.table(
        "one",
        [
            Way("b/big", quality=made.ramp(0.9, 1.0), ttft=made.ramp(2000, 3000)),
            Way("a/small", quality=made.ramp(0.7, 0.85), ttft=300),
        ],
        floor,
    )
    assert isinstance(choose_plan(freed, CATALOG, made.options(table)), Plan)


def test_what_cannot_be_shown_yet_is_told_from_what_cannot_be() -> None:
    # At least 0.90 in 75 % of draws.
    conflict = conflict_of(*one(Way("b/big", quality=made.ramp(0.85, 1.05))))
    assert (conflict.kind, conflict.accept_confidence) == ("not_shown", 0.75)


def test_a_plan_passes_at_the_confidence_that_the_conflict_names() -> None:
    wl, opts = one(Way("b/big", quality=made.ramp(0.85, 1.05)))
    confidence = conflict_of(wl, opts).accept_confidence
    assert isinstance(choose_plan(wl.model_copy(update={"confidence": confidence}), CATALOG, opts), Plan)
    above = wl.model_copy(update={"confidence": 0.76})
    assert isinstance(choose_plan(above, CATALOG, opts), Conflict)


def test_the_probe_names_model_samples_and_confidence() -> None:
    probe = conflict_of(*one(Way("b/big", quality=made.ramp(0.85, 1.05)))).probe
    assert probe == (
        "Measure b/big on 40 of your own samples of one: 95 % acceptable answers are expected, 90 % are asked for."
        " It would pass as it stands at 75 % confidence."
    )


def test_an_impossible_limit_needs_no_probe() -> None:
    assert conflict_of(*one(Way("a/small", quality=0.8))).probe == ""


@pytest.mark.parametrize(("quality", "floor", "count"), [(0.99, 0.9, 20), (0.91, 0.9, 1350), (0.9, 0.9, 2000)])
def test_a_narrow_margin_needs_more_samples(quality: float, floor: float, count: int) -> None:
    assert samples_to_show(quality, floor, 0.9) == count


def residency_case() -> tuple[Workload, Options, OptionTable]:
    """In the EU there is only a weak model; elsewhere a good one."""
    wl = made.workload(made.segment("one", data={"residency": ["eu"]}))
    out = Exclusion("one", "b/big", "api", "bolt/key", "data.residency", "It is processed in the US.")
    inside = made.table("one", [Way("a/small", quality=0.8)])
    everywhere = made.table("one", [Way("a/small", quality=0.8), Way("b/big", quality=0.97, provider="bolt")])
    return wl, made.options(inside, exclusions=(out,)), everywhere


def test_a_rule_that_keeps_the_good_options_out_is_part_of_the_set() -> None:
    wl, opts, everywhere = residency_case()

    def widen(segment: Segment) -> OptionTable:
        return everywhere if segment.data.residency is None else opts.tables[0]

    conflict = find_conflict(state_problem(wl, opts), CATALOG, widen)
    assert paths(conflict) == ["segments.one.quality_floor", "segments.one.data.residency"]
    assert conflict.limits[1].best_reachable == "b/big at bolt · EU"


def test_a_rule_that_changes_nothing_is_not_part_of_the_set() -> None:
    wl, opts, _ = residency_case()
    conflict = find_conflict(state_problem(wl, opts), CATALOG, lambda _: opts.tables[0])
    assert paths(conflict) == ["segments.one.quality_floor"]


def test_without_any_option_the_excluding_fields_are_named() -> None:
    wl, opts, everywhere = residency_case()
    nothing = made.table("one", [Way("a/small", quality=0.8)])
    empty = made.options(_emptied(nothing), exclusions=opts.exclusions)
    assert paths(find_conflict(state_problem(wl, empty), CATALOG)) == ["segments.one.data.residency"]
    assert everywhere.size == 2


def _emptied(table: OptionTable) -> OptionTable:
    from dataclasses import fields, replace

    import numpy as np

    arrays = {
        field.name: getattr(table, field.name)[:0]
        for field in fields(table)
        if isinstance(getattr(table, field.name), np.ndarray) and field.name != "floor"
    }
    return replace(table, **arrays)


def two_segments(**limits: float) -> tuple[Workload, Options]:
    ways = [Way("a/small", 60), Way("b/big", 90, provider="bolt")]
    wl = made.workload(made.segment("one"), made.segment("two"), limits=limits)
    return wl, made.options(made.table("one", ways), made.table("two", ways))


def test_a_budget_below_the_cheapest_plan_says_how_much_is_needed() -> None:
    conflict = conflict_of(*two_segments(monthly_budget_usd=100.0))
    assert paths(conflict) == ["limits.monthly_budget_usd"]
    assert 120.0 <= float(conflict.limits[0].relax_to) <= 121.0
    assert conflict.segment == ""


def test_a_budget_conflicts_with_the_floor_that_makes_it_too_small() -> None:
    ways = [Way("a/small", 10, 0.8), Way("b/big", 90)]
    wl = made.workload(made.segment("one"), limits={"monthly_budget_usd": 50.0})
    conflict = conflict_of(wl, made.options(made.table("one", ways)))
    assert paths(conflict) == ["segments.one.quality_floor", "limits.monthly_budget_usd"]
    assert [limit.relax_to for limit in conflict.limits] == ["0.888 times the present floor", "90.1"]


def test_too_few_models_says_how_many_are_needed() -> None:
    wl = made.workload(made.segment("one"), made.segment("two"), limits={"max_models": 1})
    opts = made.options(made.table("one", [Way("a/small")]), made.table("two", [Way("b/big")]))
    conflict = conflict_of(wl, opts)
    assert (paths(conflict), conflict.limits[0].relax_to) == (["limits.max_models"], "2")


def test_too_many_providers_says_how_many_there_can_be() -> None:
    conflict = conflict_of(*two_segments(min_providers=3))
    assert (paths(conflict), conflict.limits[0].relax_to) == (["limits.min_providers"], "2")


def test_a_limit_that_plays_no_part_is_filtered_out() -> None:
    conflict = conflict_of(*two_segments(min_providers=3, monthly_budget_usd=1e6, max_models=5))
    assert paths(conflict) == ["limits.min_providers"]


def test_a_budget_that_holds_too_rarely_is_not_yet_shown() -> None:
    wl = made.workload(made.segment("one"), limits={"monthly_budget_usd": 75.0})
    conflict = conflict_of(wl, made.options(made.table("one", [Way("a/small", made.ramp(0, 100))])))
    assert (conflict.kind, conflict.accept_confidence) == ("not_shown", 0.75)


def test_a_second_stuck_segment_is_mentioned() -> None:
    wl = made.workload(made.segment("one"), made.segment("two"))
    bad = [Way("a/small", quality=0.5)]
    conflict = conflict_of(wl, made.options(made.table("one", bad), made.table("two", bad)))
    assert conflict.text.endswith("two cannot be served either.")
