"""The Evidence page's tables of times and token counts: every figure that came with the catalog, none made up."""

from planner.beliefs.backtest.quality import OURS
from planner.views.evidence.times import _TIMES, _TOKENS, _kept, time_rows


def test_every_forecast_of_ours_is_shown_once() -> None:
    for part, names in (("latency", _TIMES), ("tokens", _TOKENS)):
        tested = _kept(part)
        shown = time_rows(tested, names)
        of_ours = [row for row in tested.rows if row.method == OURS and row.test != "each source"]
        assert len(shown) == len(of_ours)
        assert {row["ours"] for row in shown} == {row.median_abs_error for row in of_ours}


def test_the_best_simple_way_stands_beside_the_whole() -> None:
    row = next(row for row in time_rows(_kept("latency"), _TIMES) if row["forecast of"] == "First token")
    assert row["which"] in {"median of the model", "median of its class", "class and price regression"}
    assert isinstance(row["best simple way"], float)
    assert isinstance(row["ours"], float)
    assert row["ours"] < row["best simple way"]


def test_intervals_of_large_groups_hold_what_they_say() -> None:
    for row in time_rows(_kept("latency"), _TIMES):
        if isinstance(row["rows"], int) and row["rows"] >= 200 and isinstance(row["90 % interval held"], float):
            assert 0.86 <= row["90 % interval held"] <= 0.97, row
