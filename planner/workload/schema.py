"""The workload: what is asked. Version 1 of the YAML; the pydantic models here are its only definition."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from planner.terms import TASK_KINDS, Area, Skill, TaskKind

Modality: TypeAlias = Literal["text", "image", "audio", "video", "pdf"]
Sensitivity: TypeAlias = Literal["public", "internal", "personal", "confidential"]

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Tokens = Annotated[float, Field(ge=0.0, le=1e7, allow_inf_nan=False)]
Usd = Annotated[float, Field(ge=0.0, le=1e12, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, le=1e15, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Confident = Annotated[float, Field(ge=0.5, le=0.99)]


class Strict(BaseModel):
    """Base of every part: frozen, no unknown fields, docstrings become the JSON Schema's texts."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 (pydantic hands over anything)
        """Refuse true and false where a number is wanted; pydantic would read them as 1 and 0."""
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation is not bool:
            msg = f"{str(value).lower()}; allowed: a value of this field's own kind, not true or false"
            raise ValueError(msg)
        return value


class TokenDistribution(Strict):
    """Tokens of one request: a mean and the 95th percentile."""

    mean: Annotated[float, Field(gt=0.0, le=1e7, allow_inf_nan=False)]
    """Mean tokens per request."""
    p95: Tokens | None = None
    """95th percentile; 2.2 times the mean when left out."""

    @model_validator(mode="after")
    def _p95_not_below_mean(self) -> "TokenDistribution":
        if self.p95 is not None and self.p95 < self.mean:
            msg = f"p95 ({self.p95:g}) is below the mean ({self.mean:g}); allowed: a p95 of at least the mean"
            raise ValueError(msg)
        return self


class LatencyLimits(Strict):
    """Latency limits (SLOs) of a segment, at the 95th percentile, at the busiest hour."""

    ttft_p95_ms: Positive | None = None
    """Time to first token, milliseconds."""
    total_p95_ms: Positive | None = None
    """Time to the whole answer, milliseconds."""


class DataRules(Strict):
    """Where the data of a segment may go."""

    residency: tuple[Area, ...] | None = None
    """Areas in which requests may be processed; any when left out."""
    may_leave_premises: bool = True
    """False: only your own machines or devices."""
    sensitivity: Sensitivity = "internal"
    """How sensitive the data is; shown in the report and in the decision record."""
    providers_allowed: tuple[Name, ...] | None = None
    """Providers that may serve the segment; any when left out."""
    unknown_place_allowed: bool = False
    """True: personal or confidential data may go to a provider that does not say where it processes it."""
    licences_allowed: tuple[Name, ...] | None = None
    """Model licences that are acceptable (SPDX-like ids, or 'open', 'permissive'); any when left out."""
    devices: tuple[Name, ...] | None = None
    """Devices (catalog ids of laptops, phones, boards) at hand where requests arise; on-device serving is considered
    on these alone, and not at all when left out."""


class Knowledge(Strict):
    """What the answers need that no model was trained on."""

    private_or_fresh_share: Share = 0.0
    """Share of requests that need private or fresh facts."""
    corpus_tokens: Annotated[float, Field(ge=0.0, le=1e13)] = 0.0
    """Tokens of the documents that could be searched."""
    changed_tokens_per_month: Annotated[float, Field(ge=0.0, le=1e13)] = 0.0
    """Tokens of documents that change each month and are indexed anew."""
    reindex_every_days: Annotated[float, Field(gt=0.0, le=3650.0)] = 1.0
    """How often changed documents are indexed anew; an answer may be as old as that."""


class Training(Strict):
    """What there is to fine-tune on."""

    labelled_examples: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """Labelled examples of this segment that you own."""
    retrain_per_year: Annotated[float, Field(ge=0.0, le=365.0)] = 2.0
    """How often a tuned model is trained anew."""


class ResolvedFloor(Strict):
    """What a relative floor came to: the model that it refers to, and the bar."""

    model: Name
    """Model id of the catalog."""
    value: Share
    """Least acceptable quality, mean over the draws."""


class RelativeFloor(Strict):
    """A quality floor relative to a model: '95 % as good as the best'."""

    at_least: Annotated[float, Field(gt=0.0, le=1.5)]
    """Share of the other's quality that is enough."""
    of: Name = "best"
    """'best' (of the models that the segment's own rules allow), or a model id of the catalog."""
    resolved: ResolvedFloor | None = None
    """What `of` came to in an earlier plan (its `floor_resolved`): pins the bar, so that a change of rules, prices or
    evidence does not move it."""


class Observed(Strict):
    """What was seen: today model M gets this share right, of n answers looked at."""

    model: Name
    """Model id of the catalog."""
    quality: Share
    """Share of acceptable answers."""
    n: Annotated[int, Field(ge=1, le=100_000_000)]
    """Answers looked at."""


