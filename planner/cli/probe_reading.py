"""What `planner probe next`, `list` and `show` do: what to measure next, and what was measured."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.cli.arguments import whole
from planner.cli.commands import load_asked
from planner.cli.output import check_output, write_json
from planner.errors import EXIT_DONE

if TYPE_CHECKING:
    from planner.store.records import Run


def run_next(args: argparse.Namespace) -> int:
    """Rank the probes that could change the plan."""
    check_output(args.json, "--json", ())
    workload = load_asked(args)
    from planner.facts import load_facts
    from planner.planning.certainty.next_probe import rank_probes
    from planner.planning.certainty.next_timing import rank_timings
    from planner.planning.choose import plan_bundle
    from planner.workload.samples import referenced_samples

    facts = load_facts()
    planned = plan_bundle(workload, facts.catalog, facts.beliefs, facts.day, detail="quick")
    folder = Path(args.workload).parent
    ideas = rank_probes(planned, facts.catalog, facts.beliefs, referenced_samples(workload, folder))
    timings = rank_timings(planned, facts.catalog)
    if args.json:
        write_json(args.json, {"version": 1, "workload": workload.name, "probes": ideas, "timings": timings})
    if args.json != "-":
        from planner.terminal.probes_kept import print_ideas, print_timings

        print_ideas(workload, folder, ideas[: args.top], len(ideas))
        print_timings(timings[: args.top], len(timings))
    return EXIT_DONE


def run_list(args: argparse.Namespace) -> int:
    """List the runs of the store; none is made by looking."""
    check_output(args.json, "--json", ())
    from planner.store.database.place import default_url, is_kept

    url = default_url(os.environ)
    runs: tuple[Run, ...] = ()
    broken: frozenset[str] = frozenset()
    if is_kept(url):
        from planner.store.database.engine import open_store
        from planner.store.holding import broken_off
        from planner.store.runs import list_runs

        with open_store(url) as store:
            runs = list_runs(store)
            broken = broken_off(store, runs)
    if args.json:
        write_json(args.json, {"version": 1, "runs": runs, "broken_off": sorted(broken)})
    if args.json != "-":
        from planner.terminal.probes_kept import print_runs

        print_runs(runs, broken)
    return EXIT_DONE


def run_show_run(args: argparse.Namespace) -> int:
    """Show what a run measured: scores, times, cost, and who is better on the same items."""
    check_output(args.json, "--json", ())
    from planner.beliefs.evidence.run_comparison import compare_conditions, compare_models, item_scores
    from planner.beliefs.evidence.run_pairs import pair_shares
    from planner.probing.results import results_of
    from planner.store.database.engine import default_url, open_store
    from planner.store.holding import broken_off
    from planner.store.runs import read_run
    from planner.terminal.probing import rows_with_intervals

    with open_store(default_url(os.environ)) as store:
        run = read_run(store, args.run_id)
        rows = rows_with_intervals(results_of(store, run.id))
        scores = item_scores(store, run.id)
        pairs = pair_shares(store, run.id)
        broken = bool(broken_off(store, (run,)))
    compared = (*compare_models(scores), *compare_conditions(scores))
    if args.json:
        write_json(
            args.json,
            {"version": 1, "run": run, "broken_off": broken, "rows": rows, "comparisons": compared, "pairs": pairs},
        )
    if args.json != "-":
        from planner.terminal.probes_kept import print_run
        from planner.terminal.probing_pairs import print_pairs

        print_run(run, rows, compared, broken=broken)
        print_pairs(pairs)
    return EXIT_DONE


def add_reading(actions: Any, new_command: Any, add_workload: Any) -> None:  # noqa: ANN401 (argparse's types are private)
    """Add `next`, `list` and `show` to the actions of `probe`."""
    described = "By what the answers are worth a month for each dollar of asking."
    upcoming = new_command(actions, "next", "rank which model to measure on which segment next", run_next, described)
    add_workload(upcoming)
    upcoming.add_argument("--top", metavar="N", type=whole, default=10, help="how many to show (10)")
    _add_json(upcoming)
    _add_json(new_command(actions, "list", "list the runs that are kept", run_list))
    shown = new_command(actions, "show", "show what a run measured, and who is better on the same items", run_show_run)
    shown.add_argument("run_id", metavar="RUN", help="id of the run, as `planner probe list` shows it")
    _add_json(shown)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", metavar="FILE", help="write JSON to FILE; '-' prints it and nothing else")
