"""Published measurements of techniques: tuned models, labels, retrieval, cascades, quantisation, sizes, caches.

The tables of catalogs/techniques hold what the priors of class 'fitted' are fitted from, in
planner.beliefs.techniques.fits; no plan reads them: the fits, the back-tests and the tests alone load them.
Every row names a source of sources.csv. A row that is carried but not believed has its reason in the column `doubt`,
and no fit uses it.

Left out of the tables altogether, with the reason: domain pre-training and tuning on raw text (no labels, another
question); contract clauses tuned on too few examples (scores at chance, no reference model); text classifiers below
1B other than the one with all labels; long-context scores shown as retrieval; averages over seven question sets (the
sets are rows themselves); BM25 on TriviaQA a second time (same run); quantised perplexities and one unnamed
scoreboard (no task score, no repository); mixed-precision recipes that nothing here plans; the three Llama 3.1
models where a vendor's blog repeats the model card; expiry of an hour on a trace that is no longer than that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.catalog.files import check_range, index_rows, load_csv_rows, parse_rows
from planner.catalog.schema import Source
from planner.errors import InputError
from planner.resources import catalogs_dir

TunedKind: TypeAlias = Literal[
    "closed_label",
    "open_label",
    "extraction",
    "structured",
    "reading",
    "knowledge",
    "reasoning",
    "math",
    "coding",
    "size_series",
]
SizeSkill: TypeAlias = Literal[
    "knowledge",
    "facts",
    "expert",
    "math",
    "coding",
    "reasoning",
    "chat",
    "translation",
    "tools",
    "reading",
    "retrieval",
    "easy_choice",
]


@dataclass(frozen=True, slots=True)
class TechniqueSource:
    """One paper, repository or page that rows come from."""

    id: str
    source: Source
    licence: str


@dataclass(frozen=True, slots=True)
class TunedLevel:
    """A tuned model beside a frontier model that was only prompted, on one task; scores are shares."""

    source_id: str
    task: str
    kind: TunedKind
    metric: Literal["accuracy", "rouge", "pass_at_1", "one_minus_error"]
    model: str
    params_b: float
    tuned: float
    frontier: float
    labels: float | None = None
    """Labelled examples, where the source states them."""
    base: float | None = None
    """The same model before tuning."""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class LabelPoint:
    """Score after tuning on a number of labels, or one of the marks beside that curve."""

    source_id: str
    task: str
    model: str
    measure: Literal["accuracy", "loss"]
    role: Literal["tuned", "base", "frontier", "majority", "ceiling"]
    score: float
    labels: float | None = None
    """None for the ceiling: a model tuned on all tasks together."""


@dataclass(frozen=True, slots=True)
class RagScore:
    """One reader with its memory alone, with retrieved passages and with the right passage; shares."""

    source_id: str
    dataset: str
    kind: Literal["single_hop", "multi_hop", "long_tail", "multiple_choice"]
    metric: Literal["exact_match", "contains", "accuracy"]
    model: str
    retriever: str
    closed_book: float
    rag: float | None = None
    gold: float | None = None
    recall: float | None = None
    """Share of questions whose evidence was among the passages, where the source states it."""


@dataclass(frozen=True, slots=True)
class RecallScore:
    """Share of questions with an answer among k passages (NQ, TriviaQA), or of relevant passages found (BEIR)."""

    source_id: str
    dataset: str
    retriever: str
    kind: Literal["bm25", "dense", "hybrid"]
    k: float
    recall: float


@dataclass(frozen=True, slots=True)
class CascadePair:
    """A weak and a strong model that answered the same questions, and the cascade of the two where it was run."""

    source_id: str
    dataset: str
    weak: str
    strong: str
    questions: float
    weak_accuracy: float
    strong_accuracy: float
    rescued: float
    """P(strong right | weak wrong)."""
    phi: float
    """Correlation of the two being right."""
    auc: float | None = None
    """Of the weak model's log-probability as a sign that it is wrong; mean over tasks."""
    apgr: float | None = None
    cpt50: float | None = None
    """Share of strong calls that recovers half of the gap."""
    cpt80: float | None = None
    cpt95: float | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Accuracy of a cascade at one escalation share."""

    source_id: str
    weak: str
    strong: str
    escalated: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class RouterScore:
    """A published router: area under its curve and the share of strong calls for 50 and 80 % of the gap."""

    source_id: str
    dataset: str
    labels: Literal["none", "in_domain", "judge", "other_pair"]
    """What the router was trained on beyond chat comparisons."""
    router: str
    weak: str
    strong: str
    apgr: float
    cpt50: float
    cpt80: float


@dataclass(frozen=True, slots=True)
class JointOutcomes:
    """How many questions of one subject both models, one of them or neither answered rightly."""

    source_id: str
    dataset: str
    subject: str
    weak: str
    strong: str
    both: int
    only_weak: int
    only_strong: int
    neither: int


@dataclass(frozen=True, slots=True)
class QuantisedScore:
    """One model's score in 16 bits and quantised; shares."""

    source_id: str
    model: str
    params_b: float
    form: Literal["fp8", "int8", "grouped", "per_channel", "k_quant", "nvfp4", "mxfp4"]
    method: str
    bits: int
    metric: str
    full: float
    quantised: float


