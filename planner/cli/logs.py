"""`planner logs`: what was really sent, as a workload; a suite drawn from it; the same traffic on a plan."""

import argparse
from typing import TYPE_CHECKING, Any

from planner.cli.arguments import whole
from planner.cli.output import check_output, write_json, write_text
from planner.errors import EXIT_DONE, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.catalog.schema import Catalog
    from planner.logs import Asked, Log
    from planner.logs.readers.base import Reader
    from planner.logs.verdicts import Verdicts


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
    profile.add_argument(
        "--cluster", action="store_true", help="propose segments: by the prompts' words, else by length, hour and model"
    )
    profile.add_argument(
        "--verdicts", metavar="FILE", nargs="+", help="scores of these requests: show what they say of today's models"
    )
    profile.add_argument("--accept-verdicts", action="store_true", help="and write it into the workload as observed")
    profile.add_argument("--name", metavar="NAME", default="Traffic", help="name of the workload (Traffic)")
    add_json(profile)
    more = "E-mail addresses, IBANs, card and telephone numbers and keys are taken out; read it before you share it."
    sample = command(actions, "sample", "draw a probe suite from traffic, personal data redacted", run_sample, more)
    add_source(sample)
    sample.add_argument("-o", "--output", metavar="SUITE.jsonl", required=True, help="where the samples are written")
    sample.add_argument("--per-segment", metavar="N", type=whole, default=50, help="prompts of each segment (50)")
    sample.add_argument("--segment", metavar="NAME", help="of this segment alone")
    sample.add_argument("--answers", action="store_true", help="the served answers as references, right or not")

    text = "price the same traffic on a plan: bill, times, tiers by hour, beside today's"
    replay = command(actions, "replay", text, run_replay, "PLAN.json is what planner plan --json wrote.")
    add_source(replay)
    replay.add_argument("--plan", metavar="PLAN.json", required=True, help="the plan")
    add_json(replay)


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


def _verdicts(names: "Sequence[str] | None", log: "Log", catalog: "Catalog") -> "Verdicts | None":
    if names is None:
        return None
    from planner.logs.profile.mix import prices_of
    from planner.logs.verdicts import read_verdicts

    return read_verdicts(names, log, prices_of(catalog))


def run_sample(args: argparse.Namespace) -> int:
    """Draw samples and write them as JSON lines."""
    import json

    check_output(args.output, "--output", (".jsonl",))
    from planner.logs import read_logs
    from planner.logs.samples.draw import draw_samples

    log = read_logs(args.files, by=args.by, backend=args.backend, reader=reader_of(args), texts=True)
    try:
        drawn = draw_samples(log, max(args.per_segment, 1), answers=args.answers)
    finally:
        log.engine.close()
    kept = [one for one in drawn.samples if args.segment in {None, one.segment}]
    if not kept:
        there = ", ".join(sorted({one.segment for one in drawn.samples})[:12])
        raise InputError(
            "--segment", "", found=args.segment or "no prompts", allowed=f"a segment with prompts: {there}"
        )
    rows = ({"prompt": one.prompt} | ({"reference": one.reference} if one.reference else {}) for one in kept)
    write_text(args.output, "--output", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    from planner.terminal.logs import print_samples

    print_samples(kept, drawn.redacted, args.output)
    return EXIT_DONE


def run_replay(args: argparse.Namespace) -> int:
    """Price a log on a plan; print, write JSON."""
    check_output(args.json, "--json", ())
    from planner.facts import shipped_catalog
    from planner.logs import read_logs
    from planner.planning.plan_file import read_plan
    from planner.planning.traffic.replay import replay_log
    from planner.report.traffic.replay_told import replay_json, tell_replay
    from planner.workload.load import check_workload

    catalog = shipped_catalog()
    read = read_plan(args.plan, catalog.version)
    log = read_logs(args.files, by=args.by, backend=args.backend, reader=reader_of(args))
    try:
        replay = replay_log(log, read.plan, check_workload(read.plan.workload, args.plan), catalog)
    finally:
        log.engine.close()
    if args.json:
        write_json(args.json, replay_json(replay))
    if args.json != "-":
        from planner.terminal.logs import print_replay

        print_replay(tell_replay(replay), read.notes)
    return EXIT_DONE


def _clustered(log: "Log", asked: "Asked") -> tuple["Log", "Asked"]:
    """The log in proposed segments, and the skills that their prompts point to."""
    from dataclasses import replace

    from planner.logs.samples.clusters import propose_segments, with_groups

    groups = propose_segments(log)
    guessed = {one.name: (one.skill, one.reason) for one in groups.proposals if one.skill is not None}
    return with_groups(log, groups), replace(asked, guessed=guessed)


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
    log = read_logs(args.files, by=args.by, backend=args.backend, reader=reader_of(args), texts=args.cluster)
    try:
        if args.cluster:
            log, asked = _clustered(log, asked)
        catalog = shipped_catalog()
        profile = profile_log(log, catalog)
        verdicts = _verdicts(args.verdicts, log, catalog)
    finally:
        log.engine.close()
    if args.output:
        from planner.workload.load import dump_workload

        workload = workload_of(profile, asked)
        if verdicts is not None and args.accept_verdicts:
            from planner.logs.verdicts import with_observed

            workload = with_observed(workload, verdicts)
        write_text(args.output, "--output", dump_workload(workload))
    if args.json:
        write_json(args.json, profile_json(profile))
    if args.json != "-":
        from planner.terminal.logs import print_profile

        print_profile(tell_profile(profile), args.output or "")
        if verdicts is not None:
            from planner.terminal.logs import print_verdicts

            print_verdicts(verdicts, accepted=args.accept_verdicts)
    return EXIT_DONE
