"""One definition of the best simple way, for page, terminal and README."""

from dataclasses import replace

from planner.beliefs.backtest.quality import ValidationRow
from planner.beliefs.backtest.ranking import GAUSSIAN, SIMPLE, standings
from planner.beliefs.backtest.simple_ways import SIMPLE_WAYS
from planner.beliefs.backtest.validation import load_validation
from planner.resources import catalogs_dir

ROW = ValidationRow("cells", "ours", "all", 100, 0.5, 8.0, 4.0, 0.0, 0.8, 0.5, 0.8, 0.9, 1.4)


def row(method: str, error: float | None, group: str = "all") -> ValidationRow:
    return replace(ROW, method=method, rmse_logit=error, group=group)


def test_the_full_gaussian_is_no_simple_way_even_where_it_is_the_better() -> None:
    (stand,) = standings([row("ours", 0.5), row("low rank", 1.0), row("column mean", 2.0), row(GAUSSIAN, 0.625)])
    assert (stand.simple.method, stand.closer) == ("low rank", 0.5)
    assert stand.closer_than_gaussian == 1.0 - 0.5 / 0.625


def test_the_simple_ways_are_all_that_are_run_but_the_gaussian() -> None:
    assert set(SIMPLE_WAYS) - set(SIMPLE) == {GAUSSIAN}


def test_a_group_of_ours_alone_has_no_standing() -> None:
    assert standings([row("ours", 0.5), row("ours", 0.4, "chat"), row("low rank", None)]) == ()


def test_the_shipped_back_tests_have_a_standing_in_each_test() -> None:
    found = standings(load_validation(catalogs_dir() / "validation" / "quality.json").rows)
    assert {stand.ours.test for stand in found} == {"cells", "new_model", "new_benchmark", "forward"}
    assert all(stand.simple.method in SIMPLE and stand.gaussian is not None for stand in found)
