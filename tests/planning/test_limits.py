"""When a limit holds: centre at the bar, the stated share within the tolerance; each confidence by its kind."""

import numpy as np
import pytest

from planner.planning.limits import (
    Strictness,
    greatest_floor,
    held_limits,
    holds_floor,
    holds_time,
    least_time,
    strictness_of,
)
from planner.workload.schema import Workload
from tests.planning import instances as made


def _asked(**fields: object) -> Workload:
    return made.workload(made.segment("one", latency={"ttft_p95_ms": 1000.0}), **fields)  # type: ignore[arg-type]


def _fits(wl: Workload, way: made.Way) -> bool:
    table = made.table("one", [way])
    return bool(held_limits(wl.segments[0], table, strictness_of(wl)).fits()[0])


WITH = {"tolerance": {"quality": 0.02, "time": 0.10}}


def test_a_floor_missed_by_less_than_the_tolerance_in_many_draws_holds_by_its_mean() -> None:
    way = made.Way("a/near", quality=made.ramp(0.885, 0.925))
    assert _fits(_asked(**WITH), way)
    assert not _fits(_asked(), way)


def test_a_floor_whose_mean_misses_does_not_hold_however_small_the_doubt() -> None:
    assert not _fits(_asked(**WITH), made.Way("a/below", quality=0.895))


def test_a_floor_missed_by_more_than_the_tolerance_too_often_does_not_hold() -> None:
    way = made.Way("a/wide", quality=made.ramp(0.80, 1.0))
    assert not _fits(_asked(**WITH), way)
    assert _fits(_asked(**WITH, confidence=0.59), way)


def test_a_time_holds_by_its_median_and_plus_a_tenth_at_the_confidence() -> None:
    assert _fits(_asked(**WITH), made.Way("a/near", ttft=made.ramp(900.0, 1090.0)))
    assert not _fits(_asked(**WITH), made.Way("a/slow", ttft=made.ramp(950.0, 1090.0)))


def test_confidence_may_be_given_apart() -> None:
    apart = {"confidence": {"quality": 0.6, "times": 0.95}}
    doubtful = made.Way("a/doubtful", quality=made.ramp(0.86, 0.96))
    assert _fits(_asked(**apart), doubtful)
    assert not _fits(_asked(**apart), made.Way("a/late", quality=0.95, ttft=made.ramp(500.0, 1050.0)))


def test_an_option_whose_centre_misses_is_told_below_one_half() -> None:
    wl = _asked(**WITH)
    held = held_limits(wl.segments[0], made.table("one", [made.Way("a/below", quality=0.899)]), strictness_of(wl))
    assert held.reached()[0] < 0.5
    assert held.shares["quality_floor"][0] == 0.0


@pytest.mark.parametrize("tolerance", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_the_least_time_limit_is_the_edge_of_holding(tolerance: float, seed: int) -> None:
    times = np.random.default_rng(seed).lognormal(6.0, 0.4, made.S)
    strict = Strictness(0.9, tolerance)
    edge = float(least_time(times[None, :], strict)[0])
    assert holds_time(times, edge * 1.0001, strict)
    assert not holds_time(times, edge * 0.999, strict)


@pytest.mark.parametrize("tolerance", [0.0, 0.02])
@pytest.mark.parametrize("seed", range(5))
def test_the_greatest_floor_is_the_edge_of_holding(tolerance: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    quality, of = rng.beta(18, 3, made.S), rng.beta(20, 2, made.S)
    strict = Strictness(0.8, tolerance)
    edge = float(greatest_floor(quality[None, :], of, strict)[0])
    assert holds_floor(quality, of * edge * 0.9999, strict)
    assert not holds_floor(quality, of * edge * 1.001, strict)
