"""When running it ourselves pays, as a plan tells it: each state, against sums done by hand."""

from dataclasses import replace

import pytest

from planner.planning.choose import choose_plan
from planner.planning.plan import BreakEvenNote, Plan
from tests.planning import instances as made

Way = made.Way
OWN = {"provider": "own", "serving": "self_hosted", "pool": 0, "usage": 0.0}


def note_of(*ways: Way, gpu: str = "h100-sxm", usd: float = 730.0, **segment: object) -> BreakEvenNote:
    """The note of one segment of 1,000 requests a month whose busiest hour is 3 times the mean."""
    catalog = made.catalog(made.model("a/api"), made.model("m/open"))
    pool = replace(made.pool("m/open@1x", "m/open", usd), gpu=gpu)
    options = made.options(made.table("triage", list(ways)), pools=(pool,))
    plan = choose_plan(made.workload(made.segment("triage", **segment)), catalog, options, front=0)
    assert isinstance(plan, Plan)
    return plan.break_evens[0]


def test_it_pays_from_a_replicas_rent_over_the_price_of_a_request() -> None:
    # The API asks 10 USD for 1,000 requests; a replica costs 730 USD and holds 0.6 / 0.001 = 600 times today's:
    # 730 / 0.01 = 73,000 requests
    note = note_of(Way("a/api", usage=10.0), Way("m/open", load=0.001, **OWN))
    assert note.state == "reached"
    assert note.requests == pytest.approx(73_000.0, rel=1e-6)
    assert note.low == pytest.approx(note.requests)
    assert note.high == pytest.approx(note.requests)
    assert "73,000 requests a month" in note.text


def test_its_utilisation_there_is_the_busy_share_of_the_month() -> None:
    # 73 times today's work of 0.001 replicas at the peak, a third of it on average: 2.43 %
    note = note_of(Way("a/api", usage=10.0), Way("m/open", load=0.001, **OWN))
    assert note.utilisation is not None
    assert note.utilisation.mean == pytest.approx(0.0243, abs=1e-4)


def test_an_api_cheaper_than_a_full_replica_is_not_reached() -> None:
    # A full replica costs 730 / 6 a thousand requests at a load of 0.1
    note = note_of(Way("a/api", usage=10.0), Way("m/open", load=0.1, **OWN))
    assert note.state == "not_reached"
    assert note.requests is None
    assert note.up_to == pytest.approx(1e6)


def test_an_own_option_below_the_floor_is_not_verified_but_told() -> None:
    note = note_of(Way("a/api", usage=10.0), Way("m/open", load=0.001, quality=made.ramp(0.5, 1.0), **OWN))
    assert note.state == "not_verified"
    assert note.requests == pytest.approx(73_000.0, rel=1e-6)
    assert "20 % of the draws" in note.text


def test_a_gpu_whose_speed_nobody_published_is_not_verified() -> None:
    note = note_of(Way("a/api", usage=10.0), Way("m/open", load=0.001, **OWN), gpu="l40s")
    assert note.state == "not_verified"
    assert "no speed on l40s is published" in note.text


def test_requests_that_no_api_may_serve_have_nothing_to_set_it_against() -> None:
    note = note_of(Way("m/open", load=0.001, **OWN))
    assert note.state == "no_api"


def test_requests_that_no_open_model_may_serve_say_so() -> None:
    note = note_of(Way("a/api", usage=10.0))
    assert note.state == "no_own"


def test_what_the_own_option_pays_by_the_request_counts_too() -> None:
    # 4 USD for 1,000 look-ups leave 6 of the 10: 730 / 0.006
    own = {**OWN, "usage": 4.0}
    note = note_of(Way("a/api", usage=10.0), Way("m/open", load=0.001, **own))
    assert note.requests == pytest.approx(730.0 / 0.006, rel=1e-6)


def test_a_quick_plan_leaves_them_out() -> None:
    catalog = made.catalog(made.model("a/api"))
    options = made.options(made.table("triage", [Way("a/api")]))
    plan = choose_plan(made.workload(made.segment("triage")), catalog, options, detail="quick", front=0)
    assert isinstance(plan, Plan)
    assert plan.break_evens == ()
