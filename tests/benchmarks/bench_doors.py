"""How long the two commands take that a stranger tries first, as whole processes, beside a Python that does nothing.

First runs have an empty data folder; later ones find the fit that an earlier process kept there.

python tests/benchmarks/bench_doors.py [--rounds N]
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from statistics import median
from tempfile import TemporaryDirectory

from planner.resources import catalogs_dir

_HEAVY = ("litellm", "streamlit", "plotly")
_PLANS = (("12 segments", "enterprise-portfolio.yaml"), ("1 segment", "ticket-triage.yaml"))


def _seconds(arguments: list[str], rounds: int, folder: str | None = None) -> tuple[float, float]:
    """Median wall and CPU seconds of a whole process; with a data folder of its own each time where none is given."""
    wall, cpu = [], []
    for _ in range(rounds):
        with TemporaryDirectory() as fresh:
            environment = {**os.environ, "PLANNER_DATA_DIR": folder or fresh}
            used, start = _children_s(), time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
            wall.append(time.perf_counter() - start)
            cpu.append(_children_s() - used)
    return median(wall), median(cpu)


def _children_s() -> float:
    """CPU seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _loaded(arguments: list[str]) -> list[str]:
    """Heavy libraries that a command has loaded when it ends."""
    code = (
        "import sys\nfrom planner.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {_HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return list(eval(done.stderr.strip().splitlines()[-1]))  # noqa: S307 - our own list, printed one line above


def main() -> None:
    """Print a line a command: median wall and CPU seconds, times the floor, heavy libraries loaded."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    floor, _ = _seconds(["-c", "pass"], rounds)
    print(f"{'python -c pass':36}{floor:7.2f} s")
    plans = [
        (f"planner plan, {segments}", ["plan", str(catalogs_dir() / "workloads" / file)]) for segments, file in _PLANS
    ]
    for name, arguments in (("planner --help", ["--help"]), *plans):
        loaded = ", ".join(_loaded(arguments)) or "none of the heavy ones"
        with TemporaryDirectory() as kept:
            _seconds(["-m", "planner.cli", *arguments], 1, kept)
            for run, folder in (("", None), (", later runs", kept)):
                wall, cpu = _seconds(["-m", "planner.cli", *arguments], rounds, folder)
                print(
                    f"{name + run:36}{wall:7.2f} s  CPU {cpu:6.2f} s  {wall / floor:6.1f} x  loads {loaded}", flush=True
                )


if __name__ == "__main__":
    main()
