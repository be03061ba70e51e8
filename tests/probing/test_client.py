"""The wall to litellm: what comes back, when it came, and what every fault is called."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from probing_parts import Asker
from streaming_server import Server

from planner.probing.wire.failures import KIND_OF_EXCEPTION
from planner.probing.wire.litellm_client import load_litellm
from planner.probing.wire.messages import Timeouts
from planner.probing.wire.questions import Answer, Failure
from planner.store.records import Target


def test_an_answer_comes_whole_with_its_tokens_and_its_end(ask: Asker) -> None:
    (answer,) = ask("fixed", "one two three")
    assert isinstance(answer, Answer)
    assert answer.text == "".join(f"t{number} " for number in range(64))
    assert (answer.prompt_tokens, answer.completion_tokens, answer.finish_reason) == (3, 64, "stop")
    assert answer.usage_stated


def test_times_are_taken_at_the_transport_and_every_token_has_one(ask: Asker) -> None:
    (answer,) = ask("fixed", "timed")
    assert answer.at_transport
    assert len(answer.gaps_ms) == 63
    assert sum(answer.gaps_ms) + answer.ttft_ms <= answer.total_ms


def test_measured_times_are_those_that_the_server_wrote_down(ask: Asker, server: Server) -> None:
    answers = ask("fixed", *(f"true times {number}" for number in range(4)))
    log = server.log()["times"]
    for number, answer in enumerate(answers):
        received, first, *rest = log[f"true times {number}"]
        allowed_ms = 2.0 + answer.lag_ms
        assert answer.ttft_ms == pytest.approx(1e3 * (first - received), abs=allowed_ms + 5.0)
        assert sum(answer.gaps_ms) == pytest.approx(1e3 * (rest[-1] - first), abs=2.0 * allowed_ms + 5.0)


@pytest.mark.parametrize(
    ("model", "kind", "billed", "words"),
    [
        ("http-401", "auth", False, "refused with 401"),
        ("http-402", "payment", False, "refused with 402"),
        ("http-404", "not_found", False, "refused with 404"),
        ("http-429", "rate_limit", False, "refused with 429"),
        ("http-500", "server", False, "refused with 500"),
        ("http-503", "server", False, "refused with 503"),
        ("cut", "connection", True, "the connection was cut"),
        ("malformed", "malformed", True, "no JSON"),
        ("unfinished", "connection", True, "ended before the answer was finished"),
        ("stall", "timeout", True, "did not end within the time allowed"),
        ("endless", "timeout", True, "did not end within the time allowed"),
    ],
)
def test_a_fault_has_its_kind_one_line_and_whether_it_may_be_billed(
    ask: Asker, model: str, kind: str, billed: bool, words: str
) -> None:
    (failure,) = ask(model, f"fault {model}", timeouts=Timeouts(1.0, 1.0, 1.5))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.may_be_billed) == (kind, billed)
    assert words in failure.message
    assert "\n" not in failure.message


def test_a_refusal_says_how_long_to_wait(ask: Asker) -> None:
    (failure,) = ask("http-429", "how long")
    assert failure.retry_after_s == pytest.approx(0.1)


def test_a_server_that_says_nothing_is_left_after_the_time_for_the_first_byte(ask: Asker, server: Server) -> None:
    del server
    from streaming_server import start_server

    with start_server(first_ms=60_000.0) as slow:
        target = Target("fixed", "openai/fixed", None, "custom", slow.api_base, 1.0, None, 2.0)
        (failure,) = ask("fixed", "silence", target=target, timeouts=Timeouts(1.0, 0.5, 20.0))
    assert (failure.kind, failure.may_be_billed) == ("timeout", True)
    assert "first byte" in failure.message


def test_no_server_at_all_is_a_connection_that_cost_nothing(ask: Asker) -> None:
    target = Target("fixed", "openai/fixed", None, "custom", "http://127.0.0.1:9/v1", 1.0, None, 2.0)
    (failure,) = ask("fixed", "nobody", target=target)
    assert (failure.kind, failure.may_be_billed) == ("connection", False)


def test_one_question_is_one_request_whatever_goes_wrong(ask: Asker, server: Server) -> None:
    for model in ("http-429", "http-500", "cut", "malformed", "unfinished"):
        ask(model, f"only once {model}")
    asked = server.log()["asked"]
    assert {prompt: count for prompt, count in asked.items() if prompt.startswith("only once")} == {
        f"only once {model}": 1 for model in ("http-429", "http-500", "cut", "malformed", "unfinished")
    }


def test_tokens_that_the_server_did_not_count_are_marked_as_estimates(ask: Asker) -> None:
    (answer,) = ask("no-usage", "uncounted")
    assert isinstance(answer, Answer)
    assert not answer.usage_stated
    assert answer.completion_tokens > 0


def test_a_filtered_answer_is_an_answer_that_says_so(ask: Asker) -> None:
    (answer,) = ask("filtered", "filtered")
    assert answer.finish_reason == "content_filter"


def test_a_key_reaches_the_server_and_no_message(ask: Asker, server: Server) -> None:
    key = "sk-planted-0123456789abcdef"
    outcomes = ask("http-401", "with a key", environment={"SERVER_KEY": key})
    assert key in server.log()["keys"]
    assert key not in repr(outcomes)


def test_a_key_that_a_provider_repeats_is_masked(ask: Asker) -> None:
    key = "sk-planted-0123456789abcdef"
    (failure,) = ask("http-401", f"echo {key}", environment={"SERVER_KEY": key})
    assert key not in failure.message


def test_anthropic_is_timed_at_the_transport_too(ask: Asker, server: Server) -> None:
    target = Target("claude", "anthropic/claude-haiku-4-5", None, "custom", f"{server.api_base}", 1.0, None, 2.0)
    (answer,) = ask("claude", "hello claude", target=target, environment={"ANTHROPIC_API_KEY": "none-needed"})
    assert isinstance(answer, Answer), answer
    assert (answer.at_transport, answer.completion_tokens, len(answer.gaps_ms)) == (True, 64, 63)


def test_every_exception_of_litellm_has_a_kind() -> None:
    load_litellm()
    import litellm.exceptions

    raised = {
        name
        for name, member in inspect.getmembers(litellm.exceptions, inspect.isclass)
        if issubclass(member, BaseException) and member.__module__ == "litellm.exceptions"
    }
    assert raised == set(KIND_OF_EXCEPTION)


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o-mini",
        "claude-haiku-4-5",
        "gemini/gemini-2.5-flash",
        "mistral/mistral-small-latest",
        "groq/llama-3.1-8b-instant",
        "deepseek/deepseek-chat",
        "xai/grok-4",
        "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "fireworks_ai/accounts/fireworks/models/llama-v3p1-8b-instruct",
        "openrouter/openai/gpt-4o-mini",
        "azure/gpt-4o-mini",
        "cerebras/llama3.1-8b",
        "deepinfra/meta-llama/Meta-Llama-3.1-8B-Instruct",
        "perplexity/sonar",
        "moonshot/kimi-k2-0711-preview",
    ],
)
def test_requests_of_a_provider_go_through_our_transport(
    ask: Asker, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = model.partition("/")[0] if "/" in model else ("anthropic" if "claude" in model else "openai")
    names = {"together_ai": "TOGETHERAI_API_KEY", "fireworks_ai": "FIREWORKS_AI_API_KEY"}
    monkeypatch.setenv(names.get(provider, f"{provider.upper()}_API_KEY"), "none-needed-here")
    monkeypatch.setenv("AZURE_API_BASE", "https://example.openai.azure.com")
    # Nothing may leave this machine: every address is asked of a proxy that is not there.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    target = Target(model, model, None, provider, None, 1.0, None, 2.0)
    (failure,) = ask(model, "who is there", target=target)
    assert (failure.kind, failure.message[:14]) == ("connection", "cannot connect")


def test_only_one_module_imports_litellm_and_none_at_import(root: Path) -> None:
    importing = [
        path.name
        for path in (root / "planner").rglob("*.py")
        if any(line.strip().startswith(("import litellm", "from litellm")) for line in path.read_text().splitlines())
    ]
    assert importing == ["litellm_client.py"]
    code = "import sys, planner.probing.asking.runner; print('litellm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
