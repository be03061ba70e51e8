"""Fine-tuning jobs one by one: tokens, GPU hours by method and size or a provider's price, and how often."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog, Model, NumberClass
from planner.units import SEED, TOKENS_PER_MTOK, Draws
from planner.workload.schema import Assumptions, Segment

_SPARSE: Final = 0.9
"""Active over total weights below which a model is a mixture of experts."""
_LORA_RANK: Final = 16.0
_LORA_MATRICES: Final = 7.0
"""Adapted matrices of a layer: four of attention, three of the feed-forward part."""
_ADAPTER_BYTES: Final = 2.0
_MONTHS_PER_YEAR: Final = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class TuningJob:
    """One way of training a model on a segment's labels."""

    method: Literal["LoRA", "full"]
    where: str
    """'rented H100s' or the provider's name."""
    mtok: float
    """Millions of tokens trained in one job: examples x (prompt + answer) x epochs."""
    gpu_hours: Draws | None
    """(S,) of one job; None at a provider's price."""
    job_usd: Draws
    """(S,)"""
    jobs_per_month: float
    """The first one over the amortisation, and retrainings."""
    number_class: NumberClass
    source: str


def tuning_jobs(
    catalog: Catalog, model: Model, segment: Segment, assumptions: Assumptions, seed: int = SEED
) -> tuple[TuningJob, ...]:
    """LoRA and full tuning on rented GPUs where weights are open, and at every provider that names a price for it."""
    epochs = float(np.mean(prior_draws(catalog, "fine_tune.epochs", seed)))
    example = segment.input_tokens.mean + segment.output_tokens.mean
    mtok = segment.training.labelled_examples * example * epochs / TOKENS_PER_MTOK
    jobs = 1.0 / assumptions.amortise_months + segment.training.retrain_per_year / _MONTHS_PER_YEAR
    found: list[TuningJob] = []
    if model.fine_tuning == "weights" and model.total_params_b is not None:
        hour_usd = _h100_hour_usd(catalog) * assumptions.gpu_price_factor
        hours = full_gpu_hours_per_mtok(catalog, model, seed) * mtok
        for method, slower in (("LoRA", prior_draws(catalog, "fine_tune.lora_speed_up", seed)), ("full", 1.0)):
            taken = hours / slower
            found.append(
                TuningJob(
                    "LoRA" if method == "LoRA" else "full",
                    f"rented H100s at {hour_usd:.2f} USD an hour",
                    mtok,
                    taken,
                    taken * hour_usd,
                    jobs,
                    "fitted",
                    catalog.priors[_hours_prior(model)].source.url,
                )
            )
    for row in catalog.fine_tune_prices:
        if row.model == model.id:
            usd = np.full_like(prior_draws(catalog, "fine_tune.lora_speed_up", seed), row.usd_per_mtok * mtok)
            provider = catalog.providers[row.provider].name if row.provider in catalog.providers else row.provider
            method_name: Literal["LoRA", "full"] = "full" if row.method == "full" else "LoRA"
            found.append(TuningJob(method_name, provider, mtok, None, usd, jobs, "published", row.source.url))
    return tuple(found)


def full_gpu_hours_per_mtok(catalog: Catalog, model: Model, seed: int = SEED) -> Draws:
    """H100 hours of full tuning per million tokens, (S,): so much per billion active parameters."""
    active = model.active_params_b or model.total_params_b or 0.0
    return active * prior_draws(catalog, _hours_prior(model), seed)


def adapter_megabytes(model: Model) -> float | None:
    """Memory of one LoRA adapter: rank 16 on seven matrices a layer, 16 bits; None where the layers are unknown.

    2 x 16 x 4,096 x 7 x 32 layers x 2 bytes = 59 MB for an 8B model: hundreds fit beside one copy of the weights.
    """
    if model.layers is None or model.hidden is None:
        return None
    return 2.0 * _LORA_RANK * model.hidden * _LORA_MATRICES * model.layers * _ADAPTER_BYTES / 1e6


def _hours_prior(model: Model) -> str:
    total, active = model.total_params_b or 0.0, model.active_params_b or model.total_params_b or 0.0
    sparse = active < _SPARSE * total
    return "fine_tune.gpu_hours_per_mtok_per_active_b.moe" if sparse else "fine_tune.gpu_hours_per_mtok_per_b"


def _h100_hour_usd(catalog: Catalog) -> float:
    rows = [row for row in catalog.gpu_prices if "h100" in row.gpu and row.billing == "on_demand"]
    return float(np.median([row.usd_per_gpu_hour for row in rows])) if rows else float("nan")
