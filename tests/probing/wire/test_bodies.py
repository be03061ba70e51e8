"""Bodies without an answer, counts that are none, and bodies without an end: failures of one attempt, told by kind."""

import resource
from collections.abc import Iterator

import pytest
from fault_server import FaultServer
from probing_parts import Asker, settings_of, suite_of, target_at

from planner.probing.asking.runner import run_probe, start_run
from planner.probing.wire.questions import Answer, Failure
from planner.probing.wire.unpacking import MOST_PIECES, PackedError, TooBigError, check_size, unpacker
from planner.probing.wire.usage import bad_count
from planner.store.attempts import iter_attempts
from planner.store.database.engine import Store
from planner.store.grades import grades_of
from planner.store.runs import spending

NO_ANSWER = {
    "html": ("a web page", False),
    "html-as-json": ("a web page", False),
    "empty": ("an empty body", False),
    "empty-stream": ("an empty body", False),
    "blank": ("an empty body", False),
    "cut-json": ("JSON that cannot be read", True),
    "empty-choices": ("choices are empty", False),
    "empty-choices-stream": ("choices are empty", False),
    "no-event": ("without an event", False),
    "only-done": ("without an event", False),
    "error-200": ("out of order", False),
    "error-event": ("out of order", False),
    "a-list": ("no answer", False),
    "a-word": ("no answer", False),
    "bomb": ("more than an answer may have", True),
    "long-stream": ("more than an answer may have", True),
    "broken-gzip": ("packed as gzip", True),
    "brotli": ("packed as 'br'", True),
}


@pytest.fixture(scope="module")
def faulty() -> Iterator[FaultServer]:
    """A server whose answers are none."""
    running = FaultServer()
    yield running
    running.close()


@pytest.mark.parametrize("model", NO_ANSWER)
def test_what_is_no_answer_is_a_failure_of_its_kind(ask: Asker, faulty: FaultServer, model: str) -> None:
    words, billed = NO_ANSWER[model]
    before = faulty.asked[model]
    (failure,) = ask(model, f"fault {model}", target=target_at(faulty.address, model))
    assert isinstance(failure, Failure), failure
    assert (failure.kind, failure.may_be_billed) == ("malformed", billed), failure
    assert words in failure.message
    assert "\n" not in failure.message
    assert faulty.asked[model] == before + 1


@pytest.mark.parametrize("model", ["whole", "gzip", "good"])
def test_a_whole_completion_and_a_packed_stream_are_read(ask: Asker, faulty: FaultServer, model: str) -> None:
    (answer,) = ask(model, f"read {model}", target=target_at(faulty.address, model))
    assert isinstance(answer, Answer), answer
    assert (answer.text, answer.finish_reason, answer.usage_stated) == ("t3", "stop", True)
    assert (answer.prompt_tokens, answer.completion_tokens) == (3, 1)


def test_a_whole_completion_has_no_time_of_a_first_token(ask: Asker, faulty: FaultServer) -> None:
    (answer,) = ask("whole", "when", target=target_at(faulty.address, "whole"))
    assert (answer.ttft_ms, answer.gaps_ms) == (None, ())
    assert answer.total_ms > 0.0


@pytest.mark.parametrize("model", ["negative", "huge", "null", "text-count", "nan-count"])
def test_a_count_that_is_none_is_as_good_as_not_stated(ask: Asker, faulty: FaultServer, model: str) -> None:
    (answer,) = ask(model, f"count {model}", target=target_at(faulty.address, model))
    assert isinstance(answer, Answer), answer
    assert (answer.text, answer.usage_stated) == ("t3", False)
    assert 0 <= answer.completion_tokens < 1000
    assert 0 <= answer.prompt_tokens < 1000


def test_a_bomb_and_an_endless_stream_take_no_memory(ask: Asker, faulty: FaultServer) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    for model in ("bomb", "long-stream"):
        ask(model, f"memory {model}", target=target_at(faulty.address, model))
    # The reader is a child; its largest size is known once it has ended. KiB.
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after < max(before, 0) + 300 * 1024


def test_every_fault_beside_a_good_model_leaves_that_one_alone(store: Store, faulty: FaultServer) -> None:
    bad = [model for model in NO_ANSWER if model not in {"bomb", "long-stream"}]
    counts = ["negative", "huge", "null", "text-count", "nan-count"]
    targets = tuple(target_at(faulty.address, model) for model in ("good", *bad, *counts))
    run = start_run(store, suite_of(2, prefix="beside", tokens=16), targets, settings_of(), 5.0)
    ended, progress = run_probe(store, run.id, {})
    assert ended.status == "finished"
    attempts = list(iter_attempts(store, run.id))
    graded = {grade.attempt for grade in grades_of(store, run.id)}
    by_model = {model: [one for one in attempts if one.model == model] for model in ("good", *bad, *counts)}
    assert all(one.state == "answered" and one.cost_usd == pytest.approx(5e-6) for one in by_model["good"])
    for model in bad:
        assert {one.state for one in by_model[model]} == {"failed"}, model
        assert not {one.id for one in by_model[model]} & graded
        # What cannot have been billed is asked again, the rest never.
        assert (len(by_model[model]) > 2) == (not NO_ANSWER[model][1]), model
    for model in counts:
        assert all(one.state == "answered" and one.cost_usd is None for one in by_model[model]), model
        assert all(one.counted_usd == one.reserved_usd for one in by_model[model])
    assert spending(store, run.id).spent_usd <= 5.0
    assert progress.answered == 2 + 2 * len(counts)


def test_a_usage_is_checked_where_it_says_how_many() -> None:
    details = {"prompt_tokens_details": None, "completion_tokens_details": {"reasoning_tokens": None}}
    assert bad_count({"usage": {"prompt_tokens": 3, "completion_tokens": 1.0, "cost": -1.5, **details}}) == ""
    assert bad_count({"usage": {"completion_tokens_details": {"reasoning_tokens": -5}}}) == "reasoning_tokens -5"
    assert bad_count({"usageMetadata": {"totalTokenCount": 2**70}}).startswith("totalTokenCount")
    assert bad_count({"usage": {"prompt_tokens": True}}) == "prompt_tokens True"
    assert bad_count({"usage": None}) == ""


def test_bodies_are_unpacked_no_further_than_allowed() -> None:
    import gzip

    unpack = unpacker("gzip", 1000)
    assert len(unpack(gzip.compress(bytes(10**6)))) == 1001
    with pytest.raises(TooBigError):
        check_size(1001, 1, 1000)
    with pytest.raises(TooBigError):
        check_size(1, MOST_PIECES + 1, 1000)
    with pytest.raises(PackedError):
        unpacker("zstd", 1000)
