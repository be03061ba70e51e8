"""Forecasts of published facts: what is stated counts, what is not is wide, and sources left out are held."""

from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.techniques.published.forecast import PublishedModels, fit_published
from planner.beliefs.techniques.published.left_out import FactTest, each_left_out, own_facts
from planner.beliefs.techniques.published.tuned import label_share
from planner.catalog.evidence.published_facts import published_facts
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.catalog.evidence.techniques import load_techniques


@pytest.fixture(scope="module")
def facts() -> tuple[TechniqueFact, ...]:
    return published_facts(load_techniques())


@pytest.fixture(scope="module")
def models(facts: tuple[TechniqueFact, ...]) -> PublishedModels:
    return fit_published(facts)


@pytest.fixture(scope="module")
def left_out(facts: tuple[TechniqueFact, ...]) -> FactTest:
    return each_left_out(facts)


def _mean(models: PublishedModels, fact: TechniqueFact) -> float:
    return float(models.forecast([fact]).mean[0])


def _width(models: PublishedModels, fact: TechniqueFact) -> float:
    found = models.forecast([fact])
    return float(found.high[0] - found.low[0])


TICKETS = TechniqueFact(
    "", "fine_tune", "classification", 0.0, kind="closed_labels", params_b=8.0, base=0.6, reference=0.85, labels=5000.0
)
FIELDS = replace(TICKETS, skill="extraction", kind="nested_fields")


def test_the_same_facts_give_the_same_models_twice(facts: tuple[TechniqueFact, ...], models: PublishedModels) -> None:
    again = fit_published(facts)
    assert again.forecast(facts).mean.tobytes() == models.forecast(facts).mean.tobytes()


def test_forecasts_lie_inside_their_intervals(facts: tuple[TechniqueFact, ...], models: PublishedModels) -> None:
    found = models.forecast(facts)
    assert np.all((found.low <= found.mean) & (found.mean <= found.high))
    assert np.all((found.low >= 0.0) & (found.high <= 1.0))


def test_more_labels_never_lower_the_forecast(models: PublishedModels) -> None:
    reached = [_mean(models, replace(TICKETS, labels=count)) for count in (10.0, 100.0, 1000.0, 2000.0, 1e5)]
    assert reached == sorted(reached)
    assert reached[-1] == reached[-2]


def test_the_share_of_the_way_is_whole_at_the_studies_own_labels() -> None:
    assert label_share(np.array([1.0, 100.0, 2000.0, np.nan])) == pytest.approx([0.0, 0.56, 1.0, 1.0])


def test_below_a_billion_parameters_the_forecast_falls_and_widens(models: PublishedModels) -> None:
    sizes = (7.0, 1.0, 0.5, 0.135)
    means = [_mean(models, replace(TICKETS, params_b=size)) for size in sizes]
    widths = [_width(models, replace(TICKETS, params_b=size)) for size in sizes]
    assert means == sorted(means, reverse=True)
    assert widths == sorted(widths)


def test_nested_fields_fall_faster_with_size_than_labels_do(models: PublishedModels) -> None:
    def fall(fact: TechniqueFact) -> float:
        return _mean(models, replace(fact, params_b=1.0)) - _mean(models, replace(fact, params_b=0.135))

    assert fall(FIELDS) > fall(TICKETS) + 0.1


def test_a_base_that_fails_by_form_says_no_more_than_a_low_one(models: PublishedModels) -> None:
    assert _mean(models, replace(FIELDS, base=0.0)) == _mean(models, replace(FIELDS, base=0.1))


def test_programming_gains_less_from_tuning_than_queries_do(models: PublishedModels) -> None:
    query = replace(TICKETS, skill="coding", kind="text_to_sql")
    assert _mean(models, replace(query, kind="programming")) < _mean(models, query) - 0.05


def test_a_kind_that_no_study_has_is_wider(models: PublishedModels) -> None:
    drafting = replace(TICKETS, skill="writing", kind="free_writing")
    assert _width(models, drafting) > _width(models, replace(drafting, skill="coding", kind="text_to_sql"))


def test_what_is_not_given_widens(models: PublishedModels) -> None:
    known = _width(models, TICKETS)
    blind = _width(models, replace(TICKETS, base=None, reference=None))
    assert blind > known


