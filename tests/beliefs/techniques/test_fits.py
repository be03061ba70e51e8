"""The fitted priors against the published measurements, cascades against published curves, and the back-test."""

import numpy as np
import pytest

from planner.beliefs.backtest.techniques import validate_techniques
from planner.beliefs.techniques.cascades import (
    apgr,
    auc_from_apgr,
    calls_for_gap,
    cascade_curve,
    cascade_grid,
    cascade_pays,
    correlation_of,
    curve_error,
    fit_correlation,
    fit_gate_auc,
    implied_correlation,
    published_cases,
    published_curves,
    rescued_share,
    router_pair,
    share_for_quality,
)
from planner.beliefs.techniques.fits import RefitRow, refit_priors
from planner.beliefs.techniques.pooling import pool, source_weights, weighted_line
from planner.beliefs.techniques.published.tuned import label_share
from planner.beliefs.techniques.retrieval_fits import fit_reader_slope
from planner.beliefs.techniques.segment_retrieval import READER_SLOPE
from planner.beliefs.techniques.segment_tuning import TUNED_MODEL_SD
from planner.beliefs.techniques.tuning_fits import fit_gain_share, fit_tuned_model_sd
from planner.catalog.evidence.published_facts import published_facts
from planner.catalog.evidence.techniques import CascadePair, TechniqueTables, load_techniques
from planner.catalog.schema import Catalog
from planner.units import logit

COVERED = ("fine_tune.level", "fine_tune.gain", "fine_tune.alpha", "gate", "quantisation", "size_slope", "rag.")
NOT_IN_THE_TABLES = {"rag.unsupported_claims", "rag.invented", "rag.refused"}
"""Fitted from the hallucination ratings of catalogs/evidence, which must count once, and from abstention.csv."""


@pytest.fixture(scope="module")
def tables() -> TechniqueTables:
    return load_techniques()


@pytest.fixture(scope="module")
def refits(tables: TechniqueTables) -> dict[str, RefitRow]:
    return {row.prior_id: row for row in refit_priors(tables)}


def _phi(pair: CascadePair) -> float:
    return implied_correlation(pair.weak_accuracy, pair.strong_accuracy, pair.rescued)


# Pooling


def test_a_source_of_many_rows_weighs_at_most_as_five_rows() -> None:
    weights = source_weights(["large"] * 1000 + ["single"])
    assert weights[:1000].sum() / weights[1000] < 6.0


def test_equal_rows_of_two_sources_pool_to_their_mean() -> None:
    fit = pool([1.0, 3.0, 5.0, 7.0], ["a", "a", "b", "b"])
    assert fit.estimate == pytest.approx(4.0)
    assert fit.sources == ("a", "b")


