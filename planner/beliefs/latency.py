"""How fast APIs answer: time to first token and time per output token of every curated model, as draws."""

from dataclasses import dataclass

from planner.catalog.schema import Catalog
from planner.units import SEED, Bools, Draws
from planner.workload.schema import Segment


@dataclass(frozen=True, slots=True, eq=False)
class LatencyBeliefs:
    """API speed of every curated model (M rows, catalog order): medians over requests, uncertain by draw.

    TTFT of a request = (ttft_base_ms + ttft_ms_per_input_token x input) x exp(ttft_log_sd x z), TPOT likewise.
    """

    model_ids: tuple[str, ...]
    """All models of the catalog, in catalog order."""
    ttft_base_ms: Draws
    """(M, S) median time to first visible token of an empty prompt, milliseconds; hidden reasoning not included."""
    ttft_ms_per_input_token: Draws
    """(M, S) milliseconds per prompt token."""
    tpot_ms: Draws
    """(M, S) median milliseconds per output token."""
    ttft_log_sd: Draws
    """(S,) log-sd of TTFT over the requests of one model."""
    tpot_log_sd: Draws
    """(S,) log-sd of TPOT over the requests of one model."""
    published: Bools
    """(M,) True where a published speed of the model stands behind the row; False: regression on class and price."""
    source_ids: tuple[tuple[str, ...], ...]
    """Per model: ids of the speeds and priors behind the row ('speed:openai/gpt-5.5', 'prior:latency.ttft_log_sd')."""


@dataclass(frozen=True, slots=True, eq=False)
class ApiLatency:
    """Latency of N models asked by API on one segment, draws last."""

    model_ids: tuple[str, ...]
    ttft_p50_ms: Draws
    """(N, S) median over requests of the time to the first visible token."""
    ttft_p95_ms: Draws
    """(N, S) 95th percentile over requests of the time to the first visible token, reasoning included."""
    total_p50_ms: Draws
    """(N, S)"""
    total_p95_ms: Draws
    """(N, S) 95th percentile over requests of the time to the whole answer, tool rounds included."""


def fit_latency(catalog: Catalog, seed: int = SEED) -> LatencyBeliefs:
    """Fit API speeds to catalog.speeds; models without a published speed get the regression on class and price."""
    raise NotImplementedError


def reasoning_tokens(catalog: Catalog, model_ids: tuple[str, ...], segment: Segment, seed: int = SEED) -> Draws:
    """Mean hidden reasoning tokens per model call, shape (N, S) in the order of `model_ids`; 0 for models that don't reason.

    Models whose reasoning is optional are taken to run at their maker's default, which the prior
    'reasoning.optional_share' states as a share of an always-reasoning model's tokens.
    """
    raise NotImplementedError


def api_latency(
    latency: LatencyBeliefs,
    catalog: Catalog,
    model_ids: tuple[str, ...],
    segment: Segment,
    *,
    extra_input_tokens: Draws | float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> ApiLatency:
    """95th percentile of TTFT and of total time over the segment's requests, shape (N, S).

    Args:
        latency: Fitted speeds.
        catalog: Facts and priors.
        model_ids: Models asked (unique ones are enough; offers of one model share a row).
        segment: Its tokens, tool calls and skill.
        extra_input_tokens: Tokens that a technique adds to each prompt (passages, examples), number or (S,).
        before_ms: Time spent before the first model call (retrieval, see `retrieval_ms`), number or (S,).
        seed: Seed of the draws.
    """
    raise NotImplementedError


def retrieval_ms(catalog: Catalog, seed: int = SEED) -> Draws:
    """Time to embed a query and search the index before the model is asked, milliseconds, shape (S,)."""
    raise NotImplementedError


def cascade_p95_ms(weak_p50: Draws, weak_p95: Draws, strong_p50: Draws, strong_p95: Draws, share: Draws) -> Draws:
    """95th percentile of a cascade's time: weak alone on 1 - share of requests, weak then strong on the rest; (N, S)."""
    raise NotImplementedError
