"""Fine-tuning jobs against sums done by hand."""

import numpy as np
import pytest

from planner.beliefs.cost.tuning_jobs import adapter_megabytes, full_gpu_hours_per_mtok, tuning_jobs
from planner.catalog.load import load_catalog
from planner.workload.schema import Assumptions, Segment, TokenDistribution, Training


def segment(labels: int = 10_000) -> Segment:
    return Segment(
        name="triage",
        skill="classification",
        requests_per_month=1e6,
        input_tokens=TokenDistribution(mean=400.0),
        output_tokens=TokenDistribution(mean=100.0),
        training=Training(labelled_examples=labels, retrain_per_year=6.0),
    )


def test_a_jobs_tokens_are_examples_times_length_times_epochs() -> None:
    # 10,000 x (400 + 100) x 3 epochs = 15 million
    catalog = load_catalog()
    for job in tuning_jobs(catalog, catalog.models["meta/llama-3.1-8b"], segment(), Assumptions()):
        assert job.mtok == pytest.approx(15.0)


def test_jobs_a_month_are_retrainings_and_the_first_over_the_amortisation() -> None:
    # 6 / 12 + 1 / 24
    catalog = load_catalog()
    job = tuning_jobs(catalog, catalog.models["meta/llama-3.1-8b"], segment(), Assumptions(amortise_months=24))[0]
    assert job.jobs_per_month == pytest.approx(0.5 + 1.0 / 24.0)


def test_full_tuning_takes_more_gpu_hours_than_lora_in_every_draw() -> None:
    catalog = load_catalog()
    jobs = {j.method: j for j in tuning_jobs(catalog, catalog.models["qwen/qwen3-8b"], segment(), Assumptions())}
    lora, full = jobs["LoRA"].gpu_hours, jobs["full"].gpu_hours
    assert lora is not None
    assert full is not None
    assert float((full / lora).mean()) == pytest.approx(1.6, rel=0.1)


def test_gpu_hours_grow_with_the_models_size() -> None:
    catalog = load_catalog()
    small, large = (
        full_gpu_hours_per_mtok(catalog, catalog.models[name]) for name in ("meta/llama-3.1-8b", "meta/llama-3.1-70b")
    )
    assert np.allclose(large / small, 70.55 / 8.03, rtol=0.02)


def test_a_providers_price_is_taken_by_the_token() -> None:
    # 15 million tokens at 3 USD
    catalog = load_catalog()
    jobs = tuning_jobs(catalog, catalog.models["openai/gpt-4o-mini"], segment(), Assumptions())
    assert [job.gpu_hours for job in jobs] == [None]
    assert jobs[0].job_usd == pytest.approx(45.0)


def test_an_adapter_of_an_8b_model_takes_59_megabytes() -> None:
    # 2 x 16 x 4,096 x 7 x 32 x 2 bytes
    size = adapter_megabytes(load_catalog().models["meta/llama-3.1-8b"])
    assert size == pytest.approx(58.72, abs=0.01)
