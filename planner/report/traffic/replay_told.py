"""The same traffic on the plan, told: today's money beside the plan's, times, tiers by hour, limits to ask for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from planner.planning.traffic.replay import Replay, SegmentReplay
from planner.report.format import milliseconds, milliseconds_interval, money, percent, requests

Row: TypeAlias = Mapping[str, str]
_OVERLOAD: Final = 1.0


@dataclass(frozen=True, slots=True)
class ReplayTold:
    """A replay in words."""

    answer: str
    notes: tuple[str, ...]
    segments: tuple[Row, ...]
    tiers: tuple[Row, ...]
    """Share of the model calls by hour of the day, UTC."""
    limits: tuple[Row, ...]


def tell_replay(replay: Replay) -> ReplayTold:
    """The words and tables of a replay."""
    return ReplayTold(
        answer=_answer(replay),
        notes=tuple(_notes(replay)),
        segments=tuple(_segment(part) for part in replay.segments),
        tiers=tuple(_tiers(replay)),
        limits=tuple(
            {
                "Tool": one.tool,
                "Requests in the busiest minute": requests(one.requests_per_minute),
                "Tokens in the busiest minute": requests(one.tokens_per_minute),
            }
            for one in replay.limits
        ),
    )


def _answer(replay: Replay) -> str:
    whole = replay.usage_usd + replay.fixed_usd
    text = f"The same requests cost {money(whole)} on the plan"
    if replay.fixed_usd:
        text += (
            f" ({money(replay.usage_usd)} by use, {money(replay.fixed_usd)} for machines, contracts and other parts)"
        )
    known = [(replay.today_usd, "at list price"), (replay.logged_usd, "by the log")]
    told = " and ".join(f"{money(usd)} {words}" for usd, words in known if usd is not None)
    return f"{text}; today {told}." if told else f"{text}; what they cost today is not known."


def _notes(replay: Replay) -> Iterator[str]:
    if replay.span_s is None:
        yield "The log has no times: what is paid by the month is left out"
    yield "Hidden reasoning, retries, retrieval and the gate are taken in the proportion that the plan has them"
    yield "Times on the plan are its forecast at the busiest hour; those today were seen"
    for pool in replay.pools:
        text = f"{pool.pool}: {percent(pool.busiest_hour)} busy at the log's busiest hour"
        planned = f"planned {percent(pool.planned_busy)} on {pool.replicas} replicas"
        beyond = "; it cannot keep up" if pool.busiest_hour > _OVERLOAD else ""
        yield f"{text} ({planned}){beyond}"
    for name in replay.left_out:
        yield f"The plan knows no segment {name}: left out on both sides"


def _segment(part: SegmentReplay) -> Row:
    return {
        "Segment": part.name,
        "On the plan": part.tool,
        "Requests": requests(part.requests),
        "By use on the plan": money(part.usage_usd),
        "Today at list price": money(part.today_usd) if part.today_usd is not None else "not known",
        "Today by the log": money(part.logged_usd) if part.logged_usd is not None else "not told",
        "p95 on the plan": milliseconds_interval(part.total_p95_ms),
        "p95 seen": milliseconds(part.seen_total_p95_ms) if part.seen_total_p95_ms is not None else "not told",
    }


def _tiers(replay: Replay) -> Iterator[Row]:
    for hour in range(24):
        shares = {tier: counts[hour] for tier, counts in replay.tiers_by_hour.items()}
        if sum(shares.values()) > 0:
            yield {"Hour (UTC)": f"{hour:02d}:00"} | {tier: percent(share) for tier, share in shares.items()}


def replay_json(replay: Replay) -> dict[str, object]:
    """A replay as plain data, version 1."""
    return {
        "version": 1,
        "span_s": replay.span_s,
        "plan": {
            "usage_usd": replay.usage_usd,
            "fixed_usd": {"mean": replay.fixed_usd, "low": replay.fixed_low_usd, "high": replay.fixed_high_usd},
            "total_usd": replay.usage_usd + replay.fixed_usd,
        },
        "today": {"list_price_usd": replay.today_usd, "logged_usd": replay.logged_usd},
        "segments": list(replay.segments),
        "tiers_by_hour": dict(replay.tiers_by_hour),
        "busiest_minute": list(replay.limits),
        "pools": list(replay.pools),
        "left_out": list(replay.left_out),
    }
