"""Segments proposed for traffic that no one labelled: by its words where prompts are kept, else by length, hour, model.

TF-IDF and truncated SVD (scikit-learn; nothing is downloaded), k-means with the number of groups that separates best.
Fitted on a sample; every request is then given to the nearest group, batch by batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import normalize

from planner.errors import InputError
from planner.logs.opening.engines import rows_of
from planner.logs.read import Log
from planner.logs.samples.texts import plain_prompt
from planner.terms import Skill
from planner.units import SEED, Floats, Ints
from planner.workload.samples import Sample
from planner.workload.skill_guess import guess_skill
from planner.workload.yaml_text import Said

_FITTED: Final = 4000
"""Requests that groups are fitted on."""
_MOST_GROUPS: Final = 8
_FEWEST: Final = 30
_DIMENSIONS: Final = 40
_READ_CHARACTERS: Final = 2000
_TOP_WORDS: Final = 3
_BATCH: Final = 50_000
_COLUMNS: Final = ("prompt", "input_tokens", "output_tokens", "model", "at_s")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposed segment."""

    name: str
    share: float
    """Of the sample."""
    skill: Skill | None
    """None where its prompts don't agree on one."""
    reason: str
    """What it is told by."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Proposed segments, and how a request is given to one."""

    proposals: tuple[Proposal, ...]
    assign: Callable[[Sequence[dict[str, Any]]], Ints]
    """Place of the proposal of each row."""


def propose_segments(log: Log) -> Groups:
    """Groups of a log's served requests; InputError with fewer than 30."""
    served = log.requests.filter(log.requests.kind == "served")
    columns = [name for name in _COLUMNS if name in served.columns]
    sampled = served.select(*columns, order=_order(served)).order_by("order").limit(_FITTED).drop("order")
    rows = rows_of(log.engine, sampled, log.source).to_pylist()
    if len(rows) < _FEWEST:
        found = Said(f"{len(rows)} served requests")
        raise InputError(log.source, "--cluster", found=found, allowed=f"at least {_FEWEST} to group")
    if "prompt" in log.given and sum(bool(row["prompt"]) for row in rows) > len(rows) / 2:
        return _by_words(rows)
    return _by_shape(rows)


def _order(table: Any) -> Any:  # noqa: ANN401 (Ibis)
    """A shuffle that is the same each time."""
    mixed = (
        table.input_tokens.cast("string") + "/" + table.at_s.cast("string") + "/" + table.output_tokens.cast("string")
    )
    return mixed.hash()


def _by_words(rows: Sequence[dict[str, Any]]) -> Groups:
    texts = [_words_of(row) for row in rows]
    vectors = TfidfVectorizer(sublinear_tf=True, max_features=5000, stop_words="english", min_df=2, max_df=0.9)
    try:
        counted = vectors.fit_transform(texts)
    except ValueError:  # too few words that repeat
        return _by_shape(rows)
    reduced = TruncatedSVD(min(_DIMENSIONS, counted.shape[1] - 1), random_state=SEED)
    places = normalize(reduced.fit_transform(counted))
    means = _best_groups(places)
    names = np.array(vectors.get_feature_names_out())

    def assign(some: Sequence[dict[str, Any]]) -> Ints:
        found = normalize(reduced.transform(vectors.transform([_words_of(row) for row in some])))
        return np.asarray(means.predict(found), dtype=np.int64)

    labels = np.asarray(means.labels_)
    proposals = []
    for group in range(means.n_clusters):
        mine = np.flatnonzero(labels == group)
        weights = np.asarray(counted[mine].mean(axis=0)).ravel() - np.asarray(counted.mean(axis=0)).ravel()
        words = [str(one) for one in names[np.argsort(-weights)[:_TOP_WORDS]]]
        guess = guess_skill([Sample(texts[place], None) for place in mine])
        reason = f"words {', '.join(words)}" + (f"; {guess.reason}" if guess else "")
        proposals.append(Proposal(" ".join(words), mine.size / labels.size, guess.skill if guess else None, reason))
    return Groups(_distinct(proposals), assign)


def _words_of(row: dict[str, Any]) -> str:
    return plain_prompt(row.get("prompt") or "")[:_READ_CHARACTERS]


