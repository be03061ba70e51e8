"""What providers may cost and how fast requests may come: the plan's own limits, as the gateway can hold them."""

from math import ceil
from typing import Final

from planner.report.deploy.gateway.format import ProviderBudget
from planner.report.deploy.toolbox import Route, Tool, Toolbox
from planner.units import MS_PER_S, SECONDS_PER_MONTH

_HEADROOM: Final = 4.0
"""Requests a minute over the planned busiest hour's mean minute: bursts pass, a runaway client does not."""
_LEAST_RPM: Final = 60
_PATIENCE: Final = 3.0
"""Times the forecast 95th percentile that an answer may take before another tool is asked."""
_LEAST_S: Final = 30.0


def provider_budgets(box: Toolbox) -> dict[str, ProviderBudget]:
    """The monthly budget less what no gateway sees (people, machines, stores), shared as the plan shares usage.

    Empty where the workload states no budget. litellm counts 30 days, the budget is for a month: 30 / 30.4 of it.
    """
    limit = box.workload.limits.monthly_budget_usd
    usage = usage_usd(box)
    total = sum(usage.values())
    if limit is None or total <= 0.0:
        return {}
    beside = max(box.plan.totals.monthly_cost_usd.mean - total, 0.0)
    left = max(limit - beside, 0.0) * 30.0 * 24.0 * 3600.0 / SECONDS_PER_MONTH
    return {
        provider: ProviderBudget(budget_limit=round(left * usd / total, 2))
        for provider, usd in usage.items()
        if round(left * usd / total, 2) > 0.0
    }


def usage_usd(box: Toolbox) -> dict[str, float]:
    """USD a month that each API provider is planned to be paid by the token, by litellm's provider name."""
    found: dict[str, float] = {}
    offers = {f"offer:{tool.offer.key}": tool for tool in box.tools if tool.offer is not None}
    for route in box.routes:
        for part in route.plan.cost_parts:
            tool = next((offers[one] for one in part.evidence if one in offers), None)
            if tool is not None:
                found[tool.provider] = found.get(tool.provider, 0.0) + part.monthly_usd
    return found


def requests_per_minute(route: Route) -> int:
    """Most requests a minute that one segment may send: four times the mean minute of its busiest hour."""
    mean_minute = route.plan.requests_per_month / SECONDS_PER_MONTH * 60.0
    calls = 1.0 + route.segment.tool_calls_per_request
    return max(ceil(_HEADROOM * mean_minute * route.segment.peak_to_mean * calls), _LEAST_RPM)


def timeout_s(route: Route) -> float:
    """Seconds after which another tool is asked: three times the forecast 95th percentile's upper end."""
    return float(max(ceil(_PATIENCE * route.plan.total_p95_ms.high / MS_PER_S), _LEAST_S))


def wants_cache_marks(route: Route, tool: Tool) -> bool:
    """Whether the plan counts on a prompt cache that this provider only keeps where a request marks it."""
    return (
        tool.model.startswith("anthropic/")
        and tool.offer is not None
        and tool.offer.supports_caching
        and route.segment.shared_prefix_tokens > 0.0
    )
