"""`planner serving`: can we run it ourselves, and from when does it pay? The page Serving in a terminal."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.cli.arguments import trace_columns
from planner.cli.commands import load_asked
from planner.cli.output import check_output, write_json
from planner.errors import EXIT_DONE, InputError
from planner.resources import catalogs_dir

if TYPE_CHECKING:
    from planner.beliefs.queueing.simulation import Requests
    from planner.beliefs.queueing.traces import Part
    from planner.options.context import World
    from planner.planning.self_hosting.choice import Known


def add_serving(commands: Any, command: Any, add_workload: Any, add_json: Any) -> None:  # noqa: ANN401 (argparse's own type is private)
    """The command with its options; what is not said is as the plan has it, else as the page Serving opens."""
    more = "What is not said is as the plan has it, else the usual choice of the page Serving."
    text = "size a model on own machines and tell from which volume it beats an API; replay a trace of requests on it"
    parser = command(commands, "serving", text, run_serving, more)
    add_workload(parser)
    parser.add_argument("--segment", metavar="NAME", help="kind of request (the first that the plan runs itself)")
    parser.add_argument("--model", metavar="ID", help="open model to run, as `planner models` lists it")
    parser.add_argument("--gpu", metavar="GPU", help="GPUs of one replica: l40s, '2x h100-sxm'")
    parser.add_argument("--precision", choices=("bf16", "fp8", "int4"), help="of the weights")
    parser.add_argument("--against", metavar="ID", help="model of the API to compare with")
    parser.add_argument(
        "--rent", choices=("always_on", "active_hours", "scale_to_zero"), default="always_on", help="how it is rented"
    )
    parser.add_argument("--count", choices=("full", "marginal"), default="full", help="full cost, or next month only")
    parser.add_argument(
        "--trace",
        metavar="FILE",
        help="requests to replay on the pool: CSV or JSON lines with moments, prompt and answer tokens under the names "
        "of Azure's, BurstGPT's, Mooncake's, LiteLLM's ... files; the unit of plain numbers is told from them",
    )
    parser.add_argument(
        "--trace-columns",
        metavar="timestamp=A,input=B,output=C",
        type=trace_columns,
        default={},
        help="which column of the trace is which, where its names don't tell",
    )
    add_json(parser)


def run_serving(args: argparse.Namespace) -> int:
    """Size, compare, and replay the trace where one is given."""
    check_output(args.json, "--json", ())
    workload = load_asked(args)
    trace = _trace(args.trace, args.trace_columns)
    from planner.facts import load_facts
    from planner.options.context import build_world
    from planner.options.names import resolve_names
    from planner.planning.choose import plan_workload
    from planner.planning.plan import Plan
    from planner.planning.self_hosting.answer import answer_case
    from planner.planning.self_hosting.question import Said, ask

    facts = load_facts()
    workload = resolve_names(workload, facts.catalog)
    known = _known(build_world(facts.catalog, facts.beliefs, facts.day))
    outcome = plan_workload(workload, facts.catalog, facts.beliefs, facts.day, None, "quick")
    said = Said(args.segment, args.model, args.gpu, args.precision, args.against, args.rent)
    question, api_allowed = ask(known, workload, said, outcome if isinstance(outcome, Plan) else None)
    found = answer_case(known.world, workload, question, args.count, known.gpus)
    if isinstance(found, str):
        raise InputError("--gpu", "", found=found, allowed="machines on which the model fits")
    from planner.planning.self_hosting.trace import trace_case
    from planner.report.serving.answer import serving_told

    replay = None if trace is None else trace_case(facts.catalog, workload, found.case, trace, facts.beliefs.seed)
    if isinstance(replay, str):
        raise InputError(args.trace, "", found=replay, allowed="requests that fit on one replica")
    told = serving_told(facts.catalog, workload, found, replay, api_allowed=api_allowed)
    if args.json:
        write_json(args.json, told)
    if args.json != "-":
        if trace is not None:
            print(f"planner: note: {args.trace}: read {trace.read_as}", file=sys.stderr)
        from planner.terminal.serving import print_serving

        print_serving(told)
    return EXIT_DONE


def _trace(path: str | None, columns: "Mapping[Part, str]") -> "Requests | None":
    if path is None:
        return None
    from planner.beliefs.queueing.traces import load_trace

    return load_trace(Path(path), columns)


def _known(world: "World") -> "Known":
    """What has been measured anywhere, as the page has it."""
    from planner.catalog.evidence.measurements import load_measurements
    from planner.catalog.hardware import measured_gpus
    from planner.planning.self_hosting.choice import Known

    gpus = measured_gpus(catalogs_dir() / "serving" / "measurements.csv")
    return Known(world, gpus, frozenset(row.model for row in load_measurements()))
