"""False alarms of drift: logs drawn from the plan itself, all measures together. Prints a share; nothing is timed."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from planner.logs import read_logs
from planner.planning.drift.drift import find_drift
from tests.planning.drift.replays import rows_of_plan, write_rows
from tests.report.deploy.plans import example_catalog, example_plan


def main(replays: int = 200, name: str = "support-desk-eu") -> None:
    plan, catalog = example_plan(name), example_catalog()
    alarms = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(replays):
            rows = rows_of_plan(plan, catalog, np.random.default_rng(1000 + seed))
            log = read_logs([str(write_rows(Path(folder) / "log.jsonl", rows))], by="model_group")
            alarms += bool(find_drift(plan, catalog, log).drifted)
            log.engine.close()
    print(f"{name}: {alarms} of {replays} logs without a change raised an alarm, all measures together")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
