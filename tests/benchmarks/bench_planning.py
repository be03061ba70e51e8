"""Planning proper, ours against the same programme given to scipy.optimize.milp without our pruning; slider to plan.

    python tests/benchmarks/bench_planning.py [--rounds N] [--seeds N] [--examples NAME,...]

The peer gets every fitting option as a column (those that miss a limit are left out for it too, which favours it), the
same rows and the same tolerance, through the same row builder. Both start from the evaluated limits. Objectives are
compared to 1e-6 of their size. Exit code 1 when an objective differs or the median ratio on the seeded instances is
below 10.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from planner.beliefs.model import Beliefs, fit_beliefs
from planner.catalog.load import load_catalog
from planner.catalog.schema import Catalog
from planner.options.cache import OptionsCache
from planner.options.enumerate import enumerate_options
from planner.options.table import Options
from planner.planning.choose import choose_plan, plan_bundle
from planner.planning.plan import Plan
from planner.planning.problem import Problem, state_problem
from planner.planning.solve.milp import Ask, Solution, solve_ask, unpruned
from planner.planning.what_if.changes import Change
from planner.planning.what_if.comparison import what_if
from planner.resources import catalogs_dir
from planner.workload.load import load_workload
from planner.workload.schema import Workload
from tests.planning.instances import make

TODAY = date(2026, 11, 24)
TARGET_RATIO = 10.0
MS = 1000.0


def timed(run: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each round; one round before them warms up."""
    run()
    out = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        out.append((time.perf_counter() - start) * MS)
    return out


def ours(workload: Workload, options: Options, ask: Ask) -> Callable[[], Solution | None]:
    """Solve from evaluated limits with nothing remembered from the round before."""
    problem = state_problem(workload, options)

    def run() -> Solution | None:
        for part in problem.parts:
            part.rows.memo.clear()
        return solve_ask(problem, ask)

    return run


def peer(problem: Problem, ask: Ask) -> Callable[[], Solution | None]:
    """The same programme with every fitting option as a column."""
    return lambda: unpruned(problem, ask)


def row(name: str, workload: Workload, options: Options, rounds: int) -> tuple[float, bool]:
    """Time both on one instance, print a line, return the ratio of medians and whether objectives agree."""
    problem = state_problem(workload, options)
    if any(part.rows.size == 0 for part in problem.parts):
        print(f"{name:<26} {'':>8} a limit of a segment cannot be held: nothing to solve")
        return np.inf, True
    # Objective as the workload has it, limits that need no draws: those are rows of another kind for the peer.
    worth = 0.0 if workload.objective.weigh is None else workload.objective.weigh.usd_per_quality_point * 100.0
    limits = workload.limits.model_copy(update={"monthly_budget_usd": None, "carbon_kg_per_month": None})
    ask = Ask(1.0, worth, limits)
    run, other = ours(workload, options, ask), peer(problem, ask)
    mine, theirs = run(), other()
    if mine is None or theirs is None:
        print(f"{name:<26} infeasible for {'both' if mine is theirs else 'one of the two: they disagree'}")
        return np.inf, mine is theirs
    agree = abs(mine.objective - theirs.objective) <= 1e-6 * max(1.0, abs(theirs.objective))
    a, b = timed(run, rounds), timed(other, rounds)
    ratio = float(np.median(b) / np.median(a))
    print(
        f"{name:<26} {sum(part.rows.size for part in problem.parts):>8,} {mine.columns:>7,}"
        f" {np.median(a):>9.1f} {np.quantile(a, 0.95):>9.1f} {np.median(b):>9.1f} {np.quantile(b, 0.95):>9.1f}"
        f" {ratio:>7.1f}x  {mine.objective:>14,.4f}  {'equal' if agree else f'DIFFERS: {theirs.objective:,.4f}'}"
    )
    return ratio, agree


def header() -> None:
    print(
        f"{'instance':<26} {'fitting':>8} {'columns':>7} {'ours p50':>9} {'ours p95':>9} {'peer p50':>9}"
        f" {'peer p95':>9} {'ratio':>8}  {'objective':>14}"
    )


