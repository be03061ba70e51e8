"""A process of its own that writes to a store; what it has done is told line by line, each only once it is kept.

python -m tests.store.writer open|reserve|spend|hold URL [RUN WHO COUNT CAP]
"""

import sys

from planner.store.attempts import reserve_attempt, store_answer
from planner.store.database.engine import open_store
from planner.store.holding import hold_run
from planner.store.runs import list_runs
from tests.store.rows import an_attempt, answered

RESERVED_USD = 0.01
PAID_USD = 0.006


def tell(*words: object) -> None:
    print(*words, flush=True)


def spend(url: str, run: str, who: str, count: int, cap_usd: float, *, answer: bool) -> None:
    with open_store(url) as store:
        tell("ready")
        sys.stdin.readline()
        for number in range(count):
            attempt = an_attempt(number, run=run, item=f"{who}-{number}", reserved_usd=RESERVED_USD)
            given = reserve_attempt(store, attempt, cap_usd)
            if given is None:
                tell("refused", number)
                continue
            tell("reserved", given)
            if answer:
                store_answer(store, answered(attempt, given, cost_usd=PAID_USD))
                tell("answered", given)


def main(what: str, url: str, *rest: str) -> None:
    if what == "open":
        tell("ready")
        sys.stdin.readline()
        with open_store(url) as store:
            tell("runs", len(list_runs(store)))
    elif what == "hold":
        with open_store(url) as store, hold_run(store, rest[0]):
            tell("held")
            sys.stdin.readline()
    else:
        run, who, count, cap_usd = rest
        spend(url, run, who, int(count), float(cap_usd), answer=what == "spend")


if __name__ == "__main__":
    main(*sys.argv[1:])
