"""Retrieval settings and tuning jobs in a form of our own, Prometheus' rules and scrape settings in its."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Written(BaseModel):
    """A part that is written: frozen, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbedderChoice(Written):
    """What turns text into vectors."""

    id: str
    litellm_model: str | None = None
    """None: open weights on own machines."""
    dimensions: int | None = None
    max_input_tokens: int | None = None
    licence: str


class StoreChoice(Written):
    """Where the vectors lie."""

    id: str
    name: str
    kind: str
    leaves_premises: bool


class Chunking(Written):
    """How documents are cut."""

    tokens: Annotated[int, Field(ge=1)]
    overlap_tokens: Annotated[int, Field(ge=0)]


class Ingestion(Written):
    """How much is indexed, once and each month."""

    corpus_tokens: float
    changed_tokens_per_month: float
    index_gigabytes: float


class RetrievalSettings(Written):
    """Retrieval of one segment."""

    version: Literal[1] = 1
    segment: str
    embedder: EmbedderChoice
    store: StoreChoice
    collection: str
    chunking: Chunking
    passages_per_request: Annotated[int, Field(ge=1)]
    ingestion: Ingestion
    residency: tuple[str, ...] | None = None
    may_leave_premises: bool


class LoraSettings(Written):
    """An adapter's shape: what the plan's cost of tuning assumes."""

    rank: int = 16
    target_modules: Literal["all-linear"] = "all-linear"


class TuningJob(Written):
    """One fine-tuning job, for one's own trainer or a provider's."""

    version: Literal[1] = 1
    segment: str
    base_model: str
    served_as: str
    where: str
    method: Literal["LoRA", "full", "provider"]
    lora: LoraSettings | None = None
    labelled_examples: int
    train_share: float = 0.9
    epochs: int
    training_tokens: float
    retrain_per_year: float
    training_file: str
    validation_file: str
    accept_when: str
    expected_job_usd: float | None = None


class Rule(Written):
    """One alert."""

    alert: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    expr: str
    for_: Annotated[str, Field(serialization_alias="for")]
    labels: dict[str, str]
    annotations: dict[str, str]


class Group(Written):
    """Alerts of one subject."""

    name: str
    interval: str = "1m"
    rules: tuple[Rule, ...]


class Rules(Written):
    """Prometheus' rule file."""

    groups: tuple[Group, ...]


class Target(Written):
    """Addresses of one scrape job."""

    targets: tuple[str, ...]


class Scrape(Written):
    """What Prometheus reads."""

    job_name: str
    metrics_path: str
    static_configs: tuple[Target, ...]


class Prometheus(Written):
    """prometheus.yaml."""

    global_: Annotated[dict[str, str], Field(serialization_alias="global")]
    rule_files: tuple[str, ...]
    scrape_configs: tuple[Scrape, ...]
