"""Every file of an export is what its reader takes: Kubernetes' own validator, promtool, schemas of the fields used."""

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from planner.planning.plan import Plan
from planner.report.deploy.export import KINDS, export_plan
from planner.report.deploy.machines.format import Compose, LlmInferenceService, StackValues
from planner.report.deploy.papers.focus import COLUMNS
from tests.report.deploy.plans import DAY, example_catalog, example_plan

EXAMPLES = ("coding-assistant", "contract-drafting", "enterprise-portfolio", "field-assistant", "museum-kiosk")
MANDATORY = (
    "BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory "
    "ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName "
    "ListCost PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName"
)
SECRET = re.compile(r"\b(sk|xai|gsk|hf)[-_][A-Za-z0-9]{16,}")


@pytest.fixture(scope="module", params=EXAMPLES)
def made(request: pytest.FixtureRequest) -> tuple[Plan, dict[str, str]]:
    plan = example_plan(request.param)
    return plan, dict(export_plan(plan, example_catalog(), DAY).files)


def documents(files: dict[str, str], path: str) -> Iterator[dict[str, Any]]:
    if path in files:
        yield from yaml.safe_load_all(files[path])


def test_the_same_plan_gives_the_same_bytes(made: tuple[Plan, dict[str, str]]) -> None:
    plan, files = made
    assert dict(export_plan(plan, example_catalog(), DAY).files) == files


def test_no_file_holds_a_secret_and_every_variable_is_in_the_template(made: tuple[Plan, dict[str, str]]) -> None:
    _, files = made
    assert not any(SECRET.search(text) for text in files.values())
    if ".env.example" in files:
        template = {line.partition("=")[0] for line in files[".env.example"].splitlines() if not line.startswith("#")}
        read = set(re.findall(r"os\.environ/([A-Z0-9_]+)", files["litellm/config.yaml"]))
        assert read <= template
        assert all(line.startswith("#") or line.endswith("=") for line in files[".env.example"].splitlines())


def test_own_kinds_of_kubernetes_pass_its_validator_and_kserve_s_the_fields_used(
    made: tuple[Plan, dict[str, str]],
) -> None:
    plan, files = made
    schema = Draft202012Validator(LlmInferenceService.model_json_schema(by_alias=True))
    kinds = []
    for document in documents(files, "kserve/pools.yaml"):
        kinds.append(document["kind"])
        if document["kind"] == "LLMInferenceService":
            schema.validate(document)
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": document["metadata"]}
            template = document["spec"]["template"]
            containers = [{"image": "engine", **container} for container in template["containers"]]
            kubernetes_validate.validate({**pod, "spec": {"containers": containers}}, "1.31", strict=True)
        else:
            kubernetes_validate.validate(document, "1.31", strict=True)
    assert kinds.count("LLMInferenceService") == len(plan.pools)


def test_production_stack_s_values_say_the_planned_replicas(made: tuple[Plan, dict[str, str]]) -> None:
    plan, files = made
    for values in documents(files, "production-stack/values.yaml"):
        Draft202012Validator(StackValues.model_json_schema(by_alias=True)).validate(values)
        models = values["servingEngineSpec"]["modelSpec"]
        assert [one["replicaCount"] for one in models] == [pool.replicas for pool in plan.pools]
        assert [one["requestGPU"] for one in models] == [pool.gpus_per_replica for pool in plan.pools]
    assert ("production-stack/values.yaml" in files) == bool(plan.pools)


def test_compose_is_what_compose_takes_and_starts_an_engine_a_pool(made: tuple[Plan, dict[str, str]]) -> None:
    plan, files = made
    for compose in documents(files, "docker-compose.yaml"):
        Draft202012Validator(Compose.model_json_schema(by_alias=True)).validate(compose)
        services = compose["services"]
        mounted = {volume.split(":")[0] for one in services.values() for volume in one.get("volumes", ())}
        named = {name for name in mounted if not name.startswith("./")}
        assert named <= set(compose["volumes"])
        assert all(path.removeprefix("./") in files for path in mounted - named)
        assert all(waited in services for one in services.values() for waited in one.get("depends_on", ()))
        engines = [name for name in services if name not in {"gateway", "metrics"} and not name.startswith("store-")]
        assert len(engines) == len(plan.pools)
        addresses = [value for value in services["gateway"]["environment"].values() if value.startswith("http")]
        assert {address.split("/")[2].split(":")[0] for address in addresses} <= set(engines)
    assert ("docker-compose.yaml" in files) == any(one.option.serving != "on_device" for one in plan.segments)


