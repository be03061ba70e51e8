"""On-device speed against published llama.cpp results, memory, and energy."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.beliefs.cost.energy import device_carbon_kg, device_usage_usd
from planner.beliefs.serving.devices import DeviceSizing, device_serving
from planner.catalog.schema import Catalog
from planner.units import interval_of
from planner.workload.schema import Assumptions, Segment, TokenDistribution

SHORT = Segment(
    name="short",
    skill="chat",
    requests_per_month=1e5,
    input_tokens=TokenDistribution(mean=512, p95=513),
    output_tokens=TokenDistribution(mean=128, p95=129),
)
# XiongjieDai/GPU-Benchmarks-on-LLM-Inference README@aa72e0e: Llama-3-8B Q4_K_M, tokens/s of one stream.
# Llama 3.1 8B has the same shape.
MEASURED = [
    ("rtx-4090", 127.7),
    ("rtx-3090", 111.7),
    ("rtx-a6000", 102.2),
    ("rtx-6000-ada", 131.0),
    ("mac-m1-max-64", 34.5),
    ("mac-m3-max-64", 50.7),
    ("mac-studio-m2-ultra-192", 76.3),
    ("mac-m1-16", 9.7),
]


def _serve(catalog: Catalog, device: str, segment: Segment = SHORT, model: str = "meta/llama-3.1-8b") -> DeviceSizing:
    answer = device_serving(catalog, catalog.models[model], catalog.gpus[device], "int4", segment)
    assert isinstance(answer, DeviceSizing), answer
    return answer


@pytest.mark.parametrize(("device", "tokens_per_s"), MEASURED)
def test_measured_speed_lies_in_the_interval(catalog: Catalog, device: str, tokens_per_s: float) -> None:
    found = interval_of(_serve(catalog, device).tokens_per_s)
    assert found.low < tokens_per_s < found.high


def test_a_model_that_does_not_fit_is_refused_with_the_reason(catalog: Catalog) -> None:
    reason = device_serving(catalog, catalog.models["meta/llama-3.1-70b"], catalog.gpus["mac-m1-16"], "int4", SHORT)
    assert isinstance(reason, str)
    assert "GB" in reason


def test_a_longer_prompt_delays_the_first_token(catalog: Catalog) -> None:
    long = SHORT.model_copy(update={"input_tokens": TokenDistribution(mean=2048, p95=2049)})
    assert np.all(_serve(catalog, "rtx-4090", long).ttft_p95_ms > _serve(catalog, "rtx-4090").ttft_p95_ms)


@settings(deadline=None)
@given(factor=st.floats(1.0, 4.0))
def test_more_bandwidth_never_makes_decode_slower(catalog: Catalog, factor: float) -> None:
    device = catalog.gpus["mac-m3-max-64"]
    faster = replace(device, bandwidth_gb_s=device.bandwidth_gb_s * factor)
    more = replace(catalog, gpus={**catalog.gpus, device.id: faster})
    assert np.all(_serve(more, device.id).tokens_per_s >= _serve(catalog, device.id).tokens_per_s)


def test_electricity_of_a_month_is_energy_times_price(catalog: Catalog) -> None:
    sizing = replace(_serve(catalog, "mac-m3-max-64"), joules_per_request=np.full(256, 360.0))
    usd = device_usage_usd(sizing, SHORT, Assumptions(retry_share=0.0, electricity_usd_per_kwh=0.2))
    # 100,000 x 360 J = 10 kWh x 0.2 USD
    assert usd == pytest.approx(2.0)


def test_carbon_of_a_month_is_energy_times_the_grid(catalog: Catalog) -> None:
    sizing = replace(_serve(catalog, "mac-m3-max-64"), joules_per_request=np.full(256, 360.0))
    kg = device_carbon_kg(catalog, sizing, SHORT, Assumptions(retry_share=0.0, grid_gco2_per_kwh=300.0))
    assert kg == pytest.approx(3.0)
