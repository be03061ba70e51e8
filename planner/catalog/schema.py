"""What exists: models, offers, prices, GPUs, embedders, stores, evidence. Every fact carries its source and date.

Files in catalogs/ are read by pydantic adapters over these frozen dataclasses (unknown columns refused); behind
`load_catalog` nobody checks again. Unknown is None, never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

import numpy as np

from planner.catalog.price import Price, PriceChange
from planner.catalog.source import Source as Source  # noqa: PLC0414 (every table imports it from here)
from planner.catalog.speeds import ApiHost, ApiSpeed
from planner.units import Draws, Floats, Ints

ModelClass: TypeAlias = Literal["small", "mid", "frontier"]
"""small: about 15B and below, or sold as mini/nano/flash-lite/haiku; frontier: a maker's flagship when released."""
LicenceKind: TypeAlias = Literal["permissive", "open_restricted", "non_commercial", "proprietary"]
Billing: TypeAlias = Literal["on_demand", "spot", "reserved", "owned"]
NumberClass: TypeAlias = Literal["measured", "published", "fitted", "simulated", "assumed"]
"""Class of a number (DESIGN, honesty rules)."""


@dataclass(frozen=True, slots=True)
class Model:
    """One curated model. A tuned, distilled or quantised variant is a model of its own, with `base` set."""

    id: str
    """Canonical id, maker/name: 'openai/gpt-5.5'."""
    name: str
    """Name as people write it."""
    maker: str
    family: str
    model_class: ModelClass
    released: date | None
    open_weights: bool
    licence: str
    """SPDX id or short name ('llama3.1', 'proprietary')."""
    licence_kind: LicenceKind
    total_params_b: float | None
    """All weights, billions; None when the maker does not say."""
    active_params_b: float | None
    """Weights touched per token, billions; equals total for dense models."""
    layers: int | None
    hidden: int | None
    kv_heads: int | None
    head_dim: int | None
    kv_bytes_per_token: float | None
    """16-bit KV cache of one token over all layers, bytes; None when the architecture is unknown."""
    context_tokens: int
    max_output_tokens: int | None
    modalities: tuple[str, ...]
    """Input modalities, of 'text', 'image', 'audio', 'video', 'pdf'."""
    reasoning: Literal["none", "optional", "always"]
    """Whether it thinks in hidden tokens before answering."""
    knowledge_cutoff: str | None
    """'2024-06' or None."""
    languages: tuple[str, ...] | None
    """ISO 639-1 codes the maker states; None: not stated."""
    base: str | None
    """Id of the model it was tuned, distilled or quantised from; its facts never stand in for this one's."""
    fine_tuning: Literal["weights", "provider", "no"]
    """How it can be tuned: on its open weights, through the maker's API, or not."""
    source: Source


