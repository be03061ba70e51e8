"""The plan and the conflict: what planning answers. The Plan JSON (version 1) is these models, nothing else."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from planner.planning.certainty.records import CertaintyStep, Cliff, MeasuredFirst, TryFirst
from planner.planning.plan_html import conflict_html, plan_html

Class = Literal["measured", "published", "fitted", "simulated", "assumed"]


class Part(BaseModel):
    """Base of every part: frozen, no unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Figure(Part):
    """A number with its interval, its class and what it rests on."""

    mean: float
    low: float
    high: float
    level: float = 0.9
    """Level of the interval."""
    number_class: Class = "fitted"
    """measured, published, fitted, simulated or assumed."""
    evidence: tuple[str, ...] = ()
    """Ids of the plan's evidence list."""


class GateChoice(Part):
    """The gate of a cascade."""

    kind: str
    """What decides: 'answer log-probability'."""
    escalation_share: Figure
    strong_model: str
    strong_place: str
    auc: float
    strong_provider: str = ""
    strong_area: str = ""
    strong_offer_key: str = ""
    """litellm key of the strong model; '' for own machines."""
    strong_pool: str = ""
    """Id of the strong model's pool; '' for APIs."""


class OptionChoice(Part):
    """One way to serve a segment."""

    tier: Literal["specialist", "grounded", "generalist", "frontier"]
    model: str
    model_name: str
    technique: Literal["direct", "few_shot", "fine_tune", "rag", "rag+fine_tune"]
    serving: Literal["api", "self_hosted", "on_device"]
    place: str
    """What a person reads: 'Mistral · EU'."""
    provider: str
    area: str
    offer_key: str = ""
    """litellm key; '' for own machines."""
    pool: str = ""
    """Id of the pool; '' for APIs and devices."""
    gate: GateChoice | None = None
    licence: str = ""
    """Of the model: SPDX id or short name."""
    licence_kind: str = ""

    @property
    def label(self) -> str:
        """Short name: model, technique and, for a cascade, where it escalates."""
        technique = {
            "direct": "",
            "few_shot": " + examples",
            "fine_tune": ", fine-tuned",
            "rag": " + retrieval",
            "rag+fine_tune": ", fine-tuned + retrieval",
        }[self.technique]
        cascade = f" → {self.gate.strong_model.split('/')[-1]}" if self.gate else ""
        return f"{self.model_name}{technique}{cascade}"


class CostPart(Part):
    """One line of a segment's cost."""

    name: str
    """'input tokens', 'cached input', 'output tokens', 'hidden reasoning', 'retries', 'gate', 'GPU pool' ..."""
    monthly_usd: float
    number_class: Class
    evidence: tuple[str, ...] = ()
    how: str
    """The arithmetic in one line: '1,500,000 requests x 420 tokens x 0.10 USD per 1M'."""


class RunnerUp(Part):
    """The next best way to serve a segment, all other segments planned anew around it."""

    option: OptionChoice
    extra_cost_usd: float
    quality: Figure


class Relaxed(Part):
    """What relaxing one limit would change."""

    limit: str
    """Path in the workload: 'segments.ticket-triage.latency.ttft_p95_ms'."""
    from_value: str
    to_value: str
    saves_usd: float
    text: str
    """'600 USD a month less at a TTFT of 1.7 s instead of 1.5 s'."""


class Rival(Part):
    """An option that would have won in a share of the draws."""

    option: OptionChoice
    share: float


class NamedModel(Part):
    """A model the user named (today, prefer): always shown, with the reason where it fails."""

    model: str
    role: Literal["today", "prefer"]
    option: OptionChoice | None
    monthly_cost_usd: Figure | None
    quality: Figure | None
    fits: bool
    reason: str


class RetrievalShares(Part):
    """Where the questions end that need documents; the five shares add up to 1."""

    of_requests: float
    """Share of the segment's requests that need documents."""
    retrieved_right: Figure
    """Found, and right."""
    retrieved_wrong: Figure
    """Found, and wrong all the same."""
    right_from_memory: Figure
    """Not found, and right from what the model knows by heart."""
    declined: Figure
    """Not found, and declined."""
    invented: Figure
    """Not found, and answered with an invention."""
    answer_age_hours_mean: float
    """How far an answer lags behind its document on average, from the rhythm of indexing."""
    answer_age_hours_at_most: float
    outdated_share: float
    """Share of the corpus whose indexed text is behind its document at any time."""
    text: str


class FloorResolved(Part):
    """The model that a relative floor refers to, and the bar."""

    model: str
    value: float
    """Least acceptable quality, mean over the draws."""


