"""The Evidence page's table of techniques stands on the shipped back-test, which is today's."""

from planner.beliefs.backtest.techniques import validate_techniques
from planner.catalog.evidence.techniques import load_techniques
from planner.views.evidence.techniques import kept_technique_tests, technique_rows


def test_the_shipped_back_test_is_what_the_shipped_facts_give() -> None:
    kept, anew = kept_technique_tests().rows, validate_techniques(load_techniques())
    assert [(row.test, row.method, row.group, row.n) for row in kept] == [
        (row.test, row.method, row.group, row.n) for row in anew
    ]
    assert all(
        abs((one.median_abs_error or 0.0) - (other.median_abs_error or 0.0)) < 1e-6
        for one, other in zip(kept, anew, strict=True)
    )


def test_ours_is_closer_than_the_best_simple_way_of_every_technique_with_many_facts() -> None:
    rows = [row for row in technique_rows(kept_technique_tests()) if isinstance(row["best simple way"], float)]
    assert len(rows) >= 6
    for row in rows:
        if isinstance(row["facts"], int) and row["facts"] >= 30 and row["technique"] != "Four bits":
            assert isinstance(row["ours"], float)
            assert isinstance(row["best simple way"], float)
            assert row["ours"] < row["best simple way"], row["technique"]
