"""Cases of the example workloads: sizing, paths and doubts as they come from the catalog."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from planner.beliefs.model import fit_beliefs
from planner.catalog.load import load_catalog
from planner.catalog.price import Price
from planner.catalog.schema import GpuPrice, Offer
from planner.options.context import World, build_world
from planner.planning.self_hosting.answer import case_lines
from planner.planning.self_hosting.break_even import RENT_MODES, NotReached, NotVerified, Reached, break_even, verified
from planner.planning.self_hosting.case import Question, ServingCase, serving_case
from planner.planning.self_hosting.pool_lines import Load, memory_lines, rate_lines, replica_lines, work_of
from planner.planning.self_hosting.served import usable_techniques, who_could_share
from planner.resources import catalogs_dir
from planner.workload.load import load_workload
from planner.workload.schema import LatencyLimits, Segment, Workload

MEASURED = frozenset({"h100-sxm"})


@pytest.fixture(scope="module")
def world() -> World:
    catalog = load_catalog()
    return build_world(catalog, fit_beliefs(catalog), date(2026, 11, 24))


@pytest.fixture(scope="module")
def workload() -> Workload:
    return load_workload(catalogs_dir() / "workloads" / "invoice-extraction.yaml")


def offer_of(world: World, model: str) -> Offer:
    return next(offer for offer in world.offers.offers if offer.model == model)


def price_of(world: World, gpu: str) -> GpuPrice:
    rows = [row for row in world.catalog.gpu_prices if row.gpu == gpu and row.billing == "on_demand" and row.gpus == 1]
    return min(rows, key=lambda row: row.usd_per_gpu_hour)


def question(
    world: World, *segments: str, gpu: str = "h100-sxm", against: str = "mistralai/mistral-small-2506"
) -> Question:
    return Question(segments, "qwen/qwen3-8b", gpu, 1, "fp8", price_of(world, gpu), offer_of(world, against))


def with_floor(workload: Workload, name: str, floor: float) -> Workload:
    """The workload with an absolute floor for one segment, whatever is believed of the models today."""
    segments = tuple(
        one.model_copy(update={"quality_floor": floor}) if one.name == name else one for one in workload.segments
    )
    return workload.model_copy(update={"segments": segments})


def at_once_of(workload: Workload) -> Workload:
    """The workload with answers that may not wait."""
    segments = tuple(one.model_copy(update={"batchable": False}) for one in workload.segments)
    return workload.model_copy(update={"segments": segments})


def segment_of(*, batchable: bool) -> Segment:
    return (
        load_workload(catalogs_dir() / "workloads" / "ticket-triage.yaml")
        .segments[0]
        .model_copy(update={"batchable": batchable, "peak_to_mean": 3.0, "latency": LatencyLimits()})
    )


def case_of(world: World, workload: Workload, asked: Question) -> ServingCase:
    found = serving_case(world, workload, asked, MEASURED)
    assert isinstance(found, ServingCase), found
    return found


def test_work_of_a_pool_is_the_sum_of_its_segments(world: World, workload: Workload) -> None:
    names = ("invoice-fields", "line-to-account")
    alone = [case_of(world, workload, question(world, name)) for name in names]
    together = case_of(world, workload, question(world, *names))
    assert together.demand.busy_at_peak == pytest.approx(sum(case.demand.busy_at_peak for case in alone))
    assert together.api.usage_usd == pytest.approx(sum(case.api.usage_usd for case in alone))
    assert together.demand.peak_to_mean == pytest.approx(1.0)
    hurried = case_of(world, at_once_of(workload), question(world, *names))
    assert hurried.demand.peak_to_mean == pytest.approx(3.0)


def test_a_tuned_model_that_holds_the_floor_on_a_measured_gpu_leaves_no_doubt(world: World, workload: Workload) -> None:
    case = case_of(world, with_floor(workload, "line-to-account", 0.3), question(world, "line-to-account"))
    assert case.served[0].holds_floor >= workload.confidence
    assert case.doubts == ()


def test_a_gpu_that_nobody_measured_is_a_doubt(world: World, workload: Workload) -> None:
    case = case_of(world, workload, question(world, "line-to-account", gpu="l40s"))
    assert any("No published speed" in doubt for doubt in case.doubts)


def test_a_model_not_shown_to_hold_the_floor_is_a_doubt_that_names_the_share(world: World, workload: Workload) -> None:
    case = case_of(world, with_floor(workload, "mismatch-notes", 0.999), question(world, "mismatch-notes"))
    assert case.served[0].holds_floor < workload.confidence
    assert any("mismatch-notes" in doubt and "%" in doubt for doubt in case.doubts)


@pytest.mark.parametrize(
    ("usd_per_request", "floor", "state"), [(1.0, 0.3, Reached), (1e-9, 0.3, NotReached), (1.0, 0.999, NotVerified)]
)
def test_the_three_states_are_all_met(
    world: World, workload: Workload, usd_per_request: float, floor: float, state: type
) -> None:
    name = "line-to-account"
    asked = question(world, name)
    price = Price(input_usd_per_mtok=1e-9, output_usd_per_mtok=1e-9, request_usd=usd_per_request)
    asked = replace(asked, offer=replace(asked.offer, price=price))
    case = case_of(world, with_floor(workload, name, floor), asked)
    assert case.rented is not None
    assert isinstance(verified(break_even(case.rented, case.api, "full"), case.doubts), state)


def test_a_model_too_large_for_the_gpu_is_told(world: World, workload: Workload) -> None:
    asked = Question(
        ("invoice-fields",), "meta/llama-3.1-70b", "l4", 1, "bf16", None, offer_of(world, "openai/gpt-4o-mini")
    )
    found = serving_case(world, workload, asked, MEASURED)
    assert isinstance(found, str)
    assert "GB" in found


def test_waiting_for_a_start_is_a_doubt_where_an_answer_may_not_wait(world: World, workload: Workload) -> None:
    name = "mismatch-notes"
    hurried = workload.segment(name).model_copy(
        update={"requests_per_month": 500.0, "latency": LatencyLimits(ttft_p95_ms=5000.0)}
    )
    segments = tuple(hurried if one.name == name else one for one in workload.segments)
    asked = replace(question(world, name), mode="scale_to_zero")
    case = case_of(world, workload.model_copy(update={"segments": segments}), asked)
    assert any("for a start" in doubt for doubt in case.doubts)
    patient = case_of(world, workload, asked)
    assert not any("for a start" in doubt for doubt in patient.doubts)


def test_work_that_may_wait_is_sized_by_the_mean_hour(world: World, workload: Workload) -> None:
    case = case_of(world, workload, question(world, "line-to-account"))
    at_once = case_of(world, at_once_of(workload), question(world, "line-to-account"))
    assert case.demand.waits
    assert case.demand.busy_at_peak == pytest.approx(at_once.demand.busy_at_peak / 3.0)
    assert case.demand.busy_at_peak / case.demand.peak_to_mean == pytest.approx(
        at_once.demand.busy_at_peak / at_once.demand.peak_to_mean
    )
    now = np.array([[100.0]])
    assert case.rented is not None
    assert at_once.rented is not None
    for mode in RENT_MODES:
        waits, hurries = (replace(one.rented, mode=mode).usd(now, "full") for one in (case, at_once))
        assert np.all(waits <= hurries + 1e-9)


def test_a_limit_on_its_time_takes_the_day_away(world: World, workload: Workload) -> None:
    hurried = workload.model_copy(
        update={
            "segments": tuple(
                one.model_copy(update={"latency": LatencyLimits(total_p95_ms=60_000)}) for one in workload.segments
            )
        }
    )
    assert not case_of(world, hurried, question(world, "line-to-account")).demand.waits


def test_on_a_shared_pool_the_busiest_hour_of_the_rest_and_the_mean_hour_of_all_have_to_fit() -> None:
    now, later = (segment_of(batchable=batchable) for batchable in (False, True))
    few = work_of([now, later], [np.array([3.0]), np.array([0.5])])
    assert few.counts.tolist() == [3.0]
    many = work_of([now, later], [np.array([3.0]), np.array([4.0])])
    assert many.counts.tolist() == [5.0]
    assert not many.all_waits


def test_work_that_may_wait_is_told_with_what_is_assumed(world: World, workload: Workload) -> None:
    case = case_of(world, workload, question(world, "line-to-account"))
    lines = dict(case_lines(workload, case))
    assert lines["mean hour"].startswith("6,511,182 requests / 2,628,000 s = 2.48 requests/s")
    assert "may come within a day" in lines["waiting work"]
    assert "assumed" in lines["waiting work"]
    assert "waiting work" not in dict(case_lines(workload, case_of(world, at_once_of(workload), case.question)))


def test_documents_make_retrieval_the_way() -> None:
    workload = load_workload(catalogs_dir() / "workloads" / "support-desk-eu.yaml")
    searched = next(one for one in workload.segments if one.knowledge.corpus_tokens > 0.0)
    assert usable_techniques(searched)[0] == "rag"


def test_a_model_without_eyes_does_not_share_segments_with_pictures(world: World, workload: Workload) -> None:
    low = workload
    for segment in workload.segments:
        low = with_floor(low, segment.name, 0.01)
    names = who_could_share(world, low, "qwen/qwen3-8b")
    assert "unreadable-pages" not in names
    assert "invoice-fields" in names


def test_a_model_that_is_likely_too_weak_does_not_share(world: World, workload: Workload) -> None:
    high = with_floor(workload, "mismatch-notes", 0.999)
    assert "mismatch-notes" not in who_could_share(world, high, "qwen/qwen3-8b")


def test_sizing_lines_tell_weights_cache_rate_and_replicas_with_numbers_that_multiply(
    world: World, workload: Workload
) -> None:
    case = case_of(world, at_once_of(workload), question(world, "invoice-fields"))
    one = case.served[0]
    load = Load(one.segment, one.requests_per_month, one.sizing, one.busy_at_peak)
    lines = "\n".join([*memory_lines([load]), *rate_lines([load])])
    # 8.19 x 1 byte; 1 x (0.9 x 85.9 - 3.5) - 8.19 = 65.6; 2 x 36 layers x 8 heads x 128 x 2 bytes = 147 kB;
    # 2,504,301 x 3 / 2,628,000 = 2.86
    assert "= 8.2 GB" in lines
    assert "= 65.6 GB left for the cache" in lines
    assert "36 layers x 8 KV heads x 128 x 2 bytes = 147 kB" in lines
    assert "2,504,301 requests x 3 / 2,628,000 s = 2.86 requests/s" in lines


def test_kinds_on_one_pool_share_the_lines_of_memory_and_have_their_own_of_speed(
    world: World, workload: Workload
) -> None:
    case = case_of(world, workload, question(world, "invoice-fields", "line-to-account"))
    lines = memory_lines([Load(o.segment, o.requests_per_month, o.sizing, o.busy_at_peak) for o in case.served])
    names = [line.partition(": ")[0] for line in lines]
    assert names.count("weights") == 1
    assert "throughput when full, invoice-fields" in names
    assert "throughput when full, line-to-account" in names
    assert len(set(names)) == len(names)


def test_replicas_are_told_with_their_spare_one() -> None:
    busy = np.full(256, 1.3)
    lines = replica_lines(work_of([segment_of(batchable=False)], [busy]), 0.6, 0.9, 4, 1)
    assert "1.3 busy at most in 90 % of the draws, / 60 % allowed = 2.17, whole: 3" in lines[0]
    assert "N+1" in lines[1]
    assert "32 %" in lines[2] or "33 %" in lines[2]
