"""`planner logs`: what was really sent, as a workload; a suite drawn from it; the same traffic on a plan."""

import argparse
from typing import TYPE_CHECKING, Any

from planner.cli.output import check_output, write_json, write_text
from planner.errors import EXIT_DONE

if TYPE_CHECKING:
    from planner.logs.readers.base import Reader


def add_logs(commands: Any, command: Any, add_json: Any) -> None:  # noqa: ANN401 (argparse's own type is private)
    """The commands with their options."""
    logs = command(commands, "logs", "read request logs: what was sent, a suite from it, a replay on a plan", run_help)
    logs.set_defaults(parser=logs)
    actions = logs.add_subparsers(title="actions", metavar="ACTION")
    more = "Files and globs of one format (Parquet, CSV, JSON lines; .gz, .zst), or postgresql://HOST/DB#TABLE."
    profile = command(actions, "profile", "tell what a log says, and write it as a workload", run_profile, more)
    add_source(profile)
    profile.add_argument("-o", "--output", metavar="WORKLOAD", help="write the workload to this YAML file")
    profile.add_argument("--preview", action="store_true", help="print a mapping file guessed from the columns")
    profile.add_argument("--requests-per-month", metavar="N", type=positive, help="where the log is too short to tell")
    profile.add_argument(
        "--skill", metavar="SKILL", action="append", default=[], help="what requests exercise: chat, or SEGMENT=chat"
    )
    profile.add_argument("--name", metavar="NAME", default="Traffic", help="name of the workload (Traffic)")
    add_json(profile)


def add_source(command: argparse.ArgumentParser) -> None:
    """Which log, and how it is read."""
    command.add_argument("files", metavar="FILE", nargs="+", help="files, globs, or the URL of a database")
    command.add_argument("--by", metavar="COLUMN", help="column, or path below one, that tells segments apart")
    command.add_argument("--map", metavar="M.yaml", help="which column is which, for a log of no known format")
    command.add_argument("--backend", choices=("duckdb", "pyspark"), default="duckdb", help="engine for files (duckdb)")


def positive(text: str) -> float:
    """A number above 0, '2e6' as well."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 1e12:
        msg = f"found {text!r}; allowed: a number above 0"
        raise argparse.ArgumentTypeError(msg)
    return value


def run_help(args: argparse.Namespace) -> int:
    """Print the help of `planner logs`."""
    args.parser.print_help()
    return EXIT_DONE


def reader_of(args: argparse.Namespace) -> "Reader | None":
    """The reader that --map makes; None without."""
    if args.map is None:
        return None
    from planner.logs.readers.mapping import load_mapping, mapped_reader

    return mapped_reader(load_mapping(args.map), args.map)


def run_profile(args: argparse.Namespace) -> int:
    """Profile a log; print, write JSON, write the workload."""
    check_output(args.json, "--json", ())
    check_output(args.output, "--output", (".yaml", ".yml"))
    if args.preview:
        from planner.logs.read import preview_mapping

        print(preview_mapping(args.files), end="")
        return EXIT_DONE
    from planner.facts import shipped_catalog
    from planner.logs import Asked, profile_log, read_logs, workload_of
    from planner.logs.profile.workload import parse_skills
    from planner.report.traffic.profile_told import profile_json, tell_profile

    skill, skills = parse_skills(args.skill)
    asked = Asked(args.name, args.requests_per_month, skill, skills)
    log = read_logs(args.files, by=args.by, backend=args.backend, reader=reader_of(args))
    try:
        profile = profile_log(log, shipped_catalog())
    finally:
        log.engine.close()
    if args.output:
        from planner.workload.load import dump_workload

        write_text(args.output, "--output", dump_workload(workload_of(profile, asked)))
    if args.json:
        write_json(args.json, profile_json(profile))
    if args.json != "-":
        from planner.terminal.logs import print_profile

        print_profile(tell_profile(profile), args.output or "")
    return EXIT_DONE
