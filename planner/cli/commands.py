"""What each command does: check where it writes, call one function of a room, show the answer, give the exit code.

What a command works with is imported when it runs, so that `planner --help` loads nothing heavy.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from planner.cli.arguments import Vary
from planner.cli.output import check_output, why, write, write_json
from planner.errors import EXIT_CONFLICT, EXIT_DONE, InputError, StoreError
from planner.resources import catalogs_dir, data_dir

if TYPE_CHECKING:
    from planner.beliefs.backtest.validation import Validation
    from planner.catalog.evidence.user_scores import UserScores
    from planner.workload.schema import Workload

_REPORTS: Final = (".html", ".pdf", ".md", ".docx")


def run_app(args: argparse.Namespace) -> int:
    """Serve the dashboard until it is stopped."""
    from planner.app import run_app as serve

    return serve(args.port)


def run_plan(args: argparse.Namespace) -> int:
    """Plan a workload: print, write JSON, write a report."""
    check_output(args.json, "--json", ())
    check_output(args.report, "--report", _REPORTS)
    workload = load_asked(args)
    from planner.facts import load_facts

    facts = load_facts(args.day)
    from planner.options.cache import OptionsCache
    from planner.planning.certainty.ways import add_certainty
    from planner.planning.choose import FRONT_POINTS, plan_bundle
    from planner.planning.plan import Plan

    cache, front = OptionsCache(), args.pareto or FRONT_POINTS
    planned = plan_bundle(workload, facts.catalog, facts.beliefs, facts.day, cache, front=front)
    outcome = planned.outcome
    if args.json != "-":
        from planner.terminal.outcome import print_outcome

        print_outcome(outcome, front=args.pareto is not None)
    if not args.no_certainty:
        outcome = add_certainty(planned, facts.catalog, facts.beliefs, facts.day, cache)
    if args.json != "-" and isinstance(outcome, Plan) and outcome.certainty:
        from planner.terminal.outcome import print_certainty

        print_certainty(outcome)
    if args.json:
        write(args.json, outcome.model_dump_json(indent=2) + "\n")
    if args.report:
        from planner.report.decision.lengths import usual_length
        from planner.report.render import render_report

        length = args.length or (usual_length(outcome) if isinstance(outcome, Plan) else "full")
        render_report(outcome, args.report, length)
    return EXIT_DONE if isinstance(outcome, Plan) else EXIT_CONFLICT


def run_whatif(args: argparse.Namespace) -> int:
    """Plan along one input."""
    check_output(args.json, "--json", ())
    workload = load_asked(args)
    vary: Vary = args.vary
    from planner.facts import load_facts

    facts = load_facts()
    from planner.options.cache import OptionsCache
    from planner.planning.choose import plan_workload
    from planner.planning.what_if.sweep import spread, sweep

    marks, cache = spread(workload, vary.path, vary.low, vary.high, vary.count, times=vary.times), OptionsCache()
    rows = sweep(marks, lambda asked: plan_workload(asked, facts.catalog, facts.beliefs, facts.day, cache, "quick"))
    if args.json != "-":
        from planner.terminal.outcome import print_sweep

        print_sweep(f"{vary.path}, times today's" if vary.times else vary.path, rows)
    if args.json:
        write_json(args.json, {"version": 1, "path": vary.path, "times": vary.times, "rows": rows})
    return EXIT_DONE if any(row.feasible for row in rows) else EXIT_CONFLICT


def run_models(args: argparse.Namespace) -> int:
    """List the models."""
    check_output(args.json, "--json", ())
    from planner.catalog.browse import list_models
    from planner.facts import kept_catalog, today

    rows = list_models(kept_catalog(), today(), args.skill)
    if args.json:
        write_json(args.json, {"version": 1, "models": rows})
    if args.json != "-":
        from planner.terminal.catalog import print_models

        print_models(rows)
    return EXIT_DONE


def run_show(args: argparse.Namespace) -> int:
    """Show one model."""
    check_output(args.json, "--json", ())
    from planner.catalog.browse import show_model
    from planner.facts import kept_catalog

    details = show_model(kept_catalog(), args.model)
    if args.json:
        write_json(args.json, {"version": 1, "model": details})
    if args.json != "-":
        from planner.terminal.catalog import print_model

        print_model(details)
    return EXIT_DONE


def run_refresh(args: argparse.Namespace) -> int:
    """Fetch current prices, keep them, and show what changed; or keep and drop scores in the store."""
    if args.evidence or args.forget:
        from planner.cli.evidence import refresh_evidence

        return refresh_evidence(args)
    from tempfile import TemporaryDirectory

    from planner.catalog.load import load_catalog
    from planner.catalog.prices.refresh import compare_maps, fetch_price_map
    from planner.facts import shipped_catalog, today

    before = shipped_catalog()
    # A map that cannot be read must not be kept: every later command would fail on it.
    with TemporaryDirectory() as folder:
        fetched = fetch_price_map(Path(folder), today())
        after = load_catalog(price_map=fetched)
        kept = data_dir() / fetched.name
        try:
            data_dir().mkdir(parents=True, exist_ok=True)
            shutil.copyfile(fetched, kept)
        except OSError as exc:
            msg = f"{kept}: {why(exc)}; PLANNER_DATA_DIR moves the folder"
            raise StoreError(msg) from exc
    from planner.terminal.catalog import print_changes

    print_changes(compare_maps(before.offers, after.offers), str(kept))
    return EXIT_DONE


def run_validate(args: argparse.Namespace) -> int:
    """Back-test the fitted models, or score them on the user's own table."""
    check_output(args.json, "--json", ())
    check_output(args.predictions, "--predictions", (".csv",))
    for option in ("predictions", "known_models", "known_scores"):
        if getattr(args, option) is not None and not args.against:
            name = f"--{option.replace('_', '-')}"
            raise InputError(name, "", found="no --against", allowed=f"{name} together with --against ROWS.csv")
    from planner.beliefs.backtest.validation import validate
    from planner.facts import shipped_catalog

    # Back-tests are of what is shipped, so that everyone gets the same figures.
    result = _validate_against(args) if args.against else validate(shipped_catalog(), args.part)
    if args.json:
        write_json(args.json, result)
    if args.json != "-":
        from planner.terminal.validation import print_validation

        print_validation(result.rows)
    return EXIT_DONE


