"""What an update by probes takes beside a fit to everything, and ranking the next probes beside planning.

    python tests/benchmarks/bench_learning.py

Prints medians of CPU seconds and ratios of the same run.
"""

import time
from collections.abc import Callable
from datetime import date
from statistics import median

import numpy as np

from planner.beliefs.evidence.item_outcomes import ItemOutcomes
from planner.beliefs.evidence.measured import Measured, SegmentMeasurement, SuiteAnswers
from planner.beliefs.model import Beliefs, fit_beliefs, with_measured
from planner.beliefs.quality.abilities import fit_quality
from planner.beliefs.quality.segment_quality import segment_quality
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.planning.certainty.next_probe import rank_probes
from planner.planning.choose import plan_bundle
from planner.resources import catalogs_dir
from planner.units import stream
from planner.workload.load import load_workload
from planner.workload.schema import Segment

REPEATS = 7
DAY = date(2026, 11, 24)


def cpu_s(what: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median CPU seconds of a call."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        what()
        taken.append(time.process_time() - start)
    return median(taken)


def answers(models: tuple[str, ...], items: int) -> Measured:
    """Every model answers every item of one segment; right or wrong by a coin."""
    model, item = np.divmod(np.arange(len(models) * items), items)
    score = (stream(1, "bench").random(model.size) < 0.8).astype(float)
    none = np.array([], dtype=np.int64)
    outcomes = ItemOutcomes(models, model, item, score, none, none)
    told = ("own", "plain", "classification", None, None, ("r1",), "2026-11-24")
    return Measured("bench", (SuiteAnswers(*told, outcomes),))


def updating(beliefs: Beliefs, catalog: Catalog, segment: Segment, models: int, items: int) -> float:
    """CPU seconds from answers to the quality of all models on a segment."""
    measured = answers(beliefs.quality.model_ids[:models], items)
    seen = SegmentMeasurement(own=measured.suites)
    return cpu_s(lambda: segment_quality(with_measured(beliefs, catalog, measured).quality, catalog, segment, seen))


def ranking(beliefs: Beliefs, catalog: Catalog, name: str) -> tuple[float, float]:
    """CPU seconds of planning an example quickly, and of ranking the next probes for it."""
    asked = load_workload(catalogs_dir() / "workloads" / f"{name}.yaml")
    planned = plan_bundle(asked, catalog, beliefs, DAY, detail="quick")
    return (
        cpu_s(lambda: plan_bundle(asked, catalog, beliefs, DAY, detail="quick"), 3),
        cpu_s(lambda: rank_probes(planned, catalog, beliefs), 3),
    )


def main() -> None:
    """Print the table."""
    catalog = load_catalog()
    whole = cpu_s(lambda: fit_quality(catalog), 3)
    beliefs = fit_beliefs(catalog)
    segment = load_workload(catalogs_dir() / "workloads" / "ticket-triage.yaml").segments[0]
    print(f"fit to all published evidence        {whole:7.3f} s CPU")
    for models, items in ((3, 50), (3, 500), (20, 200), (40, 1000)):
        one = updating(beliefs, catalog, segment, models, items)
        print(f"update, {models:2} models x {items:5,} items      {one:7.3f} s CPU, fit / update {whole / one:6.1f}")
    for name in ("ticket-triage", "enterprise-portfolio"):
        planning, probes = ranking(beliefs, catalog, name)
        print(f"next probes, {name:22}  {probes:7.3f} s CPU, planning / ranking {planning / probes:6.1f}")


if __name__ == "__main__":
    main()
