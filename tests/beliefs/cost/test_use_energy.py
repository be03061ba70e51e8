"""Electricity of requests on GPUs, against sums done by hand."""

from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.cost.use_energy import machine_energy, published_joules
from planner.beliefs.serving.roofline import Setup
from planner.catalog.evidence.measurements import Measurement
from planner.catalog.load import load_catalog
from tests.beliefs.cost.test_owned_servers import SURE, certain


def measured(batch: float, joules: float, gpu: str = "h100-sxm") -> Measurement:
    return Measurement(
        "s", "meta/llama-3.1-8b", gpu, 1, "vllm", "bf16", "static batch", batch, 200.0, energy_j_per_token=joules
    )


def setup() -> Setup:
    catalog = load_catalog()
    return Setup(catalog.models["meta/llama-3.1-8b"], catalog.gpus["h100-sxm"], 1, "fp8")


def test_without_published_joules_power_and_hours_decide() -> None:
    # 100 h x 700 W x 1.4 x 1.2 x 0.76 = 89.4 kWh busy; 630 h idle at three tenths: 168.9 kWh
    catalog = certain(load_catalog(), **SURE)
    hours = np.full(256, 100.0)
    used = machine_energy(
        catalog,
        setup(),
        busy_gpu_hours=hours,
        paid_gpu_hours=hours * 7.3,
        output_tokens=hours,
        batch=4.0,
        measured=(),
    )
    assert used.busy_kwh == pytest.approx(89.376, abs=0.01)
    assert used.idle_kwh == pytest.approx(0.3 * 630.0 * 0.89376, abs=0.01)
    assert used.number_class == "fitted"


def test_published_joules_count_where_there_are_some() -> None:
    # 3.6 million tokens x 0.2 J = 0.2 kWh at the board, x 1.4 x 1.2 = 0.336 kWh at the meter, on the mean of the draws
    catalog = certain(load_catalog(), power__host_watts_factor=1.4, energy__pue=1.2)
    tokens = np.full(256, 3.6e6)
    used = machine_energy(
        catalog,
        setup(),
        busy_gpu_hours=tokens * 0.0,
        paid_gpu_hours=tokens * 0.0,
        output_tokens=tokens,
        batch=64.0,
        measured=(measured(64.0, 0.2),),
    )
    assert float(np.median(used.busy_kwh)) == pytest.approx(0.336, rel=0.06)
    assert used.number_class == "published"


def test_joules_are_read_between_batches_and_not_beyond_them() -> None:
    rows = (measured(8.0, 0.4), measured(128.0, 0.1), measured(32.0, 9.0, gpu="b200-sxm"))
    # Halfway on the logarithm of the batch, 32, lies halfway on that of the joules: 0.2.
    assert published_joules(rows, setup(), 32.0) == (pytest.approx(0.2), 32.0)
    assert published_joules(rows, setup(), 1.0) == (pytest.approx(0.4), 8.0)
    assert published_joules(rows, replace(setup(), gpu=load_catalog().gpus["l40s"]), 8.0) is None
