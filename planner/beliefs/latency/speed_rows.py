"""Published times as rows of the regression: what each says of the time to the first token and of the time per token.

    log TTFT    of a short prompt, hidden reasoning out of it: the prompt's reading time and the client's distance taken
                off; rows whose model thought first say nothing of it and are left out
    log TPOT    1000 over the decode rate; of a rate over all N tokens (N x 1000 / rate - TTFT) / (N - 1);
                of a total of at least 80 tokens (total - TTFT) / N with a usual TTFT where none is stated

Rows of one source, model, host, kind of effort and month are one: their median.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.latency.random_effects import Rows, label_rows
from planner.beliefs.latency.speed_facts import (
    ModelFacts,
    Thought,
    design_row,
    host_class,
    model_facts,
    thought,
)
from planner.catalog.schema import Catalog
from planner.catalog.speeds import ApiHost, ApiSpeed
from planner.units import MS_PER_S, Floats, Ints

Quantity: TypeAlias = Literal["ttft", "tpot"]
REGION_LOG: Final[Mapping[str | None, float]] = {None: 0.0, "us": 0.0, "eu": 0.12, "asia": 0.43}
"""Log of TTFT from a client there over one in the United States: Paris +13 %, Korea +54 % (medians of pairs)."""
STATISTIC_LOG: Final = {"median": 0.0, "unknown": 0.0, "best": 0.2, "mean": -0.1}
"""Added to the log of a TTFT for its median: the best of three requests of log-sd 0.3 lies a quarter below it, a mean a
tenth above (heavy tails)."""
PREFILL_MS_PER_TOKEN: Final = 0.021
"""TTFT per further token of an uncached prompt: median of ten models, 13 to 32 seconds a million tokens."""
USUAL_PROMPT_TOKENS: Final = 300.0
"""Where a source states none (assumption: speed tests ask short questions)."""
_LONG_PROMPT: Final = 20_000.0
"""Beyond it a TTFT says more of reading than of the base."""
_FEWEST_TOKENS: Final = 80.0
"""Answers below it say little of the time per token by their total."""
_USUAL_TTFT_MS: Final = 800.0
_MOST_BEFORE: Final = 0.3
"""Of a total, at most taken for the time to the first token."""
_BY_TOTAL_SD: Final = 0.1
_LONG_SD: Final = 0.3
_LEAST_BASE: Final = 0.3
"""Of a TTFT, never taken for reading the prompt."""
_PLAUSIBLE_TPOT_MS: Final = (0.2, 1000.0)
_DAYS: Final = 365.25
_FIRST_DAY: Final = date(2023, 1, 1)
YOURS: Final = "yours"
"""Source label of the user's own times, and of what a plan forecasts."""


@dataclass(frozen=True, slots=True)
class SpeedPoint:
    """One value of one quantity; `log_ms` is nan where it is asked for."""

    source: str
    model: str
    host: str | None
    effort: Thought
    month: int
    """Months since January 2023."""
    log_ms: float
    own_sd: float
    """Log-sd beside the common residual."""
    precise: bool = False
    """True: `own_sd` is all of the residual, as of the user's own answers."""
    speeds: tuple[int, ...] = ()
    """Positions of the rows behind it."""


@dataclass(frozen=True, slots=True, eq=False)
class SpeedTable:
    """Points as the regression takes them."""

    points: tuple[SpeedPoint, ...]
    rows: Rows
    kinds: tuple[str, ...]
    """Class of host of each point."""


def month_of(day: date) -> int:
    """Months since January 2023, the regression's unit of time."""
    return round((day - _FIRST_DAY).days / _DAYS * 12.0)


def points_of(catalog: Catalog, speeds: Sequence[ApiSpeed], what: Quantity) -> tuple[SpeedPoint, ...]:
    """One point for each source, model, host, effort and month that says something of the quantity."""
    facts = model_facts(catalog, [speed.model for speed in speeds])
    groups: dict[tuple[str, str, str | None, Thought, int], list[tuple[float, float, int]]] = defaultdict(list)
    for number, speed in enumerate(speeds):
        thinks = thought(facts[speed.model].reasoning, speed.effort)
        found = _log_ttft(speed, thinks) if what == "ttft" else log_tpot(speed, thinks)
        if found is not None:
            effort: Thought = thinks if what == "ttft" else "no"
            key = (speed.source_id, speed.model, speed.host, effort, month_of(speed.source.date))
            groups[key].append((*found, number))
    return tuple(
        SpeedPoint(
            *key,
            log_ms=float(np.median([log for log, _, _ in found])),
            own_sd=float(np.mean([sd for _, sd, _ in found])),
            speeds=tuple(number for _, _, number in found),
        )
        for key, found in groups.items()
    )