@dataclass(frozen=True, slots=True)
class Offer:
    """One model at one provider in one place: an entry of litellm's price map, joined to a model or not."""

    key: str
    """The entry's key, which is also what litellm is called with."""
    model: str | None
    """Canonical model id; None: not joined (listed, never guessed)."""
    mode: Literal["chat", "responses", "embedding"]
    provider: str
    """Provider id of catalogs/providers.yaml."""
    region: str
    """Provider's region name, or 'global'."""
    area: str
    """Area in which it is processed (workload Area), or 'global' or 'unknown'."""
    price: Price | None
    """None: the map states no token price."""
    context_tokens: int | None
    max_output_tokens: int | None
    modalities: tuple[str, ...]
    retires: date | None
    supports_json_schema: bool
    supports_tools: bool
    supports_caching: bool
    supports_reasoning: bool
    source: Source
    changes: tuple[PriceChange, ...] = ()
    """Announced, in the order of their days; `price` is the one before them all."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who serves models by API."""

    id: str
    name: str
    area: str
    """Area of processing when an entry names no region; 'global' or 'unknown' where the provider does not pin it."""
    resells: bool
    """True for aggregators, gateways, subscriptions and government clouds: left out of plans unless allowed by name."""
    source: Source
    litellm: tuple[str, ...] = ()
    """Names under which litellm's price map lists it; the id itself when empty."""
    makers: tuple[str, ...] = ()
    """Makers of models (the part of a model id before the slash) whose own service this is."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One column of scores."""

    id: str
    """'livebench:zebra_puzzle', 'arena:full', 'frugalgpt:AGNEWS'."""
    name: str
    skill: str
    """Skill of DESIGN that it loads on."""
    link: Literal["share", "elo"]
    """share: score is a share of right answers, 0 to 1; elo: a pairwise rating."""
    chance: float
    """Score of guessing, 0 to 1."""
    items: int | None
    """Questions; None: not stated."""
    self_reported: bool
    """Published by the models' makers."""
    reference_elo: float | None
    """For ratings: the rating against which a win probability is read."""
    source: Source
    task: str = ""
    """Group of benchmarks that ask the same kind of question of the same source; folds keep a model's rows of one task
    together."""
    reason: str = ""
    """Why it loads on its skill."""
    weight_note: str = ""
    """Why its rows count less, where they do."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Benchmark scores, column by column; R rows. Scores are shares (higher is better) or Elo, by benchmark."""

    row_id: tuple[str, ...]
    model: tuple[str, ...]
    """Canonical model ids (joined by the reviewed alias table)."""
    raw_name: tuple[str, ...]
    """Name as published."""
    variant: tuple[str, ...]
    """Reasoning effort, calling mode or the like; '' when none."""
    benchmark: tuple[str, ...]
    score: Floats
    n: Floats
    """Items behind the score; nan when not stated."""
    date: tuple[str, ...]
    """ISO date or year of the measurement."""
    source: tuple[str, ...]
    """repository@commit:path or paper."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.row_id)

    def rows_of(self, model: str) -> Ints:
        """Row numbers of one model."""
        return np.flatnonzero(np.array([name == model for name in self.model]))


@dataclass(frozen=True, slots=True)
class Gpu:
    """One accelerator, laptop, phone or edge board."""

    id: str
    name: str
    kind: Literal["datacenter", "workstation", "consumer", "laptop", "edge", "phone", "cpu"]
    memory_gb: float
    """Memory the model can use, GB (10^9)."""
    bandwidth_gb_s: float
    bf16_tflops: float | None
    """Dense, tensor cores; None: not published."""
    fp8_tflops: float | None
    tdp_w: float | None
    link_gb_s: float | None
    """Per direction between GPUs of one node."""
    purchase_usd: float | None
    source: Source


@dataclass(frozen=True, slots=True)
class GpuPrice:
    """What an hour of a GPU costs somewhere."""

    gpu: str
    provider: str
    instance: str
    gpus: int
    """GPUs of the instance: the smallest number one can rent."""
    region: str
    area: str
    billing: Billing
    usd_per_gpu_hour: float
    source: Source


@dataclass(frozen=True, slots=True)
class Server:
    """A server as one buys it: so many GPUs of a kind in a chassis."""

    gpu: str
    gpus: int
    """One cannot buy fewer."""
    purchase_usd: float
    """Median of what is asked for it, host included."""
    purchase_log_sd: float
    """Log standard deviation over sellers and time."""
    source: Source


@dataclass(frozen=True, slots=True)
class Embedder:
    """An embedding model for retrieval."""

    id: str
    maker: str
    offer_key: str | None
    """litellm entry when sold by API."""
    open_weights: bool
    licence: str
    usd_per_mtok: float | None
    """None when only self-hosted."""
    dimensions: int | None
    max_input_tokens: int | None
    retrieval_ndcg10: float | None
    """Mean nDCG@10 over the retrieval sets it has, 0 to 1."""
    retrieval_sets: int
    source: Source


@dataclass(frozen=True, slots=True)
class VectorStore:
    """Where a retrieval index lives."""

    id: str
    name: str
    kind: Literal["managed", "postgresql", "in_process"]
    fixed_usd_per_month: float
    usd_per_gb_month: float
    usd_per_million_queries: float
    set_up_hours: float
    upkeep_hours_per_month: float
    leaves_premises: bool
    source: Source
    queries_grow_with_gb: bool = False
    """A query costs its price for every gigabyte of the index that it searches, one at least."""

    def query_usd(self, gigabytes: Draws | float) -> Draws:
        """Price of one query of an index of that size, USD."""
        times = np.maximum(np.asarray(gigabytes, dtype=np.float64), 1.0) if self.queries_grow_with_gb else 1.0
        return np.asarray(self.usd_per_million_queries / 1e6 * times, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class FineTunePrice:
    """What tuning costs by the token at a provider."""

    provider: str
    model: str
    """Canonical model id, or a size class such as 'open<=16b'."""
    method: Literal["lora", "full", "sft"]
    usd_per_mtok: float
    inference_factor: float
    """Price of the tuned model's tokens over the base model's."""
    source: Source
    served: Literal["by_token", "dedicated"] = "by_token"
    """How the tuned model is sold: by the token, or on machines of one's own at the provider."""
    residency: str = ""
    """What the provider says of where it is tuned and served; '' where nothing was found."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """How a model handles questions that the given text does not answer, and those that it does."""

    model: str
    invented: float
    """Share of unanswerable questions that it answered all the same; adversarial questions."""
    refused: float
    """Share of answerable ones that it would not answer."""
    n: int
    source: Source


@dataclass(frozen=True, slots=True)
class Anchor:
    """The usual benchmark of a skill, taken when a segment says nothing about its difficulty."""

    skill: str
    benchmark: str
    reason: str
    difference_sd: float
    """How far a segment of this skill usually lies from the benchmark, logit standard deviation (a stated prior)."""
    source: Source


@dataclass(frozen=True, slots=True)
class Prior:
    """One named parameter with its spread: normal or log-normal in natural units, beta by (a, b)."""

    id: str
    family: Literal["normal", "lognormal", "beta", "fixed"]
    a: float
    """Mean (normal), median (lognormal), a (beta), value (fixed)."""
    b: float
    """Standard deviation (normal), log-sd (lognormal), b (beta), 0 (fixed)."""
    unit: str
    number_class: NumberClass
    source: Source


@dataclass(frozen=True, slots=True)
class GridCarbon:
    """Carbon intensity of electricity in an area or country."""

    code: str
    """Area of the workload format ('eu', 'us') or ISO country code."""
    gco2_per_kwh: float
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """Everything that exists, read once."""

    version: str
    """Content hash of catalogs/ and the price map, 12 hex digits."""
    as_of: date
    """Newest date among the sources."""
    litellm_version: str
    models: Mapping[str, Model]
    offers: tuple[Offer, ...]
    providers: Mapping[str, Provider]
    benchmarks: Mapping[str, Benchmark]
    evidence: Evidence
    unjoined: tuple[str, ...]
    """Evidence names that the alias table does not join, with their row counts: 'name (rows)'."""
    gpus: Mapping[str, Gpu]
    gpu_prices: tuple[GpuPrice, ...]
    embedders: tuple[Embedder, ...]
    vector_stores: tuple[VectorStore, ...]
    fine_tune_prices: tuple[FineTunePrice, ...]
    anchors: Mapping[str, Anchor]
    priors: Mapping[str, Prior]
    speeds: tuple[ApiSpeed, ...]
    """Published times of APIs."""
    carbon: Mapping[str, GridCarbon]
    api_hosts: Mapping[str, ApiHost] = field(default_factory=dict)
    """Who serves models by API, as far as speed goes."""
    servers: Mapping[str, Server] = field(default_factory=dict)
    """By GPU."""
    abstention: Mapping[str, Abstention] = field(default_factory=dict)
    """By model."""
    skipped: tuple[str, ...] = ()
    """Entries of the price map that could not be read: 'key: reason'."""
    refused_prices: tuple[str, ...] = ()
    """Prices of the map that cannot be and are not used: 'key: reason'."""
