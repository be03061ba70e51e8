"""The catalog with the scores that the user's store keeps: evidence like any other, with its own attribution."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from planner.catalog.evidence.evaluations import ARTIFICIAL_ANALYSIS, USER, load_evaluations
from planner.catalog.evidence.scores import Alias, load_aliases
from planner.catalog.model_names import KnownNames, join_name, known_names
from planner.catalog.prices.unlisted import unlisted_benchmark, unlisted_model
from planner.catalog.schema import Benchmark, Catalog, Evidence, Model, Source
from planner.resources import catalogs_dir
from planner.store.database.engine import Store, open_store
from planner.store.database.place import is_kept
from planner.store.evidence import kept_scores
from planner.store.learnable import scores_hash
from planner.store.records import EvidenceScore


def catalog_with_kept(catalog: Catalog, url: str) -> Catalog:
    """The catalog with the scores of the store at an address; itself when there is no store yet, and none is made."""
    if not is_kept(url):
        return catalog
    with open_store(url) as store:
        return catalog_of_store(catalog, store)


def catalog_of_store(catalog: Catalog, store: Store) -> Catalog:
    """The catalog with a store's scores added; itself when there are none.

    A benchmark named as in the catalog is that benchmark; another becomes one of the user's. The version changes with
    the scores.
    """
    scores = kept_scores(store)
    if not scores:
        return catalog
    names = known_names(catalog.models, load_aliases(catalogs_dir() / "aliases.csv"))
    evaluations = load_evaluations(catalogs_dir() / "artificial_analysis.csv").values()
    titles = {one.benchmark_id: f"{one.name}, by Artificial Analysis" for one in evaluations}
    return with_scores(catalog, scores, scores_hash(store), names, titles)


def with_scores(
    catalog: Catalog, scores: Sequence[EvidenceScore], content: str, names: KnownNames, titles: Mapping[str, str]
) -> Catalog:
    """The catalog with these scores as further evidence.

    Args:
        catalog: What is shipped.
        scores: What the store keeps.
        content: Their hash.
        names: Names that the catalog's models are known by.
        titles: Shown names of benchmarks by id, without the version of an index.
    """
    benchmarks = dict(catalog.benchmarks)
    models = dict(catalog.models)
    joined: list[Alias] = []
    for score in scores:
        alias = _model_of(score, names)
        joined.append(alias)
        if alias.model not in models:
            models[alias.model] = _new_model(alias.model, score)
        benchmark = _benchmark_id(score, catalog.benchmarks)
        benchmarks.setdefault(benchmark, _new_benchmark(benchmark, score, titles))
    version = hashlib.blake2b(f"{catalog.version} {content}".encode(), digest_size=6).hexdigest()
    evidence = _longer(catalog.evidence, scores, joined, [_benchmark_id(score, catalog.benchmarks) for score in scores])
    return replace(catalog, version=version, models=models, benchmarks=benchmarks, evidence=evidence)


def _model_of(score: EvidenceScore, names: KnownNames) -> Alias:
    """Model and variant of a score: of the catalog when its name is known, else the user's own."""
    if score.connector == ARTIFICIAL_ANALYSIS:
        return Alias(score.model, score.variant)
    known = join_name(names, score.model)
    if known is not None:
        return Alias(known.model, score.variant or known.variant)
    maker = score.maker or (score.model.split("/", 1)[0] if "/" in score.model else USER)
    return Alias(f"{maker}/{score.model.rsplit('/', 1)[-1]}".lower(), score.variant)


def _benchmark_id(score: EvidenceScore, benchmarks: Mapping[str, Benchmark]) -> str:
    known = score.benchmark in benchmarks or score.connector == ARTIFICIAL_ANALYSIS
    return score.benchmark if known else f"{USER}:{score.benchmark}"


def _new_model(model_id: str, score: EvidenceScore) -> Model:
    """A model of the user's: believed in, shown, and never planned with, since nothing says who serves it."""
    params_b = (score.total_params_b, score.active_params_b)
    source = Source(score.source, score.fetched.date(), "known by the scores that you keep alone")
    made = unlisted_model(model_id, score.model, score.family, score.released, params_b, source)
    return replace(made, open_weights=False)


def _new_benchmark(benchmark_id: str, score: EvidenceScore, titles: Mapping[str, str]) -> Benchmark:
    source = Source(score.source, score.fetched.date())
    title = titles.get(benchmark_id) or titles.get(benchmark_id.rsplit("-v", 1)[0]) or score.benchmark
    return unlisted_benchmark(benchmark_id, title, score.skill, score.unit, score.chance, source)


def _longer(
    old: Evidence, scores: Sequence[EvidenceScore], joined: Sequence[Alias], benchmarks: Sequence[str]
) -> Evidence:
    """The evidence with one row more for each score, named by where it comes from and its place there."""
    places: dict[str, int] = {}
    row_ids: list[str] = []
    for score in scores:
        origin = score.connector if score.connector != USER else f"{USER}:{score.source}"
        places[origin] = places.get(origin, 0) + 1
        row_ids.append(f"{origin}#{places[origin]}")
    # The user's own come first: a list that shows only so many rows shows these.
    return Evidence(
        row_id=(*row_ids, *old.row_id),
        model=(*(alias.model for alias in joined), *old.model),
        raw_name=(*(score.model for score in scores), *old.raw_name),
        variant=(*(alias.variant for alias in joined), *old.variant),
        benchmark=(*benchmarks, *old.benchmark),
        score=np.concatenate(([score.score for score in scores], old.score)),
        n=np.concatenate(([np.nan if score.n is None else score.n for score in scores], old.n)),
        date=(*((score.measured or score.fetched.date()).isoformat() for score in scores), *old.date),
        source=(*(score.source for score in scores), *old.source),
    )
