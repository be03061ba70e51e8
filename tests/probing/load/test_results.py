"""Answers a second are counted until the last answer."""

from datetime import UTC, datetime, timedelta

import pytest

from planner.probing.load.results import _row, _Sums
from planner.probing.settings import ProbeSettings

START = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(("until_s", "per_s"), [(20.0, 1.0), (4.0, 5.0), (1.0, 20.0 / 3.0)])
def test_an_overloaded_server_does_not_look_as_if_it_held_the_rate(until_s: float, per_s: float) -> None:
    settings = ProbeSettings(rate_per_s=8.0, seconds=3.0, slo_total_ms=120_000.0)
    sums = _Sums(answered=20, good=10, first=START, last=START + timedelta(seconds=until_s))
    row = _row("m", sums, settings)
    assert row.answered_per_s == pytest.approx(per_s)
    assert row.goodput_per_s == pytest.approx(per_s / 2.0)
