"""Whole machines for work that comes and goes, against sums done by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.beliefs.cost.machine_hours import (
    Demand,
    Startup,
    machines_needed,
    month_profile,
    on_share,
    replicas_needed,
    scaled_machine_hours,
    waiting_machine_hours,
)
from planner.units import HOURS_PER_MONTH

STARTUP = Startup(np.array([0.1]), 1.0 / 12.0)


def demand(busy: float, peak_to_mean: float = 3.0, cap: float = 0.6, spare: int = 0) -> Demand:
    return Demand(100_000.0, np.array([busy]), peak_to_mean, cap, spare)


def test_a_load_of_one_and_a_third_replicas_at_sixty_per_cent_takes_three() -> None:
    # 1.3 / 0.6 = 2.17
    assert replicas_needed(demand(1.3), 1.0) == 3.0


def test_n_plus_one_is_one_replica_more() -> None:
    assert replicas_needed(demand(1.3, spare=1), 1.0) == 4.0


def test_hardly_any_load_still_takes_one_replica() -> None:
    assert replicas_needed(demand(1e-6), 1.0) == 1.0


def test_three_replicas_of_two_gpus_take_two_machines_of_four() -> None:
    assert machines_needed(np.array(3.0), 2, 4) == 2.0


def test_one_replica_of_eight_gpus_takes_two_machines_of_four() -> None:
    assert machines_needed(np.array(1.0), 8, 4) == 2.0


def test_three_gpus_of_four_are_not_split_between_replicas_of_two() -> None:
    # A machine of 3 GPUs holds one replica of 2.
    assert machines_needed(np.array(2.0), 2, 3) == 2.0


@given(peak=st.floats(1.0, 50.0), rush=st.floats(1.0, 2.0))
def test_the_profile_has_the_stated_peak_and_mean(peak: float, rush: float) -> None:
    profile = month_profile(peak, rush)
    assert profile.level.max() == pytest.approx(1.0)
    assert float(profile.hours @ profile.mean_level) * peak == pytest.approx(HOURS_PER_MONTH)
    assert np.all(profile.mean_level >= -1e-12)


def test_flat_traffic_never_rests() -> None:
    assert month_profile(1.0, 1.5).active_hours == pytest.approx(HOURS_PER_MONTH)


def test_one_request_an_hour_keeps_a_replica_on_for_a_sixth_of_the_time() -> None:
    # r = 1 an hour, T = 1/12 h, s = 0.1 h: running (e^(1/12) - 1) = 0.0869 h; on (0.1 + 0.0869) / (1 + 0.1869) = 0.1575
    on, waiting = on_share(np.array([1.0]), STARTUP)
    assert on[0] == pytest.approx(0.1575, abs=1e-4)
    # The one that wakes it, and 0.1 that come meanwhile, of 1.1869 a cycle.
    assert waiting[0] == pytest.approx(1.1 / 1.1869, abs=1e-4)


def test_on_share_agrees_with_a_simulation() -> None:
    rng = np.random.default_rng(5)
    rate, start, timeout = 9.0, 0.1, 1.0 / 12.0
    arrivals = np.cumsum(rng.exponential(1.0 / rate, 200_000))
    on, waited, off_until, last = 0.0, 0, 0.0, -np.inf
    for at in arrivals:
        if at > max(last, off_until) + timeout:
            if last > -np.inf:
                on += timeout
            off_until, waited = at + start, waited + 1
            on += start
            last = off_until
        elif at < off_until:
            waited += 1
        else:
            on += at - last
            last = at
    expected_on, expected_wait = on_share(np.array([rate]), Startup(np.array([start]), timeout))
    assert on / arrivals[-1] == pytest.approx(float(expected_on[0]), rel=0.02)
    assert waited / arrivals.size == pytest.approx(float(expected_wait[0]), rel=0.02)


@given(
    busy=st.floats(1e-4, 20.0),
    peak=st.floats(1.0, 10.0),
    start=st.floats(0.001, 2.0),
    spare=st.integers(0, 2),
    scale=st.floats(1e-4, 10.0),
)
def test_following_the_load_never_takes_more_hours_than_staying_on(
    busy: float, peak: float, start: float, spare: int, scale: float
) -> None:
    asked = demand(busy, peak, spare=spare)
    hours, waiting = scaled_machine_hours(
        asked, month_profile(peak, 1.5), Startup(np.array([start]), 1.0 / 12.0), np.array([[scale]]), 1, 2
    )
    stays = machines_needed(replicas_needed(asked, scale), 1, 2) * HOURS_PER_MONTH
    assert np.all(hours <= stays * (1.0 + 1e-12))
    assert np.all((waiting >= 0.0) & (waiting <= 1.0))


def test_work_that_may_wait_runs_once_a_day_for_as_long_as_it_takes() -> None:
    work = Demand(100_000.0, np.array([0.15, 1.5]), 1.0, 0.6, waits=True)
    startup = Startup(np.array([0.5, 0.5]), 0.1)
    hours = waiting_machine_hours(work, startup, np.ones((1, 1)), 1, 1)
    # 0.15 / 60 % is a quarter of one machine's hours, 1.5 / 60 % is 2.5 of three machines'; each starts once a day
    assert hours[0].tolist() == pytest.approx(
        [0.25 * 730.0 + 730.0 / 24.0 * 0.5, 2.5 * 730.0 + 3.0 * 730.0 / 24.0 * 0.5]
    )


def test_work_that_may_wait_never_costs_more_than_machines_that_are_always_on() -> None:
    full = Demand(100_000.0, np.array([0.6]), 1.0, 0.6, waits=True)
    assert waiting_machine_hours(full, Startup(np.array([0.5]), 0.1), np.ones((1, 1)), 1, 1)[0, 0] == 730.0
