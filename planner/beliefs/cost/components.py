"""What the parts of a toolbox cost in a month: tuned models, indexes, stores, contracts, replicas, devices, people."""

from dataclasses import dataclass
from math import ceil
from typing import Final, Literal

import numpy as np

from planner.beliefs.cost.lines import Factor, Formula
from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog, Embedder, FineTunePrice, Gpu, GpuPrice, Model, VectorStore
from planner.units import DRAW_COUNT, HOURS_PER_MONTH, SEED, TOKENS_PER_MTOK, Draws
from planner.workload.schema import Assumptions, Segment

_MONTHS_PER_YEAR: Final = 12.0
_BYTES_PER_DIMENSION: Final = 4.0
_BYTES_PER_TOKEN: Final = 4.5
"""Text kept beside its vector (English prose has four to five characters a token)."""
_INDEX_OVERHEAD: Final = 1.5
"""Graph links and page slack of an HNSW index over its vectors (assumption)."""
_OWNED_USD_PER_KWH: Final = 0.15
"""Price of electricity inside the catalog's rows of owned machines (as their source column says)."""
_USUAL_DIMENSIONS: Final = 1024
"""Where an embedder does not state its dimensions (assumption)."""


@dataclass(frozen=True, slots=True, eq=False)
class MonthlyCost:
    """What one component costs in a month; the fields of options.Component that this room knows."""

    monthly_usd: Draws
    """(S,) all of it: services, amortised set-up, people."""
    people_usd: float
    """Of which people's hours, mean."""
    formula: Formula
    """Comes to the mean of `monthly_usd`, but for the rounding of the printed numbers."""
    about: str
    """What the formula does not say; '' for nothing."""
    source_ids: tuple[str, ...]
    """Prior ids ('prior:...') and catalog rows ('store:pgvector', 'embedder:...')."""


def _people_usd(catalog: Catalog, kind: str, assumptions: Assumptions, seed: int) -> Draws:
    """Set-up hours spread over the amortisation plus a month's upkeep, USD, (S,)."""
    if not assumptions.include_people:
        return np.zeros(DRAW_COUNT)
    once = prior_draws(catalog, f"setup_hours.{kind}", seed) / assumptions.amortise_months
    return (once + prior_draws(catalog, f"upkeep_hours.{kind}", seed)) * assumptions.engineer_hour_usd


def _people_formula(catalog: Catalog, kind: str, assumptions: Assumptions, seed: int) -> Formula:
    if not assumptions.include_people:
        return Formula()
    once, upkeep = (
        float(prior_draws(catalog, f"{name}.{kind}", seed).mean()) for name in ("setup_hours", "upkeep_hours")
    )
    return _hours_formula(once, upkeep, assumptions)


def _hours_formula(once: float, upkeep: float, assumptions: Assumptions) -> Formula:
    hour = Factor(assumptions.engineer_hour_usd, "USD/h")
    months = assumptions.amortise_months
    return Formula(
        ((Factor(once, f"h set-up over {months} months", 1.0 / months), hour), (Factor(upkeep, "h a month"), hour))
    )


def _people_about(assumptions: Assumptions) -> str:
    return "" if assumptions.include_people else "people's hours left out"


def _people_ids(kind: str) -> tuple[str, ...]:
    return (f"prior:setup_hours.{kind}", f"prior:upkeep_hours.{kind}", "assumption:engineer_hour_usd")


def _people_only(catalog: Catalog, kind: str, assumptions: Assumptions, seed: int) -> MonthlyCost:
    usd = _people_usd(catalog, kind, assumptions, seed)
    formula = _people_formula(catalog, kind, assumptions, seed)
    return MonthlyCost(usd, float(np.mean(usd)), formula, _people_about(assumptions), _people_ids(kind))


def provider_component_usd(catalog: Catalog, assumptions: Assumptions, seed: int = SEED) -> MonthlyCost:
    """A contract with one more API provider: set-up and upkeep hours of people."""
    return _people_only(catalog, "provider", assumptions, seed)


