"""A log's requests on a plan's tools: each priced on its own length, beside what they cost today.

Every request is charged at the planned offers' prices, price steps included; what the plan adds to a bare request
(hidden reasoning, retries, retrieval, the gate) is taken in the proportion that the plan has it. Machines and parts
paid by the month count for the stretch of the log. Times are the plan's forecast beside those seen; pools tell how
busy the log's own busiest hour would keep them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np

from planner.catalog.price import Price
from planner.catalog.pricing import TokenUse, batch_charge_usd, charge_usd
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.logs.opening.engines import rows_of
from planner.logs.profile.counts import HOUR_S, MINUTE_S, TOKENS, name_segments, spreads, take_census
from planner.logs.profile.mix import uses
from planner.logs.profile.workload import fitting_names
from planner.logs.read import Log
from planner.planning.plan import Figure, Plan, SegmentPlan
from planner.units import SECONDS_PER_MONTH
from planner.workload.schema import Segment, Workload
from planner.workload.yaml_text import Said

_DAY_HOURS: Final = 24
_UNCHARGED: Final = 1e-15


@dataclass(frozen=True, slots=True)
class SegmentReplay:
    """One segment's requests on its planned tool."""

    name: str
    tool: str
    requests: float
    usage_usd: float
    """What its requests cost by use on the plan, over the stretch of the log."""
    today_usd: float | None
    """At list price as served today; None where no price is known."""
    logged_usd: float | None
    """By the log itself."""
    ttft_p95_ms: Figure
    """The plan's forecast at the busiest hour."""
    total_p95_ms: Figure
    seen_ttft_p95_ms: float | None
    seen_total_p95_ms: float | None


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """What one tool must take in the log's busiest minute: what to ask a provider for."""

    tool: str
    requests_per_minute: float
    tokens_per_minute: float


@dataclass(frozen=True, slots=True)
class PoolReplay:
    """How busy a pool of own machines would be."""

    pool: str
    replicas: int
    planned_busy: float
    """Busy share at the plan's busiest hour."""
    busiest_hour: float
    """Busy share at the log's busiest hour, above 1 when it cannot keep up."""


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """A log on a plan."""

    span_s: float | None
    """None without times: parts paid by the month are left out then."""
    segments: tuple[SegmentReplay, ...]
    fixed_usd: float
    """Machines, contracts and other parts paid by the month, for the stretch of the log."""
    fixed_low_usd: float
    fixed_high_usd: float
    tiers_by_hour: Mapping[str, tuple[float, ...]]
    """Share of the model calls of each hour of the day (UTC) that a tier takes, 24 a tier; empty without days."""
    limits: tuple[ToolLimits, ...]
    pools: tuple[PoolReplay, ...]
    left_out: tuple[str, ...]
    """Segments of the log that the plan does not know, with their requests."""

    @property
    def usage_usd(self) -> float:
        """What all requests cost by use on the plan."""
        return sum(part.usage_usd for part in self.segments)

    @property
    def today_usd(self) -> float | None:
        """What they cost today at list price; None where a segment's price is not known."""
        known = [part.today_usd for part in self.segments if part.today_usd is not None]
        return sum(known) if len(known) == len(self.segments) else None

    @property
    def logged_usd(self) -> float | None:
        """What they cost by the log; None where a segment states nothing."""
        known = [part.logged_usd for part in self.segments if part.logged_usd is not None]
        return sum(known) if len(known) == len(self.segments) else None


@dataclass(frozen=True, slots=True)
class _Tool:
    """The prices that a planned segment's request meets."""

    plan: SegmentPlan
    segment: Segment
    stages: tuple[tuple[float, Price], ...]
    """Share of requests and price of each stage that is paid by the token."""
    factor: float
    """The plan's cost of use over that of a bare request at these prices."""

    def charge(self, row: Mapping[str, Any], requests: float) -> float:
        """USD of requests with these sums of tokens, all on one price step."""
        return self.factor * _bare_charge(self.stages, row, requests, batch=self.segment.batchable)