class SegmentPlan(Part):
    """What serves one segment."""

    name: str
    skill: str
    requests_per_month: float
    option: OptionChoice
    monthly_cost_usd: Figure
    """Usage plus the segment's share of pools and components."""
    cost_per_request_usd: Figure
    cost_per_acceptable_answer_usd: Figure
    """Cost over acceptable answers; retries, escalations, hidden reasoning and the gate included."""
    quality: Figure
    quality_floor: float
    """Mean of the floor over the draws."""
    floor_text: str
    floor_resolved: FloorResolved | None = None
    """What a relative floor came to; put under `quality_floor.resolved` it pins the bar. None for an absolute floor."""
    ttft_p95_ms: Figure
    total_p95_ms: Figure
    meets: dict[str, float]
    """Limit to share of draws in which it holds: {'quality_floor': 0.97, 'latency.ttft_p95_ms': 1.0}."""
    meets_within_tolerance: dict[str, float] = {}
    """The same within the workload's tolerance, which is what decides."""
    binding: tuple[str, ...]
    """Limits that keep a cheaper option out."""
    why: str
    anchor: str
    anchor_kind: Literal["measured", "observed", "like", "usual"]
    cost_parts: tuple[CostPart, ...]
    runner_up: RunnerUp | None
    relaxed: tuple[Relaxed, ...]
    rivals: tuple[Rival, ...]
    named: tuple[NamedModel, ...]
    options_considered: int
    options_fitting: int
    task: str | None = None
    """What it asks within its skill, as stated or told by its samples."""
    retrieval: RetrievalShares | None = None
    """Where questions that need documents end; None where the option searches none."""
    novelty_cost: float | None = None
    """Share of acceptable answers that requests unlike anything seen cost this option."""


class Totals(Part):
    """The whole plan."""

    monthly_cost_usd: Figure
    """The bill: cash and people's hours."""
    cash_usd: Figure | None = None
    """The bill without people's hours."""
    errors_usd: Figure | None = None
    """error_cost_usd times wrong answers; beside the bill, never in it."""
    total_cost_usd: Figure | None = None
    """What is minimised: the bill, with the wrong answers where they count."""
    optimum_usd: float | None = None
    """Least that the objective can come to; the plan is within materiality of it."""
    materiality_usd: float = 0.0
    """Differences a month below this count as none."""
    quality: Figure
    """Share of acceptable answers over all requests."""
    cost_per_1000_requests_usd: Figure
    requests_per_month: float
    models: int
    providers: int
    carbon_kg_per_month: Figure
    energy_kwh_per_month: Figure | None = None
    """Electricity behind that carbon."""
    people_usd_per_month: float
    wrong_answer_cost_usd: Figure
    """The same as errors_usd, by its older name."""


class MissedLimit(Part):
    """A limit that a plan to compare with does not hold at the stated confidence."""

    segment: str
    """'' for a limit of the whole plan."""
    limit: str
    """Path: in the segment 'latency.ttft_p95_ms' or 'data.residency', of the whole plan 'limits.max_models'."""


class Baseline(Part):
    """A plan to compare with."""

    name: Literal["all_frontier", "all_small", "best_single", "today", "oracle"]
    label: str
    """'Everything on Claude Opus 5.5'."""
    model: str
    monthly_cost_usd: Figure | None
    quality: Figure | None
    saving_usd: Figure | None
    """Baseline minus plan, draw by draw."""
    fits: bool
    """Whether it holds every limit at the stated confidence."""
    misses: tuple[MissedLimit, ...] = ()
    """The limits that it does not hold."""
    note: str


class RetirementNote(Part):
    """A chosen offer that ends within the horizon, and what would follow it."""

    model: str
    model_name: str
    offer_key: str
    retires: str
    """ISO date."""
    segments: tuple[str, ...]
    successor: str = ""
    """The runner-up, where all of its segments have one; several in the order of the segments."""
    extra_cost_usd: float | None = None
    """What the successors cost more a month; None where one is missing."""


class FixedCost(Part):
    """A component paid once however many segments use it."""

    id: str
    label: str
    monthly_cost_usd: Figure
    segments: tuple[str, ...]
    note: str


class PoolPlan(Part):
    """A self-hosted pool."""

    id: str
    model: str
    gpu: str
    gpus_per_replica: int
    replicas: int
    precision: str
    provider: str
    area: str
    utilisation: Figure
    """Busy share at the busiest hour."""
    monthly_cost_usd: float
    segments: tuple[str, ...]
    sizing: tuple[str, ...]
    """Line by line, 'name: how it comes about': weights, cache, batch, speed, replicas, machines, money."""
    load_test: tuple[str, ...] = ()
    """Command lines that measure the same: the server's, then the load generator's for each kind of request."""