def self_hosted_stack_component_usd(catalog: Catalog, assumptions: Assumptions, seed: int = SEED) -> MonthlyCost:
    """The serving stack of all own pools, once: set-up and upkeep hours of people."""
    return _people_only(catalog, "self_hosted_pool", assumptions, seed)


def people_component_usd(
    catalog: Catalog,
    kind: Literal["self_hosted_model", "adapter_pool", "gate", "few_shot"],
    assumptions: Assumptions,
    seed: int = SEED,
) -> MonthlyCost:
    """A part that costs only people's hours."""
    return _people_only(catalog, kind, assumptions, seed)


def fine_tune_component_usd(
    catalog: Catalog,
    model: Model,
    segment: Segment,
    assumptions: Assumptions,
    *,
    provider: str | None,
    seed: int = SEED,
) -> MonthlyCost:
    """Tuning jobs of one model for one segment: at a provider by the token, or (provider None) on rented GPUs by LoRA.

    Tokens of a job: labelled examples x (prompt + answer) x epochs. The first job is spread over the amortisation,
    retraining comes on top; people's hours once, a month and per retraining.
    """
    epochs = float(np.mean(prior_draws(catalog, "fine_tune.epochs", seed)))
    example = segment.input_tokens.mean + segment.output_tokens.mean
    mtok = segment.training.labelled_examples * example * epochs / TOKENS_PER_MTOK
    retrainings = segment.training.retrain_per_year / _MONTHS_PER_YEAR
    jobs = 1.0 / assumptions.amortise_months + retrainings
    per_mtok, how, ids = _tuning_usd_per_mtok(catalog, model, provider, assumptions, seed)
    people, formula = _tuning_people(catalog, retrainings, assumptions, seed)
    job = (
        Factor(jobs, "jobs a month"),
        Factor(mtok, f"M tokens ({epochs:g} epochs)"),
        Factor(float(np.mean(per_mtok)), "USD per 1M"),
    )
    ids = (*ids, "prior:fine_tune.epochs", "prior:retrain_hours", *_people_ids("fine_tune"))
    about = "; ".join(part for part in (how, _people_about(assumptions)) if part)
    usd = jobs * mtok * per_mtok + people
    return MonthlyCost(usd, float(np.mean(people)), Formula((job, *formula.products)), about, ids)


def _tuning_people(catalog: Catalog, retrainings: float, assumptions: Assumptions, seed: int) -> tuple[Draws, Formula]:
    """People's hours of a tuned model in a month, USD, (S,): set-up, upkeep and every retraining; and their formula."""
    usd, formula = (
        _people_usd(catalog, "fine_tune", assumptions, seed),
        _people_formula(catalog, "fine_tune", assumptions, seed),
    )
    if not assumptions.include_people or retrainings == 0.0:
        return usd, formula
    hours = prior_draws(catalog, "retrain_hours", seed)
    again = (
        Factor(retrainings, "retrainings a month"),
        Factor(float(hours.mean()), "h"),
        Factor(assumptions.engineer_hour_usd, "USD/h"),
    )
    return usd + retrainings * hours * assumptions.engineer_hour_usd, Formula((*formula.products, again))


def _tuning_usd_per_mtok(
    catalog: Catalog, model: Model, provider: str | None, assumptions: Assumptions, seed: int
) -> tuple[Draws, str, tuple[str, ...]]:
    """USD per million trained tokens, how it comes about, and its sources."""
    if provider is None:
        return _own_tuning_usd_per_mtok(catalog, model, assumptions, seed)
    row = _fine_tune_price(catalog, model, provider)
    if row is not None:
        price = np.full(DRAW_COUNT, row.usd_per_mtok)
        return price, f"{row.provider}'s price", (f"fine_tune_price:{row.provider}:{row.model}",)
    small = (model.active_params_b or model.total_params_b or 0.0) <= 16.0 and model.open_weights
    prior = f"fine_tune.hosted_usd_per_mtok.{'le10b' if small else '70b'}"
    return prior_draws(catalog, prior, seed), "usual hosted price", (f"prior:{prior}",)


