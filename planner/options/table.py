"""Every allowed way to serve a segment, column by column: N options, S draws. Arrays, not objects in loops."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from planner.beliefs.cost.lines import CostLine, Formula
from planner.beliefs.evidence.measured import RunUse
from planner.beliefs.techniques.outcomes import Outcomes
from planner.beliefs.techniques.transforms import TECHNIQUES, Technique
from planner.units import Draws, Ints

__all__ = [
    "SERVINGS",
    "TECHNIQUES",
    "TIERS",
    "AnchorUse",
    "Component",
    "ComponentKind",
    "Exclusion",
    "OptionTable",
    "Options",
    "Place",
    "Pool",
    "RetirementWarning",
    "Serving",
    "Technique",
    "Tier",
    "UsageLines",
]

Tier: TypeAlias = Literal["specialist", "grounded", "generalist", "frontier"]
TIERS: Final[tuple[Tier, ...]] = ("specialist", "grounded", "generalist", "frontier")
UsageLines: TypeAlias = Callable[[int], tuple[CostLine, ...]]
Serving: TypeAlias = Literal["api", "self_hosted", "on_device"]
SERVINGS: Final[tuple[Serving, ...]] = ("api", "self_hosted", "on_device")
ComponentKind: TypeAlias = Literal[
    "provider",
    "fine_tune",
    "rag_index",
    "vector_store",
    "self_hosted_stack",
    "self_hosted_model",
    "adapter_pool",
    "few_shot",
    "gate",
    "device_fleet",
    "spare_replica",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model runs for an option: an API offer, a pool of GPUs, or devices."""

    serving: Serving
    label: str
    """What a person reads: 'Mistral · EU', '1x L40S · Nebius · EU', 'phone'."""
    provider: str
    """Provider id; 'own' for own machines and devices."""
    area: str
    offer_key: str
    """litellm key for APIs, '' otherwise."""
    detail: str
    """Precision and engine for own machines; '' for APIs."""


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A part that is set up and kept up once however many segments use it: a tuned model, an index, a contract."""

    id: str
    """'provider:openai', 'fine_tune:meta/llama-3.1-8b:ticket-triage', 'rag_index:policies', 'self_hosted_stack'."""
    kind: ComponentKind
    label: str
    monthly_usd: Draws
    """All of it in a month (services, amortised set-up, people), shape (S,)."""
    people_usd: float
    """Of which people's hours, mean."""
    formula: Formula
    """Comes to the mean of `monthly_usd`, but for the rounding of the printed numbers."""
    about: str
    """What the formula does not say; '' for nothing."""
    source_ids: tuple[str, ...]
    """Evidence: prior ids and catalog sources."""

    @property
    def note(self) -> str:
        """How the figure comes about, one line."""
        return "; ".join(text for text in (self.formula.text, self.about) if text)


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Replicas of one model on one GPU set-up, shared by segments; whole replicas only."""

    id: str
    """'meta/llama-3.1-8b@1xL40S/fp8@nebius-eu'."""
    model: str
    gpu: str
    gpus_per_replica: int
    precision: str
    provider: str
    area: str
    usd_per_replica_month: float
    max_replicas: int
    min_replicas: int
    """What its load alone needs at least."""
    carbon_kg_per_replica_month: float
    sizing: tuple[str, ...]
    """Sizing line by line, for the report."""
    source_ids: tuple[str, ...]
    spare_replicas: int = 0
    """Replicas beyond what the load needs, paid as a component of the pool."""


@dataclass(frozen=True, slots=True, eq=False)
class OptionTable:
    """All allowed options of one segment."""

    segment: str
    floor: Draws
    """Least acceptable quality in each draw, shape (S,): constant, or the share of the reference model's quality."""
    floor_text: str
    """'at least 0.90' or 'at least 95 % as good as openai/gpt-6-sol'."""
    model_ids: tuple[str, ...]
    """Models that the index columns point into."""
    places: tuple[Place, ...]
    model: Ints
    """(N,) index into model_ids; for a cascade, the first, small model."""
    technique: Ints
    """(N,) index into TECHNIQUES."""
    tier: Ints
    """(N,) index into TIERS."""
    place: Ints
    """(N,) index into places."""
    strong_model: Ints
    """(N,) model a cascade escalates to; -1: no cascade."""
    strong_place: Ints
    """(N,) where that model runs; -1: no cascade."""
    pool: Ints
    """(N,) index into Options.pools; -1: no pool."""
    component_set: Ints
    """(N,) index into component_sets."""
    component_sets: tuple[tuple[int, ...], ...]
    """Sets of indices into Options.components."""
    escalation_share: Draws
    """(N, S) share of requests passed on; 0 where no cascade."""
    gate_threshold: Draws
    """(N,) planned escalation share of the gate; 0 where no cascade."""
    quality: Draws
    """(N, S) share of acceptable answers."""
    usage_usd: Draws
    """(N, S) USD a month that grows with requests: tokens, retries, gate calls, retrieval; no pools, no components."""
    pool_load: Draws
    """(N, S) replicas' worth of work at the busiest hour, before the utilisation cap; 0 without a pool."""
    ttft_p95_ms: Draws
    """(N, S) at the busiest hour."""
    total_p95_ms: Draws
    """(N, S) at the busiest hour."""
    carbon_kg: Draws
    """(N, S) a month, pools apart."""
    lines: UsageLines
    """Usage of a row, line by line: the rates that priced it; the lines sum to `usage_usd` draw by draw."""
    floor_model: int = -1
    """Row of the model that the floor refers to; -1 for an absolute floor."""
    doubts: "Doubts | None" = None
    """What moves the qualities, where it is known."""

    @property
    def size(self) -> int:
        """Number of options, N."""
        return int(self.model.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Doubts:
    """Standard normals that move the qualities of a segment's options: what can be integrated in closed form."""

    own: Draws
    """(M, S) of each of the table's models by itself."""
    difficulty: Draws
    """(S,) shared by all."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a model (or one of its ways) is not among a segment's options."""

    segment: str
    model: str
    """Model id; '*' when every model is concerned."""
    serving: str
    """'api', 'self_hosted', 'on_device' or 'any'."""
    place: str
    """Offer key or GPU set-up; '' for all."""
    limit: str
    """Field of the workload behind it: 'data.residency', 'context_p99_tokens', 'modalities', 'retired' ..."""
    reason: str
    """One sentence for a person."""
    technique: str = ""
    """The technique that is out; '' when every technique is."""


@dataclass(frozen=True, slots=True)
class AnchorUse:
    """What fixes a segment's difficulty."""

    segment: str
    kind: Literal["measured", "observed", "like", "usual"]
    benchmark: str
    """Benchmark id; '' when observed."""
    text: str
    """One sentence: 'taken to be about as hard as LiveBench table reformat (the usual anchor of extraction)'."""
    evidence_rows: int
    runs: tuple[RunUse, ...] = ()
    """Runs of probes that moved its quality."""
    probed: tuple[str, ...] = ()
    """Models whose own answers to its samples were graded."""


@dataclass(frozen=True, slots=True)
class RetirementWarning:
    """A model that retires within the horizon."""

    model: str
    offer_key: str
    retires: str
    """ISO date."""


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """All segments' options and what they share."""

    tables: tuple[OptionTable, ...]
    """In the order of the workload's segments."""
    components: tuple[Component, ...]
    pools: tuple[Pool, ...]
    exclusions: tuple[Exclusion, ...]
    anchors: tuple[AnchorUse, ...]
    retirements: tuple[RetirementWarning, ...]
    outcomes: tuple[Outcomes, ...] = ()
    """In the order of the segments: what one figure of quality does not say."""
    first_party: frozenset[tuple[str, str]] = frozenset()
    """(maker, provider) of those who sell their own models."""
    least_machine_usd: float = 0.0
    """No pool that was not considered costs less a month; infinite where no machine may serve any segment."""
    day: str = ""
    """The day that the options are of, ISO."""
