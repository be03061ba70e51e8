"""The two processes of a verdict, started by `run` inside namespaces: `child answer` and `child tests`.

The job is read and let go, the process is locked in, and only then is anything of an answer or its tests looked at.
"""

import json
import os
import sys
from collections.abc import Sequence

from planner.probing.sandbox.shut.lock import LockError, lock_in
from planner.probing.sandbox.verdict.answer_side import AnswerSide
from planner.probing.sandbox.verdict.channel import Channel, ClosedError
from planner.probing.sandbox.verdict.judge_side import JudgeSide, Verdict, told


def main(argv: Sequence[str]) -> None:
    """Role, then the numbers of two open pipes: reading, writing."""
    role, reading, writing = argv[1], int(argv[2]), int(argv[3])
    job = json.load(sys.stdin)
    verdict_to = os.dup(1)
    _close_the_rest({reading, writing, verdict_to})
    channel = Channel(reading, writing)
    try:
        layers = lock_in(job["limits"])
    except (LockError, OSError, ValueError) as error:
        said = Verdict(passed=None, detail=f"not locked in: {error}")
        if role == "tests":
            told(said, (), verdict_to)
        os._exit(3)
    if role == "answer":
        os.close(verdict_to)
        _serve(channel, job["answer"], layers)
    else:
        _judge(channel, job, layers, verdict_to)
    os._exit(0)


def _serve(channel: Channel, source: str, layers: Sequence[str]) -> None:
    channel.send(["locked", [*layers]])
    AnswerSide(channel).run(source)


def _judge(channel: Channel, job: dict[str, str], layers: Sequence[str], verdict_to: int) -> None:
    """Wait for the other process to be locked in, run the tests, tell the verdict."""
    try:
        theirs = channel.receive()
    except ClosedError:
        told(Verdict(passed=None, detail="the answer's process was not locked in"), (), verdict_to)
        return
    held = [layer for layer in layers if theirs[0] == "locked" and layer in theirs[1]]
    told(JudgeSide(channel).judge(job["answer"], job["tests"]), held, verdict_to)


def _close_the_rest(kept: set[int]) -> None:
    """Close what else is open; the standard three become a pipe that ends at once."""
    nothing, unused = os.pipe()
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    for number in range(3, 256):
        if number not in kept:
            os.close(number) if _is_open(number) else None
    del unused


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv)