class Today(Strict):
    """What serves the segment now."""

    model: Name
    """Model id of the catalog."""
    share: Share = 1.0
    """Share of the segment's requests that it serves."""


class Segment(Strict):
    """One kind of request."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.\-]*$")]
    """Short name, unique in the workload."""
    skill: Skill
    """What the request exercises."""
    task: TaskKind | None = None
    """What it asks within its skill, where tuning and fewer bits differ inside one: text_to_sql or programming for
    coding, closed_labels or open_labels, flat_fields, nested_fields or tool_calls for extraction, trained_calls or
    open_agency for agentic, from_template or free_writing, multiple_choice or open_questions, single_hop or multi_hop.
    Told by the samples when left out, else the skill's usual one."""
    requests_per_month: Annotated[float, Field(gt=0.0, le=1e12, allow_inf_nan=False)]
    """Requests a month."""
    input_tokens: TokenDistribution
    """Prompt tokens of one request, shared prefix and history included, retrieved passages not."""
    output_tokens: TokenDistribution
    """Visible answer tokens of one request; hidden reasoning is added per model."""
    quality_floor: Share | RelativeFloor | None = None
    """Least acceptable share of good answers: 0.90, or {at_least: 0.95, of: best}; the latter when left out."""
    shared_prefix_tokens: Tokens = 0.0
    """Leading prompt tokens that are the same for all requests (system prompt, examples)."""
    turns_per_conversation: Annotated[float, Field(ge=1.0, le=1000.0)] = 1.0
    """Requests that belong to one conversation."""
    tool_calls_per_request: Annotated[float, Field(ge=0.0, le=1000.0)] = 0.0
    """Tool calls per request; each is one more model call with the history in its prompt."""
    tool_result_tokens: Tokens | None = None
    """Tokens that one tool's result adds to the prompt; a prior with a wide spread when left out."""
    loop_cache_hit_share: Share | None = None
    """Share of what an earlier call of the same request held that a later one finds in the prompt cache; a prior when
    left out."""
    peak_to_mean: Annotated[float, Field(ge=1.0, le=1000.0)] = 3.0
    """Request rate of the busiest hour over the mean rate."""
    batchable: bool = False
    """True: answers may come within a day, so batch prices apply."""
    latency: LatencyLimits = LatencyLimits()
    """Latency limits."""
    data: DataRules = DataRules()
    """Where the data may go."""
    knowledge: Knowledge = Knowledge()
    """Facts that no model was trained on."""
    training: Training = Training()
    """What there is to fine-tune on."""
    languages: tuple[Annotated[str, Field(min_length=2, max_length=8)], ...] = ("en",)
    """ISO 639-1 codes."""
    modalities: tuple[Modality, ...] = ("text",)
    """What requests contain."""
    context_p99_tokens: Tokens | None = None
    """99th percentile of prompt plus answer; derived from the token distributions when left out."""
    samples: Annotated[str, Field(max_length=1000)] | None = None
    """Path of a JSONL of {prompt, reference}, relative to the workload file."""
    novelty: Share = 0.1
    """Share of requests unlike anything seen before; weighs against small and tuned models."""
    hidden_reasoning: Literal["auto", "off", "on"] = "auto"
    """Whether models that may think before they answer do so; auto: for reasoning, math, coding, agentic work only."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    """How hard a model that can think does so before it answers; where left out, `hidden_reasoning` decides, and
    thinking is at medium effort. Models that always think can be asked for less, never for nothing."""
    error_cost_usd: Usd = 0.0
    """What one unacceptable answer costs; counted in what is minimised unless the objective is the bill alone."""
    like: Name | None = None
    """Benchmark id of the catalog: 'about as hard as'."""
    observed: tuple[Observed, ...] = ()
    """Measured quality of models you use."""
    today: Today | None = None
    """What serves the segment now."""
    serving_allowed: tuple[Literal["api", "self_hosted", "on_device"], ...] | None = None
    """Ways of serving that are acceptable; any that the data rules leave when left out."""
    offline: bool = False
    """True: answers must come without a network, so from devices at hand (data.devices) alone."""
    prefer: Name | None = None
    """A model you would like; always shown beside the plan, never forced."""

    @field_validator("hidden_reasoning", mode="before")
    @classmethod
    def _words_not_truths(cls, value: object) -> object:
        """YAML reads a bare on or off as true or false."""
        return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value

    @field_validator("modalities", "languages")
    @classmethod
    def _not_empty(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            msg = "an empty list; allowed: at least one entry"
            raise ValueError(msg)
        return value

    def allows(self, serving: str) -> bool:
        """Whether a way of serving ('api', 'self_hosted', 'on_device') is acceptable."""
        if self.offline and serving != "on_device":
            return False
        return self.serving_allowed is None or serving in self.serving_allowed

    @model_validator(mode="after")
    def _parts_agree(self) -> "Segment":
        if self.offline and not self.allows("on_device"):
            msg = "offline: true, and serving_allowed without on_device; allowed: on_device among serving_allowed"
            raise ValueError(msg)
        if self.task is not None and self.task not in TASK_KINDS.get(self.skill, ()):
            kinds = ", ".join(TASK_KINDS.get(self.skill, ())) or f"no task with skill {self.skill}"
            msg = f"task {self.task} with skill {self.skill}; allowed: {kinds}"
            raise ValueError(msg)
        if self.shared_prefix_tokens > self.input_tokens.mean:
            msg = (
                f"shared_prefix_tokens ({self.shared_prefix_tokens:g}) exceeds the mean input"
                f" ({self.input_tokens.mean:g}); allowed: at most the mean of input_tokens"
            )
            raise ValueError(msg)
        if self.hidden_reasoning == "off" and self.reasoning_effort not in (None, "none"):
            msg = f"reasoning_effort {self.reasoning_effort} with hidden_reasoning off; allowed: none, or leave one out"
            raise ValueError(msg)
        return self

    @property
    def thinking(self) -> str:
        """How models that can think are asked: auto, off, on, or an effort by name."""
        return self.reasoning_effort or self.hidden_reasoning


class Limits(Strict):
    """Limits of the whole plan."""

    monthly_budget_usd: Positive | None = None
    """Most that a month may cost, fixed costs and people included."""
    max_models: Annotated[int, Field(ge=1, le=100)] | None = None
    """Most distinct models."""
    min_providers: Annotated[int, Field(ge=1, le=20)] | None = None
    """Fewest distinct providers (own machines count as one)."""
    carbon_kg_per_month: Positive | None = None
    """Most CO2-equivalent a month."""


class Weights(Strict):
    """One money scale for cost and quality."""

    usd_per_quality_point: Positive
    """What one percentage point of acceptable answers, over the whole workload, is worth in a month."""


class Objective(Strict):
    """What the plan is best at; exactly one of the three."""

    minimise: Literal["total_cost", "bill", "cost"] | None = None
    """total_cost (the default): bill plus error_cost_usd for each wrong answer; bill: the bill alone. 'cost', of older
    files, is read as total_cost."""
    maximise: Literal["quality"] | None = None
    """Best quality within the limits; give a budget with it."""
    weigh: Weights | None = None
    """Bill less the money value of quality."""

    @model_validator(mode="after")
    def _exactly_one(self) -> "Objective":
        if sum(part is not None for part in (self.minimise, self.maximise, self.weigh)) != 1:
            msg = (
                "allowed: exactly one of minimise: total_cost (or bill), maximise: quality,"
                " weigh: {usd_per_quality_point: N}"
            )
            raise ValueError(msg)
        return self

    @property
    def counts_errors(self) -> bool:
        """Whether the cost of wrong answers is part of what is minimised."""
        return self.minimise in {"total_cost", "cost"}


class Tolerance(Strict):
    """By how much the stated share of draws may miss a limit whose mean (quality) or median (times) holds."""

    quality: Annotated[float, Field(ge=0.0, le=0.2)] = 0.02
    """Share of good answers: 0.02 is two points."""
    time: Annotated[float, Field(ge=0.0, le=1.0)] = 0.10
    """Of a time limit: 0.10 is a tenth."""


class Confidence(Strict):
    """Share of draws in which limits must hold, apart for quality and for times, load and money."""

    quality: Confident = 0.9
    """Of quality floors."""
    times: Confident = 0.9
    """Of time limits, the load of own machines, budget and carbon."""


class Materiality(Strict):
    """Differences a month below which plans count as equally dear: min(max(share, usd), most_share)."""

    share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.02
    """Of the bill."""
    usd: Usd = 25.0
    """At least this much money."""
    most_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.20
    """But never more than this share."""

    def usd_of(self, bill_usd: float) -> float:
        """Money that is no difference beside such a bill a month.

        >>> Materiality().usd_of(10_000.0), Materiality().usd_of(500.0), Materiality().usd_of(10.0)
        (200.0, 25.0, 2.0)
        """
        return min(max(self.share * bill_usd, self.usd), self.most_share * bill_usd)


class Assumptions(Strict):
    """Numbers that no one gave and that a reader may want to change."""

    engineer_hour_usd: Usd = 95.0
    """Cost of one hour of an engineer, overheads included."""
    include_people: bool = True
    """Count set-up and upkeep hours as cost."""
    gpu_utilisation_cap: Annotated[float, Field(gt=0.05, le=0.95)] = 0.6
    """Busy share of a pool at peak that is never planned beyond."""
    spare_replicas: Annotated[int, Field(ge=0, le=10)] = 0
    """Replicas that each pool of own machines has beyond what its load needs; 1 is N+1: one may fail at the peak."""
    gpu_price_factor: Annotated[float, Field(gt=0.0, le=100.0)] = 1.0
    """Multiplies every GPU price (what-if)."""
    frontier_price_factor: Annotated[float, Field(gt=0.0, le=100.0)] = 1.0
    """Multiplies the API prices of frontier models (what-if)."""
    cache_hit_share: Share | None = None
    """Share of the shared prefix that is served from a provider's prompt cache; when left out it follows from the
    traffic and how long the provider keeps an entry."""
    off_peak_share: Share | None = None
    """Share of requests that fall into a provider's cheaper hours; evenly over the week when left out."""
    tokens_counted_by: Name | None = None
    """Whose tokens the workload states: o200k_base, cl100k_base or a model id; when left out the model that serves a
    segment today, o200k_base for samples, and else no one's in particular."""
    retry_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.02
    """Requests sent again because of errors or time-outs."""
    prefer_commitment: Literal["on_demand", "spot", "reserved", "owned"] = "on_demand"
    """How GPUs are paid for."""
    electricity_usd_per_kwh: Annotated[float, Field(ge=0.0, le=5.0)] = 0.15
    """Price of electricity for machines you own."""
    grid_gco2_per_kwh: Annotated[float, Field(ge=0.0, le=2000.0)] | None = None
    """Carbon intensity of the grid; the area's published mix when left out."""
    device_count: Annotated[int, Field(ge=1, le=100_000_000)] = 100
    """Devices in the field over which an on-device segment spreads."""
    devices_exist: bool = True
    """True: the devices are bought anyway and cost nothing more."""
    amortise_months: Annotated[int, Field(ge=1, le=120)] = 24
    """Months over which set-up work and bought machines are spread."""