def replay_log(log: Log, plan: Plan, workload: Workload, catalog: Catalog) -> Replay:
    """The log's requests on the plan; InputError where no segment of the log is one of the plan's."""
    census = take_census(log)
    asked, sizes, _ = name_segments(log, census.table)
    matched = _matched(log, plan, sizes)
    tools = {name: _tool(plan, workload, catalog, segment) for name, segment in matched.items()}
    rows = _hours(log, asked, catalog)
    span = None if census.first_s is None or census.last_s is None else census.last_s - census.first_s + log.width_s
    today = uses(log, asked, catalog)
    seen = _seen(log, asked)
    segments = []
    for name, tool in tools.items():
        own = [row for row in rows if row["segment"] == name]
        known = [use for use in today if use.segment == name]
        listed = [use.catalog_usd for use in known]
        logged = [use.logged_usd for use in known]
        segments.append(
            SegmentReplay(
                name=tool.plan.name,
                tool=tool.plan.option.label,
                requests=sum(float(row["requests"] or 0.0) for row in own),
                usage_usd=sum(tool.charge(row, float(row["requests"] or 0.0)) for row in own),
                today_usd=sum(one for one in listed if one is not None) if None not in listed else None,
                logged_usd=sum(one for one in logged if one is not None) if None not in logged else None,
                ttft_p95_ms=tool.plan.ttft_p95_ms,
                total_p95_ms=tool.plan.total_p95_ms,
                seen_ttft_p95_ms=seen.get((name, "ttft_ms")),
                seen_total_p95_ms=seen.get((name, "latency_ms")),
            )
        )
    fixed = _fixed(plan, tools, span)
    return Replay(
        span_s=span,
        segments=tuple(segments),
        fixed_usd=fixed[0],
        fixed_low_usd=fixed[1],
        fixed_high_usd=fixed[2],
        tiers_by_hour=_tiers(log, rows, tools, catalog),
        limits=_limits(log, asked, tools),
        pools=_pools(plan, rows, tools) if span else (),
        left_out=tuple(f"{name} ({size:,} requests)" for name, size in sizes.items() if name not in tools),
    )


def _matched(log: Log, plan: Plan, sizes: Mapping[str, int]) -> dict[str, SegmentPlan]:
    """The plan's segment of each of the log's; a plan of one segment takes all."""
    by_name = {part.name: part for part in plan.segments}
    if len(by_name) == 1:
        return dict.fromkeys(sizes, next(iter(by_name.values())))
    names = dict(zip(sizes, fitting_names(list(sizes)), strict=True))
    matched = {one: by_name[name] for one, name in names.items() if name in by_name}
    if not matched:
        found = Said("segments " + ", ".join(list(sizes)[:6]))
        allowed = f"segments of the plan: {', '.join(by_name)}; --by says what tells them apart"
        raise InputError(log.source, "segments", found=found, allowed=allowed)
    return matched


def _tool(plan: Plan, workload: Workload, catalog: Catalog, part: SegmentPlan) -> _Tool:
    segment = workload.segment(part.name)
    stages = tuple(_stages(catalog, part))
    paid_monthly = {one.label for one in plan.fixed_costs}
    used = sum(one.monthly_usd for one in part.cost_parts if _is_use(one.name, paid_monthly))
    requests = part.monthly_cost_usd.mean / max(part.cost_per_request_usd.mean, _UNCHARGED)
    mean = {"input_tokens": segment.input_tokens.mean, "output_tokens": segment.output_tokens.mean}
    bare = _bare_charge(stages, mean, 1.0, batch=segment.batchable)
    return _Tool(part, segment, stages, used / requests / bare if bare > 0 else 0.0)


def _is_use(name: str, paid_monthly: set[str]) -> bool:
    """Whether a line of a segment's cost grows with its requests; machines and parts are paid by the month."""
    return name not in paid_monthly and "pool" not in name.lower() and not name.lower().startswith(("machines", "own "))


def _stages(catalog: Catalog, part: SegmentPlan) -> list[tuple[float, Price]]:
    gate = part.option.gate
    keys = [(1.0, part.option.offer_key)]
    if gate is not None:
        keys.append((gate.escalation_share.mean, gate.strong_offer_key))
    found = []
    for share, key in keys:
        offer = next((one for one in catalog.offers if one.key == key and one.price is not None), None)
        if offer is not None and offer.price is not None:
            found.append((share, offer.price))
    return found


def _bare_charge(
    stages: Sequence[tuple[float, Price]], row: Mapping[str, Any], requests: float, *, batch: bool
) -> float:
    """USD of a sum of requests by their visible tokens alone."""
    if requests <= 0:
        return 0.0
    use = TokenUse(
        input_tokens=float(row["input_tokens"] or 0.0) / requests,
        output_tokens=float(row["output_tokens"] or 0.0) / requests,
    )
    charge = batch_charge_usd if batch else charge_usd
    return requests * sum(share * float(charge(use, price)) for share, price in stages)


def _hours(log: Log, asked: ir.Table, catalog: Catalog) -> list[dict[str, Any]]:
    """Requests and tokens by segment, hour and price step."""
    served = asked.filter(asked.kind == "served")
    steps = {step.above_input_tokens for offer in catalog.offers if offer.price for step in offer.price.steps}
    band: ir.Value = ibis.literal(0, "int64")
    if not log.reader.means_only:
        for threshold in sorted(steps):
            band = band + ibis.ifelse(served.input_tokens > threshold, 1, 0)
    hour = (served.at_s / HOUR_S).floor().cast("int64") if log.has_times else ibis.literal(0, "int64")
    sums = {name: served[name].sum() if name in log.given else ibis.literal(0.0) for name in TOKENS}
    table = served.group_by(segment=served.segment, hour=hour, band=band).agg(requests=served.requests.sum(), **sums)
    found: list[dict[str, Any]] = rows_of(log.engine, table, log.source).to_pylist()
    return found


