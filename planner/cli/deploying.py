"""Commands after a plan: its files, and later what became of it."""

import argparse
import sys
from pathlib import Path
from typing import Any

from planner.errors import EXIT_DONE, InputError


def add_deploying(commands: Any, command: Any) -> None:  # noqa: ANN401 (argparse's own types are private)
    """Add `export`."""
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


def run_export(args: argparse.Namespace) -> int:
    """Write the files of a plan; what they cannot say goes to standard error."""
    from planner.facts import shipped_catalog, today
    from planner.planning.plan_file import read_plan
    from planner.report.deploy.export import ALL, export_plan, write_files

    folder = Path(args.folder)
    if folder.is_file():
        raise InputError("DIR", "", found=f"{args.folder} (a file)", allowed="a folder")
    catalog = shipped_catalog()
    read = read_plan(args.plan, catalog.version)
    exported = export_plan(read.plan, catalog, today(), args.to or [ALL])
    write_files(exported, folder)
    for path in exported.files:
        print(folder / path)
    for note in (*read.notes, *exported.told):
        print(f"note: {note}", file=sys.stderr)
    return EXIT_DONE