def _validate_against(args: argparse.Namespace) -> "Validation":
    """Figures on the user's own rows; every forecast is written when asked for."""
    from planner.beliefs.backtest.against import store_predictions, validate_against
    from planner.beliefs.backtest.validation import Validation
    from planner.catalog.evidence.scores import load_aliases
    from planner.catalog.evidence.user_scores import load_user_scores
    from planner.facts import shipped_catalog
    from planner.units import SEED

    if args.part != "quality":
        from planner.cli.validation import validate_file

        return validate_file(args, shipped_catalog())
    scores = load_user_scores(Path(args.against))
    catalog = shipped_catalog()
    known_models, known_scores = _known_counts(args, scores, SEED)
    result = validate_against(
        catalog,
        scores,
        load_aliases(catalogs_dir() / "aliases.csv"),
        SEED,
        known_models=known_models,
        known_scores=known_scores,
    )
    if args.predictions:
        store_predictions(Path(args.predictions), scores, result)
    return Validation(1, "quality", catalog.version, SEED, result.rows)


def _known_counts(args: argparse.Namespace, scores: "UserScores", seed: int) -> tuple[int, int]:
    """Models of each benchmark and scores of each model taken as known: as asked, or as the table's size allows."""
    from planner.beliefs.backtest.against import KNOWN_MODELS, KNOWN_SCORES, usual_known

    if args.known_models is not None or args.known_scores is not None:
        models = KNOWN_MODELS if args.known_models is None else args.known_models
        return models, KNOWN_SCORES if args.known_scores is None else args.known_scores
    models, each = usual_known(scores, seed)
    if (models, each) != (KNOWN_MODELS, KNOWN_SCORES):
        print(
            f"a small table: scores of {models} models of each benchmark and {each} of each model are taken as known, "
            f"not {KNOWN_MODELS} and {KNOWN_SCORES} (--known-models, --known-scores)",
            file=sys.stderr,
        )
    return models, each


def run_schema(args: argparse.Namespace) -> int:
    """Print a JSON Schema."""
    import json

    if args.format == "workload":
        from planner.workload.schema import json_schema

        schema = json_schema()
    elif args.format == "suite":
        from planner.probing.suites.suite import suite_schema

        schema = suite_schema()
    else:
        from pydantic import TypeAdapter

        from planner.planning.plan import Outcome

        schema = TypeAdapter[Any](Outcome).json_schema()
    print(json.dumps(schema, indent=2, ensure_ascii=False))
    return EXIT_DONE


def load_asked(args: argparse.Namespace) -> "Workload":
    """The workload with the changes of --set applied."""
    from planner.workload.load import load_workload

    workload = load_workload(args.workload)
    if not args.set:
        return workload
    from planner.planning.what_if.changes import apply_changes, parse_change

    return apply_changes(workload, [parse_change(text) for text in args.set])
