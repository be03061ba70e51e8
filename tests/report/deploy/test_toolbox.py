"""Stand-ins obey the data rules of what they stand in for; what cannot be called in its area is left out and told."""

from dataclasses import replace

import pytest
import yaml

from planner.planning.plan import Plan
from planner.report.deploy.access import binds, litellm_name, settings
from planner.report.deploy.export import export_plan
from planner.report.deploy.rules import Rulebook, against_machine, against_offer
from planner.report.deploy.toolbox import toolbox_of
from planner.workload.schema import DataRules
from tests.report.deploy.plans import DAY, example_catalog, example_plan

NAMES = (
    "coding-assistant",
    "contract-drafting",
    "enterprise-portfolio",
    "field-assistant",
    "invoice-extraction",
    "research-agent",
    "support-desk-eu",
    "ticket-triage",
)


@pytest.mark.parametrize("name", NAMES)
def test_every_stand_in_is_within_the_data_rules_of_its_segment(name: str) -> None:
    box = toolbox_of(example_plan(name), example_catalog(), DAY)
    for route in box.routes:
        rules = route.segment.data
        for tool in route.fallbacks:
            assert rules.residency is None or tool.area in rules.residency or tool.provider == "own"
            assert rules.may_leave_premises or tool.provider == "own"
            assert rules.providers_allowed is None or tool.provider in {*rules.providers_allowed, "own"}
            assert not tool.tuned_for


@pytest.mark.parametrize("name", NAMES)
def test_the_configuration_has_the_same_stand_ins_and_none_for_all(name: str) -> None:
    box = toolbox_of(example_plan(name), example_catalog(), DAY)
    text = export_plan(example_plan(name), example_catalog(), DAY, ("litellm",)).files["litellm/config.yaml"]
    config = yaml.safe_load(text)
    rows = {key: value for row in config["router_settings"]["fallbacks"] for key, value in row.items()}
    wanted = {route.name: [f"tool/{tool.id}" for tool in route.fallbacks] for route in box.routes if route.fallbacks}
    assert rows == wanted
    assert "default_fallbacks" not in config["router_settings"]
    groups = {entry["model_name"] for entry in config["model_list"]}
    assert {group for names in rows.values() for group in names} <= groups
    longer = {key: value for row in config["router_settings"]["context_window_fallbacks"] for key, value in row.items()}
    assert all(set(names) <= set(rows[key]) for key, names in longer.items())


def test_a_stricter_rule_takes_away_the_stand_ins_that_break_it() -> None:
    plan = example_plan("coding-assistant")
    data = plan.model_dump()
    for segment in data["workload"]["segments"]:
        segment.setdefault("data", {})["providers_allowed"] = ["watsonx"]
    box = toolbox_of(Plan.model_validate(data), example_catalog(), DAY)
    assert all(tool.provider in {"watsonx", "own"} for route in box.routes for tool in route.fallbacks)
    assert any("no fallback" in text for text in box.told)


def test_offers_and_machines_are_judged_by_the_planner_s_own_rules() -> None:
    catalog = example_catalog()
    book = Rulebook.of(catalog, DAY)
    segment = toolbox_of(example_plan("support-desk-eu"), catalog, DAY).routes[0].segment
    offers = {(offer.key, offer.area): offer for offer in catalog.offers}
    assert against_offer(book, offers["mistral/mistral-large-2512", "eu"], segment) == ""
    assert "not in eu" in against_offer(book, offers["gpt-5.6-luna", "us"], segment)
    home = segment.model_copy(update={"data": DataRules(may_leave_premises=False)})
    assert "premises" in against_offer(book, offers["mistral/mistral-large-2512", "eu"], home)
    assert against_machine(book, "qwen/qwen3-next-80b-a3b-instruct", "own", "own", home) == ""
    assert "outside its data rules" in against_machine(book, "qwen/qwen3-next-80b-a3b-instruct", "nebius", "eu", home)


