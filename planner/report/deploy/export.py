"""All files of one kind, or of all kinds: text by path, and what could not be expressed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.planning.plan import Plan
from planner.report.deploy.gateway.config import gateway_of
from planner.report.deploy.machines.compose import compose_of
from planner.report.deploy.machines.kubernetes import kserve_of, stack_of
from planner.report.deploy.papers.action import workflow
from planner.report.deploy.papers.adr import adr_of
from planner.report.deploy.papers.focus import focus_csv
from planner.report.deploy.papers.readme import environment_of, readme_of
from planner.report.deploy.parts.monitoring import prometheus_of, rules_of
from planner.report.deploy.parts.retrieval import local_stores, retrieval_of, schema_sql
from planner.report.deploy.parts.tuning import tuning_of
from planner.report.deploy.texts import yaml_of
from planner.report.deploy.toolbox import Toolbox, toolbox_of
from planner.resources import catalogs_dir


@dataclass(frozen=True, slots=True)
class Made:
    """Files of one kind and what they do not say."""

    files: dict[str, str]
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """All files by path, in the order in which they were made."""

    files: dict[str, str]
    told: tuple[str, ...]


def _litellm(box: Toolbox) -> Made:
    gateway = gateway_of(box)
    if not gateway.config.model_list:
        return Made({}, ("No segment is served through a gateway, so there is no configuration of one.",))
    head = f"LiteLLM proxy: {box.workload.name}\nStart: litellm --config config.yaml, with the variables of .env"
    log = (catalogs_dir() / "deploy" / "request_log.py").read_text(encoding="utf-8")
    files = {"litellm/config.yaml": yaml_of(gateway.config, head=head), "litellm/request_log.py": log}
    return Made({**files, ".env.example": environment_of(box, _stores(box))}, gateway.told)


def _compose(box: Toolbox) -> Made:
    if not box.tools:
        return Made({}, ("No segment is served through a gateway: nothing to start with docker compose.",))
    compose, told = compose_of(box, _stores(box))
    return Made({"docker-compose.yaml": yaml_of(compose, head=f"{box.workload.name}: everything on one machine")}, told)


def _kserve(box: Toolbox) -> Made:
    services = kserve_of(box)
    if not services:
        return Made({}, ("The plan has no own machines: nothing for KServe or production-stack.",))
    return Made({"kserve/pools.yaml": yaml_of(*services, head=f"{box.workload.name}: own pools")})


def _stack(box: Toolbox) -> Made:
    values = stack_of(box)
    if values is None:
        return Made({}, ("The plan has no own machines: nothing for KServe or production-stack.",))
    return Made({"production-stack/values.yaml": yaml_of(values, head=f"{box.workload.name}: own pools")})


def _rag(box: Toolbox) -> Made:
    settings, told = retrieval_of(box)
    if not settings:
        return Made({}, (*told, "No segment retrieves: no settings of retrieval."))
    files = {f"rag/{each.collection}.yaml": yaml_of(each) for each in settings}
    sql = schema_sql(settings)
    return Made({**files, **({"rag/schema.sql": sql + "\n"} if sql else {})}, told)


def _tuning(box: Toolbox) -> Made:
    jobs, told = tuning_of(box)
    if not jobs:
        return Made({}, ("No model is tuned: no tuning job.",))
    return Made({f"tuning/{job.served_as}.yaml": yaml_of(job) for job in jobs}, told)


def _monitoring(box: Toolbox) -> Made:
    rules = rules_of(box)
    if not rules.groups:
        return Made({}, ("No segment is served through a gateway: nothing to monitor there.",))
    return Made({"monitoring/rules.yaml": yaml_of(rules), "monitoring/prometheus.yaml": yaml_of(prometheus_of())})


def _adr(box: Toolbox) -> Made:
    return Made({"adr/0001-toolbox.md": adr_of(box)})


def _focus(box: Toolbox) -> Made:
    return Made({"focus/forecast.csv": focus_csv(box)})


def _action(_box: Toolbox) -> Made:
    told = "The check wants the workload as workload.yaml and the accepted plan as plan.json in the repository."
    return Made({".github/workflows/planner-check.yaml": yaml_of(workflow())}, (told,))


KINDS: Final[dict[str, Callable[[Toolbox], Made]]] = {
    "litellm": _litellm,
    "compose": _compose,
    "kserve": _kserve,
    "production-stack": _stack,
    "rag": _rag,
    "tuning": _tuning,
    "monitoring": _monitoring,
    "adr": _adr,
    "focus": _focus,
    "github-action": _action,
}
ALL: Final = "all"


def export_plan(plan: Plan, catalog: Catalog, day: date, kinds: Sequence[str] = (ALL,)) -> Exported:
    """Files of the kinds asked for, of KINDS or 'all'; `all` adds the plan itself and a README.

    Raises:
        InputError: A kind is none of these, or the plan's copy of the workload is none.
    """
    unknown = next((kind for kind in kinds if kind != ALL and kind not in KINDS), None)
    if unknown is not None:
        raise InputError("--to", "", found=unknown, allowed=", ".join([*KINDS, ALL]))
    box = toolbox_of(plan, catalog, day)
    every = ALL in kinds
    files: dict[str, str] = {}
    told = list(box.told)
    for kind in KINDS if every else dict.fromkeys(kinds):
        made = KINDS[kind](box)
        files |= made.files
        told += made.told
    unique = tuple(dict.fromkeys(told))
    if every:
        files["plan.json"] = plan.model_dump_json(indent=2) + "\n"
        files = {"README.md": readme_of(box, sorted(files), unique), **files}
    return Exported(files, unique)


def write_files(exported: Exported, folder: Path) -> None:
    """Write every file under a folder, which is made where it is missing; InputError where that is not possible."""
    try:
        for path, text in exported.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        allowed = f"a folder that can be written to ({reason})"
        raise InputError("DIR", "", found=str(folder), allowed=allowed) from error


def _stores(box: Toolbox) -> tuple[str, ...]:
    settings, _ = retrieval_of(box)
    return local_stores(settings)
