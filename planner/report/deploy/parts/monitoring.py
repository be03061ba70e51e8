"""Prometheus rules for the plan's own limits, on the metrics that LiteLLM's proxy exposes (litellm 1.106.2)."""

import json
from typing import Final

from planner.report.deploy.parts.format import Group, Prometheus, Rule, Rules, Scrape, Target
from planner.report.deploy.texts import one_line
from planner.report.deploy.toolbox import Route, Toolbox
from planner.units import MS_PER_S, SECONDS_PER_MONTH

POOL_LINE: Final = "GPU pool"
"""Name of the plan's cost line for own machines."""
_WINDOW: Final = "30m"
_DAY: Final = "1d"
_FAILING: Final = 0.05
_FALLING_BACK: Final = 0.2
_WIDE: Final = 1.5
"""Times the planned day before volume or spend alarms: a busy day is no drift."""


def rules_of(box: Toolbox) -> Rules:
    """Alerts for times, failures, volume and spend of each segment, and spend of the whole."""
    groups = [_segment(route) for route in box.routes if route.first is not None]
    limit = box.workload.limits.monthly_budget_usd
    if limit is not None:
        groups.append(_budget(limit))
    return Rules(groups=tuple(groups))


def prometheus_of() -> Prometheus:
    """Where Prometheus finds the gateway and the rules."""
    scrape = Scrape(job_name="gateway", metrics_path="/metrics/", static_configs=(Target(targets=("gateway:4000",)),))
    return Prometheus(
        global_={"scrape_interval": "30s", "evaluation_interval": "1m"},
        rule_files=("/etc/prometheus/rules.yaml",),
        scrape_configs=(scrape,),
    )


def _segment(route: Route) -> Group:
    rules = [
        *_times(route, "ttft", route.segment.latency.ttft_p95_ms, "litellm_llm_api_time_to_first_token_metric"),
        *_times(route, "total", route.segment.latency.total_p95_ms, "litellm_request_total_latency_metric"),
        _failures(route),
        _volume(route),
        _spend(route),
    ]
    return Group(name=f"segment {route.id}", rules=tuple(rules))


def _times(route: Route, kind: str, limit_ms: float | None, metric: str) -> list[Rule]:
    """The workload's limit where it states one; a time without a limit raises no alarm."""
    if limit_ms is None:
        return []
    seconds = limit_ms / MS_PER_S
    words = {"ttft": "first token", "total": "whole answer"}[kind]
    rate = f"sum by (le) (rate({metric}_bucket{{{_of(route)}}}[{_WINDOW}]))"
    return [
        _rule(
            f"{'FirstToken' if kind == 'ttft' else 'WholeAnswer'}Slow",
            f"histogram_quantile(0.95, {rate}) > {seconds:g}",
            "15m",
            route,
            f"The {words} of one request in twenty takes more than {seconds:g} s, the limit of the workload.",
        )
    ]


def _failures(route: Route) -> Rule:
    failed = f"sum(rate(litellm_proxy_failed_requests_metric_total{{{_of(route)}}}[{_WINDOW}]))"
    total = f"sum(rate(litellm_proxy_total_requests_metric_total{{{_of(route)}}}[{_WINDOW}]))"
    text = f"More than {_FAILING:.0%} of requests failed over {_WINDOW}, stand-ins included."
    return _rule("RequestsFail", f"{failed} / {total} > {_FAILING:g}", "10m", route, text)


def _volume(route: Route) -> Rule:
    planned = route.plan.requests_per_month / SECONDS_PER_MONTH * 86400.0
    expr = f"sum(increase(litellm_proxy_total_requests_metric_total{{{_of(route)}}}[{_DAY}]))"
    text = f"More than {_WIDE:g} times the {planned:,.0f} requests a day that the plan's average month has."
    return _rule("MoreRequestsThanPlanned", f"{expr} > {planned * _WIDE:.6g}", "1h", route, text)


def _spend(route: Route) -> Rule:
    fraction = 86400.0 / SECONDS_PER_MONTH
    usd = metered_usd(route) * fraction
    expr = f"sum(increase(litellm_spend_metric_total{{{_of(route, 'requested_model')}}}[{_DAY}]))"
    text = f"A day cost more than {_WIDE:g} times the {usd:,.2f} USD of tokens and machines that a planned one does."
    return _rule("DearerThanPlanned", f"{expr} > {usd * _WIDE:.6g}", "1h", route, text)


def metered_usd(route: Route) -> float:
    """USD a month that the gateway books by the token: offers and own pools, without people, indexes and stores."""
    return sum(
        part.monthly_usd
        for part in route.plan.cost_parts
        if part.name == POOL_LINE or any(one.startswith("offer:") for one in part.evidence)
    )


def _budget(limit: float) -> Group:
    expr = f"sum(increase(litellm_spend_metric_total[30d])) > {0.9 * limit:.6g}"
    text = f"Nine tenths of the monthly budget of {limit:,.0f} USD are spent; people and machines come on top."
    labels, notes = {"severity": "warning"}, {"summary": text}
    rule = Rule(alert="BudgetNearlySpent", expr=expr, for_="10m", labels=labels, annotations=notes)
    return Group(name="budget", rules=(rule,))


def _rule(alert: str, expr: str, wait: str, route: Route, text: str) -> Rule:
    labels = {"severity": "warning", "segment": one_line(route.name)}
    summary = f"{one_line(route.name)}: {text}".replace("{{", "{ {")
    return Rule(alert=alert, expr=expr, for_=wait, labels=labels, annotations={"summary": summary})


def _of(route: Route, label: str = "requested_model") -> str:
    """Label matcher of a segment; JSON's escapes are PromQL's."""
    return f"{label}={json.dumps(route.name, ensure_ascii=False)}"
