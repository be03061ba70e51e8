"""What a log says: volume, growth, peaks, duplicates, jumps, and money exact to the cent."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from planner.catalog.load import load_catalog
from planner.catalog.pricing import TokenUse, charge_usd
from planner.errors import InputError
from planner.logs import Asked, Profile, profile_log, read_logs, workload_of
from planner.workload.assumptions import list_assumptions

DAY = 86_400
START = 1_790_000_000


def _profile(path: Path, **options: str) -> Profile:
    return profile_log(read_logs([str(path)], **options), load_catalog())  # type: ignore[arg-type]


def _table(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def _times(path: Path, at: np.ndarray) -> Path:  # type: ignore[type-arg]
    n = at.size
    return _table(path, timestamp=at, input_tokens=np.full(n, 100), output_tokens=np.full(n, 10))


def test_a_log_of_weeks_gives_its_volume_and_one_of_an_hour_assumes_it_first(tmp_path: Path) -> None:
    weeks = _times(tmp_path / "weeks.parquet", START + np.arange(14 * DAY, step=600.0))
    hour = _times(tmp_path / "hour.parquet", START + np.arange(3600, step=6.0))
    long, short = workload_of(_profile(weeks), Asked()), workload_of(_profile(hour), Asked())
    assert long.segments[0].requests_per_month == pytest.approx(730 * 6, rel=0.01)
    assert [item.path for item in long.assumed] == ["segments.all.skill"]
    assert short.segments[0].requests_per_month == pytest.approx(730 * 600, rel=0.01)
    assert list_assumptions(short)[0].path == "segments.all.requests_per_month"
    assert "one stretch" not in list_assumptions(short)[0].reason


def test_a_volume_and_a_skill_that_are_given_are_not_assumed(tmp_path: Path) -> None:
    hour = _times(tmp_path / "hour.parquet", START + np.arange(3600, step=6.0))
    workload = workload_of(_profile(hour), Asked(requests_per_month=5000.0, skill="coding"))
    assert (workload.segments[0].requests_per_month, workload.segments[0].skill) == (5000.0, "coding")
    assert workload.assumed == ()


def test_growth_is_found_where_there_is_one_and_only_there(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weeks = np.arange(16)
    for monthly, expected in ((0.10, 0.10), (0.0, None)):
        counts = rng.poisson(3000 * (1 + monthly) ** (weeks / 4.345))
        at = np.concatenate(
            [START + week * 7 * DAY + rng.uniform(0, 7 * DAY, n) for week, n in zip(weeks, counts, strict=True)]
        )
        volume = _profile(_times(tmp_path / f"{monthly}.parquet", np.sort(at))).volume
        assert volume is not None
        if expected is None:
            assert volume.growth_per_month is None or abs(volume.growth_per_month) < 0.03
        else:
            assert volume.growth_per_month == pytest.approx(expected, abs=0.03)


def test_the_busiest_hour_is_told_from_a_day_on(tmp_path: Path) -> None:
    quiet = np.arange(0, 21 * DAY, 360.0)
    rush = np.concatenate([day * DAY + 10 * 3600 + np.arange(0, 3600, 10.0) for day in range(21)])
    volume = _profile(_times(tmp_path / "rush.parquet", START // 3600 * 3600 + np.sort(np.append(quiet, rush)))).volume
    assert volume is not None
    assert volume.peak_to_mean == pytest.approx((10 + 360) / (10 + 360 / 24), rel=0.02)
    assert _profile(_times(tmp_path / "short.parquet", START + np.arange(3600.0))).volume.peak_to_mean is None  # type: ignore[union-attr]


def test_an_id_that_comes_twice_counts_once(csv_file: Callable[..., Path]) -> None:
    text = "timestamp,request_id,input_tokens,output_tokens\n1.5,a,100,10\n2.5,b,200,10\n3.5,a,100,10\n4.5,,50,10\n"
    found = _profile(csv_file(text))
    assert (found.rows, found.duplicates, found.served) == (4, 1, 3)
    assert found.segments[0].means["input_tokens"] == pytest.approx(350 / 3)
    assert any("repeat an id" in line for line in found.told)


def test_a_clock_that_jumped_is_counted_out(tmp_path: Path) -> None:
    at = START + np.arange(1000.0)
    at[500] = 12.0
    found = _profile(_times(tmp_path / "jump.parquet", at))
    assert (found.jumped, found.served) == (1, 999)
    assert found.volume is not None
    assert found.volume.span_s == pytest.approx(999)


def test_the_bill_is_the_sum_over_requests_price_steps_included(tmp_path: Path, seed: int) -> None:
    catalog = load_catalog()
    offer = next(one for one in catalog.offers if one.model and one.price is not None and one.price.steps)
    assert offer.price is not None
    rng = np.random.default_rng(seed)
    prompt = rng.integers(1000, 400_000, 500)
    cached = (prompt * rng.uniform(0, 0.5, 500)).astype(np.int64)
    answer = rng.integers(1, 2000, 500)
    path = _table(
        tmp_path / "steps.parquet",
        timestamp=START + np.arange(500.0),
        model=[offer.key] * 500,
        input_tokens=prompt,
        cached_tokens=cached,
        output_tokens=answer,
    )
    each = charge_usd(TokenUse(prompt.astype(float), answer.astype(float), cached.astype(float)), offer.price)
    found = _profile(path).uses
    assert [use.offer for use in found] == [offer.key]
    assert found[0].catalog_usd == pytest.approx(float(np.sum(each)), rel=1e-12)


def test_the_rarest_of_many_segments_stand_together(tmp_path: Path) -> None:
    names = [f"s{place % 40:02d}" if place % 2 else "big" for place in range(4000)]
    path = _table(
        tmp_path / "many.parquet",
        timestamp=START + np.arange(4000.0),
        segment=names,
        input_tokens=np.full(4000, 9),
        output_tokens=np.full(4000, 1),
    )
    few = _profile(path)
    assert few.segments[0].name == "big"
    assert few.segments_seen == 21
    users = _profile(
        _table(
            tmp_path / "users.parquet",
            timestamp=START + np.arange(4000.0),
            segment=[f"u{place % 100}" for place in range(4000)],
            input_tokens=np.full(4000, 9),
            output_tokens=np.full(4000, 1),
        )
    )
    assert (users.segments_seen, len(users.segments), users.segments[-1].name) == (100, 30, "other")
    assert users.served == 4000


def test_grouping_by_a_column_that_is_not_there_names_those_that_are(csv_file: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="route"):
        read_logs([str(csv_file("timestamp,route,input_tokens,output_tokens\n1.5,a,1,1\n"))], by="team")
