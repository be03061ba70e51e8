"""What requests cost by API: tokens times prices over an average month of the horizon, whole and line by line.

A request's tokens are summed over its model calls, split by how they are billed, and priced by `catalog.pricing` at
each level of a long-context price, averaged over prompt lengths (`rates`). The lines add up to the whole draw by draw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.beliefs.cost.components import embedding_usd_per_mtok, index_gigabytes
from planner.beliefs.cost.line_notes import line_notes
from planner.beliefs.cost.lines import CostLine, Factor, product
from planner.beliefs.cost.prompt_cache import CacheHit, cache_hit, token_use
from planner.beliefs.cost.rates import KINDS, mean_rates
from planner.beliefs.cost.token_counts import token_factors
from planner.beliefs.latency.api_times import reasoning_tokens
from planner.beliefs.priors import prior_draws
from planner.beliefs.requests import Calls, calls_of, token_log_sd
from planner.catalog.price import Price
from planner.catalog.pricing import TokenUse, price_over_hours
from planner.catalog.prompt_caches import PromptCache, prompt_cache
from planner.catalog.schema import Catalog, Embedder, Offer, VectorStore
from planner.units import DRAW_COUNT, SEED, TOKENS_PER_MTOK, Bools, Draws, Floats
from planner.workload.schema import Assumptions, Segment, Workload

FEW_SHOT_EXAMPLES: Final = 5.0
"""Examples in a few-shot prompt (assumption; the prior 'few_shot.examples' says the same)."""


_ROUNDING: Final = 1e-12
"""Share of a bill below which a line is what subtraction leaves of equal numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Extra:
    """What a technique adds to a request."""

    input_tokens: Draws | float = 0.0
    """Fresh tokens per model call (retrieved passages), number or (S,)."""
    prefix_tokens: float = 0.0
    """Tokens added to the shared prefix (few-shot examples)."""


_NOTHING: Final = Extra()


def volume_factor(workload: Workload) -> float:
    """Average month's volume over the first month's: mean of (1 + growth)^t over t = 0 ... horizon - 1."""
    growth = 1.0 + workload.growth_per_month
    return float(np.mean(growth ** np.arange(workload.horizon_months)))


def retrieved_tokens(catalog: Catalog, seed: int = SEED) -> Draws:
    """Tokens that retrieved passages add to a prompt, shape (S,)."""
    return prior_draws(catalog, "rag.passages", seed) * prior_draws(catalog, "rag.passage_tokens", seed)


def few_shot_tokens(segment: Segment) -> float:
    """Tokens that few-shot examples add to the shared prefix: examples as long as the segment's own requests."""
    own = segment.input_tokens.mean - segment.shared_prefix_tokens
    return FEW_SHOT_EXAMPLES * (own + segment.output_tokens.mean)


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """How the stated prompt tokens of one request are billed by N offers, (N, S) each."""

    fresh: Draws
    cached: Draws
    written: Draws

    def usd(self, rates: Floats) -> Draws:
        """Prompt side of one request by each offer, (N, S); `rates` (N, 5)."""
        return rates[:, 0:1] * self.fresh + rates[:, 1:2] * self.cached + rates[:, 2:3] * self.written

    def row(self, row: int) -> "Prompt":
        """Of one offer alone."""
        return Prompt(self.fresh[row : row + 1], self.cached[row : row + 1], self.written[row : row + 1])


@dataclass(frozen=True, slots=True, eq=False)
class ApiBill:
    """What N offers charge for one segment: rates, tokens and requests a month, priced once and told line by line."""

    offers: tuple[Offer, ...]
    segment: Segment
    assumptions: Assumptions
    requests: float
    calls: Calls
    alone: Calls
    """Of a request without its tool calls: the first model call."""
    factors: Draws
    """(N, S) tokens of each offer's model over the tokens stated."""
    rates: Floats
    """(N, 5) USD per token, what-if factors included."""
    request_usd: Floats
    """(N,) per model call."""
    cached: Bools
    """(N,) whether the prompt cache is used: where it makes the mean bill smaller."""
    hits: tuple[CacheHit, ...]
    """Of each offer."""
    leasts: tuple[float, ...]
    """Shortest prefix that each offer's provider keeps, in stated tokens."""
    with_cache: Prompt
    without_cache: Prompt
    hidden_tokens: Draws
    """(N, S) hidden reasoning of one request, all calls."""


