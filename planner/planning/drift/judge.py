"""Findings: each measure of each segment inside its band, outside it, or not judged; and jumps within the log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from planner.catalog.names.models import model_names
from planner.catalog.price import Price
from planner.catalog.pricing import TokenUse, charge_usd
from planner.catalog.schema import Catalog
from planner.planning.drift.expected import Band, Expected, Measure
from planner.planning.drift.served import Served, ServedLog
from planner.planning.drift.statistics import (
    Seen,
    counts_seen,
    mean_seen,
    quantile_seen,
    ratio_seen,
    share_seen,
    split_days,
)
from planner.units import Bools, Floats, Ints

FALSE_ALARMS: Final = 0.005
"""Share of logs without any change in which something is found, all measures of a log together (Bonferroni)."""
_FEWEST: Final = 100
"""Requests below which a measure is not judged."""
_FEWEST_DAYS: Final = 4
_SAMPLE: Final = 0.2
"""Share of the planned traffic below which a log is taken for a sample of it."""
_JUMP: Final = 0.25
"""Change within the log, of what came before, that is no jump."""
_PRICE_JUMP: Final = 0.03
"""The same of prices: they do not scatter."""

State = Literal["inside", "outside", "jumped", "not judged"]


@dataclass(frozen=True, slots=True)
class Day:
    """One point of the control chart."""

    day: int
    value: float
    n: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of one segment."""

    segment: str
    measure: Measure
    state: State
    expected: float | None
    low: float | None
    high: float | None
    """The band; None for an open end."""
    seen: float | None
    seen_low: float | None
    seen_high: float | None
    n: int
    why: str
    """Where the band comes from, or why it is not judged."""
    jump_day: int | None = None
    """Day of the log on which it changed."""
    days: tuple[Day, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """Values of one measure: how they are summed up, and over which rows."""

    band: Band
    rows: Bools
    days: Ints
    see: Callable[[Bools, float], Seen]


def judge(log: ServedLog, expected: Sequence[Expected], catalog: Catalog) -> tuple[Finding, ...]:
    """Findings of all segments of the log, in the order of the plan; one level for all of them together."""
    served = {part.segment: part for part in log.segments}
    partly = _part_of_traffic(log, expected)
    names = _NamesOf(catalog)
    asked: list[tuple[str, _Question]] = []
    skipped: list[Finding] = []
    for one in expected:
        if one.segment not in served:
            continue
        for question in _questions(served[one.segment], one, log, names, partly):
            if isinstance(question, Finding):
                skipped.append(question)
            else:
                asked.append((one.segment, question))
    cuts = [split_days(question.days, _FEWEST, question.rows) if log.dated else () for _, question in asked]
    tests = len(asked) + sum(len(days) for days in cuts)
    miss = FALSE_ALARMS / max(tests, 1)
    found = [_found(name, question, days, miss) for (name, question), days in zip(asked, cuts, strict=True)]
    order = {one.segment: place for place, one in enumerate(expected)}
    return tuple(sorted([*found, *skipped], key=lambda finding: order[finding.segment]))


def _part_of_traffic(log: ServedLog, expected: Sequence[Expected]) -> str:
    """Why volumes say nothing: the log holds a small part of the planned traffic, as a sample or a pilot does."""
    there = {part.segment for part in log.segments}
    bands = [one.band("requests a day") for one in expected if one.segment in there]
    planned = sum(band.expected for band in bands if band is not None)
    seen = sum(part.day.size * part.weight for part in log.segments) / max(log.days, 1)
    share = seen / planned if planned > 0.0 else 1.0
    if share >= _SAMPLE:
        return ""
    return f"the log holds {share:.1%} of the planned traffic: taken for a sample or a pilot, not for a fall"


class _NamesOf:
    """Catalog ids of logged names, each looked up once."""

    def __init__(self, catalog: Catalog) -> None:
        self._names = model_names(catalog)
        self._known: dict[str, str] = {}

    def ids(self, names: Sequence[str]) -> list[str]:
        for name in set(names) - set(self._known):
            model = self._names.model_of(name) if name else None
            self._known[name] = model.id if model else ""
        return [self._known[name] for name in names]


def _questions(
    part: Served, expected: Expected, log: ServedLog, names: _NamesOf, partly: str
) -> list["_Question | Finding"]:
    found: list[_Question | Finding] = []
    answered = ~part.failed
    planned, known = _by_planned(part, expected, names)
    for band in expected.bands:
        measure = band.measure
        if measure == "requests a day":
            found.append(_unjudged(part.segment, band, partly) if partly else _volume(part, band, log))
        elif measure == "input tokens":
            found.append(_mean(part, band, part.input_tokens, answered))
        elif measure == "output tokens":
            found.append(_mean(part, band, part.output_tokens, answered))
        elif measure == "price over the planned one":
            found.append(_price(part, band, expected, answered & planned))
        elif measure == "cost a request, USD":
            found.append(_mean(part, band, part.cost_usd, answered))
        elif measure == "failed":
            found.append(_share(part, band, part.failed, np.ones_like(answered)))
        elif measure == "served by the planned tool":
            found.append(_share(part, band, planned, answered & known))
        elif measure == "escalated":
            found.append(_escalated(part, band, expected, names, answered))
        else:
            values = part.ttft_ms if measure == "first token p95, ms" else part.latency_ms
            found.append(_quantile(part, band, values, answered & (planned | ~known)))
    return found


def _by_planned(part: Served, expected: Expected, names: _NamesOf) -> tuple[Bools, Bools]:
    """Rows that the planned model answered, and rows whose model the catalog knows."""
    wanted = expected.plan.option.model
    ids = names.ids(part.model)
    planned = np.array([one == wanted for one in ids], dtype=np.bool_)
    return planned, np.array([bool(one) for one in ids], dtype=np.bool_)


def _volume(part: Served, band: Band, log: ServedLog) -> "_Question | Finding":
    """Whole days only: the log's first and last may be cut."""
    whole = np.arange(1, log.days - 1)
    if not log.dated or whole.size < _FEWEST_DAYS:
        return _unjudged(part.segment, band, f"the log has {max(whole.size, 0)} whole days, {_FEWEST_DAYS} are needed")
    counts = np.bincount(part.day, minlength=log.days).astype(np.float64) * part.weight

    def see(rows: Bools, miss: float) -> Seen:
        days = whole[np.isin(whole, np.unique(part.day[rows]))] if not rows.all() else whole
        return counts_seen(counts[days], miss)

    # Jumps of volume are not looked for: weeks have their own shape.
    return _Question(band, np.ones(part.day.size, dtype=np.bool_), np.zeros(part.day.size, dtype=np.int64), see)


def _mean(part: Served, band: Band, values: Floats, rows: Bools) -> "_Question | Finding":
    known = rows & np.isfinite(values)
    if int(known.sum()) < _FEWEST:
        return _few(part, band, int(known.sum()))
    return _Question(band, known, part.day, lambda chosen, miss: mean_seen(values[chosen], part.day[chosen], miss))


def _quantile(part: Served, band: Band, values: Floats, rows: Bools) -> "_Question | Finding":
    known = rows & np.isfinite(values)
    if int(known.sum()) < _FEWEST:
        return _few(part, band, int(known.sum()))
    return _Question(band, known, part.day, lambda chosen, miss: quantile_seen(values[chosen], 0.95, miss))


def _share(part: Served, band: Band, hits: Bools, rows: Bools) -> "_Question | Finding":
    if int(rows.sum()) < _FEWEST:
        return _few(part, band, int(rows.sum()))
    return _Question(
        band, rows, part.day, lambda chosen, miss: share_seen(int((hits & chosen).sum()), int(chosen.sum()), miss)
    )


def _escalated(part: Served, band: Band, expected: Expected, names: _NamesOf, rows: Bools) -> "_Question | Finding":
    """Share of the small model's requests that the strong one answered; a client's own gate may not say so."""
    gate = expected.plan.option.gate
    strong = np.array([one == (gate.strong_model if gate else "") for one in names.ids(part.model)], dtype=np.bool_)
    if not (strong & rows).any():
        return _unjudged(part.segment, band, "no row of the strong model carries the segment's name")
    return _share(part, band, strong, rows)


def _price(part: Served, band: Band, expected: Expected, rows: Bools) -> "_Question | Finding":
    """Logged cost over what the planned offer's price makes of the same tokens."""
    price = expected.offer.price if expected.offer else None
    if price is None:
        return _unjudged(part.segment, band, "own machines have no price by the token")
    known = rows & np.isfinite(part.cost_usd) & np.isfinite(part.input_tokens) & np.isfinite(part.output_tokens)
    if int(known.sum()) < _FEWEST:
        return _few(part, band, int(known.sum()))
    planned = _charges(part, price, part.cached_tokens)
    if not np.isfinite(part.cached_tokens[known]).any():
        band = _without_cache_told(part, band, expected, price, known)
    return _Question(
        band,
        known & (planned > 0.0),
        part.day,
        lambda chosen, miss: ratio_seen(part.cost_usd[chosen], planned[chosen], part.day[chosen], miss),
    )


def _without_cache_told(part: Served, band: Band, expected: Expected, price: Price, rows: Bools) -> Band:
    """The band down to where all that could be cached was: the log does not say how much was."""
    asked = expected.asked
    most = np.inf if asked.turns_per_conversation > 1.0 else asked.shared_prefix_tokens
    kept = _charges(part, price, np.minimum(most, np.nan_to_num(part.input_tokens)))[rows].sum()
    fresh = _charges(part, price, part.cached_tokens)[rows].sum()
    low = band.low * min(float(kept / fresh), 1.0) if fresh > 0.0 else band.low
    return replace(band, low=low, why=f"{band.why}; the log tells no cached tokens")


def _charges(part: Served, price: Price, cached: Floats) -> Floats:
    use = TokenUse(
        input_tokens=np.nan_to_num(part.input_tokens),
        output_tokens=np.nan_to_num(part.output_tokens),
        cached_input_tokens=np.nan_to_num(cached),
        reasoning_tokens=np.nan_to_num(part.reasoning_tokens),
    )
    return np.asarray(charge_usd(use, price), dtype=np.float64)


def _found(segment: str, question: _Question, cuts: Sequence[int], miss: float) -> Finding:
    band = question.band
    seen = question.see(question.rows, miss)
    outside = seen.low > band.high or seen.high < band.low
    jump = None if outside else _jump(question, cuts, miss)
    state: State = "outside" if outside else "jumped" if jump is not None else "inside"
    if outside:
        jump = _jump(question, cuts, miss)
    return Finding(
        segment,
        band.measure,
        state,
        band.expected,
        _end(band.low),
        _end(band.high),
        seen.value,
        _end(seen.low),
        _end(seen.high),
        seen.n,
        band.why,
        jump,
        _days(question),
    )


def _jump(question: _Question, cuts: Sequence[int], miss: float) -> int | None:
    """The day whose two sides differ most, where their intervals lie further apart than a quarter of what was."""
    best: tuple[float, int] | None = None
    for day in cuts:
        before = question.see(question.rows & (question.days < day), miss)
        after = question.see(question.rows & (question.days >= day), miss)
        if question.band.measure in {"served by the planned tool", "escalated", "failed"}:
            apart = max(after.low - before.high, before.low - after.high) - 0.1
            worth = abs(after.value - before.value)
        else:
            room = _PRICE_JUMP if question.band.measure == "price over the planned one" else _JUMP
            rise = after.low - before.high * (1.0 + room)
            fall = before.low * (1.0 - room) - after.high
            apart = max(rise, fall)
            worth = abs(np.log(max(after.value, 1e-12) / max(before.value, 1e-12)))
        if np.isfinite(apart) and apart > 0.0 and (best is None or worth > best[0]):
            best = (float(worth), day)
    return None if best is None else best[1]


def _days(question: _Question) -> tuple[Day, ...]:
    found = []
    for day in np.unique(question.days[question.rows]):
        rows = question.rows & (question.days == day)
        count = int(rows.sum())
        if count >= 2:
            value = question.see(rows, 0.5).value if question.band.measure != "requests a day" else float(count)
            found.append(Day(int(day), float(value), count))
    return tuple(found)


def _end(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _few(part: Served, band: Band, count: int) -> Finding:
    what = "the log does not say it" if count == 0 else f"{count} requests say it, {_FEWEST} are needed"
    return _unjudged(part.segment, band, what)


def _unjudged(segment: str, band: Band, why: str) -> Finding:
    low, high = _end(band.low), _end(band.high)
    return Finding(segment, band.measure, "not judged", band.expected, low, high, None, None, None, 0, why)
