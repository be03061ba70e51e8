"""What requests cost by API: tokens times prices over an average month of the horizon, whole and line by line.

A request's tokens are summed over its model calls, split by how they are billed, and priced by `catalog.pricing` at
each level of a long-context price, averaged over prompt lengths (`rates`). The lines add up to the whole draw by draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.cost.rates import KINDS, mean_rates
from planner.beliefs.latency.api_times import reasoning_tokens
from planner.beliefs.priors import prior_draws
from planner.beliefs.requests import Calls, calls_of, token_log_sd
from planner.catalog.pricing import TokenUse
from planner.catalog.schema import Catalog, Embedder, NumberClass, Offer, Price, VectorStore
from planner.units import DRAW_COUNT, SEED, TOKENS_PER_MTOK, Draws, Floats
from planner.workload.schema import Assumptions, Segment, Workload

FEW_SHOT_EXAMPLES: Final = 5.0
"""Examples in a few-shot prompt (assumption; the prior 'few_shot.examples' says the same)."""
_LEAST_CACHED_TOKENS: Final = 1024.0
"""Shortest leading part of a prompt that providers cache (OpenAI, Anthropic: 1,024; some models 2,048 or 4,096)."""


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


_NOTHING: Final = Extra()


@dataclass(frozen=True, slots=True, eq=False)
class CacheHit:
    """Shares read from a prompt cache, (S,) each."""

    prefix: Draws
    """Of the shared prefix, and of what an earlier call of the same request held."""
    history: Draws
    """Of the conversation's earlier turns."""


def volume_factor(workload: Workload) -> float:
    """Average month's volume over the first month's: mean of (1 + growth)^t over t = 0 ... horizon - 1."""
    growth = 1.0 + workload.growth_per_month
    return float(np.mean(growth ** np.arange(workload.horizon_months)))


def cache_hit(catalog: Catalog, assumptions: Assumptions, seed: int = SEED) -> CacheHit:
    """Cache shares: the workload's own assumption for the prefix where given, the priors otherwise."""
    given = assumptions.cache_hit_share
    prefix = prior_draws(catalog, "cache_hit.shared_prefix", seed) if given is None else np.full(DRAW_COUNT, given)
    return CacheHit(prefix=prefix, history=prior_draws(catalog, "cache_hit.chat", seed))


def retrieved_tokens(catalog: Catalog, seed: int = SEED) -> Draws:
    """Tokens that retrieved passages add to a prompt, shape (S,)."""
    return prior_draws(catalog, "rag.passages", seed) * prior_draws(catalog, "rag.passage_tokens", seed)


def few_shot_tokens(segment: Segment) -> float:
    """Tokens that few-shot examples add to the shared prefix: examples as long as the segment's own requests."""
    own = segment.input_tokens.mean - segment.shared_prefix_tokens
    return FEW_SHOT_EXAMPLES * (own + segment.output_tokens.mean)