def api_bill(
    catalog: Catalog,
    offers: Sequence[Offer],
    segment: Segment,
    assumptions: Assumptions,
    *,
    volume: float = 1.0,
    extra: Extra = _NOTHING,
    price_factor: float = 1.0,
    seed: int = SEED,
) -> ApiBill:
    """Price a segment by each offer; each needs a price and a model. Arguments as of `api_usage_usd`."""
    single = segment.model_copy(update={"tool_calls_per_request": 0.0})
    calls, alone = (
        calls_of(
            catalog, asked, extra_input_tokens=extra.input_tokens, extra_prefix_tokens=extra.prefix_tokens, seed=seed
        )
        for asked in (segment, single)
    )
    prompt, log_sd = float(np.mean(calls.input_tokens)) / calls.count, token_log_sd(segment.input_tokens)
    counts = token_factors(segment, assumptions, [offer.model or "" for offer in offers], seed)
    factors = [price_factor * _what_if_factor(catalog, offer, assumptions) for offer in offers]
    prices = [_price_of(offer, segment, assumptions) for offer in offers]
    rows = [
        mean_rates(price, prompt * float(count), log_sd, batch=segment.batchable)
        for price, count in zip(prices, counts.mean(axis=1), strict=True)
    ]
    rates = np.array(rows, dtype=np.float64).reshape(len(offers), KINDS) * np.array(factors)[:, None]
    caches = [prompt_cache(offer.provider, offer.model) for offer in offers]
    found = {cache: cache_hit(catalog, assumptions, segment, cache, seed) for cache in set(caches)}
    leasts = [cache.least_tokens / float(count) for cache, count in zip(caches, counts.mean(axis=1), strict=True)]
    with_cache, without = (_prompts(calls, caches, found, leasts, cached=cached) for cached in (True, False))
    return ApiBill(
        offers=tuple(offers),
        segment=segment,
        assumptions=assumptions,
        requests=segment.requests_per_month * volume,
        calls=calls,
        alone=alone,
        factors=counts,
        rates=rates,
        request_usd=np.array([price.request_usd * f for price, f in zip(prices, factors, strict=True)]),
        cached=with_cache.usd(rates).mean(axis=1) <= without.usd(rates).mean(axis=1),
        hits=tuple(found[cache] for cache in caches),
        leasts=tuple(leasts),
        with_cache=with_cache,
        without_cache=without,
        hidden_tokens=_hidden_tokens(catalog, offers, segment, calls, seed),
    )


def _prompts(
    calls: Calls,
    caches: Sequence[PromptCache],
    hits: Mapping[PromptCache, CacheHit],
    leasts: Sequence[float],
    *,
    cached: bool,
) -> Prompt:
    """How each offer bills the prompt; offers with the same cache share one computation."""
    kinds = list(zip(caches, leasts, strict=True))
    place = {kind: at for at, kind in enumerate(dict.fromkeys(kinds))}
    uses = [token_use(calls, hits[cache], 0.0, cached=cached, least_tokens=least) for cache, least in place]
    rows = np.array([place[kind] for kind in kinds], dtype=np.int64)

    def whole(column: Sequence[float | Draws]) -> Draws:
        return np.array([np.broadcast_to(value, (DRAW_COUNT,)) for value in column], dtype=np.float64)[rows]

    return Prompt(
        fresh=whole([use.input_tokens - use.cached_input_tokens - use.cache_write_tokens for use in uses]),
        cached=whole([use.cached_input_tokens for use in uses]),
        written=whole([use.cache_write_tokens for use in uses]),
    )


def _price_of(offer: Offer, segment: Segment, assumptions: Assumptions) -> Price:
    """The offer's mean price over the hours of its requests; options are only made of priced offers.

    What may wait a day is sent in the cheaper hours; other requests are spread evenly unless the workload says more.
    """
    assert offer.price is not None
    return price_over_hours(offer.price, 1.0 if segment.batchable else assumptions.off_peak_share)


def _what_if_factor(catalog: Catalog, offer: Offer, assumptions: Assumptions) -> float:
    model = catalog.models.get(offer.model or "")
    frontier = model is not None and model.model_class == "frontier"
    return assumptions.frontier_price_factor if frontier else 1.0


