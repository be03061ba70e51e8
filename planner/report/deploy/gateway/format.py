"""The LiteLLM proxy's configuration, the fields that we write (litellm 1.106.2: ConfigYAML, RouterConfig)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Written(BaseModel):
    """A part that is written: frozen, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Usd = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class CachePoint(Written):
    """Where a provider that wants to be told caches from."""

    location: Literal["message"] = "message"
    role: Literal["system"] = "system"


class ThresholdPolicy(Written):
    """LiteLLM's capability classifier: the share of success above which the small model answers."""

    efficient_tier: Literal["SIMPLE"] = "SIMPLE"
    capable_tier: Literal["REASONING"] = "REASONING"
    base_threshold: Annotated[float, Field(ge=0.0, le=1.0)]
    threshold_step: Annotated[float, Field(ge=0.0, le=0.5)] = 0.0
    calibration: "Calibration | None" = None


class Calibration(Written):
    """sigmoid(slope x logit(p) + intercept), fitted on outcomes."""

    version: str
    slope: float
    intercept: float


class ClassifierModel(Written):
    """Which model judges, and how long it may take."""

    model: str
    timeout_ms: Annotated[int, Field(ge=1)] = 3000


class GateTiers(Written):
    """The two members of a cascade; the heuristic's four rungs fold into them."""

    SIMPLE: str
    MEDIUM: str | None = None
    COMPLEX: str | None = None
    REASONING: str


class GateConfig(Written):
    """A gate that judges a request before it is answered."""

    classifier_type: Literal["heuristic", "capability"]
    tiers: GateTiers
    classifier_llm_config: ClassifierModel | None = None
    capability_classifier_config: ThresholdPolicy | None = None
    tier_boundaries: dict[str, float] | None = None
    default_model: str


class Params(Written):
    """litellm_params of one deployment."""

    model: Annotated[str, Field(min_length=1)]
    api_key: str | None = None
    api_base: str | None = None
    aws_access_key_id: str | None = None
    aws_secret_access_key: str | None = None
    aws_region_name: str | None = None
    vertex_project: str | None = None
    vertex_location: str | None = None
    vertex_credentials: str | None = None
    inference_geo: str | None = None
    timeout: Annotated[float, Field(gt=0.0)] | None = None
    stream_timeout: Annotated[float, Field(gt=0.0)] | None = None
    rpm: Annotated[int, Field(ge=1)] | None = None
    input_cost_per_token: Usd | None = None
    output_cost_per_token: Usd | None = None
    cache_read_input_token_cost: Usd | None = None
    cache_creation_input_token_cost: Usd | None = None
    output_cost_per_reasoning_token: Usd | None = None
    input_cost_per_token_batches: Usd | None = None
    output_cost_per_token_batches: Usd | None = None
    input_cost_per_token_above_100k_tokens: Usd | None = None
    output_cost_per_token_above_100k_tokens: Usd | None = None
    input_cost_per_token_above_128k_tokens: Usd | None = None
    output_cost_per_token_above_128k_tokens: Usd | None = None
    input_cost_per_token_above_200k_tokens: Usd | None = None
    output_cost_per_token_above_200k_tokens: Usd | None = None
    input_cost_per_token_above_272k_tokens: Usd | None = None
    output_cost_per_token_above_272k_tokens: Usd | None = None
    input_cost_per_token_above_512k_tokens: Usd | None = None
    output_cost_per_token_above_512k_tokens: Usd | None = None
    cache_control_injection_points: tuple[CachePoint, ...] | None = None
    complexity_router_config: GateConfig | None = None
    complexity_router_default_model: str | None = None


class Info(Written):
    """model_info of one deployment: the id that logs carry, and what the plan calls it."""

    id: str
    base_model: str | None = None
    mode: Literal["chat", "responses", "embedding"] | None = None
    max_input_tokens: Annotated[int, Field(ge=1)] | None = None
    planned_segment: str | None = None
    planned_role: Literal["first", "fallback", "escalation", "gate", "embedder"]
    planned_model: str | None = None


class Entry(Written):
    """One deployment under the name that clients or fallbacks use."""

    model_name: str
    litellm_params: Params
    model_info: Info


class ProviderBudget(Written):
    """What a provider may cost in a period."""

    budget_limit: Annotated[float, Field(gt=0.0)]
    time_period: str = "30d"


class RouterSettings(Written):
    """How requests are passed on; `fallbacks` names the groups that may stand in."""

    routing_strategy: Literal["simple-shuffle"] = "simple-shuffle"
    num_retries: int = 1
    allowed_fails: int = 3
    cooldown_time: int = 30
    enable_pre_call_checks: bool = True
    fallbacks: tuple[dict[str, list[str]], ...] = ()
    context_window_fallbacks: tuple[dict[str, list[str]], ...] = ()
    optional_pre_call_checks: tuple[Literal["prompt_caching", "enforce_model_rate_limits"], ...] | None = None
    provider_budget_config: dict[str, ProviderBudget] | None = None


class LitellmSettings(Written):
    """Settings of the library behind the proxy."""

    drop_params: bool = True
    request_timeout: int = 600
    callbacks: tuple[str, ...] = ()


class GeneralSettings(Written):
    """Settings of the proxy itself."""

    master_key: str = "os.environ/LITELLM_MASTER_KEY"


class ProxyConfig(Written):
    """The whole file."""

    model_list: tuple[Entry, ...]
    router_settings: RouterSettings
    litellm_settings: LitellmSettings
    general_settings: GeneralSettings