class Assumed(Strict):
    """A field that stands in the file though no one knows it."""

    path: Annotated[str, Field(min_length=1, max_length=200)]
    """Where it stands: 'segments.ticket-triage.requests_per_month'."""
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    """Why it was taken so."""


class Workload(Strict):
    """All requests of a team, and what a plan for them must hold to."""

    version: Literal[1]
    """Version of this format."""
    name: Name
    """Name of the workload."""
    segments: Annotated[tuple[Segment, ...], Field(min_length=1, max_length=50)]
    """One entry a kind of request."""
    growth_per_month: Annotated[float, Field(ge=-0.5, le=1.0)] = 0.0
    """Growth of volume a month (0.03 is 3 %)."""
    horizon_months: Annotated[int, Field(ge=1, le=60)] = 12
    """Months the plan looks ahead; costs are the average month of it."""
    limits: Limits = Limits()
    """Limits of the whole plan."""
    objective: Objective = Objective(minimise="total_cost")
    """What the plan is best at."""
    confidence: Confident | Confidence = 0.9
    """Share of draws in which each limit must hold, within its tolerance; one number, or {quality: 0.9, times: 0.8}."""
    tolerance: Tolerance = Tolerance()
    """A quality floor holds when its mean reaches the bar and that share of draws reaches the bar less this; a time
    limit when its median holds and that share of draws holds it plus this. 0: that share at the limit itself."""
    materiality: Materiality = Materiality()
    """Of plans that cost about the same, the one with better quality, fewer parts, first-party offers and later
    retirement is taken; this says what 'about' is."""
    providers_in_contract: tuple[Name, ...] = ()
    """Providers whose contract is in place already: using them costs no new one."""
    assumptions: Assumptions = Assumptions()
    """Numbers that no one gave."""
    assumed: tuple[Assumed, ...] = ()
    """Fields of this file that are assumptions of what wrote it; listed before all others."""

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Workload":
        seen: set[str] = set()
        for segment in self.segments:
            if segment.name in seen:
                msg = f"two segments are named {segment.name!r}; allowed: unique names"
                raise ValueError(msg)
            seen.add(segment.name)
        return self

    @property
    def quality_confidence(self) -> float:
        """Share of draws in which quality floors must hold."""
        return self.confidence.quality if isinstance(self.confidence, Confidence) else self.confidence

    @property
    def times_confidence(self) -> float:
        """Share of draws in which time limits, machine load, budget and carbon must hold."""
        return self.confidence.times if isinstance(self.confidence, Confidence) else self.confidence

    def segment(self, name: str) -> Segment:
        """Segment of that name; KeyError if there is none."""
        for segment in self.segments:
            if segment.name == name:
                return segment
        raise KeyError(name)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the workload file."""
    return Workload.model_json_schema()
