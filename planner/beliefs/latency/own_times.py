"""The user's own timed answers as points of the speed regression, each session as precise as its answers make it.

n accepted answers of one model at one provider on one day say what the median was on that day: their median log has
variance s^2 / n + d^2, with s the spread over requests and d how far a day's median strays from the usual one (prior
'api_spread.session_log_sd'). Answers under load say how an API fares at that rate, not what it does for others, and are
left out. Age counts as it does for published rows: what was seen months ago tells less of today.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from planner.beliefs.evidence.measured import TimedAnswer
from planner.beliefs.latency.speed_rows import PREFILL_MS_PER_TOKEN, YOURS, Quantity, SpeedPoint, month_of
from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.store.streaming import tokens_after_first, was_streamed
from planner.units import MS_PER_S

_LEAST_LEFT: Final = 0.2
"""Part of a measured TTFT that is always taken for the network and the queue, however long prompt and reasoning."""
_USUAL_TPOT_MS: Final = MS_PER_S / 80.0
"""Of an answer with a single visible token (assumption)."""


@dataclass(frozen=True, slots=True)
class SplitTimes:
    """One answer, hidden reasoning and the prompt's reading taken out of its first token."""

    ttft_ms: float
    tpot_ms: float | None
    """None: one visible token, or all at once."""


def split_times(one: TimedAnswer, prefill_ms: float = PREFILL_MS_PER_TOKEN) -> SplitTimes:
    """Base time to the first token of an answer, and its time per token after it; reasoning hidden or streamed."""
    visible, tpot = one.output_tokens - one.reasoning_tokens, None
    streamed = one.reasoning_streamed
    if streamed is None:
        streamed = was_streamed(visible, one.reasoning_tokens, None, one.ttft_ms, one.total_ms)
    after = tokens_after_first(one.output_tokens, one.reasoning_tokens, streamed=streamed)
    if after and one.total_ms > one.ttft_ms:
        tpot = (one.total_ms - one.ttft_ms) / after
    thought = 0 if streamed else one.reasoning_tokens
    hidden = prefill_ms * one.input_tokens + (tpot or _USUAL_TPOT_MS) * thought
    return SplitTimes(max(one.ttft_ms - hidden, _LEAST_LEFT * one.ttft_ms), tpot)


def own_points(catalog: Catalog, times: Sequence[TimedAnswer], what: Quantity, request_sd: float) -> list[SpeedPoint]:
    """One point a model, provider and day; `request_sd` is the log-sd over requests."""
    sessions: dict[tuple[str, str, date], list[float]] = defaultdict(list)
    for one in times:
        if one.kind == "probe" and one.provider in catalog.providers and one.model in catalog.models:
            parts = split_times(one)
            value = parts.ttft_ms if what == "ttft" else parts.tpot_ms
            if value is not None:
                sessions[one.model, one.provider, one.day or catalog.as_of].append(float(np.log(max(value, 1e-3))))
    session_sd = float(prior_draws(catalog, "api_spread.session_log_sd").mean())
    return [
        SpeedPoint(
            source=YOURS,
            model=model,
            host=provider,
            effort="no",
            month=month_of(day),
            # The median: one stuck answer among fifty must not move it.
            log_ms=float(np.median(logs)),
            own_sd=float(np.hypot(request_sd / np.sqrt(len(logs)), session_sd)),
            precise=True,
        )
        for (model, provider, day), logs in sorted(sessions.items())
    ]
