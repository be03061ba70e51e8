"""A suite asked for its times alone."""

import pytest

from planner.errors import InputError
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Suite
from planner.probing.suites.timing import TIMED_REQUESTS, timed_settings, timed_suite
from planner.probing.suites.user_samples import suite_or_samples


@pytest.fixture
def suite() -> Suite:
    shipped = suite_or_samples("arithmetic-ladder")
    return shipped.model_copy(update={"items": shipped.items[:6]})


def test_nothing_is_graded(suite: Suite) -> None:
    timed = timed_suite(suite)
    assert timed.grader.kind == "human"
    assert all(item.grader is None for item in timed.items)


def test_a_small_suite_is_asked_again_until_twenty_requests(suite: Suite) -> None:
    settings = timed_settings(suite, ProbeSettings())
    assert settings.limit is not None
    assert settings.limit * settings.repeats >= TIMED_REQUESTS
    assert (settings.fresh, settings.concurrency) == (True, 1)


def test_the_user_may_say_how_many(suite: Suite) -> None:
    settings = timed_settings(suite, ProbeSettings(limit=3))
    assert (settings.limit, settings.repeats) == (3, 1)


@pytest.mark.parametrize("field", [{"pairwise": True}, {"rate_per_s": 2.0}])
def test_times_alone_and_judging_or_load_contradict_each_other(suite: Suite, field: dict[str, object]) -> None:
    with pytest.raises(InputError, match="--times-only"):
        timed_settings(suite, ProbeSettings.model_validate(field))
