"""A suite asked for its times alone: a few of its items, one at a time, nothing graded."""

from typing import Final

from planner.errors import InputError
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import GraderSpec, Suite

TIMED_REQUESTS: Final = 20
"""Requests that tell a median to about a fifth; more tell little more of one session."""


def timed_suite(suite: Suite) -> Suite:
    """The suite without graders, so that no answer counts as right or wrong."""
    items = tuple(item.model_copy(update={"grader": None}) for item in suite.items)
    return suite.model_copy(update={"grader": GraderSpec(kind="human"), "items": items})


def timed_settings(suite: Suite, settings: ProbeSettings) -> ProbeSettings:
    """Twenty requests unless the user says how many, one at a time, and never an answer from before.

    Raises:
        InputError: The settings also ask to judge, to compare or to load.
    """
    unlike = {"--judge": settings.judge, "--pairwise": settings.pairwise, "--rate": settings.rate_per_s}
    for option, given in unlike.items():
        if given:
            raise InputError("--times-only", "", found=f"with {option}", allowed=f"--times-only without {option}")
    asked = min(settings.limit or TIMED_REQUESTS, len(suite.items))
    repeats = settings.repeats if settings.repeats > 1 or settings.limit else -(-TIMED_REQUESTS // asked)
    return settings.model_copy(update={"limit": asked, "repeats": repeats, "fresh": True, "concurrency": 1})