@dataclass(frozen=True, slots=True)
class SizeScore:
    """One model's score on one benchmark; families are series that differ in size alone."""

    source_id: str
    family: str
    stage: Literal["base", "instruct"]
    model: str
    params_b: float
    skill: SizeSkill
    benchmark: str
    score: float
    chance: float
    active_params_b: float | None = None
    """Given for mixtures of experts."""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class CacheScore:
    """What a cache served: share of tokens (prefix) or of requests (semantic)."""

    source_id: str
    kind: Literal["prefix", "semantic"]
    workload: str
    measure: Literal["token_hit", "hit", "wrong", "wrong_bound"]
    value: float
    expiry_s: float | None = None
    capacity_mtok: float | None = None


@dataclass(frozen=True, slots=True)
class TechniqueTables:
    """Every table, rows in file order."""

    sources: dict[str, TechniqueSource]
    tuned: tuple[TunedLevel, ...]
    labels: tuple[LabelPoint, ...]
    rag: tuple[RagScore, ...]
    recall: tuple[RecallScore, ...]
    pairs: tuple[CascadePair, ...]
    curves: tuple[CurvePoint, ...]
    routers: tuple[RouterScore, ...]
    joint: tuple[JointOutcomes, ...]
    quantised: tuple[QuantisedScore, ...]
    sizes: tuple[SizeScore, ...]
    caching: tuple[CacheScore, ...]
    facts: tuple[TechniqueFact, ...] = ()
    """Facts of any technique, in the shape that forecasts read."""


Row = TypeVar(
    "Row",
    TunedLevel,
    LabelPoint,
    RagScore,
    RecallScore,
    CascadePair,
    CurvePoint,
    RouterScore,
    JointOutcomes,
    QuantisedScore,
    SizeScore,
    CacheScore,
    TechniqueFact,
)
_SHARES: Final[dict[str, tuple[str, ...]]] = {
    "tuned_levels.csv": ("tuned", "frontier", "base"),
    "rag.csv": ("closed_book", "rag", "gold", "recall"),
    "recall.csv": ("recall",),
    "cascade_pairs.csv": ("weak_accuracy", "strong_accuracy", "rescued", "auc", "apgr", "cpt50", "cpt80", "cpt95"),
    "cascade_curves.csv": ("escalated", "accuracy"),
    "routers.csv": ("apgr", "cpt50", "cpt80"),
    "quantised.csv": ("full", "quantised"),
    "sizes.csv": ("score", "chance"),
    "caching.csv": ("value",),
    "facts.csv": ("score", "base", "reference", "recall", "share"),
}
_SIZES: Final = ("params_b", "active_params_b", "k", "questions", "n", "bits", "expiry_s", "capacity_mtok")
_COUNTS: Final = ("both", "only_weak", "only_strong", "neither")
_RANGES: Final = dict.fromkeys(_SIZES, (1e-6, 1e9)) | dict.fromkeys(_COUNTS, (0.0, 1e9))
"""What a field of that name may hold, in whichever table it stands."""


def load_techniques(folder: Path | None = None) -> TechniqueTables:
    """All tables of the folder, by default the shipped ones.

    Raises:
        InputError: A file cannot be read, a row has no source of sources.csv, or a share lies outside 0 to 1.
    """
    where = folder or catalogs_dir() / "techniques"
    path = where / "sources.csv"
    sources = index_rows(path, parse_rows(path, load_csv_rows(path), TechniqueSource))

    def rows(name: str, kind: type[Row]) -> tuple[Row, ...]:
        found = parse_rows(where / name, load_csv_rows(where / name), kind, "source_id")
        _check(name, found, sources)
        return found

    return TechniqueTables(
        sources=sources,
        tuned=rows("tuned_levels.csv", TunedLevel),
        labels=rows("label_curves.csv", LabelPoint),
        rag=rows("rag.csv", RagScore),
        recall=rows("recall.csv", RecallScore),
        pairs=rows("cascade_pairs.csv", CascadePair),
        curves=rows("cascade_curves.csv", CurvePoint),
        routers=rows("routers.csv", RouterScore),
        joint=rows("joint_outcomes.csv", JointOutcomes),
        quantised=rows("quantised.csv", QuantisedScore),
        sizes=rows("sizes.csv", SizeScore),
        caching=rows("caching.csv", CacheScore),
        facts=rows("facts.csv", TechniqueFact),
    )


def _check(name: str, rows: Sequence[Row], sources: dict[str, TechniqueSource]) -> None:
    """Every row has a known source, shares from 0 to 1, sizes above 0 and counts of at least 0."""
    file = f"techniques/{name}"
    for number, row in enumerate(rows, start=1):
        if row.source_id not in sources:
            allowed = "an id of techniques/sources.csv"
            raise InputError(file, f"row {number}: source_id", found=row.source_id, allowed=allowed)
        for field in _SHARES.get(name, ()):
            check_range(file, f"row {number}: {field}", getattr(row, field), 0.0, 1.0)
        for field, (low, high) in _RANGES.items():
            check_range(file, f"row {number}: {field}", getattr(row, field, None), low, high)
