"""docker compose: gateway, metrics, own pools and the vector store, for one machine or a trial."""

from typing import Final

from planner.report.deploy.gateway.config import pool_variable
from planner.report.deploy.machines.engines import Engine, engines_of
from planner.report.deploy.machines.format import (
    Compose,
    Condition,
    Deploy,
    Device,
    Health,
    Reservations,
    Resources,
    Service,
)
from planner.report.deploy.names import dns_label
from planner.report.deploy.toolbox import Toolbox

_READY: Final = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4000/health/liveliness')"


def compose_of(box: Toolbox, stores: tuple[str, ...]) -> tuple[Compose, tuple[str, ...]]:
    """The compose file, and what it cannot say.

    Args:
        box: The toolbox.
        stores: Kinds of vector store that it uses: 'pgvector', 'qdrant'; managed ones run elsewhere.
    """
    told: list[str] = []
    services: dict[str, Service] = {}
    for engine in engines_of(box):
        services[engine.id] = _engine(box, engine)
        if engine.pool.replicas > 1:
            told.append(
                f"{engine.id}: compose publishes one replica, {engine.pool.replicas} are planned; spread them over "
                "machines with KServe or production-stack."
            )
        if engine.amd:
            told.append(f"{engine.id}: its accelerators are AMD's; compose passes /dev/kfd and /dev/dri through.")
    for store in stores:
        services[f"store-{store}"] = _store(box, store)
    services = {"gateway": _gateway(box), "metrics": _metrics(box), **services}
    return Compose(
        name=dns_label(box.workload.name)[:40].rstrip("-"), services=services, volumes=_volumes(box, stores)
    ), tuple(told)


def _volumes(box: Toolbox, stores: tuple[str, ...]) -> dict[str, dict[str, str]]:
    weights = {"weights": dict[str, str]()} if box.plan.pools else {}
    return {"request-log": {}, **weights, **{f"store-{store}": {} for store in stores}}


def _gateway(box: Toolbox) -> Service:
    pools = {
        pool_variable(box, tool): f"http://{box.pool_ids[tool.pool.id]}:8000/v1"
        for tool in box.tools
        if tool.pool is not None
    }
    return Service(
        image=box.facts.images["gateway"].image,
        command=("--config", "/app/config.yaml", "--port", "4000"),
        environment={"LITELLM_LOCAL_MODEL_COST_MAP": "True", "REQUEST_LOG": "/var/log/gateway/requests.jsonl", **pools},
        env_file=(".env",),
        ports=("127.0.0.1:4000:4000",),
        volumes=(
            "./litellm/config.yaml:/app/config.yaml:ro",
            "./litellm/request_log.py:/app/request_log.py:ro",
            "request-log:/var/log/gateway",
        ),
        healthcheck=Health(test=("CMD", "python3", "-c", _READY)),
    )


def _metrics(box: Toolbox) -> Service:
    return Service(
        image=box.facts.images["metrics"].image,
        ports=("127.0.0.1:9090:9090",),
        volumes=(
            "./monitoring/prometheus.yaml:/etc/prometheus/prometheus.yml:ro",
            "./monitoring/rules.yaml:/etc/prometheus/rules.yaml:ro",
        ),
        depends_on={"gateway": Condition(condition="service_healthy")},
    )


def _engine(box: Toolbox, engine: Engine) -> Service:
    part = "engine-rocm" if engine.amd else "engine-cuda"
    deploy = None
    if not engine.amd:
        device = Device(count=engine.pool.gpus_per_replica)
        deploy = Deploy(resources=Resources(reservations=Reservations(devices=(device,))))
    # The ROCm image has no entry point of its own; vLLM's image starts its server.
    command = ("vllm", "serve", *engine.args) if engine.amd else engine.args
    return Service(
        image=box.facts.images[part].image,
        command=(*command, "--api-key", "${POOL_API_KEY}"),
        volumes=("weights:/weights:ro",),
        devices=("/dev/kfd", "/dev/dri") if engine.amd else None,
        ipc="host",
        deploy=deploy,
    )


def _store(box: Toolbox, store: str) -> Service:
    image = box.facts.images[f"store-{store}"].image
    if store == "pgvector":
        return Service(
            image=image,
            environment={"POSTGRES_DB": "retrieval", "POSTGRES_PASSWORD": "${RETRIEVAL_DB_PASSWORD}"},
            volumes=(
                "store-pgvector:/var/lib/postgresql/data",
                "./rag/schema.sql:/docker-entrypoint-initdb.d/1.sql:ro",
            ),
        )
    return Service(image=image, volumes=("store-qdrant:/qdrant/storage",))
