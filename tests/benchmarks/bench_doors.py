"""How long the two commands take that a stranger tries first, as whole processes, beside a Python that does nothing.

python tests/benchmarks/bench_doors.py [--rounds N]
"""

import argparse
import subprocess
import sys
import time
from statistics import median

from planner.resources import catalogs_dir

_HEAVY = ("litellm", "streamlit", "plotly")
_LARGEST = "enterprise-portfolio.yaml"


def _seconds(arguments: list[str], rounds: int) -> float:
    """Median wall time of a whole process."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return median(taken)


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
    """Print a line a command: median seconds, times the floor, heavy libraries loaded."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    floor = _seconds(["-c", "pass"], rounds)
    print(f"{'python -c pass':32}{floor:7.2f} s")
    largest = str(catalogs_dir() / "workloads" / _LARGEST)
    for name, arguments in (("planner --help", ["--help"]), ("planner plan, 12 segments", ["plan", largest])):
        seconds = _seconds(["-m", "planner.cli", *arguments], rounds)
        loaded = ", ".join(_loaded(arguments)) or "none of the heavy ones"
        print(f"{name:32}{seconds:7.2f} s  {seconds / floor:6.1f} x  loads {loaded}")


if __name__ == "__main__":
    main()