def test_pooling_finds_the_spread_that_made_the_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    between = np.repeat(rng.normal(0.0, 0.8, 200), 10)
    rows = between + rng.normal(0.0, 0.5, 2000)
    fit = pool(rows, [str(number // 10) for number in range(2000)])
    assert fit.spread == pytest.approx(np.hypot(0.8, 0.5), rel=0.12)


def test_one_row_has_no_spread() -> None:
    assert pool([0.4], ["only"]).spread is None


def test_a_weighted_line_goes_through_exact_points() -> None:
    x = np.array([0.0, 1.0, 4.0])
    assert weighted_line(x, 2.0 + 3.0 * x, np.array([1.0, 5.0, 0.1])) == pytest.approx((2.0, 3.0))


# Priors


def test_every_shipped_prior_agrees_with_its_refit(refits: dict[str, RefitRow]) -> None:
    wrong = [(row.prior_id, row.estimate, row.spread) for row in refits.values() if not row.agrees]
    assert wrong == []


def test_every_fitted_prior_of_these_families_is_fitted_again(catalog: Catalog, refits: dict[str, RefitRow]) -> None:
    fitted = {name for name, prior in catalog.priors.items() if prior.number_class == "fitted"}
    assert {name for name in fitted if name.startswith(COVERED)} - NOT_IN_THE_TABLES == {
        name for name in refits if name.startswith(COVERED)
    }


def test_every_refitted_prior_is_called_fitted(catalog: Catalog, refits: dict[str, RefitRow]) -> None:
    assert {catalog.priors[name].number_class for name in refits} == {"fitted"}


def test_what_rests_on_judgement_is_called_assumed(catalog: Catalog) -> None:
    for name in ("cache_hit.semantic", "cache_wrong.semantic_verified", "generation_gain.per_year"):
        assert catalog.priors[name].number_class == "assumed"


def test_the_constants_of_techniques_agree_with_the_tables(tables: TechniqueTables) -> None:
    reader = fit_reader_slope(tables)
    assert reader.spread is not None
    assert reader.estimate == pytest.approx(READER_SLOPE, abs=reader.spread)
    assert fit_tuned_model_sd(tables).estimate == pytest.approx(TUNED_MODEL_SD, abs=0.05)


def test_doubtful_rows_do_not_move_a_fit(tables: TechniqueTables) -> None:
    doubtful = {(row.source_id, row.task, row.model) for row in tables.tuned if row.doubt}
    used = {(fact.source_id, fact.task, fact.model) for fact in published_facts(tables)}
    assert ("lora-land", "gsm8k") in {(source, task) for source, task, _ in doubtful}
    assert not doubtful & used


@pytest.mark.parametrize("labels", [10, 100, 1000])
def test_the_share_of_the_way_goes_through_the_label_curves(tables: TechniqueTables, labels: int) -> None:
    at_studies = 0.745
    shares = label_share(np.array([float(labels)]))
    assert shares[0] * at_studies == pytest.approx(fit_gain_share(tables, labels).estimate, abs=0.02)


def test_the_usual_abstention_is_that_of_the_rated_models(catalog: Catalog) -> None:
    for name, field in (("rag.invented", "invented"), ("rag.refused", "refused")):
        rates = logit(np.array([getattr(row, field) for row in catalog.abstention.values()]))
        prior = catalog.priors[name]
        assert rates.mean() == pytest.approx(prior.a, abs=0.25)
        assert rates.std() == pytest.approx(prior.b, abs=0.25)


# Cascades


def test_five_legal_curves_are_reproduced_within_nine_tenths_of_a_point(tables: TechniqueTables) -> None:
    pairs = published_curves(tables)
    assert len(pairs) == 5
    for pair in pairs:
        # Eleven points: the two ends of a curve are the two models themselves.
        assert np.abs(curve_error(tables, pair)).sum() / 11.0 < 0.009


def test_no_point_of_the_legal_curves_is_off_by_more_than_two_points_and_a_half(tables: TechniqueTables) -> None:
    assert max(np.abs(curve_error(tables, pair)).max() for pair in published_curves(tables)) < 0.025


def test_strong_calls_of_the_legal_cascades_are_reproduced(tables: TechniqueTables) -> None:
    errors = [
        [
            abs(calls_for_gap(pair.weak_accuracy, pair.strong_accuracy, pair.auc or 0.5, _phi(pair), part) - found)
            for part, found in ((0.5, pair.cpt50), (0.8, pair.cpt80), (0.95, pair.cpt95))
            if found is not None
        ]
        for pair in published_curves(tables)
    ]
    assert np.all(np.mean(errors, axis=0) < (0.045, 0.035, 0.025))


def test_published_routers_are_reproduced_from_their_area_alone(tables: TechniqueTables) -> None:
    errors = []
    for router in (router for router in tables.routers if router.dataset in {"MMLU", "GSM8K"}):
        pair = router_pair(tables, router.dataset)
        models = (pair.weak_accuracy, pair.strong_accuracy)
        auc = auc_from_apgr(*models, pair.phi, router.apgr)
        half, most = (calls_for_gap(*models, auc, pair.phi, part) for part in (0.5, 0.8))
        errors.append((abs(half - router.cpt50), abs(most - router.cpt80)))
    assert len(errors) == 16
    assert np.all(np.mean(errors, axis=0) < (0.010, 0.017))


def test_the_area_of_a_gate_that_knows_nothing_is_a_half() -> None:
    assert apgr(0.5, 0.8, 0.5, 0.3) == pytest.approx(0.5, abs=0.002)


@pytest.mark.parametrize("auc", [0.42, 0.5, 0.65, 0.8])
def test_the_area_gives_back_the_gate(auc: float) -> None:
    assert auc_from_apgr(0.55, 0.8, 0.3, apgr(0.55, 0.8, auc, 0.3)) == pytest.approx(auc, abs=1e-3)


def test_the_correlation_of_counted_outcomes_gives_back_what_the_strong_model_rescues(tables: TechniqueTables) -> None:
    for row in tables.joint:
        asked = row.both + row.only_weak + row.only_strong + row.neither
        weak, strong = (row.both + row.only_weak) / asked, (row.both + row.only_strong) / asked
        counted = row.only_strong / (row.only_strong + row.neither)
        assert rescued_share(weak, strong, correlation_of(row)) == pytest.approx(counted, abs=1e-9)


def test_one_correlation_forecasts_the_rescued_share_of_every_subject(tables: TechniqueTables) -> None:
    phi = fit_correlation(tables).estimate
    model, independent, asked = [], [], []
    for row in tables.joint:
        n = row.both + row.only_weak + row.only_strong + row.neither
        weak, strong = (row.both + row.only_weak) / n, (row.both + row.only_strong) / n
        counted = row.only_strong / (row.only_strong + row.neither)
        model.append(abs(rescued_share(weak, strong, phi) - counted))
        independent.append(abs(strong - counted))
        asked.append(n)
    assert np.average(model, weights=asked) < 0.06
    assert np.average(independent, weights=asked) > 3.0 * np.average(model, weights=asked)


def test_passing_on_the_share_that_reaches_a_quality_reaches_it() -> None:
    share = share_for_quality(0.55, 0.8, 0.7, 0.3, 0.75)
    assert cascade_curve(0.55, 0.8, 0.7, 0.3, np.array([share]))[0] == pytest.approx(0.75, abs=0.002)


def test_a_quality_above_both_models_is_not_reached() -> None:
    assert np.isnan(share_for_quality(0.5, 0.6, 0.6, 0.9, 0.9))


def test_dearer_strong_models_never_make_a_cascade_dearer_relative_to_them() -> None:
    costs = [cascade_pays(0.5, 0.8, 0.65, 0.37, ratio).cost for ratio in (2.0, 5.0, 20.0, 100.0)]
    assert np.all(np.diff(costs) < 0.0)


def test_a_gate_that_knows_nothing_never_pays() -> None:
    for ratio in (2.0, 10.0, 1000.0):
        assert cascade_pays(0.5, 0.8, 0.5, 0.37, ratio).verdict != "pays"


def test_a_weak_model_that_is_good_enough_needs_no_cascade() -> None:
    assert cascade_pays(0.8, 0.82, 0.65, 0.37, 20.0).verdict == "weak model is enough"


def test_at_five_times_the_price_most_zero_shot_pairs_do_not_pay(tables: TechniqueTables) -> None:
    cases = published_cases(tables, (5.0,))
    zero_shot = [case for case in cases if "lawma" not in case.name]
    assert sum(case.verdict == "pays" for case in zero_shot) < len(zero_shot) / 2


def test_a_tuned_weak_model_needs_no_strong_one(tables: TechniqueTables) -> None:
    tuned = [case for case in published_cases(tables) if case.name.startswith("lawma")]
    assert {case.verdict for case in tuned} == {"weak model is enough"}


def test_the_grid_has_cases_that_pay_and_cases_that_do_not() -> None:
    verdicts = {case.verdict for case in cascade_grid()}
    assert {"pays", "saves less than a tenth", "no cheaper than a mix", "no cheaper than the strong model"} <= verdicts


def test_a_tuned_model_is_the_better_gate(tables: TechniqueTables) -> None:
    assert fit_gate_auc(tables, tuned=True).estimate > fit_gate_auc(tables, tuned=False).estimate + 0.1


# Back-test


@pytest.mark.parametrize(
    ("test", "naive"), [("fine_tune", "tuned = frontier"), ("rag", "nothing changes"), ("cascade", "straight mix")]
)
def test_sources_left_out_are_forecast_better_than_the_naive_way(
    tables: TechniqueTables, test: str, naive: str
) -> None:
    rows = {
        row.method: row.rmse_points or 0.0
        for row in validate_techniques(tables)
        if row.test == f"technique:{test}" and row.group == "all"
    }
    assert 0.0 < rows["ours"] < 0.8 * rows[naive]
    assert rows["ours"] <= rows.get("constant gain", np.inf)


def test_the_back_test_is_the_same_twice(tables: TechniqueTables) -> None:
    assert validate_techniques(tables) == validate_techniques(tables)


def test_every_method_of_a_test_is_held_against_the_same_rows(tables: TechniqueTables) -> None:
    rows = validate_techniques(tables)
    for test in {row.test for row in rows}:
        assert len({row.n for row in rows if row.test == test and row.group == "all"}) == 1