def api_usage_usd(
    catalog: Catalog,
    offers: Sequence[Offer],
    segment: Segment,
    assumptions: Assumptions,
    *,
    volume: float = 1.0,
    extra: Extra = _NOTHING,
    price_factor: float = 1.0,
    seed: int = SEED,
) -> Draws:
    """Token cost of a segment in an average month by each offer, USD, (N, S); each offer needs a price and a model.

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
    if not offers:
        return np.empty((0, DRAW_COUNT))
    bill = api_bill(
        catalog, offers, segment, assumptions, volume=volume, extra=extra, price_factor=price_factor, seed=seed
    )
    return monthly_usd(bill)


def monthly_usd(bill: ApiBill) -> Draws:
    """Token cost in a month by each offer, (N, S)."""
    uses = bill.cached[:, None]
    text = np.where(uses, bill.with_cache.usd(bill.rates), bill.without_cache.usd(bill.rates))
    text += bill.rates[:, 3:4] * bill.calls.output_tokens
    request = bill.factors * text + bill.rates[:, 4:5] * bill.hidden_tokens
    request += bill.request_usd[:, None] * bill.calls.count
    return np.asarray(request * (bill.requests * (1.0 + bill.assumptions.retry_share)), dtype=np.float64)


def _hidden_tokens(catalog: Catalog, offers: Sequence[Offer], segment: Segment, calls: Calls, seed: int) -> Draws:
    """Hidden reasoning of one request, all calls, by each offer's model, (N, S)."""
    models = tuple(dict.fromkeys(offer.model or "" for offer in offers))
    rows = {model: row for row, model in enumerate(models)}
    per_call = reasoning_tokens(catalog, models, segment, seed)
    hidden: Draws = per_call[[rows[offer.model or ""] for offer in offers]] * calls.count
    return hidden


def cost_lines(
    catalog: Catalog,
    offer: Offer,
    segment: Segment,
    assumptions: Assumptions,
    *,
    volume: float = 1.0,
    extra: Extra = _NOTHING,
    price_factor: float = 1.0,
    seed: int = SEED,
) -> tuple[CostLine, ...]:
    """What one offer charges for a segment in an average month, line by line. Arguments as of `api_usage_usd`."""
    bill = api_bill(
        catalog, (offer,), segment, assumptions, volume=volume, extra=extra, price_factor=price_factor, seed=seed
    )
    return bill_lines(bill, 0)


def bill_lines(bill: ApiBill, row: int, times: float = 1.0, price_factor: float = 1.0) -> tuple[CostLine, ...]:
    """What one offer of a bill charges, line by line; lines of 0 are left out.

    The first model call is told by kind of token; later calls of the same request are 'tool calls'. The lines sum to
    `times` x `price_factor` x the offer's row of `monthly_usd` draw by draw.

    Args:
        bill: What was priced.
        row: The offer.
        times: Requests over those of the bill.
        price_factor: Prices over those of the bill.
    """
    requests, sources = bill.requests * times, (f"offer:{bill.offers[row].key}",)
    used = bool(bill.cached[row])
    use = token_use(bill.alone, bill.hits[row], 0.0, cached=used, least_tokens=bill.leasts[row])
    hidden = bill.hidden_tokens[row] / bill.calls.count
    rates = bill.rates[row] * price_factor
    notes = line_notes(bill.offers[row], bill.segment, bill.assumptions, bill.factors[row], bill.hits[row])
    parts = [
        _token_line(name, tokens, rate, requests, bill.segment.skill, sources, known, notes.get(name, ""))
        for name, tokens, rate, known in _kinds(use, bill.factors[row], hidden, rates)
    ]
    fee = float(bill.request_usd[row]) * price_factor
    if fee > 0.0:
        paid = product(Factor(requests, "requests"), Factor(fee, "USD"))
        parts.append(CostLine("request fee", np.full(DRAW_COUNT, fee * requests), "published", paid, sources))
    whole = _row_usd(bill, row) * (times * price_factor)
    once = whole / (1.0 + bill.assumptions.retry_share)
    if bill.calls.count > 1.0:
        later = once - np.sum([part.monthly_usd for part in parts], axis=0)
        each = Factor(float(later.mean()) / requests * 1e3, "USD per 1,000 for later calls with the history", 1e-3)
        tool_sources = (*sources, "prior:tool.call_tokens", "prior:tool.result_tokens")
        formula = product(Factor(requests, "requests"), each)
        parts.append(CostLine("tool calls", later, "assumed", formula, tool_sources))
    again = product(
        Factor(float(once.mean()), "USD"), Factor(bill.assumptions.retry_share * 100.0, "% sent again", 1e-2)
    )
    parts.append(CostLine("retries", whole - once, "assumed", again, ("assumption:retry_share",)))
    least = _ROUNDING * float(np.abs(whole).mean())
    return tuple(part for part in parts if np.any(np.abs(part.monthly_usd) > least))