def _seen(log: Log, asked: ir.Table) -> dict[tuple[str, str], float]:
    """p95 of the times in the log, by segment and column."""
    if log.reader.means_only:
        return {}
    found = spreads(log, asked)
    return {key: part.quantile(0.95) for key, part in found.items() if key[1] in {"ttft_ms", "latency_ms"}}


def _fixed(plan: Plan, tools: Mapping[str, _Tool], span: float | None) -> tuple[float, float, float]:
    """Parts and machines paid by the month, mean, low and high, for the stretch of the log."""
    if span is None:
        return 0.0, 0.0, 0.0
    names = {tool.plan.name for tool in tools.values()}
    share = span / SECONDS_PER_MONTH
    parts = [one.monthly_cost_usd for one in plan.fixed_costs if names & set(one.segments)]
    pools = sum(one.monthly_cost_usd for one in plan.pools if names & set(one.segments))
    mean, low, high = (sum(getattr(one, end) for one in parts) + pools for end in ("mean", "low", "high"))
    return share * mean, share * low, share * high


def _tiers(
    log: Log, rows: Sequence[Mapping[str, Any]], tools: Mapping[str, _Tool], catalog: Catalog
) -> dict[str, tuple[float, ...]]:
    """Model calls by tier and hour of the day; a request that is passed on calls twice."""
    if not log.has_times or not log.absolute or log.width_s > HOUR_S:
        return {}
    calls: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    for row in rows:
        tool = tools.get(row["segment"])
        if tool is None:
            continue
        hour, count = int(row["hour"]) % _DAY_HOURS, float(row["requests"] or 0.0)
        gate = tool.plan.option.gate
        stages = [(str(tool.plan.option.tier), 1.0)]
        if gate is not None:
            stages.append((_strong_tier(catalog, gate.strong_model), gate.escalation_share.mean))
        for tier, share in stages:
            calls.setdefault(tier, np.zeros(_DAY_HOURS))[hour] += share * count
    whole = np.maximum(sum(calls.values(), start=np.zeros(_DAY_HOURS)), 1e-12)
    return {tier: tuple(float(one) for one in counts / whole) for tier, counts in sorted(calls.items())}


def _strong_tier(catalog: Catalog, model: str) -> str:
    known = catalog.models.get(model)
    return "frontier" if known is not None and known.model_class == "frontier" else "generalist"


def _limits(log: Log, asked: ir.Table, tools: Mapping[str, _Tool]) -> tuple[ToolLimits, ...]:
    """Requests and tokens of the busiest minute, by planned API."""
    if not log.has_times or log.reader.means_only:
        return ()
    served = asked.filter(asked.kind == "served")
    minute = (served.at_s / MINUTE_S).floor().cast("int64")
    tokens = served.input_tokens.fill_null(0.0) + served.output_tokens.fill_null(0.0)
    table = served.group_by(segment=served.segment, minute=minute).agg(requests=served.count(), tokens=tokens.sum())
    by_tool: dict[str, dict[int, list[float]]] = {}
    for row in rows_of(log.engine, table, log.source).to_pylist():
        tool = tools.get(row["segment"])
        if tool is None or not tool.plan.option.offer_key:
            continue
        gate = tool.plan.option.gate
        stages = [(tool.plan.option.offer_key, 1.0)]
        if gate is not None and gate.strong_offer_key:
            stages.append((gate.strong_offer_key, gate.escalation_share.mean))
        for key, share in stages:
            minutes = by_tool.setdefault(key, {}).setdefault(row["minute"], [0.0, 0.0])
            minutes[0] += share * row["requests"]
            minutes[1] += share * row["tokens"]
    return tuple(
        ToolLimits(key, max(one[0] for one in minutes.values()), max(one[1] for one in minutes.values()))
        for key, minutes in sorted(by_tool.items())
    )


def _pools(plan: Plan, rows: Sequence[Mapping[str, Any]], tools: Mapping[str, _Tool]) -> tuple[PoolReplay, ...]:
    """Busy share of each pool at the log's busiest hour: the plan's own, times the tokens written then over planned."""
    found = []
    for pool in plan.pools:
        planned = 0.0
        by_hour: dict[int, float] = {}
        for name, tool in tools.items():
            if tool.plan.name not in pool.segments:
                continue
            an_hour = tool.plan.requests_per_month / SECONDS_PER_MONTH * HOUR_S
            planned += an_hour * tool.segment.peak_to_mean * tool.segment.output_tokens.mean
            for row in rows:
                if row["segment"] == name:
                    by_hour[row["hour"]] = by_hour.get(row["hour"], 0.0) + float(row["output_tokens"] or 0.0)
        if planned > 0 and by_hour:
            busiest = pool.utilisation.mean * max(by_hour.values()) / planned
            found.append(PoolReplay(pool.id, pool.replicas, pool.utilisation.mean, busiest))
    return tuple(found)