class BreakEvenNote(Part):
    """From which volume one segment is served cheaper on machines of one's own than by API."""

    segment: str
    state: Literal["reached", "not_reached", "not_verified", "no_api", "no_own"]
    """no_api: no API may serve it; no_own: no open model may."""
    own: str = ""
    """'Qwen3 8B, fine-tuned on 1x NVIDIA L40S · Nebius · EU'."""
    api: str = ""
    """'GPT-5.6 Luna at OpenAI · EU'."""
    planned_requests: float
    """Requests of an average month of the horizon."""
    requests: float | None = None
    """Median volume a month from which it stays cheaper."""
    low: float | None = None
    high: float | None = None
    """None with a `low`: in more than a twentieth of the draws it is not reached."""
    up_to: float | None = None
    """Largest volume that was looked at."""
    utilisation: Figure | None = None
    """Busy share of the paid hours at that volume."""
    text: str
    """The same as a sentence."""


class EvidenceItem(Part):
    """A fact that numbers of the plan rest on."""

    id: str
    what: str
    value: str
    number_class: Class
    source: str
    date: str
    url: str


class AssumptionItem(Part):
    """A number that no one gave."""

    path: str
    """Where it is changed: 'assumptions.engineer_hour_usd'."""
    value: str
    reason: str


class FrontPoint(Part):
    """One plan of the cost-quality front."""

    monthly_cost_usd: Figure
    quality: Figure
    models: tuple[str, ...]
    chosen: bool


class FirstStep(Part):
    """What to do first."""

    kind: Literal["probe", "limit", "anchor", "retirement"]
    text: str
    value_usd_per_month: float | None


class Plan(Part):
    """The answer: one option per segment, with evidence."""

    version: Literal[1] = 1
    planner_version: str
    workload_hash: str
    workload: dict[str, Any]
    """Copy of the workload as given."""
    catalog_version: str
    catalog_date: str
    seed: int
    status: Literal["optimal", "feasible"]
    mip_gap: float
    optimum_usd: float | None = None
    """Least that the objective can come to, before ties within materiality were settled."""
    rules_version: int = 1
    """Version of the rules by which limits hold and plans are compared: 1, a share of draws at the limit itself and the
    bill alone; 2, tolerances, total cost and materiality."""
    day: str = ""
    """The day that the plan is for, ISO; '' in older plans."""
    proof: Literal["optimal", "best_of_considered"] = "best_of_considered"
    """optimal: no allowed option at all makes a better plan; best_of_considered: none of those considered does."""
    answer: str
    """The first sentence of the home page."""
    segments: tuple[SegmentPlan, ...]
    totals: Totals
    baselines: tuple[Baseline, ...]
    fixed_costs: tuple[FixedCost, ...]
    pools: tuple[PoolPlan, ...]
    break_evens: tuple[BreakEvenNote, ...] = ()
    """One a segment; whole replicas, full cost of ownership."""
    retirements: tuple[RetirementNote, ...] = ()
    """Chosen offers that end within the horizon."""
    front: tuple[FrontPoint, ...] = ()
    first_steps: tuple[FirstStep, ...]
    evidence: tuple[EvidenceItem, ...]
    assumptions: tuple[AssumptionItem, ...]
    warnings: tuple[str, ...]
    certainty: tuple[CertaintyStep, ...] = ()
    """Cost at each confidence, the least sure first; empty where it was not asked for."""
    measured_first: MeasuredFirst | None = None
    """Probes that pay, and the expected cost afterwards."""
    try_first: TryFirst | None = None
    """The cheaper tools first, the safe ones where they fail."""
    cliffs: tuple[Cliff, ...] = ()
    """Limits at which the cost steps, the dearest first."""

    def _repr_html_(self) -> str:
        """The plan in a notebook."""
        return plan_html(self)


class LimitInConflict(Part):
    """One limit of the smallest set that cannot hold together."""

    limit: str
    """Path in the workload."""
    value: str
    best_reachable: str
    """'0.93 with openai/gpt-6-sol', with the other limits of the set held."""
    relax_to: str
    """Least change of this limit alone that frees the set; '' if none does."""
    confidence_reached: Annotated[float | None, Field(ge=0.0, le=1.0)] = None
    """Highest confidence at which the set can be shown to hold; None when no option can."""


class Conflict(Part):
    """The smallest set of limits that cannot hold together, and what to relax by how much."""

    version: Literal[1] = 1
    planner_version: str
    workload_hash: str
    catalog_version: str
    status: Literal["infeasible"] = "infeasible"
    kind: Literal["impossible", "not_shown"]
    """impossible: no option is likely to hold them; not_shown: one may, but not at the stated confidence yet."""
    segment: str
    """Segment the conflict lies in; '' when it is between segments."""
    limits: tuple[LimitInConflict, ...]
    text: str
    """The answer in one or two sentences."""
    probe: str
    """For not_shown: the probe that would settle it; '' otherwise."""
    accept_confidence: float | None
    """For not_shown: the confidence at which the plan would pass."""

    def _repr_html_(self) -> str:
        """The conflict in a notebook."""
        return conflict_html(self)


Outcome: TypeAlias = Plan | Conflict
