"""docker compose, KServe and production-stack: the fields that we write.

Sources: the Compose Specification; kserve/kserve@aaac4e2 pkg/apis/serving/v1alpha2/llm_inference_service_types.go;
vllm-project/production-stack@a6c01db helm/values.yaml; Kubernetes' own kinds as kubernetes-validate knows them.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Label = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=63)]


class Written(BaseModel):
    """A part that is written: frozen, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Camel(Written):
    """A part whose reader wants camelCase."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Device(Written):
    """GPUs that a container reserves."""

    driver: Literal["nvidia"] = "nvidia"
    count: Annotated[int, Field(ge=1)]
    capabilities: tuple[Literal["gpu"], ...] = ("gpu",)


class Reservations(Written):
    """What is kept free for a container."""

    devices: tuple[Device, ...]


class Resources(Written):
    """Limits and reservations; we only reserve."""

    reservations: Reservations


class Deploy(Written):
    """How often and on what a service runs."""

    replicas: Annotated[int, Field(ge=1)] = 1
    resources: Resources | None = None


class Health(Written):
    """How compose sees that a service is up."""

    test: tuple[str, ...]
    interval: str = "30s"
    timeout: str = "10s"
    retries: int = 10
    start_period: str = "60s"


class Condition(Written):
    """What a service waits for."""

    condition: Literal["service_started", "service_healthy"]


class Service(Written):
    """One container of docker compose."""

    image: str
    command: tuple[str, ...] | None = None
    environment: dict[str, str] | None = None
    env_file: tuple[str, ...] | None = None
    ports: tuple[str, ...] | None = None
    volumes: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    ipc: Literal["host"] | None = None
    depends_on: dict[str, Condition] | None = None
    healthcheck: Health | None = None
    deploy: Deploy | None = None
    restart: Literal["unless-stopped"] = "unless-stopped"


class Compose(Written):
    """docker-compose.yaml."""

    name: Label
    services: dict[Label, Service]
    volumes: dict[Label, dict[str, str]] | None = None


class Metadata(Camel):
    """Name and labels of a Kubernetes object."""

    name: Label
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class Container(Camel):
    """One container of a pod."""

    name: Label
    args: tuple[str, ...]
    image: str | None = None
    resources: dict[Literal["limits", "requests"], dict[str, str]]


class PodSpec(Camel):
    """The pod of one replica."""

    containers: tuple[Container, ...]
    node_selector: dict[str, str] | None = None


class LlmModel(Camel):
    """Weights and the name they are served under."""

    uri: Annotated[str, Field(pattern=r"^(hf|pvc|oci|s3)://.+$")]
    name: str


class Parallelism(Camel):
    """How a replica spreads over GPUs."""

    tensor: Annotated[int, Field(ge=1)]


class LlmSpec(Camel):
    """spec of LLMInferenceService; router with empty parts takes KServe's defaults."""

    model: LlmModel
    replicas: Annotated[int, Field(ge=1)]
    parallelism: Parallelism
    template: PodSpec
    router: dict[Literal["route", "gateway", "scheduler"], dict[str, str]]


class LlmInferenceService(Camel):
    """KServe's LLMInferenceService."""

    api_version: Literal["serving.kserve.io/v1alpha2"] = "serving.kserve.io/v1alpha2"
    kind: Literal["LLMInferenceService"] = "LLMInferenceService"
    metadata: Metadata
    spec: LlmSpec


class Claim(Camel):
    """spec of a PersistentVolumeClaim."""

    access_modes: tuple[Literal["ReadOnlyMany", "ReadWriteOnce", "ReadWriteMany"], ...] = ("ReadWriteMany",)
    resources: dict[Literal["requests"], dict[str, str]]


class VolumeClaim(Camel):
    """Where one's copies of weights lie."""

    api_version: Literal["v1"] = "v1"
    kind: Literal["PersistentVolumeClaim"] = "PersistentVolumeClaim"
    metadata: Metadata
    spec: Claim


class VllmConfig(Camel):
    """vllmConfig of a model of production-stack."""

    enable_prefix_caching: bool
    max_model_len: Annotated[int, Field(ge=1)] | None = None
    dtype: str | None = None
    tensor_parallel_size: Annotated[int, Field(ge=1)]
    max_num_seqs: Annotated[int, Field(ge=1)]
    gpu_memory_utilization: Annotated[float, Field(gt=0.0, le=1.0)]
    extra_args: tuple[str, ...] | None = None


class StackModel(Written):
    """modelSpec entry of production-stack."""

    name: Label
    repository: str
    tag: str
    modelURL: str  # noqa: N815 (the chart's own name)
    replicaCount: Annotated[int, Field(ge=1)]  # noqa: N815
    requestCPU: int  # noqa: N815
    requestMemory: str  # noqa: N815
    requestGPU: int  # noqa: N815
    pvcStorage: str  # noqa: N815
    vllmConfig: VllmConfig  # noqa: N815
    enableLoRA: bool | None = None  # noqa: N815


class Engines(Camel):
    """servingEngineSpec of production-stack."""

    model_spec: tuple[StackModel, ...]


class StackRouter(Camel):
    """routerSpec of production-stack."""

    replica_count: int = 1
    service_discovery: Literal["k8s"] = "k8s"
    routing_logic: Literal["roundrobin", "prefixaware"]


class StackValues(Camel):
    """values.yaml of the vLLM production-stack chart."""

    serving_engine_spec: Engines
    router_spec: StackRouter