def _log_ttft(speed: ApiSpeed, thinks: Thought) -> tuple[float, float] | None:
    """Log ms to the first token of an empty prompt from near by, and its own sd."""
    if speed.ttft_ms is None or thinks == "yes":
        return None
    prompt = USUAL_PROMPT_TOKENS if speed.prompt_tokens is None else speed.prompt_tokens
    base = max(speed.ttft_ms - PREFILL_MS_PER_TOKEN * prompt, _LEAST_BASE * speed.ttft_ms)
    if prompt > 3.0 * _LONG_PROMPT:
        return None
    log = float(np.log(base)) - REGION_LOG[speed.region] + STATISTIC_LOG[speed.statistic]
    return log, _LONG_SD if prompt > _LONG_PROMPT else 0.0


def log_tpot(speed: ApiSpeed, thinks: Thought) -> tuple[float, float] | None:
    """Log ms per token after the first, and its own sd.

    A total whose first visible token came after hidden ones says nothing: how many tokens came before is not told.
    """
    tokens, sd = speed.output_tokens or 0.0, 0.0
    if speed.tokens_per_s is not None:
        tpot = MS_PER_S / speed.tokens_per_s
        if speed.rate_kind == "end_to_end":
            if tokens < 2.0:
                return None
            total = tokens * tpot
            tpot = (total - _before(speed.ttft_ms, total)) / (tokens - 1.0)
    elif speed.total_ms is not None and tokens >= _FEWEST_TOKENS and (thinks == "no" or speed.ttft_ms is None):
        tpot = (speed.total_ms - _before(speed.ttft_ms, speed.total_ms)) / tokens
        sd = _BY_TOTAL_SD
    else:
        return None
    low, high = _PLAUSIBLE_TPOT_MS
    return (float(np.log(tpot)), sd) if low < tpot < high else None


def _before(ttft_ms: float | None, total_ms: float) -> float:
    """Time before the first token of an answer, at most what is plausible of its total."""
    if ttft_ms is not None and ttft_ms < total_ms:
        return ttft_ms
    return min(_USUAL_TTFT_MS, _MOST_BEFORE * total_ms)


def table_of(catalog: Catalog, points: Sequence[SpeedPoint], hosts: Mapping[str, ApiHost]) -> SpeedTable:
    """Features and labels of points, known and asked together, so that they share their labels."""
    facts = model_facts(catalog, [point.model for point in points])
    kinds = tuple(host_class(hosts.get(point.host or ""), point.host, facts[point.model]) for point in points)
    home = {host.makers: host.id for host in hosts.values() if host.makers and host.host_class == "first_party"}
    placed = [_placed(point, facts[point.model], kind, home) for point, kind in zip(points, kinds, strict=True)]
    features = np.array(
        [design_row(facts[point.model], kind, point.effort) for point, kind in zip(points, kinds, strict=True)],
        dtype=np.float64,
    ).reshape(len(points), -1)
    columns = {name: [labels[name] for labels in placed] for name in placed[0]} if placed else {}
    labels, names = label_rows(columns)
    months = np.array([point.month for point in points], dtype=np.int64)
    return SpeedTable(tuple(points), Rows(features, labels, names, months), kinds)


def _placed(point: SpeedPoint, facts: ModelFacts, kind: str, home: Mapping[str, str]) -> dict[str, str | None]:
    """Labels of one point, by effect."""
    host = point.host or (home.get(facts.maker) if kind == "first_party" else None)
    pair = f"{point.model}|{host or kind}"
    unstated = point.effort == "unstated"
    return {
        "maker": facts.maker,
        "family": facts.family,
        "model": point.model,
        "drift": point.model,
        "host": host,
        "pair": pair,
        "source": point.source,
        "setting": pair if point.source == YOURS else None,
        "unstated": "all" if unstated else None,
        "unstated_model": point.model if unstated else None,
    }


def asked(points: Sequence[SpeedPoint]) -> tuple[SpeedPoint, ...]:
    """The same points with their values taken out."""
    return tuple(replace(point, log_ms=float("nan"), speeds=()) for point in points)


def values_of(points: Sequence[SpeedPoint]) -> tuple[Floats, Floats]:
    """Logs and own sds of points, (R,) each."""
    return np.array([point.log_ms for point in points]), np.array([point.own_sd for point in points])


def split(table: SpeedTable, known: int) -> tuple[Rows, Rows]:
    """Rows of the first `known` points, and of the rest."""
    every: Ints = np.arange(len(table.points))
    return table.rows.take(every[:known]), table.rows.take(every[known:])