def _fine_tune_price(catalog: Catalog, model: Model, provider: str) -> FineTunePrice | None:
    rows = [row for row in catalog.fine_tune_prices if row.provider == provider and row.model == model.id]
    return min(rows, key=lambda row: row.usd_per_mtok) if rows else None


def _own_tuning_usd_per_mtok(
    catalog: Catalog, model: Model, assumptions: Assumptions, seed: int
) -> tuple[Draws, str, tuple[str, ...]]:
    """LoRA on rented H100s: hours per million tokens by size, times the median price of an H100 hour."""
    total, active = model.total_params_b or 0.0, model.active_params_b or model.total_params_b or 0.0
    sparse = active < 0.9 * total
    prior = "fine_tune.gpu_hours_per_mtok_per_active_b.moe" if sparse else "fine_tune.gpu_hours_per_mtok_per_b"
    hours = active * prior_draws(catalog, prior, seed) / prior_draws(catalog, "fine_tune.lora_speed_up", seed)
    rows = [p for p in catalog.gpu_prices if "h100" in p.gpu.lower() and p.billing == "on_demand"]
    usd = float(np.median([row.usd_per_gpu_hour for row in rows])) if rows else float("nan")
    usd *= assumptions.gpu_price_factor
    how = f"LoRA, {np.mean(hours):.3f} H100 hours at {usd:.2f} USD"
    return hours * usd, how, (f"prior:{prior}", "prior:fine_tune.lora_speed_up", "gpu_price:h100:median")


def rag_component_usd(
    catalog: Catalog,
    segment: Segment,
    embedder: Embedder,
    store: VectorStore,
    assumptions: Assumptions,
    seed: int = SEED,
) -> MonthlyCost:
    """One index: embedding of the corpus (amortised) and of its changes, gigabytes in the store, people's hours."""
    grown = 1.0 + float(np.mean(prior_draws(catalog, "rag.chunk_overlap", seed)))
    corpus, changed = segment.knowledge.corpus_tokens * grown, segment.knowledge.changed_tokens_per_month * grown
    per_mtok = embedding_usd_per_mtok(catalog, embedder, seed)
    embedding = (corpus / assumptions.amortise_months + changed) * per_mtok / TOKENS_PER_MTOK
    gigabytes = index_gigabytes(catalog, corpus, embedder, seed)
    people = _people_usd(catalog, "rag_index", assumptions, seed)
    priced = Factor(float(per_mtok.mean()), "USD per 1M")
    months = assumptions.amortise_months
    formula = (
        (Factor(corpus / 1e6, f"M tokens over {months} months", 1.0 / months), priced),
        (Factor(changed / 1e6, "M tokens changed a month"), priced),
        (Factor(float(np.mean(gigabytes)), "GB"), Factor(store.usd_per_gb_month, "USD per GB")),
        *_people_formula(catalog, "rag_index", assumptions, seed).products,
    )
    where = "" if embedder.usd_per_mtok is not None else " on own machines"
    about = f"embedded by {embedder.id}{where}, kept in {store.name}"
    ids = ("prior:rag.chunk_overlap", "prior:rag.passage_tokens", f"embedder:{embedder.id}", f"store:{store.id}")
    usd = embedding + gigabytes * store.usd_per_gb_month + people
    return MonthlyCost(usd, float(np.mean(people)), Formula(formula), about, (*ids, *_people_ids("rag_index")))


def embedding_usd_per_mtok(catalog: Catalog, embedder: Embedder, seed: int) -> Draws:
    """What a million tokens cost to embed, USD, (S,): the price, or own machines' time where there is none."""
    if embedder.usd_per_mtok is None:
        return prior_draws(catalog, "rag.own_embedding_usd_per_mtok", seed)
    return np.full(DRAW_COUNT, embedder.usd_per_mtok)


