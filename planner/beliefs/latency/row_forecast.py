"""Forecasts of rows that someone measured: TTFT, time per token and total of a model at a host, prompt and effort.

    TTFT    base + prompt x reading time, with the client's distance; of a model that thought first, hidden tokens x
            TPOT more; where it may have thought and no one says, what such rows have shown
    TPOT    the decode rate after the first token
    total   base + every output token x TPOT

Each is a distribution over what a source never seen would report: quantiles of draws, heavy tails inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.latency.random_effects import LEVELS, Outlook, student_quantiles
from planner.beliefs.latency.speed_facts import Thought, model_facts, thought
from planner.beliefs.latency.speed_fit import fit_speeds
from planner.beliefs.latency.speed_rows import (
    PREFILL_MS_PER_TOKEN,
    REGION_LOG,
    USUAL_PROMPT_TOKENS,
    Quantity,
    SpeedPoint,
    month_of,
)
from planner.beliefs.latency.tokens.of_rows import hidden_log_tokens
from planner.catalog.schema import Catalog
from planner.catalog.speeds import ApiSpeed
from planner.units import SEED, Draws, Floats, stream

TIMES: Final = ("ttft", "tpot", "total")
_SIZE: Final = 4000
_PREFILL_LOG_SD: Final = 0.5
_USUAL_ANSWER: Final = (300.0, 1.0)
"""Median and log-sd of the output tokens of a row that states none (of chat 400, of short tasks 60)."""
_STREAMED: Final = {True: 0.5, False: 0.25}
"""Chance that a TTFT of a model that thought is to its first thought, not its first visible token, by open weights:
makers of closed models hide or sum up what is thought (assumption)."""
_ASKED: Final = "asked"


@dataclass(frozen=True, slots=True, eq=False)
class RowForecast:
    """Quantiles of N rows at LEVELS, ms, (N, 7) each."""

    ttft: Floats
    tpot: Floats
    total: Floats


def forecast_rows(
    catalog: Catalog,
    known: Mapping[Quantity, Sequence[SpeedPoint]],
    rows: Sequence[ApiSpeed],
    seed: int = SEED,
) -> RowForecast:
    """Forecast rows from known points; what the rows themselves report of their times is not read."""
    facts = model_facts(catalog, [row.model for row in rows])
    thinks = [thought(facts[row.model].reasoning, row.effort) for row in rows]
    first = _outlook(catalog, "ttft", known["ttft"], rows, thinks)
    token = _outlook(catalog, "tpot", known["tpot"], rows, thinks)
    hidden = hidden_log_tokens(catalog, rows)
    draws = _Draws(seed)
    streamed = [_STREAMED[facts[row.model].open_weights] for row in rows]
    found = [_one(row, thinks[n], n, first, token, hidden, draws, streamed[n]) for n, row in enumerate(rows)]
    parts = np.array(found, dtype=np.float64).reshape(len(rows), len(TIMES), len(LEVELS))
    return RowForecast(parts[:, 0], parts[:, 1], parts[:, 2])


def _outlook(
    catalog: Catalog, what: Quantity, known: Sequence[SpeedPoint], rows: Sequence[ApiSpeed], thinks: Sequence[Thought]
) -> Outlook:
    """Of the base time to the first token, or of the time per token."""
    asked = [
        SpeedPoint(
            source=_ASKED,
            model=row.model,
            host=row.host,
            effort="unstated" if what == "ttft" and effort == "unstated" else "no",
            month=month_of(row.source.date),
            log_ms=float("nan"),
            own_sd=0.0,
        )
        for row, effort in zip(rows, thinks, strict=True)
    ]
    return fit_speeds(catalog, what, known, asked).outlook()


class _Draws:
    """Standard variates that all rows share; only each row's own quantiles are read."""

    def __init__(self, seed: int) -> None:
        rng = stream(seed, "row forecast")
        self.normal = rng.standard_normal((4, _SIZE))
        self.student = student_quantiles((rng.permuted(np.tile(np.arange(_SIZE), (2, 1)), axis=1) + 0.5) / _SIZE)
        self.answer = rng.standard_normal(_SIZE)
        self.share = rng.random(_SIZE)

    def logs(self, outlook: Outlook, row: int, which: int) -> Draws:
        """(K,) of one row's log."""
        spread = outlook.sd[row] * self.normal[which] + outlook.row_sd[row] * self.student[which]
        return np.asarray(outlook.mean[row] + spread, dtype=np.float64)


def _one(
    row: ApiSpeed,
    thinks: Thought,
    number: int,
    first: Outlook,
    token: Outlook,
    hidden: tuple[Floats, Floats],
    draws: _Draws,
    streamed: float,
) -> list[Floats]:
    """Quantiles of one row's three times."""
    base = np.exp(draws.logs(first, number, 0) + REGION_LOG[row.region])
    prompt = USUAL_PROMPT_TOKENS if row.prompt_tokens is None else row.prompt_tokens
    reading = PREFILL_MS_PER_TOKEN * prompt * np.exp(_PREFILL_LOG_SD * draws.normal[2])
    tpot = np.exp(draws.logs(token, number, 1))
    median, log_sd = _USUAL_ANSWER
    stated = row.output_tokens
    answer = median * np.exp(log_sd * draws.answer) if stated is None else np.full(_SIZE, stated)
    thinking = np.zeros(_SIZE)
    if thinks == "yes":
        thinking = np.exp(hidden[0][number] + hidden[1][number] * draws.normal[3])
        thinking = np.minimum(thinking, 0.98 * answer) if stated is not None else thinking
        answer = answer if stated is not None else answer + thinking
    ttft = base + reading + np.where(draws.share < streamed, 0.0, thinking) * tpot
    total = base + reading + answer * tpot
    return [np.quantile(times, LEVELS) for times in (ttft, tpot, total)]
