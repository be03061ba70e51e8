"""Commands after a plan: its files, and later what became of it."""

import argparse
import sys
from pathlib import Path
from typing import Any

from planner.cli.arguments import increase
from planner.cli.output import check_output, write, write_json
from planner.errors import EXIT_CONFLICT, EXIT_DONE, EXIT_OVER, InputError


def add_deploying(commands: Any, command: Any, workload: Any, json: Any) -> None:  # noqa: ANN401 (argparse's own types are private)
    """Add `export`, `check`, `drift` and `mcp`."""
    export = command(commands, "export", "write the files that deploy a plan", run_export)
    export.add_argument("plan", metavar="PLAN.json", help="what `planner plan --json` wrote")
    export.add_argument(
        "--to",
        metavar="KIND",
        action="append",
        default=[],
        help="litellm, compose, kserve, production-stack, rag, tuning, monitoring, adr, focus, github-action or all "
        "(all); may be repeated",
    )
    export.add_argument("folder", metavar="DIR", help="where the files go; made where it is missing")
    more = "Exit code 5 when its tools cost more than may be added or no longer hold the limits, 3 without a plan."
    what = "check a changed workload against an accepted plan, for CI"
    check = command(commands, "check", what, run_check, more)
    workload(check)
    check.add_argument("--against", metavar="PLAN.json", required=True, help="the accepted plan")
    check.add_argument(
        "--max-increase",
        metavar="SHARE",
        type=increase,
        help="what its tools may cost more, of the accepted total cost: 10%% (what is material: 2%%, at least 25 USD)",
    )
    check.add_argument("--markdown", metavar="FILE", help="write a comment; an empty file when nothing differs")
    json(check)
    more = "Exit code 5 when a measure left the plan; false alarms of a log stay under 1 %, all measures together."
    drift = command(commands, "drift", "where what was served leaves the plan", run_drift, more)
    drift.add_argument("plan", metavar="PLAN.json", help="what `planner plan --json` wrote")
    drift.add_argument("--logs", metavar="FILE", nargs="+", required=True, help="request logs: files, globs or one URL")
    drift.add_argument("--by", metavar="COLUMN", help="column, or path below one, that holds the segment's name")
    json(drift)
    command(commands, "mcp", "answer programs over standard input and output (Model Context Protocol)", run_mcp)


def run_export(args: argparse.Namespace) -> int:
    """Write the files of a plan; what they cannot say goes to standard error."""
    from planner.facts import kept_catalog, today
    from planner.planning.plan_file import read_plan
    from planner.report.deploy.export import ALL, export_plan, write_files

    folder = Path(args.folder)
    if folder.is_file():
        raise InputError("DIR", "", found=f"{args.folder} (a file)", allowed="a folder")
    catalog = kept_catalog()
    read = read_plan(args.plan, catalog.version)
    exported = export_plan(read.plan, catalog, today(), args.to or [ALL])
    write_files(exported, folder)
    for path in exported.files:
        print(folder / path)
    for note in (*read.notes, *exported.told):
        print(f"note: {note}", file=sys.stderr)
    return EXIT_DONE


def run_check(args: argparse.Namespace) -> int:
    """Price the accepted tools for a workload as it is now, plan it anew beside, and say whether it may go ahead."""
    check_output(args.json, "--json", ())
    check_output(args.markdown, "--markdown", (".md",))
    from planner.cli.commands import load_asked
    from planner.facts import load_facts
    from planner.planning.accepted.check import check_plan
    from planner.planning.plan_file import read_plan
    from planner.report.check import check_markdown

    workload = load_asked(args)
    read = read_plan(args.against)
    facts = load_facts()
    check = check_plan(workload, read.plan, facts.catalog, facts.beliefs, facts.day, max_increase=args.max_increase)
    for note in read.notes:
        print(f"note: {note}", file=sys.stderr)
    if args.markdown:
        write(args.markdown, check_markdown(check))
    if args.json:
        write_json(args.json, check)
    if args.json != "-":
        from planner.terminal.check import print_check

        print_check(check)
    return {"unchanged": EXIT_DONE, "within": EXIT_DONE, "infeasible": EXIT_CONFLICT}.get(check.verdict, EXIT_OVER)


def run_mcp(_args: argparse.Namespace) -> int:
    """Serve the engine to a program until it closes its end."""
    try:
        from planner.mcp.server import build_server
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "mcp":
            raise
        found, allowed = "no mcp library", "the extra installed: pip install 'toolbox-planner[mcp]'"
        raise InputError("mcp", "", found=found, allowed=allowed) from None
    build_server().run()
    return EXIT_DONE


def run_drift(args: argparse.Namespace) -> int:
    """Hold a log against a plan; exit code 5 when a measure left it."""
    check_output(args.json, "--json", ())
    from planner.cli.drift import read_served
    from planner.facts import kept_catalog
    from planner.planning.drift.drift import find_drift
    from planner.planning.plan_file import read_plan

    catalog = kept_catalog()
    read = read_plan(args.plan, catalog.version)
    drift = find_drift(read.plan, catalog, read_served(args.logs, args.by))
    for note in read.notes:
        print(f"note: {note}", file=sys.stderr)
    if args.json:
        write_json(args.json, drift)
    if args.json != "-":
        from planner.terminal.drift import print_drift

        print_drift(drift)
    return EXIT_OVER if drift.drifted else EXIT_DONE
