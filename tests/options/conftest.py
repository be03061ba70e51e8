from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from planner.beliefs.model import Beliefs, fit_beliefs
from planner.catalog.load import load_catalog
from planner.catalog.price import Price
from planner.catalog.schema import Catalog, Model, Offer, Source
from planner.options import Options, enumerate_options
from planner.workload.schema import Workload

TODAY = date(2026, 11, 24)
SOURCE = Source("assumption: made for a test", TODAY)
SEGMENT = {
    "name": "triage",
    "skill": "classification",
    "requests_per_month": 300_000,
    "input_tokens": {"mean": 420, "p95": 900},
    "output_tokens": {"mean": 12, "p95": 30},
}


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def beliefs(catalog: Catalog) -> Beliefs:
    return fit_beliefs(catalog)


def workload_of(*segments: dict[str, Any], **rest: Any) -> Workload:
    """A workload of segments that differ from the plain one in what is given."""
    given = [{**SEGMENT, **segment} for segment in segments] or [SEGMENT]
    return Workload.model_validate({"version": 1, "name": "test", "segments": given, **rest})


@pytest.fixture(scope="session")
def options_of(catalog: Catalog, beliefs: Beliefs) -> Callable[..., Options]:
    """Options of a workload on the shipped catalog, remembered over the session."""
    known: dict[Workload, Options] = {}

    def enumerate_once(*segments: dict[str, Any], **rest: Any) -> Options:
        workload = workload_of(*segments, **rest)
        if workload not in known:
            known[workload] = enumerate_options(workload, catalog, beliefs, TODAY)
        return known[workload]

    return enumerate_once


@pytest.fixture(scope="session")
def model(catalog: Catalog) -> Model:
    """An open model with everything known of it."""
    return catalog.models["meta/llama-3.1-8b"]


def offer_of(**changes: Any) -> Offer:
    """An offer of a made-up entry; `price` may be given as (input, output)."""
    plain = Offer(
        key="maker/model",
        model="meta/llama-3.1-8b",
        mode="chat",
        provider="mistral",
        region="eu",
        area="eu",
        price=Price(1.0, 2.0),
        context_tokens=8000,
        max_output_tokens=4000,
        modalities=("text",),
        retires=None,
        supports_json_schema=True,
        supports_tools=True,
        supports_caching=False,
        supports_reasoning=False,
        source=SOURCE,
    )
    if isinstance(changes.get("price"), tuple):
        changes["price"] = Price(*changes["price"])
    return replace(plain, **changes)
