"""How far a plan moves with the seed of its draws: python -m tests.benchmarks.bench_seeds [--seeds 12] [EXAMPLE ...].

For each example the range of the optimum and of the bill over the seeds, each over its mean, and how many segments
changed their tool. Takes a few seconds an example and seed.
"""

import argparse
from collections.abc import Sequence

import numpy as np

from planner.beliefs.model import Beliefs, fit_beliefs
from planner.catalog.load import load_catalog
from planner.catalog.schema import Catalog
from planner.planning.choose import plan_workload
from planner.planning.plan import Plan
from planner.resources import catalogs_dir
from planner.workload.load import load_workload

FIRST_SEED = 1000


def spread_of(name: str, catalog: Catalog, by_seed: Sequence[Beliefs]) -> str:
    """One line of the table."""
    workload = load_workload(catalogs_dir() / "workloads" / f"{name}.yaml")
    found = [plan_workload(workload, catalog, beliefs, catalog.as_of, detail="quick") for beliefs in by_seed]
    plans = [outcome for outcome in found if isinstance(outcome, Plan)]
    if len(plans) < len(found):
        return f"{name:22} no plan for {len(found) - len(plans)} of {len(found)} seeds"
    optimum = np.array([plan.optimum_usd or 0.0 for plan in plans])
    bill = np.array([plan.totals.monthly_cost_usd.mean for plan in plans])
    tools = [[(s.option.label, s.option.place) for s in plan.segments] for plan in plans]
    changed = sum(len(set(each)) > 1 for each in zip(*tools, strict=True))
    ranges = [float(np.ptp(values) / max(values.mean(), 1e-9)) for values in (optimum, bill)]
    return f"{name:22} optimum {ranges[0]:7.1%}   bill {ranges[1]:7.1%}   segments changed {changed} of {len(tools[0])}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    examples = sorted(path.stem for path in (catalogs_dir() / "workloads").glob("*.yaml"))
    parser.add_argument("names", nargs="*", default=examples)
    parser.add_argument("--seeds", type=int, default=12)
    args = parser.parse_args()
    catalog = load_catalog()
    by_seed = [fit_beliefs(catalog, seed=FIRST_SEED + number) for number in range(args.seeds)]
    for name in args.names:
        print(spread_of(name, catalog, by_seed), flush=True)


if __name__ == "__main__":
    main()