def token_use(calls: Calls, hit: CacheHit, reasoning: Draws | float, *, cached: bool) -> TokenUse:
    """Mean tokens of one request over all its model calls, before retries.

    Args:
        calls: Model calls of the request.
        hit: Cache shares.
        reasoning: Hidden tokens per model call, number, (S,) or (N, S).
        cached: False: no prompt cache is used. What is new in a prompt is written to the cache where a later turn or
            call will read it. Prompts whose leading part is shorter than 1,024 tokens are not
            cached either way.
    """
    leading = calls.prefix_tokens + calls.history_tokens
    first = leading if cached and leading >= _LEAST_CACHED_TOKENS else 0.0
    share = first / leading if leading > 0.0 else 0.0
    reread = calls.repeated_tokens * float(cached and float(np.mean(calls.first_input_tokens)) >= _LEAST_CACHED_TOKENS)
    read = share * (hit.prefix * calls.prefix_tokens + hit.history * calls.history_tokens) + hit.prefix * reread
    missed = share * leading + reread - read
    read_later = calls.history_tokens * share > 0.0 or bool(np.any(reread > 0.0))
    new = np.maximum(calls.input_tokens - leading - reread, 0.0) * float(read_later)
    return TokenUse(
        input_tokens=calls.input_tokens,
        output_tokens=calls.output_tokens,
        cached_input_tokens=read,
        cache_write_tokens=missed + new,
        reasoning_tokens=calls.count * reasoning,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Bill:
    """Rates of N offers on one segment; requests a month."""

    requests: float
    retries: float
    calls: Calls
    rates: Floats
    """(N, 5) USD per token, what-if factors included."""
    request_usd: Floats
    """(N,) per model call."""
    cached: tuple[bool, ...]
    """Whether the prompt cache is used: where it makes the mean bill smaller."""
    with_cache: TokenUse
    without_cache: TokenUse
    hidden_tokens: Draws
    """(N, S) hidden reasoning of one request, all calls."""


def _bill(
    catalog: Catalog,
    offers: Sequence[Offer],
    segment: Segment,
    assumptions: Assumptions,
    volume: float,
    extra: Extra,
    price_factor: float,
    seed: int,
) -> _Bill:
    calls = calls_of(
        catalog, segment, extra_input_tokens=extra.input_tokens, extra_prefix_tokens=extra.prefix_tokens, seed=seed
    )
    prompt, log_sd = float(np.mean(calls.input_tokens)) / calls.count, token_log_sd(segment.input_tokens)
    factors = [price_factor * _what_if_factor(catalog, offer, assumptions) for offer in offers]
    rows = [mean_rates(_price_of(offer), prompt, log_sd, batch=segment.batchable) for offer in offers]
    rates = np.array(rows, dtype=np.float64).reshape(len(offers), KINDS) * np.array(factors)[:, None]
    hit = cache_hit(catalog, assumptions, seed)
    with_cache, without = (token_use(calls, hit, 0.0, cached=cached) for cached in (True, False))
    saves = _input_usd(rates, with_cache).mean(axis=1) <= _input_usd(rates, without).mean(axis=1)
    return _Bill(
        requests=segment.requests_per_month * volume,
        retries=assumptions.retry_share,
        calls=calls,
        rates=rates,
        request_usd=np.array([_price_of(o).request_usd * f for o, f in zip(offers, factors, strict=True)]),
        cached=tuple(bool(value) for value in saves),
        with_cache=with_cache,
        without_cache=without,
        hidden_tokens=_hidden_tokens(catalog, offers, segment, calls, seed),
    )


def _price_of(offer: Offer) -> Price:
    """The offer's price; options are only made of priced offers."""
    assert offer.price is not None
    return offer.price


def _what_if_factor(catalog: Catalog, offer: Offer, assumptions: Assumptions) -> float:
    model = catalog.models.get(offer.model or "")
    frontier = model is not None and model.model_class == "frontier"
    return assumptions.frontier_price_factor if frontier else 1.0


def _input_usd(rates: Floats, use: TokenUse) -> Draws:
    """Prompt side of one request by each offer, (N, S)."""
    fresh = np.asarray(use.input_tokens - use.cached_input_tokens - use.cache_write_tokens)
    usd: Draws = (
        rates[:, 0:1] * fresh
        + rates[:, 1:2] * np.asarray(use.cached_input_tokens)
        + rates[:, 2:3] * np.asarray(use.cache_write_tokens)
    )
    return usd


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
    return _monthly_usd(_bill(catalog, offers, segment, assumptions, volume, extra, price_factor, seed))


def _monthly_usd(bill: _Bill) -> Draws:
    """Token cost in a month by each offer, (N, S)."""
    uses = np.array(bill.cached)[:, None]
    prompt = np.where(uses, _input_usd(bill.rates, bill.with_cache), _input_usd(bill.rates, bill.without_cache))
    request = prompt + bill.rates[:, 3:4] * bill.calls.output_tokens + bill.rates[:, 4:5] * bill.hidden_tokens
    request += bill.request_usd[:, None] * bill.calls.count
    return np.asarray(request * (bill.requests * (1.0 + bill.retries)), dtype=np.float64)


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
    """The same arithmetic as `api_usage_usd` for one offer, split into named parts that sum to it draw by draw.

    The first model call is told by kind of token; later calls of the same request are 'tool calls'; lines of 0 are
    left out.
    """
    bill = _bill(catalog, (offer,), segment, assumptions, volume, extra, price_factor, seed)
    single = segment.model_copy(update={"tool_calls_per_request": 0.0})
    alone = calls_of(
        catalog, single, extra_input_tokens=extra.input_tokens, extra_prefix_tokens=extra.prefix_tokens, seed=seed
    )
    hidden = _hidden_tokens(catalog, (offer,), segment, alone, seed)[0]
    use = token_use(alone, cache_hit(catalog, assumptions, seed), hidden, cached=bill.cached[0])
    usd, sources = bill.requests, (f"offer:{offer.key}",)
    parts = [
        _token_line(name, tokens, rate, usd, segment, sources, known)
        for name, tokens, rate, known in _kinds(use, bill.rates[0])
    ]
    fee = float(bill.request_usd[0])
    if fee > 0.0:
        how = f"{usd:,.0f} requests x {fee:.6g} USD"
        parts.append(CostLine("request fee", np.full(DRAW_COUNT, fee * usd), "published", how, sources))
    whole = _monthly_usd(bill)[0]
    once = whole / (1.0 + bill.retries)
    tools = once - np.sum([part.monthly_usd for part in parts], axis=0)
    calls = f"{usd:,.0f} requests x {segment.tool_calls_per_request:g} more calls with the history in the prompt"
    if segment.tool_calls_per_request > 0.0:
        tool_sources = (*sources, "prior:tool.call_tokens", "prior:tool.result_tokens")
        parts.append(CostLine("tool calls", tools, "assumed", calls, tool_sources))
    again = f"{bill.retries:.1%} of requests sent again"
    parts.append(CostLine("retries", whole - once, "assumed", again, ("assumption:retry_share",)))
    return tuple(part for part in parts if np.any(part.monthly_usd != 0.0))


def _kinds(use: TokenUse, rates: Floats) -> tuple[tuple[str, Draws, float, bool], ...]:
    """Name, tokens, USD per token and whether no assumption stands behind the tokens, of each kind."""
    fresh = np.asarray(use.input_tokens - use.cached_input_tokens - use.cache_write_tokens, dtype=np.float64)
    cached, written = np.asarray(use.cached_input_tokens), np.asarray(use.cache_write_tokens)
    return (
        ("input tokens", fresh, float(rates[0]), True),
        ("cached input", cached, float(rates[1]), False),
        ("cache writes", written, float(rates[2]), False),
        ("output tokens", np.asarray(use.output_tokens), float(rates[3]), True),
        ("hidden reasoning", np.asarray(use.reasoning_tokens), float(rates[4]), False),
    )


def _token_line(
    name: str,
    tokens: Draws,
    rate: float,
    requests: float,
    segment: Segment,
    sources: tuple[str, ...],
    known: bool,
) -> CostLine:
    prior = {
        "cached input": ("prior:cache_hit.shared_prefix", "prior:cache_hit.chat"),
        "cache writes": ("prior:cache_hit.shared_prefix", "prior:cache_hit.chat"),
        "hidden reasoning": (f"prior:reasoning_tokens.{segment.skill}",),
    }.get(name, ())
    how = f"{requests:,.0f} requests x {float(np.mean(tokens)):,.0f} tokens x {rate * TOKENS_PER_MTOK:.4g} USD per 1M"
    usd = np.broadcast_to(tokens, (DRAW_COUNT,)) * (rate * requests)
    return CostLine(name, usd, "published" if known else "assumed", how, (*sources, *prior))


def retrieval_usage_usd(
    catalog: Catalog, segment: Segment, embedder: Embedder, store: VectorStore, *, volume: float = 1.0, seed: int = SEED
) -> Draws:
    """What retrieval costs by the request in a month: query embeddings and the store's price per query, shape (S,).

    One look-up per request. An embedder without a price runs on own machines; its electricity is not counted.
    """
    embedding = prior_draws(catalog, "rag.query_tokens", seed) * (embedder.usd_per_mtok or 0.0) / TOKENS_PER_MTOK
    return segment.requests_per_month * volume * (embedding + store.usd_per_million_queries / 1e6)


def gate_usage_usd(catalog: Catalog, segment: Segment, *, volume: float = 1.0, seed: int = SEED) -> Draws:
    """What a cascade's gate costs by the request in a month, shape (S,)."""
    return segment.requests_per_month * volume / 1e6 * prior_draws(catalog, "gate.usd_per_million_requests", seed)
