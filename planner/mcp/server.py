"""The server: six questions with bounded inputs, over standard input and output."""

import json
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Annotated, Any, Final

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from pydantic_core import to_json

from planner.catalog.browse import show_model as details_of
from planner.catalog.names.models import find_model
from planner.errors import PlannerError
from planner.facts import Facts, load_facts
from planner.library import price
from planner.mcp import answers
from planner.options.cache import OptionsCache
from planner.planning.certainty.next_probe import rank_probes
from planner.planning.choose import Planned, plan_bundle
from planner.planning.what_if.changes import Change, apply_changes, parse_change
from planner.planning.what_if.comparison import what_if as compare
from planner.version import VERSION
from planner.workload.load import parse_workload
from planner.workload.schema import Workload

_MOST_LETTERS: Final = 200_000
WorkloadText = Annotated[
    str, Field(min_length=1, max_length=_MOST_LETTERS, description="the workload as YAML text (version 1)")
]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Tokens = Annotated[float, Field(ge=0.0, le=1e7, allow_inf_nan=False)]
ChangeText = Annotated[str, Field(min_length=3, max_length=300)]
_INSTRUCTIONS: Final = (
    "Plans which language models should serve a workload's requests at the least cost within its limits. Every figure "
    "comes with an interval and says whether it is measured, published, fitted, simulated or assumed. Nothing is asked "
    "of a model and nothing is spent."
)


class _Engine:
    """Facts loaded at the first question, and options kept between questions."""

    def __init__(self, load: Callable[[], Facts]) -> None:
        self._load = cache(load)
        self._options = OptionsCache()

    @property
    def facts(self) -> Facts:
        return self._load()

    def planned(self, workload: Workload) -> Planned:
        facts = self.facts
        return plan_bundle(workload, facts.catalog, facts.beliefs, facts.day, self._options)


def build_server(load: Callable[[], Facts] = load_facts) -> MCPServer:
    """The server with its tools; facts are loaded at the first question."""
    server = MCPServer("toolbox-planner", instructions=_INSTRUCTIONS, version=VERSION)
    engine = _Engine(load)
    _add_planning(server, engine)
    _add_looking_up(server, engine)
    return server


def _add_planning(server: MCPServer, engine: _Engine) -> None:
    @server.tool(description="Plan a workload: which tool serves which segment, what it costs, how good and how fast.")
    def plan(workload: WorkloadText) -> str:
        return _told(lambda: answers.tell_outcome(engine.planned(_workload(workload)).outcome))

    @server.tool(
        description="Plan again with changes, such as 'segments.*.requests_per_month=x2' or 'limits.max_models=3', and "
        "compare."
    )
    def what_if(
        workload: WorkloadText, changes: Annotated[list[ChangeText], Field(min_length=1, max_length=20)]
    ) -> str:
        def tell() -> dict[str, Any]:
            before = engine.planned(_workload(workload))
            facts = engine.facts
            asked = [parse_change(text) for text in changes]
            return answers.tell_comparison(compare(before, asked, facts.catalog, facts.beliefs, facts.day))

        return _told(tell)

    @server.tool(description="Why a model does not serve a segment: rules that keep it out, or what it costs.")
    def why_not(workload: WorkloadText, segment: Name, model: Name) -> str:
        def tell() -> dict[str, Any]:
            known = find_model(engine.facts.catalog, model).id
            asked = apply_changes(_workload(workload), [Change(f"segments.{segment}.prefer", known)])
            return answers.tell_why_not(engine.planned(asked), segment, known)

        return _told(tell)

    @server.tool(description="What to measure next: probes that could change the plan, what each is worth and costs.")
    def next_probe(workload: WorkloadText, count: Annotated[int, Field(ge=1, le=20)] = 5) -> str:
        def tell() -> dict[str, Any]:
            facts = engine.facts
            ideas = rank_probes(engine.planned(_workload(workload)), facts.catalog, facts.beliefs)
            return answers.tell_probes(ideas, count)

        return _told(tell)


def _add_looking_up(server: MCPServer, engine: _Engine) -> None:
    @server.tool(description="What one request costs at every offer of a model, cheapest first.")
    def price_request(
        model: Name,
        input_tokens: Tokens,
        output_tokens: Tokens,
        cached_input_tokens: Tokens = 0.0,
        reasoning_tokens: Tokens = 0.0,
    ) -> str:
        def tell() -> dict[str, Any]:
            tokens = {"cached_input_tokens": cached_input_tokens, "reasoning_tokens": reasoning_tokens}
            return answers.tell_prices(price(model, input_tokens, output_tokens, facts=engine.facts, **tokens))

        return _told(tell)

    @server.tool(description="One model of the catalog: prices, limits, licence, scores and retirement, with sources.")
    def show_model(model: Name) -> str:
        return _told(lambda: answers.tell_model(details_of(engine.facts.catalog, model)))


def _workload(text: str) -> Workload:
    """The workload of a text; paths in it (samples) are not opened."""
    return parse_workload(text, "workload")


def _told(tell: Callable[[], dict[str, Any]]) -> str:
    """The answer as JSON; what is wrong in the question as one line."""
    try:
        return json.dumps(json.loads(to_json(tell(), inf_nan_mode="null", fallback=_plain)), ensure_ascii=False)
    except PlannerError as error:
        raise ToolError(str(error)) from error


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else str(value)
