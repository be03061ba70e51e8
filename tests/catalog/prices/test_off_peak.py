"""Cheaper hours of a week: which minutes they are, what they cost, what a month of them costs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from planner.catalog import load_catalog
from planner.catalog.price import OffPeak, Price, PriceStep
from planner.catalog.prices.litellm_map import parse_price
from planner.catalog.prices.off_peak import week_minutes
from planner.catalog.pricing import TokenUse, charge_usd, price_at, price_over_hours

DAY = 24 * 60


def _hours(rules: dict[str, Any]) -> float:
    return sum(end - start for start, end in week_minutes(rules)) / 60.0


@pytest.mark.parametrize(
    ("rules", "hours"),
    [
        ({"hours_utc": "16:30-00:30"}, 56.0),  # past midnight, every day
        ({"hours_utc": ["00:00-02:00", "01:00-03:00"]}, 21.0),  # overlapping
        ({"hours_utc": "08:00-08:00"}, 168.0),  # a whole day
        ({"windows": [{"hours_utc": "00:00-06:00", "weekdays": [1, 2, 3, 4, 5]}]}, 30.0),
        ({"windows": [{"hours_utc": "00:00-00:00", "weekdays": ["Sat", "sunday"]}]}, 48.0),
        ({"hours_utc": "00:00-01:00", "windows": [{"hours_utc": "00:00-02:00", "weekdays": [7]}]}, 8.0),
        ({"windows": [{"hours_utc": "16:00-18:00"}]}, 14.0),
        ({}, 0.0),
    ],
)
def test_a_week_has_so_many_cheaper_hours(rules: dict[str, Any], hours: float) -> None:
    assert _hours(rules) == hours


def test_weekdays_are_read_on_the_calendar_that_is_named() -> None:
    rules = {"windows": [{"hours_utc": "15:00-17:00", "weekdays": [1]}], "weekday_timezone": "Asia/Shanghai"}
    # 16:00 UTC is midnight in Shanghai: its Monday has 15-16 UTC on Monday, and 16-17 UTC on Sunday
    assert week_minutes(rules) == ((15 * 60, 16 * 60), (6 * DAY + 16 * 60, 6 * DAY + 17 * 60))


@pytest.mark.parametrize(
    "rules",
    [
        {"hours_utc": "8 to 9"},
        {"windows": [{"hours_utc": "00:00-01:00", "weekdays": [8]}]},
        {"windows": [{"hours_utc": "00:00-01:00", "weekdays": [1]}], "weekday_timezone": "Mars/Base"},
    ],
)
def test_rules_that_cannot_be_read_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="off-peak"):
        week_minutes(rules)


CHEAP = OffPeak(hours=((0, 7 * DAY // 4),), input_usd_per_mtok=1.0, output_usd_per_mtok=4.0)
PRICE = Price(2.0, 8.0, off_peak=CHEAP)
USE = TokenUse(1_000_000, 1_000_000)


def test_even_traffic_pays_the_mean_of_the_week() -> None:
    # a quarter at 5 USD, three quarters at 10 USD
    assert charge_usd(USE, price_over_hours(PRICE)) == pytest.approx(8.75)


@pytest.mark.parametrize(("share", "usd"), [(0.0, 10.0), (1.0, 5.0), (0.5, 7.5)])
def test_a_known_share_of_cheaper_hours_decides(share: float, usd: float) -> None:
    assert charge_usd(USE, price_over_hours(PRICE, share)) == pytest.approx(usd)


def test_what_the_hours_leave_out_stays_as_it_is_and_no_price_of_its_own_follows_input() -> None:
    price = Price(2.0, 8.0, cached_input_usd_per_mtok=0.5, off_peak=OffPeak(((0, DAY),), input_usd_per_mtok=1.0))
    cheap = price_over_hours(price, 1.0)
    assert (cheap.cached_input_usd_per_mtok, cheap.cache_write_usd_per_mtok) == (0.5, 1.0)
    assert (cheap.output_usd_per_mtok, cheap.reasoning_usd_per_mtok) == (8.0, 8.0)


def test_off_peak_rates_hold_at_any_length() -> None:
    step = PriceStep(200_000.0, 4.0, 16.0, None, None)
    price = Price(2.0, 8.0, steps=(step,), off_peak=CHEAP)
    assert charge_usd(TokenUse(1_000_000, 0), price_over_hours(price, 1.0)) == pytest.approx(1.0)
    assert charge_usd(TokenUse(1_000_000, 0), price_over_hours(price, 0.0)) == pytest.approx(4.0)


def test_a_moment_has_one_price() -> None:
    monday, sunday = datetime(2026, 11, 30, 12, tzinfo=UTC), datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert charge_usd(USE, price_at(PRICE, monday)) == pytest.approx(5.0)
    assert charge_usd(USE, price_at(PRICE, sunday)) == pytest.approx(10.0)


def test_the_map_of_today_has_entries_with_cheaper_hours() -> None:
    hours = [offer.price.off_peak for offer in load_catalog().offers if offer.price and offer.price.off_peak]
    assert len(hours) >= 10
    assert all(0.0 < one.week_share < 1.0 for one in hours)


def test_an_entry_keeps_its_hours_and_their_rates() -> None:
    rules = {"hours_utc": "00:00-06:00", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    price = parse_price(
        {"input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6, "off_peak_pricing": rules, "mode": "chat"}
    )
    assert price is not None
    assert price.off_peak is not None
    assert (price.off_peak.input_usd_per_mtok, price.off_peak.output_usd_per_mtok) == (1.0, 2.0)
    assert price.off_peak.week_share == 0.25
