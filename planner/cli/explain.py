"""`planner explain WORKLOAD --tuning SEGMENT`: when a tuned small model wins, and what would have to be true."""

import argparse
from typing import Any

from planner.cli.commands import load_asked
from planner.cli.output import check_output, write_json
from planner.errors import EXIT_DONE


def add_explain(commands: Any, command: Any, add_workload: Any, add_json: Any) -> None:  # noqa: ANN401 (argparse's own type is private)
    """The command with its options."""
    more = "The segment is planned alone: its tuned small models beside the cheapest option that only prompts."
    text = "tell when a tuned small model wins on a segment, and what would have to be true"
    parser = command(commands, "explain", text, run_explain, more)
    add_workload(parser)
    parser.add_argument("--tuning", metavar="SEGMENT", required=True, help="kind of request to tune for")
    add_json(parser)


def run_explain(args: argparse.Namespace) -> int:
    """Compare, and print or write the answer."""
    check_output(args.json, "--json", ())
    workload = load_asked(args)
    from planner.facts import load_facts
    from planner.options.names import resolve_names
    from planner.planning.what_if.tuning_case import explain_tuning

    facts = load_facts()
    workload = resolve_names(workload, facts.catalog)
    answer = explain_tuning(workload, args.tuning, facts.catalog, facts.beliefs, facts.day)
    if args.json:
        write_json(args.json, answer)
    if args.json != "-":
        from planner.terminal.tuning import print_tuning

        print_tuning(answer)
    return EXIT_DONE