def test_a_request_is_bound_to_the_area_that_the_plan_counts_on() -> None:
    catalog = example_catalog()
    facts = toolbox_of(example_plan("support-desk-eu"), catalog, DAY).facts
    offers = {(offer.key, offer.area): offer for offer in catalog.offers}
    assert settings(facts, offers["gpt-5.6-luna", "eu"])["api_base"] == "https://eu.api.openai.com/v1"
    assert "api_base" not in settings(facts, offers["gpt-5.6-luna", "global"])
    assert settings(facts, offers["vertex_ai/gemini-3.7-flash", "eu"])["vertex_location"] == "eu"
    assert settings(facts, offers["azure/eu/gpt-5.1", "eu"])["api_base"] == "os.environ/AZURE_API_BASE_EU"
    elsewhere = replace(offers["gpt-5.6-luna", "eu"], area="jp", region="jp")
    assert not binds(catalog, facts, elsewhere)
    assert binds(catalog, facts, offers["gpt-5.6-luna", "eu"])


def test_every_offer_of_a_plan_has_a_name_that_says_its_provider() -> None:
    catalog = example_catalog()
    offers = {(offer.key, offer.area): offer for offer in catalog.offers}
    assert litellm_name(catalog, offers["gpt-5.6-luna", "eu"]) == "openai/gpt-5.6-luna"
    assert litellm_name(catalog, offers["azure/eu/gpt-5.1", "eu"]) == "azure/gpt-5.1"
    assert litellm_name(catalog, offers["mistral/mistral-large-2512", "eu"]) == "mistral/mistral-large-2512"
    assert litellm_name(catalog, offers["eu.amazon.nova-lite-v1:0", "eu"]) == "bedrock/eu.amazon.nova-lite-v1:0"


def test_an_offer_that_the_catalog_lost_is_told_and_left_out() -> None:
    plan = example_plan("ticket-triage")
    data = plan.model_dump()
    data["segments"][0]["option"]["offer_key"] = "deepinfra/gone"
    exported = export_plan(Plan.model_validate(data), example_catalog(), DAY, ("litellm",))
    assert not exported.files
    assert any("deepinfra/gone" in text for text in exported.told)


def test_the_gate_that_reads_an_answer_stays_with_the_client_and_that_is_said() -> None:
    data = example_plan("ticket-triage").model_dump()
    # No example plans a cascade any more: the segment gets one here.
    data["segments"][0]["option"]["gate"] = {
        "kind": "answer log-probability",
        "escalation_share": {"mean": 0.2, "low": 0.1, "high": 0.3},
        "strong_model": "openai/gpt-5.1",
        "strong_place": "Microsoft Azure · EU",
        "strong_provider": "azure",
        "strong_area": "eu",
        "strong_offer_key": "azure/eu/gpt-5.1",
        "auc": 0.7,
    }
    exported = export_plan(Plan.model_validate(data), example_catalog(), DAY, ("litellm",))
    config = yaml.safe_load(exported.files["litellm/config.yaml"])
    entry = next(entry for entry in config["model_list"] if entry["model_name"] == "ticket-triage")
    assert not entry["litellm_params"]["model"].startswith("auto_router/")
    assert any("ticket-triage: the planned gate" in text for text in exported.told)


def test_budgets_of_providers_stay_within_the_workload_s() -> None:
    for name in ("coding-assistant", "enterprise-portfolio"):
        plan = example_plan(name)
        text = export_plan(plan, example_catalog(), DAY, ("litellm",)).files["litellm/config.yaml"]
        budgets = yaml.safe_load(text)["router_settings"]["provider_budget_config"]
        total = sum(row["budget_limit"] for row in budgets.values())
        fixed = plan.totals.people_usd_per_month + sum(pool.monthly_cost_usd for pool in plan.pools)
        assert 0.0 < total <= plan.workload["limits"]["monthly_budget_usd"] - fixed