def _by_shape(rows: Sequence[dict[str, Any]]) -> Groups:
    models = sorted({str(row["model"]) for row in rows if row["model"]})[:20]
    raw = _shape(rows, models)
    centre, scale = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-9)
    means = _best_groups((raw - centre) / scale)

    def assign(some: Sequence[dict[str, Any]]) -> Ints:
        return np.asarray(means.predict((_shape(some, models) - centre) / scale), dtype=np.int64)

    labels = np.asarray(means.labels_)
    proposals = []
    for group in range(means.n_clusters):
        mine = [rows[int(place)] for place in np.flatnonzero(labels == group)]
        typical = [float(np.median([row[name] or 0.0 for row in mine])) for name in ("input_tokens", "output_tokens")]
        named = [str(row["model"]) for row in mine if row["model"]]
        model = max(set(named), key=named.count) if named else ""
        name = f"{_size(typical[0])} in {_size(typical[1])} out {model}".strip()
        reason = f"about {typical[0]:,.0f} tokens in, {typical[1]:,.0f} out" + (f", mostly {model}" if model else "")
        proposals.append(Proposal(name, len(mine) / labels.size, None, reason))
    return Groups(_distinct(proposals), assign)


def _shape(rows: Sequence[dict[str, Any]], models: Sequence[str]) -> Floats:
    """Logarithms of the lengths, the hour of the day on a circle, and the model; shape (rows, 4 + models)."""
    lengths = np.log1p([[row["input_tokens"] or 0.0, row["output_tokens"] or 0.0] for row in rows])
    turn = 2 * np.pi * np.array([(row["at_s"] or 0.0) % 86_400 for row in rows]) / 86_400
    which = np.array([[float(row["model"] == one) for one in models] for row in rows]).reshape(len(rows), len(models))
    return np.column_stack([lengths, 0.3 * np.cos(turn), 0.3 * np.sin(turn), 0.5 * which])


def _size(tokens: float) -> str:
    return "short" if tokens < 300 else "middling" if tokens < 3000 else "long"


def _best_groups(places: Floats) -> KMeans:
    """K-means with the number of groups, two to eight, whose silhouette is best."""
    best: tuple[float, KMeans] | None = None
    for count in range(2, min(_MOST_GROUPS, places.shape[0] // 10) + 1):
        means = KMeans(count, n_init=4, random_state=SEED).fit(places)
        if len(set(means.labels_.tolist())) < 2:
            continue
        score = float(
            silhouette_score(places, means.labels_, sample_size=min(1500, places.shape[0]), random_state=SEED)
        )
        if best is None or score > best[0]:
            best = score, means
    return best[1] if best is not None else KMeans(1, n_init=1, random_state=SEED).fit(places)


def _distinct(proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """The proposals with names that differ."""
    seen: dict[str, int] = {}
    found = []
    for one in proposals:
        seen[one.name] = seen.get(one.name, 0) + 1
        found.append(one if seen[one.name] == 1 else replace(one, name=f"{one.name} {seen[one.name]}"))
    return tuple(found)


def with_groups(log: Log, groups: Groups) -> Log:
    """The log with every request in its proposed segment; prompts are left behind."""
    if log.engine.dialect.name != "duckdb":
        raise InputError("--cluster", "", found=Said(log.engine.dialect.name), allowed="--backend duckdb")
    source, target = log.engine.folder / "unlabelled.parquet", log.engine.folder / "grouped.parquet"
    log.engine.backend.to_parquet(log.requests, source)
    names = np.array([one.name for one in groups.proposals], dtype=object)
    with pq.ParquetFile(source) as file:
        kept = [name for name in file.schema_arrow.names if name not in {"prompt", "answer"}]
        columns = [name for name in _COLUMNS if name in file.schema_arrow.names]
        fields = [(name, pa.string() if name == "segment" else file.schema_arrow.field(name).type) for name in kept]
        schema = pa.schema(fields)
        with pq.ParquetWriter(target, schema) as writer:
            for batch in file.iter_batches(_BATCH):
                places = groups.assign(batch.select(columns).to_pylist())
                table = pa.Table.from_batches([batch]).select(kept)
                segment = pa.array(names[places].tolist(), type=pa.string())
                writer.write_table(table.set_column(kept.index("segment"), "segment", segment).cast(schema))
    source.unlink()
    return replace(
        log,
        requests=log.engine.backend.read_parquet(target),
        grouped_by="words of the prompts" if "prompt" in log.given else "length, hour and model",
    )
