"""Which ways of serving a segment accepts: by name, and offline."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from planner.options.table import Options
from planner.workload.schema import Segment


def _servings(options: Options) -> set[str]:
    table = options.tables[0]
    return {table.places[place].serving for place in set(table.place.tolist())}


@pytest.mark.parametrize("serving", ["api", "self_hosted"])
def test_only_the_ways_that_are_named_are_considered(options_of: Callable[..., Options], serving: str) -> None:
    options = options_of({"serving_allowed": [serving]})
    assert _servings(options) == {serving}
    out = {one.serving for one in options.exclusions if one.limit == "serving_allowed"}
    assert out == {"api", "self_hosted", "on_device"} - {serving}


def test_offline_is_served_from_devices_alone(options_of: Callable[..., Options]) -> None:
    options = options_of({"offline": True, "data": {"devices": ["mac-m4-max-64"]}})
    assert _servings(options) == {"on_device"}
    assert {one.limit for one in options.exclusions if one.serving == "api" and one.model == "*"} == {"offline"}


def test_offline_beside_other_ways_alone_is_refused() -> None:
    with pytest.raises(ValidationError, match="allowed: on_device"):
        Segment.model_validate(
            {
                "name": "a",
                "skill": "chat",
                "requests_per_month": 1.0,
                "input_tokens": {"mean": 1.0},
                "output_tokens": {"mean": 1.0},
                "offline": True,
                "serving_allowed": ["api"],
            }
        )
