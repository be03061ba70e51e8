"""Cascades whose gate judges before the answer, as LiteLLM's classifiers do; any other gate is the client's to keep."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from planner.report.deploy.gateway.format import (
    ClassifierModel,
    GateConfig,
    GateTiers,
    Params,
    ThresholdPolicy,
)
from planner.report.deploy.texts import one_line
from planner.report.deploy.toolbox import Route, Tool

HEURISTIC: Final = "the gateway's rules on the prompt"
"""GateChoice.kind of LiteLLM's rule-based classifier."""
CAPABILITY: Final = "the small model's forecast whether it can solve the request"
"""GateChoice.kind of LiteLLM's capability classifier, judged by the small model."""
_CAUTIOUS: Final = 0.75
"""Forecast of success below which a request is passed on while no outcome of a probe says better: of requests forecast
at 3 in 4, one in four would be wrong. A choice, to be replaced by a threshold from outcomes."""


def is_classified(route: Route) -> bool:
    """Whether its cascade wants LiteLLM's capability classifier."""
    gate = route.plan.option.gate
    return gate is not None and gate.kind == CAPABILITY and route.first is not None and route.strong is not None


@dataclass(frozen=True, slots=True)
class Gate:
    """The entry that clients ask for, and what has to be said of it."""

    params: Params
    told: str


def gate_config(route: Route, group: Callable[[Tool], str]) -> Gate | None:
    """The classifier of a route's cascade; None where the planned gate is none that LiteLLM has."""
    gate = route.plan.option.gate
    if gate is None or route.first is None or route.strong is None or gate.kind not in {HEURISTIC, CAPABILITY}:
        return None
    small, strong = group(route.first), group(route.strong)
    if gate.kind == HEURISTIC:
        tiers = GateTiers(SIMPLE=small, MEDIUM=small, COMPLEX=strong, REASONING=strong)
        config = GateConfig(classifier_type="heuristic", tiers=tiers, default_model=strong)
        told = (
            f"{one_line(route.name)}: LiteLLM's rules pass on what they call complex; their share is not set by the "
            f"plan ({gate.escalation_share.mean:.0%} planned): watch it, and move tier_boundaries."
        )
    else:
        config = GateConfig(
            classifier_type="capability",
            tiers=GateTiers(SIMPLE=small, REASONING=strong),
            classifier_llm_config=ClassifierModel(model=small),
            capability_classifier_config=ThresholdPolicy(base_threshold=_CAUTIOUS),
            default_model=strong,
        )
        told = (
            f"{one_line(route.name)}: threshold {_CAUTIOUS:g} is a cautious default, not measured: fit it on outcomes "
            f"so that about {gate.escalation_share.mean:.0%} of requests are passed on."
        )
    params = Params(
        model="auto_router/complexity_router", complexity_router_config=config, complexity_router_default_model=strong
    )
    return Gate(params, told)
