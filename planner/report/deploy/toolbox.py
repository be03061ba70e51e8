"""A plan as tools to deploy: which tool serves which segment, which may stand in for it, and what each rests on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from planner.catalog.deploying import DeployFacts, load_deploy_facts
from planner.catalog.schema import Catalog, Offer
from planner.options.placements.machines import OWN
from planner.planning.plan import OptionChoice, Plan, PoolPlan, SegmentPlan
from planner.report.deploy.access import binds
from planner.report.deploy.names import Names
from planner.report.deploy.rules import Rulebook, against_machine, against_offer
from planner.report.deploy.texts import one_line
from planner.workload.load import check_workload
from planner.workload.schema import Segment, Workload

_MOST_FALLBACKS: Final = 2
_TIERS: Final = ("frontier", "generalist", "grounded", "specialist")
"""Who stands in first: the broader, the less it matters what it was chosen for."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A model at a place, as a gateway reaches it."""

    id: str
    """DNS label, unique in the toolbox: 'mistral-large-3-mistral-eu'."""
    model: str
    model_name: str
    provider: str
    area: str
    place: str
    """As the plan words it."""
    offer: Offer | None
    """None for own machines."""
    pool: PoolPlan | None
    """None for APIs."""
    tuned_for: str = ""
    """Segment that its weights were tuned on; '' for the model as it is sold."""


@dataclass(frozen=True, slots=True)
class Route:
    """How one segment is served."""

    plan: SegmentPlan
    segment: Segment
    name: str
    """What clients ask the gateway for: the segment's name."""
    id: str
    """The same as a DNS label."""
    first: Tool | None
    """None on devices: no gateway stands there."""
    strong: Tool | None
    """Where a cascade escalates to."""
    fallbacks: tuple[Tool, ...]
    """Tools that may stand in, best first; each within the segment's data rules."""
    longer: tuple[Tool, ...]
    """Of these the ones that take more context than the first."""


@dataclass(frozen=True, slots=True, eq=False)
class Toolbox:
    """All of it, and what has to be told."""

    plan: Plan
    workload: Workload
    catalog: Catalog
    facts: DeployFacts
    day: date
    routes: tuple[Route, ...]
    pool_ids: dict[str, str]
    """DNS label of each pool by the plan's id."""
    told: tuple[str, ...]
    """What was renamed, what cannot be expressed: one sentence each."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Every tool that serves or stands in, once, in the order of the segments."""
        found: dict[str, Tool] = {}
        for route in self.routes:
            for tool in (route.first, route.strong, *route.fallbacks):
                if tool is not None:
                    found.setdefault(tool.id, tool)
        return tuple(found.values())


def toolbox_of(plan: Plan, catalog: Catalog, day: date, facts: DeployFacts | None = None) -> Toolbox:
    """Tools and routes of a plan, by the catalog at hand.

    Raises:
        InputError: The plan's copy of the workload is none.
    """
    workload = check_workload(plan.workload, "the plan's workload")
    maker = _Maker(plan, catalog, day, facts or load_deploy_facts())
    segments = {segment.name: segment for segment in workload.segments}
    routes = tuple(maker.route(told, segments[told.name]) for told in plan.segments if told.name in segments)
    missing = [told.name for told in plan.segments if told.name not in segments]
    told = [*maker.told, *(f"{one_line(name)}: the plan's workload has no such segment; left out." for name in missing)]
    told += [f"{one_line(text)} is named {name} where only a DNS label is allowed." for text, name in maker.renamed]
    return Toolbox(
        plan,
        workload,
        catalog,
        maker.facts,
        day,
        routes,
        {pool.id: maker.pools.label(pool.id) for pool in plan.pools},
        tuple(told),
    )


