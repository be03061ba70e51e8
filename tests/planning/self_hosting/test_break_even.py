"""Break-even against sums done by hand, as properties, and in each of its three states."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.beliefs.cost.machine_hours import Demand, Startup, month_profile
from planner.beliefs.cost.owned_servers import ServerMonth
from planner.planning.self_hosting.break_even import (
    LENSES,
    ApiPath,
    NotReached,
    NotVerified,
    OwnedPath,
    Reached,
    RentedPath,
    RentMode,
    break_even,
    curve_of,
    utilisation,
    verified,
    volumes,
)
from planner.units import Draws

NONE = np.zeros(1)


def one(value: float) -> Draws:
    return np.array([value])


def api(usd: float, people: float = 0.0) -> ApiPath:
    return ApiPath("API", one(usd), one(people))


def rented(
    busy: Draws, usd_per_gpu_hour: float = 2.0, mode: RentMode = "always_on", people: float = 0.0, **other: object
) -> RentedPath:
    path = RentedPath(
        label="rented",
        demand=Demand(100_000.0, busy, 3.0, 0.6),
        usd_per_gpu_hour=usd_per_gpu_hour,
        gpus_per_instance=1,
        gpus_per_replica=1,
        mode=mode,
        profile=month_profile(3.0, 1.5),
        startup=Startup(one(0.1), 1.0 / 12.0),
        people_usd=one(people),
        jobs_usd=one(0.0),
    )
    return replace(path, **other)  # type: ignore[arg-type]  # a test's own keywords


def server(**usd: float) -> ServerMonth:
    whole = {"capital_usd": 2000.0, "hosting_usd": 400.0, "maintenance_usd": 500.0, "idle_power_usd": 60.0}
    whole |= {"busy_power_usd": 200.0, "people_usd": 350.0, "idle_kw": 0.5, "busy_kw": 1.7, **usd}
    return ServerMonth(**{name: one(value) for name, value in whole.items()})


def owned(busy: float, people: float = 100.0) -> OwnedPath:
    return OwnedPath("owned", Demand(100_000.0, one(busy), 3.0, 0.6), server(), 4, 1, one(people), one(0.0))


NOW = np.ones((1, 1))


def test_an_api_costs_its_tokens_and_under_the_full_lens_its_people() -> None:
    # 2.5 times 400 USD, and 30 USD of people
    assert api(400.0, 30.0).usd(2.5 * NOW, "full") == pytest.approx(1030.0)
    assert api(400.0, 30.0).usd(2.5 * NOW, "marginal") == pytest.approx(1000.0)


def test_an_always_on_instance_costs_730_hours_for_each_whole_replica() -> None:
    # Work of 0.5 replicas at 60 % busy: 1 replica x 730 h x 2 USD; three times the volume: 1.5 / 0.6 = 3 replicas
    path = rented(one(0.5), people=500.0)
    assert path.usd(NOW, "marginal") == pytest.approx(1460.0)
    assert path.usd(3.0 * NOW, "marginal") == pytest.approx(3 * 1460.0)
    assert path.usd(NOW, "full") == pytest.approx(1460.0 + 500.0)


def test_retraining_is_paid_under_either_lens() -> None:
    path = rented(one(0.5), people=500.0, jobs_usd=one(40.0))
    assert path.usd(NOW, "full") == pytest.approx(1460.0 + 500.0 + 40.0)
    assert path.usd(NOW, "marginal") == pytest.approx(1460.0 + 40.0)


def test_two_replicas_of_four_gpus_share_an_instance_of_eight() -> None:
    # 1.1 / 0.6 = 2 replicas of 4 GPUs on one instance of 8: 8 x 2 USD x 730 h
    path = rented(one(1.1), gpus_per_instance=8, gpus_per_replica=4)
    assert path.usd(NOW, "marginal") == pytest.approx(8 * 2.0 * 730.0)


def test_active_hours_are_paid_with_one_start_a_day() -> None:
    # Peak 3 times the mean at a rush of 1.5: 365 h, and 730 / 24 = 30.42 starts of 0.1 h; x 2 USD
    assert rented(one(0.5), mode="active_hours").usd(NOW, "marginal") == pytest.approx(2.0 * (365.0 + 3.0417), abs=0.01)


def test_a_commitment_is_paid_for_every_hour() -> None:
    path = rented(one(0.5), mode="scale_to_zero", committed=True)
    assert path.usd(NOW, "marginal") == pytest.approx(1460.0)
    assert not path.waiting_share(NOW).any()


def test_an_owned_server_costs_capital_hosting_maintenance_power_and_people() -> None:
    # 4 replicas fit: 1 server. Mean work 0.5 / 3 replicas of 4: electricity 60 + (200 - 60) x 0.16667 / 4 = 65.83
    # full: 2,000 + 400 + 500 + 65.83 + 350 + 100; marginal: 400 + 500 + 65.83
    assert owned(0.5).usd(NOW, "full") == pytest.approx(3415.83, abs=0.01)
    assert owned(0.5).usd(NOW, "marginal") == pytest.approx(965.83, abs=0.01)


def test_owned_servers_come_whole() -> None:
    # 2.5 / 0.6 = 5 replicas: 2 servers of 4
    assert owned(2.5).servers(NOW) == 2.0


def test_one_replica_pays_from_its_rent_over_the_price_of_a_request() -> None:
    # 10,000 USD by API at 100,000 requests is 0.1 USD each; one replica at 1,460 USD holds 0.6 / 0.05 = 12 times
    # today's volume, so it pays from 1,460 / 0.1 = 14,600 requests on.
    found = break_even(rented(one(0.05)), api(10_000.0), "marginal")
    assert isinstance(found, Reached)
    assert found.requests == pytest.approx(14_600.0, rel=1e-6)
    assert found.flips_share == 0.0


def test_where_a_second_machine_makes_it_dear_again_the_volume_is_that_from_which_it_stays_cheap() -> None:
    # A replica holds 1.2 times today's volume and costs 1,460; the API costs 2,000 times the volume v. With n
    # replicas at v just above 1.2 (n - 1): dear while 1,460 n > 2,400 (n - 1), so for n = 2 (2,920 > 2,400) and not
    # for n = 3 (4,380 < 4,800). It stays cheap from 2,920 / 2,000 = 1.46, and was cheap from 0.73 to 1.2.
    found = break_even(rented(one(0.5)), api(2000.0), "marginal")
    assert isinstance(found, Reached)
    assert found.requests == pytest.approx(146_000.0, rel=1e-6)
    assert found.flips_share == 1.0
    assert found.first_cheaper == pytest.approx(73_000.0, rel=1e-6)


@given(busy=st.floats(0.02, 5.0), usd=st.floats(50.0, 50_000.0), people=st.floats(0.0, 3000.0))
def test_the_search_finds_what_the_closed_form_says(busy: float, usd: float, people: float) -> None:
    """n replicas at the jump to n + 1 (volume n q) are dear while (n + 1) C + F > a n q: n < (C + F) / (a q - C)."""
    found = break_even(rented(one(busy), people=people), api(usd), "full", top=2000.0)
    rent, hold = 1460.0, 0.6 / busy
    margin = usd * hold - rent
    if margin <= 0.0 or (rent + people) / margin > 40.0:
        return
    last = np.ceil((rent + people) / margin - 1e-9) - 1.0
    at = ((last + 1.0) * rent + people) / usd
    if at > 1900.0:
        return
    assert isinstance(found, Reached)
    assert found.requests == pytest.approx(at * 100_000.0, rel=1e-4)


def test_utilisation_is_the_busy_share_of_all_hours_paid() -> None:
    # Work of 0.5 replicas at the peak is 0.5 / 3 on average, on one replica: 16.7 %
    assert utilisation(rented(one(0.5)), NOW) == pytest.approx(0.16667, abs=1e-4)


def test_an_api_cheaper_than_a_full_machine_is_never_beaten() -> None:
    # A replica costs 1,460 USD for at most 1.2 times today's volume; the API asks 1,000 USD for today's.
    found = break_even(rented(one(0.5)), api(1000.0), "marginal")
    assert isinstance(found, NotReached)
    assert found.up_to == pytest.approx(1e8)
    # At 1,000 times: ceil(500 / 0.6) = 834 replicas x 1,460 - 1,000,000 = 217,640 USD over 100 million requests
    assert found.dearer_usd_per_1000.mean == pytest.approx(2.1764, rel=1e-4)


def test_what_is_not_shown_makes_it_not_verified_with_the_figure_kept() -> None:
    found = break_even(rented(one(0.05)), api(10_000.0), "marginal")
    told = verified(found, ("its quality is not shown to meet the floor",))
    assert isinstance(told, NotVerified)
    assert told.would_be is found
    assert verified(found, ()) is found


def test_a_high_end_that_some_draws_never_reach_is_left_open() -> None:
    busy = np.array([0.05] * 9 + [1.0])
    found = break_even(rented(busy), ApiPath("API", np.full(10, 2000.0), np.zeros(10)), "marginal")
    assert isinstance(found, Reached)
    assert found.share_reached == 0.9
    assert found.high is None


def test_wider_uncertainty_of_the_speed_widens_the_interval() -> None:
    standard = np.random.default_rng(3).standard_normal(256)
    widths = []
    for spread in (0.02, 0.08, 0.15):
        found = break_even(
            rented(0.4 * np.exp(spread * standard)), ApiPath("API", np.full(256, 1500.0), np.zeros(256)), "marginal"
        )
        assert isinstance(found, Reached)
        assert found.high is not None
        widths.append(found.high - found.low)
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


@given(busy=st.floats(0.01, 10.0), low=st.floats(0.001, 50.0), times=st.floats(1.0, 10.0), lens=st.sampled_from(LENSES))
def test_no_path_gets_cheaper_with_more_requests(busy: float, low: float, times: float, lens: str) -> None:
    scale = np.array([[low], [low * times]])
    modes: tuple[RentMode, ...] = ("always_on", "active_hours", "scale_to_zero")
    paths = [api(300.0, 20.0), owned(busy), *(rented(one(busy), mode=mode) for mode in modes)]
    for path in paths:
        usd = path.usd(scale, lens)  # type: ignore[arg-type]  # drawn from LENSES
        assert np.all(usd[1] >= usd[0] * (1.0 - 1e-12)), path.label


@given(busy=st.floats(0.01, 10.0), scale=st.floats(1e-4, 20.0))
def test_scale_to_zero_is_never_dearer_than_always_on_at_the_same_price(busy: float, scale: float) -> None:
    off, on = (rented(one(busy), mode=mode).usd(scale * NOW, "full") for mode in ("scale_to_zero", "always_on"))
    assert np.all(off <= on * (1.0 + 1e-12))


@given(busy=st.floats(0.01, 10.0), scale=st.floats(1e-4, 20.0))
def test_the_marginal_lens_never_costs_more_than_the_full_one(busy: float, scale: float) -> None:
    for path in (api(300.0, 20.0), owned(busy), rented(one(busy), people=100.0)):
        assert np.all(path.usd(scale * NOW, "marginal") <= path.usd(scale * NOW, "full"))


@given(busy=st.floats(0.01, 10.0), scale=st.floats(1e-3, 20.0))
def test_machines_are_whole(busy: float, scale: float) -> None:
    instances, servers = rented(one(busy)).instances(scale * NOW), owned(busy).servers(scale * NOW)
    assert np.all(instances == np.round(instances))
    assert np.all(servers == np.round(servers))


def test_a_curve_has_its_interval_around_its_median_and_whole_machines() -> None:
    busy = 0.4 * np.exp(0.3 * np.random.default_rng(1).standard_normal(256))
    path = rented(busy)
    curve = curve_of(path, volumes(0.1, 100.0, 30), 100_000.0, "full")
    assert np.all((curve.low_usd <= curve.usd) & (curve.usd <= curve.high_usd))
    assert np.allclose(curve.usd % 1460.0, 0.0)
    assert curve.requests[0] == pytest.approx(10_000.0)