def bench_choice(workload: Workload, catalog: Catalog, options: Options, rounds: int) -> None:
    """choose_plan as the doors call it, options ready."""
    quick = timed(lambda: choose_plan(workload, catalog, options, detail="quick"), rounds)
    full = timed(lambda: choose_plan(workload, catalog, options), max(1, rounds // 3))
    print(
        f"    choose_plan: quick {np.median(quick):.0f} ms (p95 {np.quantile(quick, 0.95):.0f}),"
        f" full {np.median(full):.0f} ms (p95 {np.quantile(full, 0.95):.0f}; targets 50 and 1,500)"
    )


SLIDERS = (
    ("volume", "segments.*.requests_per_month", "x{:.3f}"),
    ("frontier price", "assumptions.frontier_price_factor", "{:.3f}"),
    ("GPU price", "assumptions.gpu_price_factor", "{:.3f}"),
    ("quality floor", "segments.*.quality_floor", "-{:.4f}"),
    ("prompt length", "segments.*.input_tokens", "x{:.3f}"),
    ("cache hits", "assumptions.cache_hit_share", "{:.4f}"),
)


def slider_value(form: str, number: int, rounds: int) -> object:
    share = (number + 1) / (rounds + 2)
    if form.startswith("-"):
        return form.format(0.05 * share)
    text = form.format(share if form == "{:.4f}" else 1.0 + 0.5 * share)
    return text if text.startswith("x") else float(text)


def bench_sliders(name: str, workload: Workload, facts: tuple[Catalog, Beliefs], rounds: int) -> None:
    """From a slider's value to the new plan inside the app's functions; every value is new."""
    cache = OptionsCache()
    before = plan_bundle(workload, *facts, TODAY, cache, "quick")
    print(f"slider to new plan, {name} (what_if, quick; target 150 ms):")
    for label, path, form in SLIDERS:
        times, plans = [], 0
        for number in range(rounds + 1):
            start = time.perf_counter()
            result = what_if(before, [Change(path, slider_value(form, number, rounds))], *facts, TODAY, cache)
            times.append((time.perf_counter() - start) * MS)
            plans += isinstance(result.after.outcome, Plan)
        later = times[1:]
        print(
            f"    {label:<16} p50 {np.median(later):>7.0f} ms  p95 {np.quantile(later, 0.95):>7.0f} ms"
            f"  first {times[0]:>7.0f} ms  ({plans} of {len(times)} plans)"
        )


def bench_examples(names: list[str], rounds: int) -> bool:
    catalog = load_catalog()
    beliefs = fit_beliefs(catalog)
    paths = sorted((catalogs_dir() / "workloads").glob("*.yaml"))
    agree, largest = True, ("", 0, None)
    for path in paths:
        if names and path.stem not in names:
            continue
        workload = load_workload(path)
        options = enumerate_options(workload, catalog, beliefs, TODAY)
        agree &= row(path.stem, workload, options, rounds)[1]
        bench_choice(workload, catalog, options, rounds)
        size = sum(table.size for table in options.tables)
        if size > largest[1]:
            largest = (path.stem, size, workload)
    if largest[2] is not None:
        bench_sliders(largest[0], largest[2], (catalog, beliefs), rounds)
    return agree


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--examples", default="")
    given = parser.parse_args()
    print("milliseconds, options ready and limits evaluated; objective in USD a month\n")
    header()
    ratios, agree = [], True
    for seed in range(1, given.seeds + 1):
        made = make(seed)
        ratio, same = row(f"12 x 3,000, seed {seed}", made.workload, made.options, given.rounds)
        ratios.append(ratio)
        agree &= same
    agree &= bench_examples([name for name in given.examples.split(",") if name], given.rounds)
    median = float(np.median(ratios))
    print(
        f"\nmedian ratio on the seeded instances: {median:.1f}x (target {TARGET_RATIO:.0f}x); objectives agree: {agree}"
    )
    return 0 if agree and median >= TARGET_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