def test_examples_help_the_weak_and_hardly_the_strong(models: PublishedModels) -> None:
    weak = TechniqueFact("", "few_shot", "classification", 0.0, base=0.2)
    strong = replace(weak, base=0.8)
    assert _mean(models, weak) - 0.2 > 2.0 * abs(_mean(models, strong) - 0.8)
    assert _width(models, weak) > 0.05


def test_who_knows_more_gains_less_from_passages(models: PublishedModels) -> None:
    open_question = TechniqueFact("", "rag", "grounded_qa", 0.0, kind="single_hop", base=0.2)
    gains = [_mean(models, replace(open_question, base=base)) - base for base in (0.2, 0.4, 0.6, 0.8)]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 0.1


def test_a_better_index_answers_more(models: PublishedModels) -> None:
    question = TechniqueFact("", "rag", "grounded_qa", 0.0, kind="single_hop", base=0.2)
    poor, good = (_mean(models, replace(question, recall=recall)) for recall in (0.3, 0.9))
    assert good > poor + 0.1


def test_fewer_bits_cost_small_models_and_calls_more(models: PublishedModels) -> None:
    choice = TechniqueFact("", "int4", "knowledge_qa", 0.0, kind="multiple_choice", params_b=70.0, base=0.7)
    calls = replace(choice, skill="extraction", kind="tool_calls")
    losses = [
        0.7 - _mean(models, fact)
        for fact in (choice, replace(choice, params_b=8.0), replace(choice, params_b=1.0), replace(calls, params_b=1.0))
    ]
    assert losses == sorted(losses)
    assert losses[0] > 0.0


def test_a_stronger_weak_model_is_the_better_gate(models: PublishedModels) -> None:
    auc = models.gates.auc(np.array([0.4, 0.6, 0.8, 0.9]))
    assert np.all(np.diff(auc) > 0.0)
    assert np.all((auc >= 0.5) & (auc <= 0.98))


def test_a_cascade_lies_between_its_models_and_beats_the_straight_mix(models: PublishedModels) -> None:
    fact = TechniqueFact("", "cascade", "knowledge_qa", 0.0, base=0.7, reference=0.9, share=0.4)
    assert 0.7 + 0.4 * 0.2 < _mean(models, fact) < 0.92


# Sources left out


@pytest.mark.parametrize(
    ("technique", "way"),
    [
        ("fine_tune", "tuned = frontier"),
        ("fine_tune", "constant gain"),
        ("rag", "nothing changes"),
        ("rag", "constant gain"),
        ("few_shot", "nothing changes"),
        ("cascade", "straight mix"),
        ("nvfp4", "nothing changes"),
    ],
)
def test_the_median_miss_is_smaller_than_a_simple_ways(left_out: FactTest, technique: str, way: str) -> None:
    rows = np.array([fact.technique == technique for fact in left_out.facts]) & np.isfinite(left_out.simple[way])
    truth = np.array([fact.score for fact in left_out.facts])
    ours = np.median(np.abs(left_out.ours.mean - truth)[rows])
    assert ours < np.median(np.abs(left_out.simple[way] - truth)[rows])


@pytest.mark.parametrize(("technique", "least"), [("rag", 0.85), ("int4", 0.85), ("cascade", 0.85), ("fine_tune", 0.8)])
def test_intervals_hold_sources_that_were_left_out(left_out: FactTest, technique: str, least: float) -> None:
    rows = np.array([fact.technique == technique for fact in left_out.facts])
    truth = np.array([fact.score for fact in left_out.facts])
    held = np.mean(((left_out.ours.low <= truth) & (truth <= left_out.ours.high))[rows])
    assert least <= held <= 0.97


def test_a_row_of_a_shipped_source_is_forecast_without_it(facts: tuple[TechniqueFact, ...], left_out: FactTest) -> None:
    number = next(n for n, fact in enumerate(facts) if fact.source_id == "bergen")
    again = own_facts(facts, [replace(facts[number], source_id="")])
    assert again.ours.mean[0] == pytest.approx(left_out.ours.mean[number])


def test_an_unseen_row_is_forecast_by_everything(facts: tuple[TechniqueFact, ...], models: PublishedModels) -> None:
    unseen = replace(TICKETS, score=0.9113, base=0.6117, reference=0.8341)
    assert own_facts(facts, [unseen]).ours.mean[0] == _mean(models, unseen)
