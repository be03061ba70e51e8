"""What requests cost by API: tokens times prices over an average month of the horizon, whole and line by line.

A request's tokens are summed over its model calls, split by how they are billed, and priced by `catalog.pricing` at
each level of a long-context price, averaged over prompt lengths (`rates`). The lines add up to the whole draw by draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.beliefs.cost.lines import CostLine, Factor, product
from planner.beliefs.cost.rates import KINDS, mean_rates
from planner.beliefs.latency.api_times import reasoning_tokens
from planner.beliefs.priors import prior_draws
from planner.beliefs.requests import Calls, calls_of, token_log_sd
from planner.catalog.pricing import TokenUse
from planner.catalog.schema import Catalog, Embedder, Offer, Price, VectorStore
from planner.units import DRAW_COUNT, SEED, TOKENS_PER_MTOK, Draws, Floats
from planner.workload.schema import Assumptions, Segment, Workload

FEW_SHOT_EXAMPLES: Final = 5.0
"""Examples in a few-shot prompt (assumption; the prior 'few_shot.examples' says the same)."""
_LEAST_CACHED_TOKENS: Final = 1024.0
"""Shortest leading part of a prompt that providers cache (OpenAI, Anthropic: 1,024; some models 2,048 or 4,096)."""


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
class ApiBill:
    """What N offers charge for one segment: rates, tokens and requests a month, priced once and told line by line."""

    offers: tuple[Offer, ...]
    skill: str
    requests: float
    retries: float
    calls: Calls
    alone: Calls
    """Of a request without its tool calls: the first model call."""
    rates: Floats
    """(N, 5) USD per token, what-if factors included."""
    request_usd: Floats
    """(N,) per model call."""
    cached: tuple[bool, ...]
    """Whether the prompt cache is used: where it makes the mean bill smaller."""
    with_cache: TokenUse
    without_cache: TokenUse
    first_use: tuple[TokenUse, TokenUse]
    """Of the first model call alone: without the prompt cache, and with it."""
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
    factors = [price_factor * _what_if_factor(catalog, offer, assumptions) for offer in offers]
    rows = [mean_rates(_price_of(offer), prompt, log_sd, batch=segment.batchable) for offer in offers]
    rates = np.array(rows, dtype=np.float64).reshape(len(offers), KINDS) * np.array(factors)[:, None]
    hit = cache_hit(catalog, assumptions, seed)
    with_cache, without = (token_use(calls, hit, 0.0, cached=cached) for cached in (True, False))
    saves = _input_usd(rates, with_cache).mean(axis=1) <= _input_usd(rates, without).mean(axis=1)
    return ApiBill(
        offers=tuple(offers),
        skill=segment.skill,
        requests=segment.requests_per_month * volume,
        retries=assumptions.retry_share,
        calls=calls,
        alone=alone,
        rates=rates,
        request_usd=np.array([_price_of(o).request_usd * f for o, f in zip(offers, factors, strict=True)]),
        cached=tuple(bool(value) for value in saves),
        with_cache=with_cache,
        without_cache=without,
        first_use=(token_use(alone, hit, 0.0, cached=False), token_use(alone, hit, 0.0, cached=True)),
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
    bill = api_bill(
        catalog, offers, segment, assumptions, volume=volume, extra=extra, price_factor=price_factor, seed=seed
    )
    return monthly_usd(bill)


def monthly_usd(bill: ApiBill) -> Draws:
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
    use = bill.first_use[bill.cached[row]]
    hidden = bill.hidden_tokens[row] / bill.calls.count
    rates = bill.rates[row] * price_factor
    parts = [
        _token_line(name, tokens, rate, requests, bill.skill, sources, known)
        for name, tokens, rate, known in _kinds(use, hidden, rates)
    ]
    fee = float(bill.request_usd[row]) * price_factor
    if fee > 0.0:
        paid = product(Factor(requests, "requests"), Factor(fee, "USD"))
        parts.append(CostLine("request fee", np.full(DRAW_COUNT, fee * requests), "published", paid, sources))
    whole = _row_usd(bill, row) * (times * price_factor)
    once = whole / (1.0 + bill.retries)
    if bill.calls.count > 1.0:
        later = once - np.sum([part.monthly_usd for part in parts], axis=0)
        each = Factor(float(later.mean()) / requests * 1e3, "USD per 1,000 for later calls with the history", 1e-3)
        tool_sources = (*sources, "prior:tool.call_tokens", "prior:tool.result_tokens")
        formula = product(Factor(requests, "requests"), each)
        parts.append(CostLine("tool calls", later, "assumed", formula, tool_sources))
    again = product(Factor(float(once.mean()), "USD"), Factor(bill.retries * 100.0, "% sent again", 1e-2))
    parts.append(CostLine("retries", whole - once, "assumed", again, ("assumption:retry_share",)))
    return tuple(part for part in parts if np.any(part.monthly_usd != 0.0))


def _row_usd(bill: ApiBill, row: int) -> Draws:
    """Token cost in a month by one offer, (S,)."""
    alone = replace(
        bill,
        rates=bill.rates[row : row + 1],
        request_usd=bill.request_usd[row : row + 1],
        cached=bill.cached[row : row + 1],
        hidden_tokens=bill.hidden_tokens[row : row + 1],
    )
    return np.asarray(monthly_usd(alone)[0])


def _kinds(use: TokenUse, hidden: Draws, rates: Floats) -> tuple[tuple[str, Draws, float, bool], ...]:
    """Name, tokens, USD per token and whether no assumption stands behind the tokens, of each kind."""
    fresh = np.asarray(use.input_tokens - use.cached_input_tokens - use.cache_write_tokens, dtype=np.float64)
    cached, written = np.asarray(use.cached_input_tokens), np.asarray(use.cache_write_tokens)
    return (
        ("input tokens", fresh, float(rates[0]), True),
        ("cached input", cached, float(rates[1]), False),
        ("cache writes", written, float(rates[2]), False),
        ("output tokens", np.asarray(use.output_tokens), float(rates[3]), True),
        ("hidden reasoning", hidden, float(rates[4]), False),
    )


def _token_line(
    name: str, tokens: Draws, rate: float, requests: float, skill: str, sources: tuple[str, ...], known: bool
) -> CostLine:
    prior = {
        "cached input": ("prior:cache_hit.shared_prefix", "prior:cache_hit.chat"),
        "cache writes": ("prior:cache_hit.shared_prefix", "prior:cache_hit.chat"),
        "hidden reasoning": (f"prior:reasoning_tokens.{skill}",),
    }.get(name, ())
    formula = product(
        Factor(requests, "requests"),
        Factor(float(np.mean(tokens)), "tokens"),
        Factor(rate * TOKENS_PER_MTOK, "USD per 1M", 1.0 / TOKENS_PER_MTOK),
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

    An embedder without a price runs on own machines; its electricity is not counted.
    """
    requests, tokens = segment.requests_per_month * volume, prior_draws(catalog, "rag.query_tokens", seed)
    per_mtok, per_query = embedder.usd_per_mtok or 0.0, store.usd_per_million_queries / 1e6
    asked = Factor(requests, "requests")
    embedding = product(
        asked, Factor(float(tokens.mean()), "tokens"), Factor(per_mtok, "USD per 1M", 1.0 / TOKENS_PER_MTOK)
    )
    found = product(asked, Factor(store.usd_per_million_queries, "USD per 1M queries", 1e-6))
    ids = (f"embedder:{embedder.id}", "prior:rag.query_tokens")
    lines = (
        CostLine("query embeddings", requests * tokens * per_mtok / TOKENS_PER_MTOK, "assumed", embedding, ids),
        CostLine("queries", np.full(DRAW_COUNT, requests * per_query), "published", found, (f"store:{store.id}",)),
    )
    return tuple(line for line in lines if np.any(line.monthly_usd != 0.0))


def gate_usage_usd(catalog: Catalog, segment: Segment, *, volume: float = 1.0, seed: int = SEED) -> Draws:
    """What a cascade's gate costs by the request in a month, shape (S,)."""
    return segment.requests_per_month * volume / 1e6 * prior_draws(catalog, "gate.usd_per_million_requests", seed)


def gate_line(catalog: Catalog, segment: Segment, *, volume: float = 1.0, seed: int = SEED) -> CostLine:
    """The same as a line."""
    usd = gate_usage_usd(catalog, segment, volume=volume, seed=seed)
    each = float(prior_draws(catalog, "gate.usd_per_million_requests", seed).mean())
    calls = Factor(segment.requests_per_month * volume, "gate calls")
    formula = product(calls, Factor(each, "USD per 1M", 1e-6))
    return CostLine("gate", usd, "assumed", formula, ("prior:gate.usd_per_million_requests",))
