"""What a log says, told: the answer, what is not whole, segments, models and bill, and what was counted out and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from planner.logs.profile.counts import Left
from planner.logs.profile.mix import Use
from planner.logs.profile.profile import Profile, SegmentProfile
from planner.logs.profile.spread import Spread
from planner.report.format import clipped, milliseconds, money, number, percent, requests
from planner.units import SECONDS_PER_MONTH

Row: TypeAlias = Mapping[str, str]
_DAY_S: Final = 86_400.0
_UNITS: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_KINDS: Final = {
    "failed": "requests that failed: in volume and error share, not in lengths",
    "cache_hit": "answered from the gateway's own cache: no model was asked",
    "internal": "a router's or judge's own calls",
    "other": "no request to a chat model",
    "fault": "cannot be read",
}
_RATE_BEYOND_REASON: Final = 20_000.0
"""Requests a second above which the unit of the times is doubted."""


@dataclass(frozen=True, slots=True)
class ProfileTold:
    """A profile in words."""

    answer: str
    notes: tuple[str, ...]
    segments: tuple[Row, ...]
    times: tuple[Row, ...]
    """Latency and first token as seen, by segment; empty where the log has none."""
    models: tuple[Row, ...]
    counted_out: tuple[Row, ...]


def tell_profile(profile: Profile) -> ProfileTold:
    """The words and tables of a profile."""
    return ProfileTold(
        answer=_answer(profile),
        notes=tuple(_notes(profile)),
        segments=tuple(_segment(part) for part in profile.segments),
        times=tuple(row for part in profile.segments for row in _times(part)),
        models=tuple(_model(use) for use in _by_model(profile)),
        counted_out=tuple(_counted_out(one) for one in profile.left),
    )


def _answer(profile: Profile) -> str:
    count = profile.served + profile.failed
    what = f"{requests(count)} requests" if count else f"{requests(profile.rows)} rows that count no requests"
    text = f"{what} in {len(profile.segments)} {'segment' if len(profile.segments) == 1 else 'segments'}"
    volume = profile.volume
    if volume is not None and volume.span_s > 0:
        text += f" over {_span(volume.span_s)}"
        if volume.per_month and volume.whole_month:
            text += f": {requests(volume.per_month)} a month"
        elif volume.per_month:
            text += f": {requests(volume.per_month)} a month if it went on like this"
    bill = _bill(profile)
    return f"{text}; {bill}." if bill else f"{text}."


def _bill(profile: Profile) -> str:
    logged = [use.logged_usd for use in profile.uses if use.logged_usd is not None]
    listed = [use.catalog_usd for use in profile.uses if use.catalog_usd is not None]
    parts = [f"{money(sum(listed))} at list price"] if listed else []
    parts += [f"{money(sum(logged))} by the log"] if logged else []
    month = profile.volume.span_s if profile.volume else 0.0
    if listed and month >= _DAY_S:
        parts.append(f"about {money(sum(listed) * SECONDS_PER_MONTH / month)} a month")
    return ", ".join(parts)


def _notes(profile: Profile) -> Iterator[str]:
    yield (
        f"Read as {profile.format}"
        + (f", segments by {profile.grouped_by}" if profile.grouped_by else "")
        + _when(profile)
    )
    yield from (f"{line[0].upper()}{line[1:]}" for line in profile.told)
    if profile.segments_seen > len(profile.segments):
        yield f"{profile.segments_seen:,} segments: the rarest stand together as 'other'"
    yield from _volume_notes(profile)
    unpriced = sum(use.requests for use in profile.uses if use.offer is None and use.logged_model)
    if unpriced:
        yield f"No list price is known for {requests(unpriced)} requests: see the models below"
    if profile.retries:
        yield f"{profile.retries:,} attempts beyond the first of the same call: retries"
    if profile.prefix_share is not None:
        yield f"{percent(profile.prefix_share)} of prompt blocks came before: what an endless prompt cache would save"
    yield from _errors(profile)


def _when(profile: Profile) -> str:
    if profile.first_s is None or profile.last_s is None:
        return "; it has no times"
    if not profile.absolute:
        return f"; times count in {_UNITS.get(profile.unit, profile.unit)} from the start of the trace"
    first, last = (
        datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%d %H:%M") for at in (profile.first_s, profile.last_s)
    )
    unit = "" if profile.unit == "date" else f", times read as {_UNITS.get(profile.unit, profile.unit)}"
    return f"; {first} to {last} UTC{unit}"


def _volume_notes(profile: Profile) -> Iterator[str]:
    volume, burst = profile.volume, profile.arrivals
    if volume is not None and volume.span_s > 0 and volume.requests / volume.span_s > _RATE_BEYOND_REASON:
        rate = number(volume.requests / volume.span_s)
        yield f"{rate} requests a second is beyond reason: check the unit of the times"
    if volume is not None and volume.growth_per_month is not None:
        yield f"Growth {percent(volume.growth_per_month)} a month"
    if volume is not None and volume.peak_to_mean is not None:
        yield f"Busiest hour {number(volume.peak_to_mean)} times the mean"
    if burst is not None and burst.peak_to_mean_60s is not None:
        yield f"Busiest minute {number(burst.peak_to_mean_60s)} times the mean"


def _errors(profile: Profile) -> Iterator[str]:
    failed: dict[str, list[float]] = {}
    for use in profile.uses:
        counts = failed.setdefault(use.logged_provider or use.logged_model or "all", [0.0, 0.0])
        counts[0] += use.failed
        counts[1] += use.failed + use.requests
    for name, (bad, all_of_it) in sorted(failed.items()):
        if bad:
            yield f"{percent(bad / all_of_it)} of requests to {name} failed ({requests(bad)} of {requests(all_of_it)})"


def _span(seconds: float) -> str:
    for size, word in ((_DAY_S, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{number(seconds / size)} {word}"
    return f"{number(seconds)} seconds"


def _segment(part: SegmentProfile) -> Row:
    month = part.volume.per_month if part.volume is not None else None
    return {
        "Segment": part.name,
        "Requests": requests(part.requests),
        "a month": requests(month) if month else "not told",
        "Input mean / p50 / p95 / p99": _lengths(part, "input_tokens"),
        "of it cached": _share(part, "cached_tokens"),
        "Output": _lengths(part, "output_tokens"),
        "Reasoning": _lengths(part, "reasoning_tokens"),
        "Turns": number(part.turns) if part.turns is not None else "not told",
        "Failed": percent(part.failed / part.requests) if part.requests else "not told",
    }


def _lengths(part: SegmentProfile, column: str) -> str:
    if column in part.spreads:
        return _four(part.spreads[column])
    mean = part.means.get(column, 0.0)
    return f"{number(mean)} on average" if mean else "not told"


def _four(spread: Spread) -> str:
    quantiles = (spread.quantile(share) for share in (0.5, 0.95, 0.99))
    return " / ".join(number(value) for value in (spread.mean, *quantiles))


def _share(part: SegmentProfile, column: str) -> str:
    whole = part.sums.get("input_tokens", 0.0)
    return percent(part.sums.get(column, 0.0) / whole) if whole and part.sums.get(column) else "not told"


def _times(part: SegmentProfile) -> Iterator[Row]:
    for column, name in (("ttft_ms", "first token"), ("latency_ms", "whole answer")):
        if column in part.spreads:
            spread = part.spreads[column]
            yield {
                "Segment": part.name,
                "Time to": name,
                "p50": milliseconds(spread.quantile(0.5)),
                "p95": milliseconds(spread.quantile(0.95)),
                "p99": milliseconds(spread.quantile(0.99)),
                "of requests": requests(spread.n),
            }


def _by_model(profile: Profile) -> tuple[Use, ...]:
    """One line a model and provider, over all segments."""
    found: dict[tuple[str, str], list[Use]] = {}
    for use in profile.uses:
        found.setdefault((use.logged_model, use.logged_provider), []).append(use)
    return tuple(_summed(uses) for uses in found.values())


def _summed(uses: list[Use]) -> Use:
    first = uses[0]
    money_sums: dict[str, Any] = {}
    for name in ("catalog_usd", "logged_usd"):
        known = [getattr(use, name) for use in uses if getattr(use, name) is not None]
        money_sums[name] = sum(known) if known else None
    counts = {
        name: sum(getattr(use, name) for use in uses)
        for name in (
            "requests", "failed", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens",
            "reasoning_tokens",
        )
    }  # fmt: skip
    return Use(
        segment="",
        logged_model=first.logged_model,
        logged_provider=first.logged_provider,
        model=first.model,
        offer=first.offer,
        **counts,
        **money_sums,
    )


def _model(use: Use) -> Row:
    return {
        "Model in the log": use.logged_model or "none named",
        "Provider": use.logged_provider or "none named",
        "Priced as": use.offer or ("no price known" if use.logged_model else "nothing"),
        "Requests": requests(use.requests),
        "Failed": requests(use.failed),
        "At list price": money(use.catalog_usd) if use.catalog_usd is not None else "not known",
        "By the log": money(use.logged_usd) if use.logged_usd is not None else "not told",
    }


def _counted_out(one: Left) -> Row:
    return {
        "Rows": f"{one.rows:,}",
        "What": _KINDS[one.kind],
        "Why": clipped(one.reason, 80) or "as its reader says",
        "First": one.example or "not told",
    }


def profile_json(profile: Profile) -> dict[str, Any]:
    """A profile as plain data, version 1: quantiles and histograms instead of count tables."""
    return {
        "version": 1,
        "source": profile.source,
        "format": profile.format,
        "grouped_by": profile.grouped_by,
        "time_unit": profile.unit,
        "first_s": profile.first_s,
        "last_s": profile.last_s,
        "rows": profile.rows,
        "counted_out": list(profile.left),
        "duplicates": profile.duplicates,
        "clock_jumps": profile.jumped,
        "retries": profile.retries,
        "prefix_share": profile.prefix_share,
        "volume": _volume_json(profile),
        "arrivals": profile.arrivals,
        "segments": [_segment_json(part) for part in profile.segments],
        "models": list(profile.uses),
        "told": list(profile.told),
    }


def _volume_json(profile: Profile) -> dict[str, Any] | None:
    volume = profile.volume
    if volume is None:
        return None
    return {
        "requests": volume.requests,
        "span_s": volume.span_s,
        "per_month": volume.per_month,
        "whole_month": volume.whole_month,
        "growth_per_month": volume.growth_per_month,
        "peak_to_mean": volume.peak_to_mean,
        "hours_of_week": volume.hours_of_week.tolist(),
    }


def _segment_json(part: SegmentProfile) -> dict[str, Any]:
    return {
        "name": part.name,
        "requests": part.requests,
        "served": part.served,
        "failed": part.failed,
        "per_month": part.volume.per_month if part.volume is not None else None,
        "peak_to_mean": part.volume.peak_to_mean if part.volume is not None else None,
        "turns": part.turns,
        "means": dict(part.means),
        "spreads": {name: _spread_json(spread) for name, spread in part.spreads.items()},
    }


def _spread_json(spread: Spread) -> dict[str, Any]:
    edges, counts = spread.histogram()
    return {
        "n": spread.n,
        "mean": spread.mean,
        "p50": spread.quantile(0.5),
        "p95": spread.quantile(0.95),
        "p99": spread.quantile(0.99),
        "largest": spread.largest,
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }
