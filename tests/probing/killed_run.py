"""A process that forks workers on a run, so that each of many kills does not wait for litellm's import.

Standard input: a line 'URL RUN' for each worker. Standard output: the worker's process id; when it has ended, its exit
status as `waitpid` gives it.
"""

import os
import sys

from planner.probing.asking.runner import run_probe
from planner.probing.wire.litellm_client import load_litellm
from planner.store.database.engine import open_store


def _work(url: str, run_id: str) -> int:
    with open_store(url) as store:
        run, _ = run_probe(store, run_id, os.environ)
    return {"finished": 0, "cap": 4}.get(run.status, 1)


def main() -> None:
    load_litellm()
    for line in sys.stdin:
        url, run_id = line.split()
        pid = os.fork()
        if pid == 0:
            os._exit(_work(url, run_id))
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    main()