def index_gigabytes(catalog: Catalog, corpus_tokens: float, embedder: Embedder, seed: int) -> Draws:
    """Size of an index, GB, (S,): one vector a chunk with its links, and the text."""
    chunks = corpus_tokens / prior_draws(catalog, "rag.passage_tokens", seed)
    vector = (embedder.dimensions or _USUAL_DIMENSIONS) * _BYTES_PER_DIMENSION * _INDEX_OVERHEAD
    return (chunks * vector + corpus_tokens * _BYTES_PER_TOKEN) / 1e9


def vector_store_component_usd(
    catalog: Catalog, store: VectorStore, assumptions: Assumptions, seed: int = SEED
) -> MonthlyCost:
    """The store under all indexes: its fixed price and people's hours (spread as the index's hours are)."""
    hours = store.set_up_hours / assumptions.amortise_months + store.upkeep_hours_per_month
    spread = np.exp(catalog.priors["setup_hours.rag_index"].b * _standard(catalog, "setup_hours.rag_index", seed))
    people = hours * assumptions.engineer_hour_usd * spread * float(assumptions.include_people)
    mean = float(spread.mean())
    fixed = (Factor(store.fixed_usd_per_month, "USD a month"),)
    work = _hours_formula(store.set_up_hours * mean, store.upkeep_hours_per_month * mean, assumptions)
    formula = Formula((fixed, *(work.products if assumptions.include_people else ())))
    ids = (f"store:{store.id}", "assumption:engineer_hour_usd")
    usd = store.fixed_usd_per_month + people
    return MonthlyCost(usd, float(np.mean(people)), formula, _people_about(assumptions), ids)


def _standard(catalog: Catalog, prior_id: str, seed: int) -> Draws:
    """Standard normal draws behind a log-normal prior."""
    prior = catalog.priors[prior_id]
    return np.log(prior_draws(catalog, prior_id, seed) / prior.a) / prior.b


def device_fleet_component_usd(
    catalog: Catalog, device: Gpu, assumptions: Assumptions, seed: int = SEED
) -> MonthlyCost:
    """Devices in the field: bought (unless they exist), and people's hours for rolling models out.

    A device that must be bought and has no price in the catalog costs nan: options leave it out.
    """
    people = _people_usd(catalog, "on_device", assumptions, seed)
    formula, bought = _people_formula(catalog, "on_device", assumptions, seed), 0.0
    about = f"{assumptions.device_count:,} devices that exist"
    if not assumptions.devices_exist:
        price, months = (
            device.purchase_usd if device.purchase_usd is not None else float("nan"),
            assumptions.amortise_months,
        )
        bought, about = price * assumptions.device_count / months, ""
        devices = (
            Factor(assumptions.device_count, "devices"),
            Factor(price, f"USD over {months} months", 1.0 / months),
        )
        formula = Formula((devices, *formula.products))
    about = "; ".join(part for part in (about, _people_about(assumptions)) if part)
    ids = (f"gpu:{device.id}", *_people_ids("on_device"))
    return MonthlyCost(people + bought, float(np.mean(people)), formula, about, ids)


def pool_usd_per_replica_month(
    price: GpuPrice, gpu: Gpu, gpus_per_replica: int, assumptions: Assumptions, catalog: Catalog
) -> float:
    """USD of one always-on replica in a month: whole instances (a row's `gpus` is the least to rent), 730 hours.

    2 GPUs on instances of 4 at 2 USD per GPU hour: 4 x 2 x 730 = 5,840 USD. Rows of owned machines hold purchase,
    hosting and electricity at 0.15 USD per kWh; another price of electricity changes them by the power drawn.
    """
    rented = ceil(gpus_per_replica / price.gpus) * price.gpus
    usd = rented * price.usd_per_gpu_hour * HOURS_PER_MONTH * assumptions.gpu_price_factor
    if price.billing == "owned" and gpu.tdp_w is not None:
        drawn = catalog.priors["energy.power_fraction"].a * catalog.priors["power.host_watts_factor"].a
        kwh = rented * gpu.tdp_w / 1000.0 * drawn * HOURS_PER_MONTH
        usd += kwh * (assumptions.electricity_usd_per_kwh - _OWNED_USD_PER_KWH)
    return max(usd, 0.0)
