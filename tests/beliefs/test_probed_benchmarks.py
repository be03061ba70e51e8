"""Three models asked on a benchmark that the fit never saw: what that says of all others, by their published scores.

Published scores stand for the share of acceptable answers; the three models' graded answers are drawn from theirs, 60
each. A benchmark is withheld with every release and copy of its task.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from planner.beliefs.evidence.item_outcomes import ItemOutcomes
from planner.beliefs.evidence.measured import SegmentMeasurement, SuiteAnswers
from planner.beliefs.quality.abilities import QualityBeliefs, fit_quality
from planner.beliefs.quality.cells import planned_effort
from planner.beliefs.quality.segment_quality import segment_quality
from planner.catalog.schema import Catalog
from planner.units import DRAW_COUNT, Floats, logistic, stream
from planner.workload.schema import Segment, TokenDistribution

ITEMS, ASKED, FEWEST, GROUPS = 60, 3, 12, 3
NONE = np.array([], dtype=np.int64)


class Published(NamedTuple):
    """Shares of models on one benchmark at the effort that a plan assumes, and the sd of their sampling."""

    model: list[str]
    share: Floats
    sd: Floats


class Errors(NamedTuple):
    """Of the models that were not asked."""

    before: Floats
    after: Floats
    inside: Floats
    """Whether the 90 % interval after asking held the published score."""


def _published(quality: QualityBeliefs, catalog: Catalog, name: str) -> Published:
    cells, number = quality.frame.cells, quality.benchmark_ids.index(name)
    benchmark, curated = catalog.benchmarks[name], len(quality.model_ids)
    found: dict[str, tuple[float, float]] = {}
    for row in np.flatnonzero(cells.benchmark == number).tolist():
        variant = cells.variant[row]
        if cells.model[variant] < curated:
            model = quality.model_ids[cells.model[variant]]
            if abs(cells.effort[variant] - planned_effort(catalog.models[model], benchmark.skill)) <= 0.3:
                found.setdefault(model, (cells.z[row], cells.sampling[row] * quality.fit.sampling_share[number]))
    z, variance = np.array(list(found.values())).reshape(-1, 2).T
    p = logistic(z)
    open_share = 1.0 - benchmark.chance
    return Published(list(found), benchmark.chance + open_share * p, np.sqrt(variance) * open_share * p * (1.0 - p))


def _without(catalog: Catalog, names: list[str]) -> Catalog:
    """The catalog without the benchmarks' tasks."""
    old = catalog.evidence
    tasks = {catalog.benchmarks[name].task or name for name in names}
    keep = [row for row, name in enumerate(old.benchmark) if (catalog.benchmarks[name].task or name) not in tasks]

    def kept(column: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(column[row] for row in keep)

    texts = ("row_id", "model", "raw_name", "variant", "benchmark", "date", "source")
    changed = {name: kept(getattr(old, name)) for name in texts}
    return replace(catalog, evidence=replace(old, **changed, score=old.score[keep], n=old.n[keep]))


def _withheld(quality: QualityBeliefs, catalog: Catalog) -> list[str]:
    """Every third benchmark that is scored as a share and of a task that no skill is anchored at."""
    anchors = {catalog.benchmarks[anchor.benchmark].task or anchor.benchmark for anchor in catalog.anchors.values()}
    usable = [
        name
        for name in sorted(quality.benchmark_ids)
        if catalog.benchmarks[name].link == "share" and (catalog.benchmarks[name].task or name) not in anchors
    ]
    some = [usable[place] for place in stream(5, "withheld").permutation(len(usable))[: len(usable) // GROUPS]]
    return [name for name in sorted(some) if len(_published(quality, catalog, name).model) >= FEWEST]


def _errors(fit: QualityBeliefs, catalog: Catalog, name: str, truth: Published) -> Errors:
    rng = stream(3, name)
    skill = catalog.benchmarks[name].skill
    usual = TokenDistribution(mean=300)
    segment = Segment(name="withheld", skill=skill, requests_per_month=1e4, input_tokens=usual, output_tokens=usual)
    order = rng.permutation(len(truth.model))
    asked, others = order[:ASKED], order[ASKED:]
    model, item = np.divmod(np.arange(ASKED * ITEMS), ITEMS)
    score = (rng.random(model.size) < truth.share[asked][model]).astype(float)
    answers = ItemOutcomes(tuple(truth.model[one] for one in asked), model, item + ITEMS * model, score, NONE, NONE)
    own = (SuiteAnswers("own", "plain", skill, None, None, ("r1",), "2026-11-24", answers),)
    rows = [fit.model_ids.index(truth.model[one]) for one in others]
    before = segment_quality(fit, catalog, segment).direct[rows]
    after = segment_quality(fit, catalog, segment, SegmentMeasurement(own=own)).direct[rows]
    share, sampling = truth.share[others], truth.sd[others, None] * rng.standard_normal((others.size, DRAW_COUNT))
    low, high = np.quantile(after + sampling, (0.05, 0.95), axis=1)
    inside = (share >= low) & (share <= high)
    return Errors(before.mean(axis=1) - share, after.mean(axis=1) - share, inside.astype(float))


@pytest.fixture(scope="module")
def errors(quality: QualityBeliefs, catalog: Catalog) -> dict[str, Errors]:
    names = _withheld(quality, catalog)
    rest = _without(catalog, names)
    fit = fit_quality(rest)
    return {name: _errors(fit, catalog, name, _published(quality, catalog, name)) for name in names}


def _rmse(parts: list[Floats]) -> float:
    return float(np.sqrt(np.mean(np.square(np.concatenate(parts)))))


def test_asking_three_models_cuts_the_error_of_all_others_by_a_third(errors: dict[str, Errors]) -> None:
    assert len(errors) >= 15
    assert sum(one.before.size for one in errors.values()) > 500
    assert _rmse([one.after for one in errors.values()]) < 0.65 * _rmse([one.before for one in errors.values()])


def test_asking_three_models_helps_on_nearly_every_benchmark(errors: dict[str, Errors]) -> None:
    better = [_rmse([one.after]) < _rmse([one.before]) + 0.01 for one in errors.values()]
    assert np.mean(better) >= 0.85


def test_intervals_of_the_others_hold_nine_in_ten(errors: dict[str, Errors]) -> None:
    by_benchmark = [one.inside.mean() for one in errors.values()]
    assert 0.82 <= np.mean(by_benchmark) <= 0.96
