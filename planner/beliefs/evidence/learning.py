"""From the store to what beliefs learn from: graded answers by suite, comparisons, times.

Repeats of an item, and a stored answer that another run reuses, are one answer: their scores are averaged, so that
asking the same question again at temperature 0 doesn't count as knowing more. Items of one document share its
difficulty. Models that the catalog doesn't know move no belief.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from planner.beliefs.evidence.item_outcomes import ItemOutcomes
from planner.beliefs.evidence.measured import NOTHING, Measured, SuiteAnswers, TimedAnswer
from planner.catalog.schema import Catalog
from planner.store.database.engine import Store, open_store
from planner.store.database.place import is_kept
from planner.store.grades import preferences_of
from planner.store.learnable import answers_for_learning, latency_samples, measured_hash
from planner.store.records import GradedAnswer, Preference, Run
from planner.store.runs import list_runs

_Key = tuple[str, str, str, str, str]
"""Suite, condition, skill, workload, segment; '' for a suite of its skill in general."""


@dataclass(slots=True)
class _Part:
    """Answers of one suite under one condition, as they come in."""

    scores: dict[tuple[str, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    """By model, cluster and item."""
    wins: list[tuple[str, str, float]] = field(default_factory=list)
    """Winner, loser and weight; a tie is half a win each way."""
    runs: dict[str, str] = field(default_factory=dict)
    """Day of each run."""


def learn_from(url: str, catalog: Catalog) -> Measured:
    """What the store at an address holds for the beliefs; nothing when there is no store yet, and none is made."""
    if not is_kept(url):
        return NOTHING
    with open_store(url) as store:
        return learn(store, catalog)


def learn(store: Store, catalog: Catalog) -> Measured:
    """What a store holds for the beliefs, in an order that does not depend on the database."""
    runs = {run.id: run for run in list_runs(store)}
    if not runs:
        return NOTHING
    parts: dict[_Key, _Part] = defaultdict(_Part)
    for graded in answers_for_learning(store):
        _add_answer(parts, graded, catalog)
    for run in runs.values():
        _add_preferences(parts, run, preferences_of(store, run.id), catalog)
    return Measured(
        version=measured_hash(store),
        suites=tuple(_suite(key, parts[key]) for key in sorted(parts)),
        times=_times(store, catalog),
    )


def _known(run: Run, name: str, catalog: Catalog) -> str | None:
    """Catalog id of a model by the name it has in a run."""
    target = next((one for one in run.targets if one.name == name), None)
    model = None if target is None else target.catalog_model
    return model if model in catalog.models else None


def _key(run: Run, condition: str) -> _Key:
    return run.suite, condition, run.skill, run.workload or "", run.segment or ""


def _add_answer(parts: dict[_Key, _Part], graded: GradedAnswer, catalog: Catalog) -> None:
    run, attempt = graded.run, graded.attempt
    model = _known(run, attempt.model, catalog)
    if model is None or run.kind != "probe":
        return
    part = parts[_key(run, attempt.condition)]
    part.scores[model, attempt.cluster, attempt.item].append(graded.score)
    part.runs[run.id] = run.created.date().isoformat()


def _add_preferences(parts: dict[_Key, _Part], run: Run, preferences: Iterable[Preference], catalog: Catalog) -> None:
    """Comparisons count in the condition that they state, those that state none in the run's first."""
    for preference in preferences:
        winner, loser = (_known(run, name, catalog) for name in (preference.winner, preference.loser))
        if winner is None or loser is None or winner == loser:
            continue
        key = next((key for key in sorted(parts) if key == _key(run, key[1])), _key(run, "plain"))
        if preference.condition:
            key = _key(run, preference.condition)
        ways = ((winner, loser, 0.5), (loser, winner, 0.5)) if preference.tied else ((winner, loser, 1.0),)
        parts[key].wins.extend(ways)
        parts[key].runs[run.id] = run.created.date().isoformat()


def _suite(key: _Key, part: _Part) -> SuiteAnswers:
    suite, condition, skill, workload, segment = key
    return SuiteAnswers(
        suite=suite,
        condition=condition,
        skill=skill,
        workload=workload or None,
        segment=segment or None,
        runs=tuple(sorted(part.runs)),
        date=max(part.runs.values()),
        outcomes=_outcomes(part),
    )


def _outcomes(part: _Part) -> ItemOutcomes:
    """Answers as arrays; models, items and documents numbered in alphabetical order."""
    asked = sorted(part.scores)
    models = tuple(sorted({model for model, _, _ in asked} | {name for pair in part.wins for name in pair[:2]}))
    model_row = {name: number for number, name in enumerate(models)}
    cluster_row = {name: number for number, name in enumerate(sorted({cluster for _, cluster, _ in asked}))}
    wins = sorted(part.wins)
    return ItemOutcomes(
        models=models,
        model=np.array([model_row[model] for model, _, _ in asked], dtype=np.int64),
        item=np.array([cluster_row[cluster] for _, cluster, _ in asked], dtype=np.int64),
        score=np.array([float(np.mean(part.scores[one])) for one in asked], dtype=np.float64),
        winner=np.array([model_row[winner] for winner, _, _ in wins], dtype=np.int64),
        loser=np.array([model_row[loser] for _, loser, _ in wins], dtype=np.int64),
        weight=np.array([weight for _, _, weight in wins], dtype=np.float64),
    )


def _times(store: Store, catalog: Catalog) -> tuple[TimedAnswer, ...]:
    found: list[TimedAnswer] = []
    for run, attempt in latency_samples(store):
        model = _known(run, attempt.model, catalog)
        target = next((one for one in run.targets if one.name == attempt.model), None)
        if model is None or target is None or attempt.ttft_ms is None or attempt.total_ms is None:
            continue
        found.append(
            TimedAnswer(
                model=model,
                provider=target.provider,
                input_tokens=attempt.prompt_tokens or 0,
                output_tokens=attempt.completion_tokens or 0,
                reasoning_tokens=attempt.reasoning_tokens or 0,
                ttft_ms=attempt.ttft_ms,
                total_ms=attempt.total_ms,
                skill=run.skill,
                kind=run.kind,
                day=attempt.sent.date(),
                reasoning_streamed=attempt.reasoning_streamed,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.model, one.provider, one.ttft_ms, one.total_ms)))