def test_prometheus_takes_the_rules(made: tuple[Plan, dict[str, str]], tmp_path: Path) -> None:
    _, files = made
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool: the package 'prometheus' of the system brings it")
    if "monitoring/rules.yaml" not in files:
        return
    (tmp_path / "rules.yaml").write_text(files["monitoring/rules.yaml"])
    prometheus = files["monitoring/prometheus.yaml"].replace("/etc/prometheus/rules.yaml", str(tmp_path / "rules.yaml"))
    (tmp_path / "prometheus.yaml").write_text(prometheus)
    done = subprocess.run(
        [program, "check", "config", str(tmp_path / "prometheus.yaml")], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_limits_of_the_workload_are_the_thresholds_of_the_rules(made: tuple[Plan, dict[str, str]]) -> None:
    plan, files = made
    rules = yaml.safe_load(files.get("monitoring/rules.yaml", "groups: []"))["groups"]
    by_segment = {
        rule["labels"]["segment"]: rule["expr"]
        for group in rules
        for rule in group["rules"]
        if rule["alert"] == "FirstTokenSlow"
    }
    for given in plan.workload["segments"]:
        limit = given.get("latency", {}).get("ttft_p95_ms")
        if limit and given["name"] in by_segment:
            assert by_segment[given["name"]].endswith(f"> {limit / 1000.0:g}")


def test_focus_rows_sum_to_the_plan_s_bill_and_have_the_mandatory_columns(made: tuple[Plan, dict[str, str]]) -> None:
    plan, files = made
    rows = list(csv.DictReader(io.StringIO(files["focus/forecast.csv"])))
    assert set(MANDATORY.split(" ")) <= set(COLUMNS) == set(rows[0])
    assert all(name.startswith("x_") or name[0].isupper() for name in COLUMNS)
    total = sum(float(row["BilledCost"]) for row in rows)
    assert total == pytest.approx(plan.totals.monthly_cost_usd.mean, rel=1e-3)
    assert all(json.loads(row["Tags"])["segment"] == row["SubAccountId"] for row in rows)
    assert {row["BillingPeriodStart"] for row in rows} == {"2027-01-01T00:00:00Z"}
    assert {row["BillingPeriodEnd"] for row in rows} == {"2027-02-01T00:00:00Z"}


def test_the_record_has_madr_s_headings_in_their_order(made: tuple[Plan, dict[str, str]]) -> None:
    _, files = made
    headings = [line for line in files["adr/0001-toolbox.md"].splitlines() if line.startswith("## ")]
    assert headings == [
        "## Context and Problem Statement",
        "## Decision Drivers",
        "## Considered Options",
        "## Decision Outcome",
        "## Pros and Cons of the Options",
        "## More Information",
    ]


def test_retrieval_names_the_embedder_and_store_that_the_plan_priced(made: tuple[Plan, dict[str, str]]) -> None:
    plan, files = made
    retrieving = [one for one in plan.segments if "rag" in one.option.technique]
    settings = [
        yaml.safe_load(text) for path, text in files.items() if path.startswith("rag/") and path.endswith("yaml")
    ]
    assert [one["segment"] for one in settings] == [one.name for one in retrieving]
    for one, told in zip(settings, retrieving, strict=True):
        ids = {name for part in told.cost_parts for name in part.evidence}
        assert f"embedder:{one['embedder']['id']}" in ids
        assert f"store:{one['store']['id']}" in ids


def test_every_kind_can_be_asked_for_alone() -> None:
    plan = example_plan("contract-drafting")
    every = export_plan(plan, example_catalog(), DAY).files
    for kind in KINDS:
        alone = export_plan(plan, example_catalog(), DAY, (kind,))
        assert all(every[path] == text for path, text in alone.files.items())
        assert alone.files or alone.told


def test_a_month_after_december_is_january() -> None:
    files = export_plan(example_plan("ticket-triage"), example_catalog(), date(2026, 11, 30), ("focus",)).files
    assert "2026-12-01T00:00:00Z" in files["focus/forecast.csv"]
