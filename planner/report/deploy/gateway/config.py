"""The proxy's configuration of a toolbox: one model name a segment, its stand-ins as groups of their own."""

from dataclasses import dataclass, field
from typing import Final, Literal

from planner.report.deploy.access import litellm_name, settings
from planner.report.deploy.gateway.budgets import (
    provider_budgets,
    requests_per_minute,
    timeout_s,
    wants_cache_marks,
)
from planner.report.deploy.gateway.format import (
    CachePoint,
    Entry,
    GeneralSettings,
    Info,
    LitellmSettings,
    Params,
    ProxyConfig,
    RouterSettings,
)
from planner.report.deploy.gateway.gates import gate_config, is_classified
from planner.report.deploy.gateway.prices import offer_prices, pool_prices, unnamed_steps
from planner.report.deploy.names import variable
from planner.report.deploy.texts import one_line
from planner.report.deploy.toolbox import Route, Tool, Toolbox

LOG_CALLBACK: Final = "request_log.handler"
"""Module beside the configuration, and what it holds."""
_NOT_BEFORE: Final = "which the gateway cannot do"
_ONE_CLASSIFIER: Final = "of which LiteLLM takes one without a licence, and a dearer cascade has it"
Role = Literal["first", "fallback", "escalation", "gate"]


@dataclass(frozen=True, slots=True)
class Gateway:
    """The configuration, what it could not say, and the variables that it reads."""

    config: ProxyConfig
    told: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """Entries by name while they are collected."""

    box: Toolbox
    entries: dict[str, Entry] = field(default_factory=dict)
    fallbacks: list[dict[str, list[str]]] = field(default_factory=list)
    longer: list[dict[str, list[str]]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def add_route(self, route: Route) -> None:
        if route.first is None:
            return
        gate = gate_config(route, self.group) if route.strong is not None and self._may_gate(route) else None
        if gate is not None:
            self._add_gate(route, gate.params)
        else:
            self._add(route.name, f"{route.id}.{route.first.id}"[:120], route, route.first, "first")
        if route.strong is not None:
            self._add(self.group(route.strong), route.strong.id, None, route.strong, "escalation")
        if gate is not None and gate.told:
            self.told.append(gate.told)
        elif gate is None and route.strong is not None:
            why = "" if self._may_gate(route) else _ONE_CLASSIFIER
            self.told.append(_gate_outside(route, self.group(route.strong), why))
        self._add_stand_ins(route)

    def _may_gate(self, route: Route) -> bool:
        """LiteLLM without a licence takes one capability classifier: the dearest cascade's."""
        classified = [one for one in self.box.routes if is_classified(one)]
        if not is_classified(route):
            return True
        return route is max(classified, key=lambda one: one.plan.monthly_cost_usd.mean)

    def _add_stand_ins(self, route: Route) -> None:
        names = [self.group(tool) for tool in route.fallbacks]
        if not names:
            return
        for tool in route.fallbacks:
            self._add(self.group(tool), tool.id, None, tool, "fallback")
        self.fallbacks.append({route.name: names})
        longer = [self.group(tool) for tool in route.longer]
        if longer:
            self.longer.append({route.name: longer})

    def _add_gate(self, route: Route, params: Params) -> None:
        assert route.first is not None
        self._add(self.group(route.first), route.first.id, None, route.first, "first")
        info = Info(id=f"{route.id}.gate", planned_segment=route.name, planned_role="gate")
        self.entries[route.name] = Entry(model_name=route.name, litellm_params=params, model_info=info)

    def _add(self, name: str, entry_id: str, route: Route | None, tool: Tool, role: Role) -> None:
        if name in self.entries:
            return
        info = Info(
            id=entry_id,
            base_model=tool.offer.key if tool.offer else None,
            mode=tool.offer.mode if tool.offer else "chat",
            max_input_tokens=tool.offer.context_tokens if tool.offer else None,
            planned_segment=route.name if route else None,
            planned_role=role,
            planned_model=tool.model,
        )
        self.entries[name] = Entry(model_name=name, litellm_params=self._params(route, tool), model_info=info)

    def _params(self, route: Route | None, tool: Tool) -> Params:
        found: dict[str, object] = dict(_reached(self.box, tool))
        if route is not None:
            found |= {"timeout": timeout_s(route), "rpm": requests_per_minute(route)}
            if wants_cache_marks(route, tool):
                found["cache_control_injection_points"] = (CachePoint(),)
        for size in unnamed_steps(tool.offer.price if tool.offer else None):
            self._tell(f"{one_line(tool.model_name)}: litellm has no price field for prompts above {size:,} tokens.")
        return Params.model_validate(found)

    def _tell(self, text: str) -> None:
        if text not in self.told:
            self.told.append(text)

    def group(self, tool: Tool) -> str:
        """Model group of a tool that stands in: no segment's name, whatever segments are called."""
        name = f"tool/{tool.id}"
        taken = {route.name for route in self.box.routes}
        while name in taken:
            name = f"tool/{name}"
        return name


def gateway_of(box: Toolbox) -> Gateway:
    """The proxy's configuration of a toolbox."""
    draft = _Draft(box)
    for route in box.routes:
        draft.add_route(route)
    budgets = provider_budgets(box)
    if not budgets:
        draft.told.append("The workload states no monthly budget, so no provider has one in the gateway.")
    router = RouterSettings(
        fallbacks=tuple(draft.fallbacks),
        context_window_fallbacks=tuple(draft.longer),
        optional_pre_call_checks=("prompt_caching", "enforce_model_rate_limits"),
        provider_budget_config=budgets or None,
    )
    config = ProxyConfig(
        model_list=tuple(draft.entries.values()),
        router_settings=router,
        litellm_settings=LitellmSettings(callbacks=("prometheus", LOG_CALLBACK)),
        general_settings=GeneralSettings(),
    )
    return Gateway(config, tuple(draft.told))


def pool_variable(box: Toolbox, tool: Tool) -> str:
    """Variable that holds the address of an own pool."""
    assert tool.pool is not None
    return variable("pool", box.pool_ids[tool.pool.id], "api base")


def served_name(box: Toolbox, tool: Tool) -> str:
    """What the engine of an own pool calls the model: the pool, or the adapter of the segment it was tuned on."""
    assert tool.pool is not None
    return tool.id if tool.tuned_for else box.pool_ids[tool.pool.id]


def _reached(box: Toolbox, tool: Tool) -> dict[str, object]:
    """Name, access and prices of a tool."""
    if tool.offer is None:
        assert tool.pool is not None
        reached = {
            "model": f"hosted_vllm/{served_name(box, tool)}",
            "api_base": f"os.environ/{pool_variable(box, tool)}",
        }
        return {**reached, "api_key": "os.environ/POOL_API_KEY", **pool_prices(box.plan, box.workload, tool.pool)}
    name = litellm_name(box.catalog, tool.offer)
    if tool.tuned_for:
        name = f"{name.split('/', 1)[0]}/{tool.id}"
    return {"model": name, **settings(box.facts, tool.offer), **offer_prices(tool.offer.price)}


def _gate_outside(route: Route, strong: str, why: str) -> str:
    gate = route.plan.option.gate
    assert gate is not None
    return (
        f"{one_line(route.name)}: the planned gate is {one_line(gate.kind)}, {why or _NOT_BEFORE}: it serves "
        f"the small model, and the client passes about {gate.escalation_share.mean:.0%} of requests on to {strong}."
    )
