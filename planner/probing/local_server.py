"""The process that serves the small model: llama.cpp's own OpenAI-compatible server, from the package xllamacpp."""

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

MODEL_NAME: Final = "smollm2"
_CONTEXT_TOKENS: Final = 8192
"""What the model was trained for; each slot has that much."""
_FEWEST_SLOTS: Final = 2
"""Two at least, so that one long answer holds up nobody."""
_ERRORS_ONLY: Final = 1


def thread_count() -> int:
    """Threads that compute: half the cores.

    llama.cpp's threads wait for each other by spinning; one that has no core to itself slows every token of all of
    them down (seen on two busy cores: 23 s for 40 tokens with two threads, 1 s with one).
    """
    return max(1, (os.cpu_count() or 1) // 2)


def start_server(model: Path, port: int) -> tuple[Any, str]:
    """Load the model and listen on loopback; the server, which serves while it is referred to, and its address."""
    import xllamacpp  # noqa: PLC0415 (an optional part; loading it takes a second)

    threads = thread_count()
    slots = max(_FEWEST_SLOTS, threads)
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {MODEL_NAME}
    params.n_ctx = _CONTEXT_TOKENS * slots
    params.n_parallel = slots
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.verbosity = _ERRORS_ONLY
    params.ui = False
    params.warmup = True
    server = xllamacpp.Server(params)
    return server, str(server.listening_address)


def main() -> None:
    """Serve the file of the first argument at the port of the second until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server, address = start_server(Path(sys.argv[1]), int(sys.argv[2]))
    print(address, flush=True)  # noqa: T201 (how the parent learns the port)
    with contextlib.suppress(OSError):
        while server and sys.stdin.buffer.read(4096):
            pass
    # The server's destructor waits for llama.cpp's threads: seconds, and for ever when it had only just started.
    os._exit(0)


if __name__ == "__main__":
    main()
