"""A streaming server of the session, a store and a client of the test."""

import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from planner.probing.wire.litellm_client import LiteLLMClient
from planner.probing.wire.questions import Answer, Failure, Message, Question
from planner.store.database.engine import Store, open_store
from planner.store.records import Target

sys.path.insert(0, str(Path(__file__).parent))

from probing_parts import PATIENT, Asker
from streaming_server import Server, start_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """First token after 20 ms, then 2 ms apart."""
    with start_server() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with open_store(f"sqlite:///{tmp_path}/probes.sqlite3") as opened:
        yield opened


@pytest.fixture
def ask(server: Server) -> Asker:
    """Ask a model of the server some prompts at once, through litellm; the outcomes."""

    def asked(model: str, *prompts: str, environment: dict[str, str] | None = None, **changes: Any) -> Any:
        target = changes.pop("target", None) or Target(
            model, f"openai/{model}", None, "custom", server.api_base, 1.0, None, 2.0, api_key_env="SERVER_KEY"
        )
        question = {"max_output_tokens": 64, "temperature": 0.0, "seed": None, "timeouts": PATIENT} | changes

        async def all_of_them() -> list[Answer | Failure]:
            client = LiteLLMClient(environment if environment is not None else os.environ)
            try:
                asks: list[Coroutine[Any, Any, Answer | Failure]] = [
                    client.ask(Question(target, (Message("user", prompt),), **question)) for prompt in prompts
                ]
                return list(await asyncio.gather(*asks))
            finally:
                await client.close()

        return asyncio.run(all_of_them())

    return asked
