"""Own pools on Kubernetes: KServe's LLMInferenceService, and values for vLLM's production-stack chart."""

from typing import Final

from planner.report.deploy.machines.engines import Engine, disk_gb, engines_of
from planner.report.deploy.machines.format import (
    Claim,
    Container,
    Engines,
    LlmInferenceService,
    LlmModel,
    LlmSpec,
    Metadata,
    Parallelism,
    PodSpec,
    StackModel,
    StackRouter,
    StackValues,
    VllmConfig,
    VolumeClaim,
)
from planner.report.deploy.names import label_value
from planner.report.deploy.toolbox import Toolbox

CLAIM: Final = "model-weights"
_CPUS_PER_GPU: Final = 8
_HOST_GB_PER_GPU: Final = 64
"""Host cores and memory beside each GPU: an assumption, to be set to the machine at hand."""


def kserve_of(box: Toolbox) -> tuple[VolumeClaim | LlmInferenceService, ...]:
    """A claim for the weights and one service a pool; nothing where the plan has no pool."""
    engines = engines_of(box)
    if not engines:
        return ()
    storage = {"requests": {"storage": f"{sum(disk_gb(engine) for engine in engines)}Gi"}}
    claim = VolumeClaim(metadata=Metadata(name=CLAIM), spec=Claim(resources=storage))
    return (claim, *(_service(box, engine) for engine in engines))


def _service(box: Toolbox, engine: Engine) -> LlmInferenceService:
    gpus = {_resource(engine): str(engine.pool.gpus_per_replica)}
    requests = {
        "cpu": str(_CPUS_PER_GPU * engine.pool.gpus_per_replica),
        "memory": f"{_HOST_GB_PER_GPU * engine.pool.gpus_per_replica}Gi",
        **gpus,
    }
    container = Container(
        name="main",
        args=_without_weights(engine.args),
        resources={"limits": gpus, "requests": requests},
    )
    labels = {
        "app.kubernetes.io/part-of": label_value(box.workload.name),
        "toolbox-planner/gpu": label_value(engine.pool.gpu),
        "toolbox-planner/precision": label_value(engine.pool.precision),
    }
    return LlmInferenceService(
        metadata=Metadata(name=engine.id, labels=labels, annotations={"toolbox-planner/model": engine.pool.model}),
        spec=LlmSpec(
            model=LlmModel(uri=f"pvc://{CLAIM}/{engine.folder}", name=engine.id),
            replicas=engine.pool.replicas,
            parallelism=Parallelism(tensor=engine.pool.gpus_per_replica),
            template=PodSpec(containers=(container,)),
            router={"route": {}, "gateway": {}, "scheduler": {}},
        ),
    )


def stack_of(box: Toolbox) -> StackValues | None:
    """Values of the production-stack chart; None where the plan has no pool."""
    engines = engines_of(box)
    if not engines:
        return None
    caches = any(engine.prefix_caching for engine in engines)
    return StackValues(
        serving_engine_spec=Engines(model_spec=tuple(_stack_model(box, engine) for engine in engines)),
        router_spec=StackRouter(routing_logic="prefixaware" if caches else "roundrobin"),
    )


def _stack_model(box: Toolbox, engine: Engine) -> StackModel:
    repository, _, tag = box.facts.images["engine-rocm" if engine.amd else "engine-cuda"].image.rpartition(":")
    gpus = engine.pool.gpus_per_replica
    lora = ("--enable-lora", "--lora-modules", *(f"{name}=/data/{name}" for name in engine.adapters))
    extra = [*(("--quantization", "fp8") if engine.pool.precision == "fp8" else ())]
    extra += ["--served-model-name", engine.id, *(lora if engine.adapters else ())]
    return StackModel(
        name=engine.id,
        repository=repository,
        tag=tag,
        modelURL=f"/data/{engine.folder}",
        replicaCount=engine.pool.replicas,
        requestCPU=_CPUS_PER_GPU * gpus,
        requestMemory=f"{_HOST_GB_PER_GPU * gpus}Gi",
        requestGPU=gpus,
        pvcStorage=f"{disk_gb(engine)}Gi",
        vllmConfig=VllmConfig(
            enable_prefix_caching=engine.prefix_caching,
            max_model_len=engine.max_context,
            dtype="bfloat16" if engine.pool.precision == "bf16" else "auto",
            tensor_parallel_size=gpus,
            max_num_seqs=engine.max_sequences,
            gpu_memory_utilization=engine.memory_share,
            extra_args=tuple(extra),
        ),
        enableLoRA=True if engine.adapters else None,
    )


def _resource(engine: Engine) -> str:
    return "amd.com/gpu" if engine.amd else "nvidia.com/gpu"


def _without_weights(args: tuple[str, ...]) -> tuple[str, ...]:
    """Arguments after the weights and the served name: KServe passes its own for both, and for the parallelism."""
    return args[5:]
