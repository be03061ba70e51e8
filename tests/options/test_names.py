"""A workload may name models and devices as people do; planning sees ids."""

from typing import Any

import pytest

from planner.catalog.load import load_catalog
from planner.errors import InputError
from planner.options.names import resolve_names
from planner.workload.schema import Workload

CATALOG = load_catalog()


def _workload(**fields: Any) -> Workload:
    segment = {
        "name": "a",
        "skill": "classification",
        "requests_per_month": 1000,
        "input_tokens": {"mean": 10},
        "output_tokens": {"mean": 5},
        **fields,
    }
    return Workload.model_validate({"version": 1, "name": "T", "segments": [segment]})


def test_every_place_that_names_a_model_or_device_takes_any_of_its_names() -> None:
    asked = _workload(
        quality_floor={"at_least": 0.9, "of": "Claude Haiku 4.5"},
        today={"model": "gpt-4o-mini-2024-07-18"},
        prefer="meta-llama/Llama-3.1-8B-Instruct",
        observed=[{"model": "us.anthropic.claude-sonnet-4-6", "quality": 0.9, "n": 50}],
        data={"devices": ["NVIDIA GeForce RTX 4090"]},
    )
    (segment,) = resolve_names(asked, CATALOG).segments
    assert segment.quality_floor.of == "anthropic/claude-haiku-4.5"  # type: ignore[union-attr]
    assert segment.today is not None
    assert segment.today.model == "openai/gpt-4o-mini"
    assert segment.prefer == "meta/llama-3.1-8b"
    assert segment.observed[0].model == "anthropic/claude-sonnet-4.6"
    assert segment.data.devices == ("rtx-4090",)


def test_a_workload_of_ids_stays_the_same_object() -> None:
    asked = _workload(today={"model": "openai/gpt-4o-mini"}, data={"devices": ["rtx-4090"]})
    assert resolve_names(asked, CATALOG) is asked


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"today": {"model": "gpt-4o-mimi"}}, "segments.a.today.model"),
        ({"data": {"devices": ["rtx-4091x"]}}, "segments.a.data.devices"),
        ({"data": {"providers_allowed": ["opnai"]}}, "segments.a.data.providers_allowed"),
    ],
)
def test_an_unknown_name_is_one_line_with_field_and_close_ids(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        resolve_names(_workload(**fields), CATALOG)
