"""Models below half a billion parameters are planned only once they were probed on the segment."""

from datetime import date

import numpy as np

from planner.beliefs import fit_beliefs
from planner.catalog import load_catalog
from planner.options.enumerate import enumerate_options
from planner.workload.schema import Workload

DAY = date(2026, 11, 24)
TINY, SMALL = "huggingfacetb/smollm2-135m", "qwen/qwen2.5-0.5b"


def test_a_tiny_model_that_nobody_asked_is_told_and_left_out() -> None:
    catalog = load_catalog()
    workload = Workload.model_validate(
        {
            "version": 1,
            "name": "field",
            "segments": [
                {
                    "name": "forms",
                    "skill": "extraction",
                    "task": "nested_fields",
                    "requests_per_month": 3000,
                    "input_tokens": {"mean": 100},
                    "output_tokens": {"mean": 60},
                    "training": {"labelled_examples": 5000},
                    "data": {"may_leave_premises": False},
                }
            ],
        }
    )
    device = next(gpu.id for gpu in catalog.gpus.values() if gpu.kind not in {"datacenter", "workstation"})
    segment = workload.segments[0]
    data = segment.data.model_copy(update={"devices": (device,)})
    asked = workload.model_copy(update={"segments": (segment.model_copy(update={"data": data}),)})
    options = enumerate_options(asked, catalog, fit_beliefs(catalog), DAY)
    table = options.tables[0]
    planned = {table.model_ids[number] for number in np.unique(table.model)}
    told = {item.model for item in options.exclusions if item.limit == "unprobed"}
    assert TINY in told
    assert TINY not in planned
    assert SMALL not in told
