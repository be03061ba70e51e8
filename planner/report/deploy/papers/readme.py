"""The README beside the files: what lies where, what to set, in which order to start, what could not be expressed."""

from collections.abc import Mapping, Sequence

from planner.planning.plan import Plan
from planner.report.deploy.access import variables
from planner.report.deploy.gateway.config import pool_variable
from planner.report.deploy.machines.engines import engines_of
from planner.report.deploy.toolbox import Tool, Toolbox
from planner.report.format import money_interval
from planner.report.markdown import escape


def environment_of(box: Toolbox, stores: Sequence[str]) -> str:
    """Template of the environment: every variable that the files read, none with a value that is secret."""
    lines = [
        "# Copy to .env and fill in; keep .env out of version control.",
        "# 20 random letters and more; the gateway refuses a weak one.",
        "LITELLM_MASTER_KEY=",
    ]
    for name, why in _needed(box).items():
        lines += [f"# {why}", f"{name}="]
    if "pgvector" in stores:
        lines += ["# Database of the search indexes", "RETRIEVAL_DB_PASSWORD="]
    return "\n".join(lines) + "\n"


def _needed(box: Toolbox) -> Mapping[str, str]:
    """Each variable and what it is for, in the order of the tools; compose sets the addresses of its own pools."""
    found: dict[str, list[str]] = {}
    first = {route.first.id for route in box.routes if route.first} | {
        route.strong.id for route in box.routes if route.strong
    }
    for tool in box.tools:
        for name in _names(box, tool):
            found.setdefault(name, []).append("" if tool.id in first else tool.model_name)
    return {name: _why(uses) for name, uses in found.items()}


def _why(uses: Sequence[str]) -> str:
    if all(uses):
        return f"for stand-ins only ({', '.join(dict.fromkeys(uses))})"
    return "for tools of the plan"


def _names(box: Toolbox, tool: Tool) -> Sequence[str]:
    if tool.offer is not None:
        return tuple(variables(box.facts, tool.offer).values())
    return (pool_variable(box, tool), "POOL_API_KEY")


def readme_of(box: Toolbox, paths: Sequence[str], told: Sequence[str]) -> str:
    """The README: Markdown."""
    plan = box.plan
    parts = [
        f"# {escape(box.workload.name)}: files to deploy",
        escape(plan.answer),
        _origin(plan),
        "## Who serves what",
        _routes(box),
        "## Order of starting",
        _steps(box, paths),
        "## Files",
        "\n".join(f"- `{path}`: {_FILES.get(path) or _FILES[path.split('/')[0]]}" for path in paths),
    ]
    if told:
        parts += ["## What these files do not say", "\n".join(f"- {escape(text)}" for text in told)]
    return "\n\n".join(parts) + "\n"


_FILES = {
    "litellm/config.yaml": "the gateway: models, stand-ins, prices, budgets",
    "litellm/request_log.py": "the gateway's log of requests, without their texts",
    "plan.json": "the plan itself",
    "docker-compose.yaml": "gateway, metrics, own pools and the vector store on one machine",
    "kserve": "own pools on Kubernetes with KServe",
    "production-stack": "own pools on Kubernetes with vLLM's chart",
    "rag": "search indexes: embedder, store, chunks",
    "tuning": "jobs that tune models, and when their result is good enough",
    "monitoring": "Prometheus: what to read, when to alarm",
    "adr": "the decision record",
    "focus": "the forecast bill as FOCUS 1.2 rows",
    ".github": "a check of every changed workload in CI",
    ".env.example": "variables to set; no secret in it",
}


def _origin(plan: Plan) -> str:
    return (
        f"Made from the plan with seed {plan.seed}, catalog {plan.catalog_version} of {plan.catalog_date}, workload "
        f"{plan.workload_hash[:16]}. Making it again gives the same bytes."
    )


def _routes(box: Toolbox) -> str:
    head = "| Ask the gateway for | Served by | Where | Stands in | USD a month |\n| --- | --- | --- | --- | --: |"
    rows = []
    for route in box.routes:
        served = route.plan.option.label
        behind = ", ".join(tool.model_name for tool in route.fallbacks) or "nobody"
        name = f"`{route.name}`" if route.first else escape(f"{route.name} (on the device)")
        cost = money_interval(route.plan.monthly_cost_usd)
        rows.append(f"| {name} | {escape(served)} | {escape(route.plan.option.place)} | {escape(behind)} | {cost} |")
    return "\n".join([head, *rows])


def _steps(box: Toolbox, paths: Sequence[str]) -> str:
    have = {path.split("/")[0] for path in paths}
    steps = ["Copy `.env.example` to `.env` and fill it in."] if ".env.example" in have else []
    steps += [
        f"Put the weights of {escape(engine.pool.model)} ({escape(engine.pool.precision)}) under `{engine.folder}` of "
        "the weights volume."
        for engine in engines_of(box)
    ]
    if "tuning" in have:
        steps.append("Run the tuning jobs and accept a model only where its file says so.")
    if "rag" in have:
        steps.append("Create the vector store and index the documents as the settings say.")
    if "kserve" in have or "production-stack" in have:
        steps.append(
            "On Kubernetes start the pools by one of the two: `kubectl apply -f kserve/`, or `helm install pools "
            "vllm/vllm-stack -f production-stack/values.yaml`. Set each pool's address in `.env`."
        )
    if "litellm" in have:
        compose = "docker-compose.yaml" in have
        start = "`docker compose up -d`" if compose else "`litellm --config litellm/config.yaml`"
        steps.append(f"Start the gateway: {start}. It listens on port 4000.")
        steps.append("Send one request a segment, with the segment's name as the model, and look at the log.")
    if "monitoring" in have:
        steps.append("Watch the alerts of `monitoring/rules.yaml`.")
    steps.append("Compare the log with the forecast once a week: `planner drift PLAN.json --logs requests.jsonl`.")
    return "\n".join(f"{number}. {text}" for number, text in enumerate(steps, start=1))
