"""What `planner probe` and `planner local` do."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from planner.cli.output import check_output, write_json
from planner.errors import EXIT_CAP, EXIT_DONE, EXIT_INPUT, InputError

if TYPE_CHECKING:
    from planner.probing.asking.dry_run import Estimate
    from planner.probing.asking.job import PickNext, ShouldStop
    from planner.probing.settings import ProbeSettings
    from planner.probing.suites.suite import Suite
    from planner.store.database.engine import Store
    from planner.store.records import Run, Target

_INTERRUPTED: Final = 130


def run_suite(args: argparse.Namespace) -> int:
    """Measure models on a suite; with --dry-run only what it would cost, with --rate how latency holds."""
    check_output(args.json, "--json", ())
    from planner.probing.asking.dry_run import estimate_run
    from planner.probing.suites.suite import GraderKind
    from planner.probing.suites.user_samples import sample_notes, suite_or_samples
    from planner.terms import SKILLS

    _check_choice("--skill", args.skill, SKILLS)
    _check_choice("--grader", args.grader, get_args(GraderKind))
    suite = suite_or_samples(
        args.suite, skill=args.skill, grader=args.grader, workload=args.workload, segment=args.segment
    )
    for note in sample_notes(args.suite):
        print(f"planner: note: {note}", file=sys.stderr)
    targets, problems = _targets(args.models.split(","), args)
    for problem in problems:
        print(f"planner: {problem}", file=sys.stderr)
    if not targets:
        return EXIT_INPUT
    settings = _settings(args)
    if args.times_only:
        from planner.probing.suites.timing import timed_settings, timed_suite

        suite, settings = timed_suite(suite), timed_settings(suite, settings)
    estimates = estimate_run(suite, targets, settings)
    if args.dry_run:
        _show_estimates(estimates, _notes(suite, targets, settings), args.json)
        return EXIT_INPUT if problems else EXIT_DONE
    budget_usd = _budget(args.budget, estimates)
    from planner.probing.asking.runner import start_run

    with _store() as store:
        run = start_run(store, suite, targets, settings, budget_usd)
        if args.rate is not None:
            return _load(store, run.id, args.json)
        code = _measure(store, run.id, args.json, ask_in_doubt=False, pick_next=_chooser(args, targets))
    return code or (EXIT_INPUT if problems else EXIT_DONE)


def _check_choice(option: str, found: str | None, allowed: Sequence[str]) -> None:
    if found is not None and found not in allowed:
        raise InputError(option, "", found=found, allowed=", ".join(allowed))


def run_resume(args: argparse.Namespace) -> int:
    """Go on with a run."""
    check_output(args.json, "--json", ())
    from planner.store.runs import read_run

    with _store() as store:
        if read_run(store, args.run_id).imported:
            _say_anew(store, args)
        return _measure(store, args.run_id, args.json, ask_in_doubt=args.ask_in_doubt)


def _say_anew(store: "Store", args: argparse.Namespace) -> None:
    """Tell what an imported run's file wanted, and make the run the user's own by what the command line says."""
    from planner.probing.asking.imported import Consent, adopt, named, wishes
    from planner.store.runs import read_run

    run = read_run(store, args.run_id)
    for wish in wishes(run):
        print(f"planner: its file wants {wish}: not done", file=sys.stderr)
    names, judge_name = named(run)
    targets, problems = _targets(names, args)
    judges, judge_problems = _targets([judge_name], args) if judge_name else ((), ())
    for problem in (*problems, *judge_problems):
        raise problem
    consent = Consent(targets, judges[0] if judges else None, args.budget, args.allow_code)
    adopted = adopt(store, run.id, consent)
    for target in (*adopted.targets, *judges):
        print(f"planner: asking {target.name} at {target.api_base or target.provider} now", file=sys.stderr)


def run_export(args: argparse.Namespace) -> int:
    """Write a run to a file."""
    check_output(args.output, "--output", (".jsonl", ".parquet"))
    from planner.store.transfer import export_run

    with _store() as store:
        count = export_run(store, args.run_id, Path(args.output))
    print(f"{args.output}: run {args.run_id}, {count:,} attempts")
    return EXIT_DONE


def run_import(args: argparse.Namespace) -> int:
    """Read a run from a file."""
    from planner.probing.asking.imported import bring_in

    with _store() as store:
        run = bring_in(store, Path(args.file))
    print(f"run {run.id}: {run.suite}, {', '.join(target.name for target in run.targets)}")
    return EXIT_DONE


def run_local(args: argparse.Namespace) -> int:
    """Serve the embedded model, or get its file."""
    from planner.probing.local_model import fetch_model, serve_here

    if args.fetch:
        print(f"{fetch_model()}: SmolLM2-135M-Instruct, checked by its SHA-256")
        return EXIT_DONE
    serve_here(args.port, lambda address: print(f"{address}/v1 (model smollm2; Ctrl-C stops it)", flush=True))
    return EXIT_DONE


def _targets(names: Sequence[str], args: argparse.Namespace) -> tuple[tuple["Target", ...], tuple[InputError, ...]]:
    from planner.facts import shipped_catalog, today
    from planner.probing.targets import resolve_targets

    catalog, day = shipped_catalog(), today()
    return resolve_targets(
        names,
        catalog,
        os.environ,
        day,
        api_base=args.api_base,
        api_key_env=args.api_key_env,
        insecure=args.insecure,
        price=args.price,
        needs_key=not args.dry_run,
    )


def _notes(suite: "Suite", targets: Sequence["Target"], settings: "ProbeSettings") -> tuple[str, ...]:
    """What a dry run tells beside the cost: keys that are not there, what is compared, who would judge itself."""
    from planner.probing.judging.pairs import own_judge_lines, pairs_words
    from planner.probing.targets import key_notes

    judge = settings.judge
    missing = key_notes((*targets, *([judge] if judge else [])), os.environ).values()
    compared = [f"compared pairwise in both orders: {pairs_words(targets)}"] if settings.pairwise else []
    return (*missing, *compared, *own_judge_lines(suite, targets, settings))


def _settings(args: argparse.Namespace) -> "ProbeSettings":
    from planner.probing.load.run import worker_count
    from planner.probing.settings import ProbeSettings
    from planner.probing.wire.messages import Timeouts

    if (args.rate is None) != (args.seconds is None):
        raise InputError("--rate", "", found="one of --rate and --seconds", allowed="both, or neither")
    judge = None
    if args.judge:
        judges, problems = _targets([args.judge], args)
        if problems:
            raise problems[0]
        judge = judges[0]
    usual = Timeouts()
    first_s = min(usual.first_s, args.timeout)
    return ProbeSettings(
        repeats=args.repeats,
        conditions=tuple(args.condition),
        limit=args.limit,
        temperature=args.temperature,
        seed=args.seed,
        max_output_tokens=args.max_output_tokens,
        concurrency=args.concurrency,
        timeouts=Timeouts(min(usual.connect_s, args.timeout), first_s, args.timeout),
        fresh=args.fresh,
        allow_code=args.allow_code,
        judge=judge,
        pairwise=args.pairwise,
        rate_per_s=args.rate,
        seconds=args.seconds,
        slo_ttft_ms=args.slo_ttft_ms,
        slo_total_ms=args.slo_total_ms,
        workers=1 if args.rate is None else worker_count(args.rate),
    )


def _show_estimates(estimates: Sequence["Estimate"], notes: Sequence[str], json_file: str | None) -> None:
    for note in notes:
        print(f"planner: note: {note}", file=sys.stderr)
    if json_file:
        write_json(json_file, {"version": 1, "estimates": estimates, "notes": notes})
    if json_file != "-":
        from planner.terminal.probing import print_estimates

        print_estimates(estimates)


def _budget(stated: float | None, estimates: Sequence["Estimate"]) -> float:
    """The cap: stated, or 0 when nothing can cost anything."""
    worst_usd = sum(estimate.worst_usd for estimate in estimates)
    if stated is None and worst_usd > 0.0:
        expected_usd = sum(estimate.expected_usd for estimate in estimates)
        allowed = f"--budget USD: this run costs ${worst_usd:,.4f} at worst, about ${expected_usd:,.4f} as expected"
        raise InputError("--budget", "", found="none", allowed=allowed)
    return stated or 0.0


def _chooser(args: argparse.Namespace, targets: Sequence["Target"]) -> "PickNext | None":
    """Who is asked on, for a run that steers itself."""
    if args.floor is not None and not args.adaptive:
        raise InputError("--floor", "", found="no --adaptive", allowed="--floor together with --adaptive")
    if not args.adaptive:
        return None
    from planner.planning.certainty.halving import Racing, halve

    usd = {target.name: target.output_usd_per_mtok for target in targets if target.output_usd_per_mtok is not None}
    return halve(Racing(tuple(target.name for target in targets), args.floor, usd))


def _measure(
    store: "Store",
    run_id: str,
    json_file: str | None,
    *,
    ask_in_doubt: bool,
    pick_next: "PickNext | None" = None,
) -> int:
    """Ask, show the progress, show what was measured."""
    from planner.beliefs.evidence.run_pairs import pair_shares
    from planner.probing.asking.runner import run_probe
    from planner.probing.results import results_of
    from planner.store.runs import read_run
    from planner.terminal.probing import print_results, rows_with_intervals, watching
    from planner.terminal.probing_pairs import print_pairs

    read_run(store, run_id)
    print(f"run {run_id}", file=sys.stderr)
    with _interruptible() as should_stop, watching() as on_progress:
        run, progress = run_probe(
            store,
            run_id,
            os.environ,
            on_progress=on_progress,
            should_stop=should_stop,
            pick_next=pick_next,
            ask_in_doubt=ask_in_doubt,
        )
    rows = rows_with_intervals(results_of(store, run_id))
    pairs = pair_shares(store, run_id)
    if json_file:
        write_json(json_file, {"version": 1, "run": run, "progress": progress, "rows": rows, "pairs": pairs})
    if json_file != "-":
        print_results(run, progress, rows)
        print_pairs(pairs)
    return _exit_code(store, run)


def _exit_code(store: "Store", run: "Run") -> int:
    """How a run ended. Stopped by hand comes before incomplete, incomplete before a model that nobody could ask."""
    from planner.probing.costs import is_free
    from planner.store.attempts import iter_attempts

    if run.status == "stopped":
        return _INTERRUPTED
    if run.status == "cap":
        return EXIT_CAP
    free = {target.name for target in run.targets if is_free(target)}
    answered: set[tuple[str, str, str, int]] = set()
    doubtful: set[tuple[str, str, str, int]] = set()
    for attempt in iter_attempts(store, run.id):
        key = (attempt.model, attempt.item, attempt.condition, attempt.repeat)
        if attempt.state == "answered":
            answered.add(key)
        elif attempt.cost_usd is None and attempt.model not in free:
            doubtful.add(key)
    left = doubtful - answered
    if left:
        print(
            f"planner: {len(left):,} {'item is' if len(left) == 1 else 'items are'} in doubt: asked, perhaps paid for, "
            f"never answered (planner probe resume {run.id} --ask-in-doubt asks again)",
            file=sys.stderr,
        )
        return EXIT_CAP
    silent = {target.name for target in run.targets} - {model for model, *_ in answered}
    return EXIT_INPUT if silent else EXIT_DONE


def _load(store: "Store", run_id: str, json_file: str | None) -> int:
    """Send at the given rate, show what latency did."""
    from planner.probing.load.results import load_results_of
    from planner.probing.load.run import run_load
    from planner.terminal.probing import watching
    from planner.terminal.probing_load import print_load

    print(f"run {run_id}", file=sys.stderr)
    with _interruptible() as should_stop, watching() as on_progress:
        run, progress = run_load(store, run_id, on_progress=on_progress, should_stop=should_stop)
    rows = load_results_of(store, run_id)
    if json_file:
        write_json(json_file, {"version": 1, "run": run, "progress": progress, "rows": rows})
    if json_file != "-":
        print_load(run, rows)
    return EXIT_CAP if run.status == "cap" else _INTERRUPTED if run.status == "stopped" else EXIT_DONE


@contextmanager
def _interruptible() -> Iterator["ShouldStop"]:
    """The first Ctrl-C lets what is under way come in and sends nothing more; the second breaks off."""
    asked: list[int] = []

    def interrupt(number: int, _frame: Any) -> None:  # noqa: ANN401 (the interpreter's frame)
        asked.append(number)
        if len(asked) > 1:
            raise KeyboardInterrupt
        print("stopping: waiting for what is under way (Ctrl-C again breaks it off)", file=sys.stderr)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def _store() -> "Store":
    from planner.store.database.engine import default_url, open_store

    return open_store(default_url(os.environ))