def _row_usd(bill: ApiBill, row: int) -> Draws:
    """Token cost in a month by one offer, (S,)."""
    alone = replace(
        bill,
        factors=bill.factors[row : row + 1],
        rates=bill.rates[row : row + 1],
        request_usd=bill.request_usd[row : row + 1],
        cached=bill.cached[row : row + 1],
        with_cache=bill.with_cache.row(row),
        without_cache=bill.without_cache.row(row),
        hidden_tokens=bill.hidden_tokens[row : row + 1],
    )
    return np.asarray(monthly_usd(alone)[0])


def _kinds(use: TokenUse, factor: Draws, hidden: Draws, rates: Floats) -> tuple[tuple[str, Draws, float, bool], ...]:
    """Name, tokens as billed, USD per token and whether no assumption stands behind the tokens, of each kind."""
    fresh = factor * (use.input_tokens - use.cached_input_tokens - use.cache_write_tokens)
    known = bool(np.all(factor == 1.0))
    return (
        ("input tokens", fresh, float(rates[0]), known),
        ("cached input", factor * use.cached_input_tokens, float(rates[1]), False),
        ("cache writes", factor * use.cache_write_tokens, float(rates[2]), False),
        ("output tokens", factor * use.output_tokens, float(rates[3]), known),
        ("hidden reasoning", hidden, float(rates[4]), False),
    )


def _token_line(
    name: str,
    tokens: Draws,
    rate: float,
    requests: float,
    skill: str,
    sources: tuple[str, ...],
    known: bool,
    note: str,
) -> CostLine:
    prior = {
        "cached input": ("prior:cache_hit.shared_prefix", "prior:cache_hit.chat"),
        "cache writes": ("prior:cache_hit.shared_prefix", "prior:cache_hit.chat"),
        "hidden reasoning": (f"prior:reasoning_tokens.{skill}",),
    }.get(name, ())
    formula = product(
        Factor(requests, "requests"),
        Factor(float(np.mean(tokens)), "tokens"),
        Factor(rate * TOKENS_PER_MTOK, f"USD per 1M{note}", 1.0 / TOKENS_PER_MTOK),
    )
    usd = np.broadcast_to(tokens, (DRAW_COUNT,)) * (rate * requests)
    return CostLine(name, usd, "published" if known else "assumed", formula, (*sources, *prior))


def retrieval_usage_usd(
    catalog: Catalog, segment: Segment, embedder: Embedder, store: VectorStore, *, volume: float = 1.0, seed: int = SEED
) -> Draws:
    """What retrieval costs by the request in a month: the sum of `retrieval_usage_lines`, shape (S,)."""
    lines = retrieval_usage_lines(catalog, segment, embedder, store, volume=volume, seed=seed)
    return np.asarray(np.sum([line.monthly_usd for line in lines], axis=0) + np.zeros(DRAW_COUNT))


def retrieval_usage_lines(
    catalog: Catalog, segment: Segment, embedder: Embedder, store: VectorStore, *, volume: float = 1.0, seed: int = SEED
) -> tuple[CostLine, ...]:
    """Query embeddings and the store's price per query, one look-up a request; lines of 0 are left out.

    An embedder without a price runs on own machines, whose time costs what a prior says.
    """
    requests, tokens = segment.requests_per_month * volume, prior_draws(catalog, "rag.query_tokens", seed)
    per_mtok = embedding_usd_per_mtok(catalog, embedder, seed)
    per_query = store.query_usd(index_gigabytes(catalog, segment.knowledge.corpus_tokens, embedder, seed))
    asked = Factor(requests, "requests")
    embedding = product(
        asked,
        Factor(float(tokens.mean()), "tokens"),
        Factor(float(per_mtok.mean()), "USD per 1M", 1.0 / TOKENS_PER_MTOK),
    )
    found = product(asked, Factor(float(per_query.mean()) * 1e6, "USD per 1M queries", 1e-6))
    ids = (f"embedder:{embedder.id}", "prior:rag.query_tokens")
    lines = (
        CostLine("query embeddings", requests * tokens * per_mtok / TOKENS_PER_MTOK, "assumed", embedding, ids),
        CostLine("queries", requests * per_query + np.zeros(DRAW_COUNT), "published", found, (f"store:{store.id}",)),
    )
    return tuple(line for line in lines if np.any(line.monthly_usd != 0.0))
