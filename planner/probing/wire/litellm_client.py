"""The wall to litellm: our question in, our answer or failure out. The only module that imports litellm, and late.

litellm builds the request, knows the providers and reads the answer; it retries nothing, logs nothing, calls nobody
back, and its HTTP goes through our transport, where the times are taken.
"""

import asyncio
import contextlib
import logging
import os
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import httpx

from planner.probing.wire.failures import failure_of, no_answer, timed_out, unfinished
from planner.probing.wire.questions import Answer, Failure, Question
from planner.probing.wire.reader import Reader
from planner.probing.wire.redact import secrets_of
from planner.probing.wire.transport import Exchange, TimedTransport, begin_exchange
from planner.probing.wire.usage import read_usage
from planner.store.records import Target

_GRACE_S: Final = 5.0
"""On top of the total time-out, for what litellm does around the request."""
_BY_HANDLER: Final = frozenset({"deepseek", "fireworks_ai", "groq", "hosted_vllm", "together_ai", "xai"})
"""OpenAI-like providers that litellm 1.106 reaches by its own handler; others are learnt from their first answer."""
_NO_KEY: Final = "none"
"""Sent where a server wants no key: OpenAI's SDK refuses an empty one."""


def load_litellm() -> Any:  # noqa: ANN401 (litellm is untyped)
    """Import litellm without a network and silence it; 3 s of CPU at the first call."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ.setdefault("LITELLM_LOG", "CRITICAL")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import litellm  # noqa: PLC0415 (the one late import of the house: it takes seconds)
    # Deprecations and details of types that these libraries tell each other of at every answer.
    warnings.filterwarnings("ignore", module=r"(litellm|openai|pydantic)(\.|$)")
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.callbacks = []
    litellm.success_callback = []
    litellm.failure_callback = []
    litellm.num_retries = 0
    for name in ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return litellm


@dataclass(slots=True)
class _Collected:
    """The parts of a stream as litellm gave them."""

    parts: list[str] = field(default_factory=list)
    finish_reason: str | None = None
    usage: Any = None
    first: float | None = None
    times: list[float] = field(default_factory=list)


class LiteLLMClient:
    """Asks models through litellm; one per event loop. Close it when done."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.secrets = secrets_of(environment)
        self._reader = Reader()
        self._http = httpx.AsyncClient(transport=TimedTransport(self._reader))
        self._litellm: Any = None
        self._clients: dict[tuple[str, str | None, str | None], Any] = {}
        self._handled = set(_BY_HANDLER)
        self._unpriced: set[str] = set()
        self._loading = asyncio.Lock()

    async def load(self) -> None:
        """Import litellm in a thread, so that the loop goes on."""
        async with self._loading:
            if self._litellm is None:
                self._litellm = await asyncio.to_thread(load_litellm)

    async def start(self) -> None:
        """Import litellm and start the reader process before the first request needs them."""
        await asyncio.gather(self.load(), self._reader.start())
        await self._rehearse()

    async def _rehearse(self) -> None:
        """Read a canned answer, so that what litellm builds at its first one (a second of CPU) delays no request."""
        import openai  # noqa: PLC0415

        http = httpx.AsyncClient(transport=_Canned())
        client = openai.AsyncOpenAI(api_key=_NO_KEY, base_url="http://127.0.0.1/v1", max_retries=0, http_client=http)
        stream = await self._litellm.acompletion(
            model="openai/rehearsal",
            messages=[{"role": "user", "content": "?"}],
            stream=True,
            stream_options={"include_usage": True},
            client=client,
        )
        await _read(stream)
        await http.aclose()

    async def close(self) -> None:
        """Close connections and end the reader process."""
        await self._http.aclose()
        await self._reader.close()

    async def ask(self, question: Question) -> Answer | Failure:
        """Ask once, never twice; whatever goes wrong with the request comes back as a failure."""
        await self.load()
        exchange = begin_exchange(question.timeouts, question.max_output_tokens)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(question.timeouts.total_s + _GRACE_S):
                collected = await self._collect(question)
        except TimeoutError:
            return timed_out(exchange)
        except Exception as exc:  # noqa: BLE001 (mapped in one place; providers' code raises anything)
            return failure_of(exc, exchange, self.secrets, datetime.now(tz=UTC))
        if exchange.response is None:
            self._learn_path(question.target)
        if not collected.parts and collected.finish_reason is None and not collected.times:
            return no_answer(exchange)
        return unfinished(exchange) or self._answer(question.target, collected, exchange, started)

    async def _collect(self, question: Question) -> _Collected:
        target = question.target
        optional = {"temperature": question.temperature, "seed": question.seed, "api_base": target.api_base}
        stream = await self._litellm.acompletion(
            model=target.litellm_model,
            messages=[{"role": message.role, "content": message.content} for message in question.messages],
            max_tokens=question.max_output_tokens,
            stream=True,
            stream_options={"include_usage": True},
            client=self._client(target),
            max_retries=0,
            num_retries=0,
            drop_params=True,
            timeout=question.timeouts.total_s,
            **{name: value for name, value in optional.items() if value is not None},
            **self._key(target),
        )
        return await _read(stream)

    def _key(self, target: Target) -> dict[str, str]:
        """The key that the user named for a server; providers' keys litellm takes from the environment itself."""
        if target.api_base is None:
            return {}
        return {"api_key": self._environment.get(target.api_key_env or "") or _NO_KEY}

    def _client(self, target: Target) -> Any:  # noqa: ANN401 (one of three clients, which litellm tells apart)
        """The client that litellm is handed for this target's provider, with our transport inside."""
        _, provider, key, base = self._litellm.get_llm_provider(
            model=target.litellm_model, api_base=target.api_base, **self._key(target)
        )
        place = (provider, target.api_base, target.api_key_env)
        if place not in self._clients:
            self._clients[place] = self._new_client(provider, key, base, own=target.api_base is not None)
        return self._clients[place]

    def _new_client(self, provider: str, key: str | None, base: str | None, *, own: bool) -> Any:  # noqa: ANN401
        import openai  # noqa: PLC0415 (comes with litellm, and as late)

        if provider == "azure":
            return self._azure_client(openai)
        by_sdk = provider == "openai" or provider in self._litellm.openai_compatible_providers
        if not by_sdk or provider in self._handled:
            from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler  # noqa: PLC0415

            return AsyncHTTPHandler(transport=TimedTransport(self._reader))
        if own:
            # The SDK sends a user's organisation and project along; they are OpenAI's business, as its key is.
            left_out: dict[str, Any] = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
            return openai.AsyncOpenAI(
                api_key=key, base_url=base, max_retries=0, http_client=self._http, default_headers=left_out
            )
        key = key or self._environment.get(f"{provider.upper()}_API_KEY") or _NO_KEY
        base = base or self._environment.get("OPENAI_BASE_URL") or self._environment.get("OPENAI_API_BASE")
        return openai.AsyncOpenAI(api_key=key, base_url=base, max_retries=0, http_client=self._http)

    def _azure_client(self, openai: Any) -> Any:  # noqa: ANN401
        environment = self._environment
        return openai.AsyncAzureOpenAI(
            api_key=environment.get("AZURE_API_KEY", _NO_KEY),
            azure_endpoint=environment.get("AZURE_API_BASE", ""),
            api_version=environment.get("AZURE_API_VERSION") or self._litellm.AZURE_DEFAULT_API_VERSION,
            max_retries=0,
            http_client=self._http,
        )

    def _learn_path(self, target: Target) -> None:
        """Hand litellm the other client from the next request on: what it was handed did not carry this one."""
        for place in list(self._clients):
            if place[1] == target.api_base and target.litellm_model.startswith(place[0]):
                self._handled.add(place[0])
                del self._clients[place]

    def _answer(self, target: Target, got: _Collected, exchange: Exchange, started: float) -> Answer:
        times = exchange.times()
        usage = read_usage(got.usage, exchange.stream.total_tokens if exchange.stream else 0)
        ended = time.perf_counter()
        gaps = tuple(1e3 * (later - when) for when, later in pairwise(got.times))
        first = 1e3 * (got.first - started) if got.first is not None else None
        return Answer(
            text="".join(got.parts),
            finish_reason=got.finish_reason,
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            usage_stated=exchange.stream is None or exchange.stream.has_usage or exchange.stream.finished is None,
            litellm_cost_usd=self._litellm_cost(
                target, usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens
            ),
            ttft_ms=times.ttft_ms if times else first,
            total_ms=times.total_ms if times else 1e3 * (ended - started),
            gaps_ms=times.gaps_ms if times else gaps,
            lag_ms=times.lag_ms if times else 0.0,
            streams=times.streams if times else 1,
            sent=times.sent if times else None,
            at_transport=times is not None,
            beside_tokens=usage.beside_tokens,
            missing_tokens=usage.missing_tokens,
        )

    def _litellm_cost(self, target: Target, prompt: int, cached: int, completion: int) -> float | None:
        """The figure of litellm for what the tokens cost; None when its price map does not know the model."""
        model = target.litellm_model
        if target.api_base is not None or model in self._unpriced:
            return None
        with contextlib.suppress(Exception):
            costs = self._litellm.cost_per_token(
                model=model, prompt_tokens=prompt, completion_tokens=completion, cache_read_input_tokens=cached
            )
            return float(sum(costs))
        self._unpriced.add(model)
        return None


class _Canned(httpx.AsyncBaseTransport):
    """Answers by itself, in OpenAI's format."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The shortest whole stream."""
        head = '"id": "0", "object": "chat.completion.chunk", "created": 0, "model": "rehearsal"'
        choice = '{"index": 0, "delta": {"content": "!"}, "finish_reason": "stop"}'
        usage = '{"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}'
        events = [f'{{{head}, "choices": [{choice}]}}', f'{{{head}, "choices": [], "usage": {usage}}}', "[DONE]"]
        body = "".join(f"data: {event}\n\n" for event in events).encode()
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body, request=request)


async def _read(stream: Any) -> _Collected:  # noqa: ANN401 (litellm's stream)
    """Read a stream until its usage has come: what litellm does after that is logging, 5 ms of it."""
    got = _Collected()
    async for chunk in stream:
        if chunk.choices:
            choice = chunk.choices[0]
            text = choice.delta.content
            if text or getattr(choice.delta, "reasoning_content", None):
                now = time.perf_counter()
                got.first = got.first or now
                got.times.append(now)
            if text:
                got.parts.append(text)
            got.finish_reason = choice.finish_reason or got.finish_reason
        got.usage = getattr(chunk, "usage", None)
        if got.usage is not None:
            break
    return got
