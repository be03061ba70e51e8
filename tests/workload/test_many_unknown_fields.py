"""A workload of very many unknown fields: told at once, not after comparing each with each."""

import time

import pytest

from planner.errors import InputError
from planner.workload.load import parse_workload

_VALID = (
    "version: 1\nname: x\nsegments:\n  - {name: a, skill: chat, requests_per_month: 1, input_tokens: 1, "
    "output_tokens: 1, quality_floor: 0.5}\n"
)


def _seconds(fields: int) -> float:
    text = _VALID + "".join(f"unknown_{number}: 1\n" for number in range(fields))
    start = time.process_time()
    with pytest.raises(InputError, match="a field that does not exist"):
        parse_workload(text)
    return time.process_time() - start


def test_sixteen_thousand_unknown_fields_cost_about_what_a_thousand_do() -> None:
    _seconds(10)
    few = _seconds(1000)
    assert _seconds(16_000) < 16.0 * few + 1.0
