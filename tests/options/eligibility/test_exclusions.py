from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from planner.catalog.schema import Catalog, Model
from planner.options.eligibility.exclusions import (
    api_rules,
    areas_within,
    licence_allowed,
    needs_of,
    own_rules,
    passing,
    speaks,
    tell_exclusions,
    why_not,
)
from planner.options.estimates.columns import model_columns, offer_columns
from planner.options.table import Exclusion, Options
from tests.options.conftest import TODAY, offer_of, workload_of


def told(catalog: Catalog, offers: Any, **segment: Any) -> Any:
    """Limits and reasons told for made-up offers of one segment."""
    small = replace(catalog, offers=tuple(offers))
    models = model_columns(small)
    columns = offer_columns(small, models, date(2026, 11, 24), 12)
    rules = api_rules(columns, models, needs_of(workload_of(segment).segments[0]), TODAY)
    keys = [offer.key for offer in columns.offers]
    out = tell_exclusions(rules, columns.model, models, segment="triage", serving="api", keys=keys)
    return passing(rules).tolist(), [(item.limit, item.place, item.reason) for item in out]


@pytest.mark.parametrize(
    ("segment", "offer", "limit"),
    [
        ({"data": {"residency": ["eu"]}}, {"area": "us"}, "data.residency"),
        ({"data": {"residency": ["eu"]}}, {"area": "global"}, "data.residency"),
        ({"data": {"residency": ["eu"]}}, {"area": "unknown"}, "data.residency"),
        ({"data": {"may_leave_premises": False}}, {}, "data.may_leave_premises"),
        ({"data": {"providers_allowed": ["bedrock"]}}, {}, "data.providers_allowed"),
        ({"data": {"licences_allowed": ["permissive"]}}, {}, "data.licences_allowed"),
        ({"modalities": ["text", "image"]}, {}, "modalities"),
        ({"languages": ["en", "sw"]}, {}, "languages"),
        ({"context_p99_tokens": 8001}, {}, "context_p99_tokens"),
        ({"output_tokens": {"mean": 3000, "p95": 3900}}, {"context_tokens": 100_000}, "output_tokens"),
        ({"tool_calls_per_request": 2}, {"supports_tools": False}, "tool_calls_per_request"),
        ({"skill": "agentic"}, {"supports_tools": False}, "tool_calls_per_request"),
        ({}, {"retires": TODAY}, "retired"),
        ({}, {"provider": "vercel_ai_gateway"}, "resells"),
    ],
)
def test_each_limit_keeps_an_offer_out_by_its_field(catalog: Catalog, segment: Any, offer: Any, limit: Any) -> None:
    allowed, reasons = told(catalog, [offer_of(**offer)], **segment)
    assert (allowed, [reason[0] for reason in reasons]) == ([False], [limit])


@pytest.mark.parametrize(
    ("segment", "offer"),
    [
        ({}, {}),
        ({"data": {"residency": ["eu"]}}, {}),
        ({"data": {"residency": ["apac"]}}, {"area": "jp"}),
        ({"data": {"providers_allowed": ["vercel_ai_gateway"]}}, {"provider": "vercel_ai_gateway"}),
        ({"data": {"licences_allowed": ["open"]}}, {}),
        ({"context_p99_tokens": 8000}, {}),
        ({}, {"retires": date(2026, 11, 25)}),
        ({}, {"supports_tools": False}),
    ],
)
def test_an_offer_within_all_limits_stays(catalog: Catalog, segment: Any, offer: Any) -> None:
    assert told(catalog, [offer_of(**offer)], **segment) == ([True], [])


def test_offers_of_one_model_that_fail_alike_are_told_once(catalog: Catalog) -> None:
    offers = [offer_of(key=f"k{number}", area=area) for number, area in enumerate(("us", "jp"))]
    _, reasons = told(catalog, offers, data={"residency": ["eu"]})
    assert reasons == [("data.residency", "", "Processed in jp, us (mistral), not in eu.")]


def test_a_single_failing_offer_is_named(catalog: Catalog) -> None:
    _, reasons = told(catalog, [offer_of(key="only", area="us")], data={"residency": ["eu"]})
    assert reasons[0][1] == "only"


def test_a_country_is_within_apac_but_not_the_other_way_round() -> None:
    assert "jp" in areas_within(["apac"])
    assert "apac" not in areas_within(["jp"])


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [(None, True), (["open"], True), (["permissive"], False), (["LLAMA3.1"], True), (["apache-2.0"], False)],
)
def test_licences_are_allowed_by_id_or_kind(model: Model, allowed: Any, expected: Any) -> None:
    assert licence_allowed(replace(model, licence="llama3.1", licence_kind="open_restricted"), allowed) is expected


@pytest.mark.parametrize(("stated", "expected"), [(None, True), (("en", "de"), True), (("en",), False)])
def test_languages_exclude_only_where_the_maker_lists_others(model: Model, stated: Any, expected: Any) -> None:
    assert speaks(replace(model, languages=stated), ("de", "en")) is expected


def test_weights_under_a_non_commercial_licence_are_not_run_by_oneself(catalog: Catalog) -> None:
    columns = model_columns(catalog)
    free = passing(own_rules(columns, needs_of(workload_of().segments[0])))
    barred = np.array([model.licence_kind == "non_commercial" for model in columns.models])
    assert barred.any()
    assert not free[barred].any()


def test_only_open_weights_of_known_size_are_run_by_oneself(catalog: Catalog) -> None:
    columns = model_columns(catalog)
    free = passing(own_rules(columns, needs_of(workload_of().segments[0])))
    assert free.any()
    assert (columns.open_weights & columns.sizeable)[free].all()


def test_why_not_tells_the_models_reasons_before_those_for_all() -> None:
    every = Exclusion("a", "*", "on_device", "", "data.devices", "Nobody named a device.")
    own = Exclusion("a", "m", "api", "", "retired", "Retired.")
    other = Exclusion("b", "m", "api", "", "retired", "Retired.")
    options = Options((), (), (), (every, other, own), (), ())
    assert why_not(options, "a", "m") == (own, every)