class _Maker:
    """Names given and sentences told while routes are made."""

    def __init__(self, plan: Plan, catalog: Catalog, day: date, facts: DeployFacts) -> None:
        self.facts = facts
        self.told: list[str] = []
        self.pools = Names()
        self._plan = plan
        self._catalog = catalog
        self._book = Rulebook.of(catalog, day)
        self._segments = Names()
        self._tools = Names()
        self._offers = {(offer.provider, offer.area, offer.key): offer for offer in catalog.offers}
        self._by_pool = {pool.id: pool for pool in plan.pools}

    @property
    def renamed(self) -> tuple[tuple[str, str], ...]:
        """Segments whose name is no DNS label."""
        return self._segments.changed

    def route(self, told: SegmentPlan, segment: Segment) -> Route:
        """How one segment is served, and who may stand in."""
        first = self._tool(told.option, told.name)
        if told.option.serving == "on_device":
            self.told.append(f"{one_line(told.name)} runs on {one_line(told.option.place)}: no gateway stands there.")
        elif first is None:
            self._lost(told, told.option)
        strong = self._strong(told)
        stand_ins = [] if first is None else list(self._stand_ins(told, segment, first))
        fallbacks = tuple(stand_ins[:_MOST_FALLBACKS])
        if first is not None and not fallbacks:
            self.told.append(f"{one_line(told.name)}: no other tool of the plan is within its data rules; no fallback.")
        longer = tuple(tool for tool in fallbacks if first is not None and self._context(tool) > self._context(first))
        return Route(told, segment, told.name, self._segments.label(told.name), first, strong, fallbacks, longer)

    def _lost(self, told: SegmentPlan, option: OptionChoice) -> None:
        where = one_line(option.offer_key or option.pool or option.place)
        area = f" in {option.area}" if option.serving == "api" else ""
        text = f"{one_line(told.name)}: the catalog at hand has no {where}{area} that a gateway can call; left out."
        self.told.append(text)

    def _tool(self, option: OptionChoice, segment: str) -> Tool | None:
        """The tool of an option; None on devices, or where catalog or plan lack what it runs on."""
        tuned = segment if "fine_tune" in option.technique else ""
        if option.serving == "self_hosted":
            return self._pooled(option.pool, tuned)
        if option.serving == "api":
            return self._offered(option.provider, option.area, option.offer_key, tuned)
        return None

    def _strong(self, told: SegmentPlan) -> Tool | None:
        """The strong member of a cascade."""
        gate = told.option.gate
        if gate is None:
            return None
        if gate.strong_pool:
            found = self._pooled(gate.strong_pool, "")
        else:
            found = self._offered(gate.strong_provider, gate.strong_area, gate.strong_offer_key, "")
        if found is None:
            where = f"{one_line(gate.strong_model)} at {one_line(gate.strong_place)}"
            self.told.append(f"{one_line(told.name)}: the catalog at hand has no {where}; it stays on its first model.")
        return found

    def _offered(self, provider: str, area: str, key: str, tuned: str) -> Tool | None:
        offer = self._offers.get((provider, area, key))
        model = self._catalog.models.get((offer.model if offer else None) or "")
        if offer is None or model is None or not binds(self._catalog, self.facts, offer):
            return None
        seller = self._catalog.providers[provider].name if provider in self._catalog.providers else provider
        label = self._tools.label(f"{model.name} {provider} {area}{f' for {tuned}' if tuned else ''}")
        return Tool(label, model.id, model.name, provider, area, f"{seller} in {area}", offer, None, tuned)

    def _pooled(self, pool_id: str, tuned: str) -> Tool | None:
        pool = self._by_pool.get(pool_id)
        if pool is None:
            return None
        known = self._catalog.models.get(pool.model)
        name = known.name if known else pool.model
        label = self._tools.label(f"{self.pools.label(pool.id)}{f' for {tuned}' if tuned else ''}")
        place = "own machines" if pool.provider == OWN else f"machines of {pool.provider} in {pool.area}"
        return Tool(label, pool.model, name, pool.provider, pool.area, place, None, pool, tuned)

    def _stand_ins(self, told: SegmentPlan, segment: Segment, first: Tool) -> Iterator[Tool]:
        """Other tools that may serve the segment, best first, the first one's provider last."""
        found = [tool for tool in self._candidates(told) if tool.id != first.id and not self._against(tool, segment)]
        unique = list({tool.id: tool for tool in found}.values())
        yield from sorted(unique, key=lambda tool: tool.provider == first.provider)

    def _candidates(self, told: SegmentPlan) -> Iterator[Tool]:
        """Runner-up of the segment, then the plan's other tools by tier; tuned ones serve their own segment alone."""
        near: Sequence[OptionChoice] = [told.runner_up.option] if told.runner_up else []
        others = sorted(
            (other.option for other in self._plan.segments if other.name != told.name),
            key=lambda option: _TIERS.index(option.tier),
        )
        for option in (*near, *others):
            if "fine_tune" not in option.technique:
                tool = self._tool(option, told.name)
                if tool is not None:
                    yield tool

    def _against(self, tool: Tool, segment: Segment) -> str:
        if tool.offer is not None:
            return against_offer(self._book, tool.offer, segment)
        return against_machine(self._book, tool.model, tool.provider, tool.area, segment)

    def _context(self, tool: Tool) -> float:
        stated = tool.offer.context_tokens if tool.offer else None
        model = self._catalog.models.get(tool.model)
        return float(stated or (model.context_tokens if model else 0))
