"""What requests cost by API: tokens times prices over an average month of the horizon, whole and line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

from planner.catalog.pricing import TokenUse
from planner.catalog.schema import Catalog, Embedder, NumberClass, Offer, VectorStore
from planner.units import SEED, Draws
from planner.workload.schema import Assumptions, Segment, Workload


@dataclass(frozen=True, slots=True, eq=False)
class CostLine:
    """One named part of a segment's usage cost; the lines sum to api_usage_usd draw by draw."""

    name: str
    """'input tokens', 'cached input', 'cache writes', 'output tokens', 'hidden reasoning', 'tool calls', 'retries'."""
    monthly_usd: Draws
    """(S,)"""
    number_class: NumberClass
    how: str
    """The arithmetic in one line: '1,500,000 requests x 420 tokens x 0.10 USD per 1M'."""
    source_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Extra:
    """What a technique adds to a request."""

    input_tokens: Draws | float = 0.0
    """Fresh tokens per model call (retrieved passages), number or (S,)."""
    prefix_tokens: float = 0.0
    """Tokens added to the shared prefix (few-shot examples)."""


def volume_factor(workload: Workload) -> float:
    """Average month's volume over the horizon, over the first month's: mean of (1 + growth)^t, t = 0 ... horizon - 1."""
    raise NotImplementedError


def cache_hit(catalog: Catalog, segment: Segment, assumptions: Assumptions, seed: int = SEED) -> Draws:
    """Share of the shared prefix (and of a conversation's history) read from the prompt cache, shape (S,)."""
    raise NotImplementedError


def retrieved_tokens(catalog: Catalog, seed: int = SEED) -> Draws:
    """Tokens that retrieved passages add to a prompt, shape (S,)."""
    raise NotImplementedError


def few_shot_tokens(segment: Segment) -> float:
    """Tokens that few-shot examples add to the shared prefix: examples as long as the segment's own requests."""
    raise NotImplementedError


def token_use(
    segment: Segment, assumptions: Assumptions, *, cache_hit: Draws, reasoning: Draws | float, extra: Extra = Extra()
) -> TokenUse:
    """Mean tokens of one request over all its model calls (tool rounds and retries included), draws shape of the inputs."""
    raise NotImplementedError


def api_usage_usd(
    catalog: Catalog,
    offers: Sequence[Offer],
    segment: Segment,
    assumptions: Assumptions,
    *,
    volume: float = 1.0,
    extra: Extra = Extra(),
    price_factor: float = 1.0,
    seed: int = SEED,
) -> Draws:
    """Token cost of a segment in an average month by each offer, USD, shape (N, S); every offer must have a price and a model.

    Args:
        catalog: Facts and priors.
        offers: N priced offers joined to models.
        segment: Volume and tokens; batch prices apply when batchable and offered.
        assumptions: Retries, cache hits, frontier price factor.
        volume: `volume_factor(workload)`.
        extra: Tokens that the technique adds.
        price_factor: Price of a tuned model's tokens over the base's (FineTunePrice.inference_factor).
        seed: Seed of the draws.
    """
    raise NotImplementedError


def cost_lines(
    catalog: Catalog,
    offer: Offer,
    segment: Segment,
    assumptions: Assumptions,
    *,
    volume: float = 1.0,
    extra: Extra = Extra(),
    price_factor: float = 1.0,
    seed: int = SEED,
) -> tuple[CostLine, ...]:
    """The same arithmetic as `api_usage_usd` for one offer, split into named parts that sum to it draw by draw."""
    raise NotImplementedError


def retrieval_usage_usd(
    catalog: Catalog, segment: Segment, embedder: Embedder, store: VectorStore, *, volume: float = 1.0, seed: int = SEED
) -> Draws:
    """What retrieval costs by the request in a month: query embeddings and the store's price per query, shape (S,)."""
    raise NotImplementedError


def gate_usage_usd(catalog: Catalog, segment: Segment, *, volume: float = 1.0, seed: int = SEED) -> Draws:
    """What a cascade's gate costs by the request in a month, shape (S,)."""
    raise NotImplementedError
