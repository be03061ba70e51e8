"""The command line: parse, call one function, show, exit code. Nothing heavy is imported before a command needs it.

Exit codes: 0 done; 2 the input is wrong (one line); 3 no plan satisfies the limits.
"""

import argparse
import math
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from planner import __version__
from planner.errors import EXIT_CONFLICT, EXIT_DONE, EXIT_INPUT, InputError, PlannerError, StoreError
from planner.resources import data_dir

if TYPE_CHECKING:
    from planner.beliefs.model import Beliefs
    from planner.beliefs.validation import Validation
    from planner.catalog.schema import Catalog
    from planner.workload.schema import Workload

_REPORTS: Final = (".html", ".pdf", ".md")
_FRONT: Final = 8
_MOST_POINTS: Final = 200
_INTERRUPTED: Final = 130
_VARY: Final = re.compile(r"^(?P<path>[^=]+)=(?P<x>x?)(?P<low>[^:]+):(?P<x_again>x?)(?P<high>[^:]+):(?P<count>\d+)$")


@dataclass(frozen=True, slots=True)
class _Vary:
    """One input and the range it is moved over."""

    path: str
    low: float
    high: float
    count: int
    times: bool
    """The bounds are factors of the present value."""


class _Parser(argparse.ArgumentParser):
    """Parser whose errors are one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with code 2."""
        self.exit(EXIT_INPUT, f"{self.prog}: {' '.join(message.split())} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. No traceback reaches a user without --debug."""
    args = build_parser().parse_args(argv)
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except PlannerError as exc:
        if args.debug:
            raise
        print(f"planner: {exc}", file=sys.stderr)
        return exc.exit_code
    except BrokenPipeError:
        # The reader (head, less) went away; what is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as exc:
        if args.debug:
            raise
        print(
            f"planner: a fault of ours: {type(exc).__name__}: {' '.join(str(exc).split())} (--debug shows where)",
            file=sys.stderr,
        )
        return 1
    return code


def build_parser() -> argparse.ArgumentParser:
    """All commands with their help."""
    parser = _Parser(
        prog="planner", description="From a workload to the cheapest toolbox of models that is good enough."
    )
    parser.add_argument("--version", action="version", version=f"planner {__version__}")
    parser.set_defaults(debug=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_app(commands)
    _add_plan(commands)
    _add_whatif(commands)
    _add_models(commands)
    _add_validate(commands)
    _add_schema(commands)
    return parser


def _command(commands: Any, name: str, help_text: str, run: Any, more: str = "") -> argparse.ArgumentParser:  # noqa: ANN401 (argparse's own type is private)
    described = f"{help_text[0].upper()}{help_text[1:]}. {more}".strip()
    command: argparse.ArgumentParser = commands.add_parser(name, help=help_text, description=described)
    command.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
    )
    command.set_defaults(run=run)
    return command


def _add_app(commands: Any) -> None:  # noqa: ANN401
    command = _command(commands, "app", "open the dashboard on 127.0.0.1", _run_app)
    command.add_argument("--port", type=int, default=8501, help="port to listen on (8501)")


def _add_plan(commands: Any) -> None:  # noqa: ANN401
    more = "Exit code 3 when no plan satisfies the limits."
    command = _command(
        commands, "plan", "plan a workload: which tool serves which segment, and what it costs", _run_plan, more
    )
    _add_workload(command)
    _add_json(command)
    command.add_argument("--report", metavar="FILE", help="write a report: FILE.html, FILE.pdf or FILE.md")
    command.add_argument("--pareto", metavar="N", type=_points, help="show N plans of the cost-quality front")


def _add_whatif(commands: Any) -> None:  # noqa: ANN401
    command = _command(commands, "whatif", "plan along one input and show where the tools change", _run_whatif)
    _add_workload(command)
    command.add_argument(
        "--vary",
        metavar="PATH=LO:HI:N",
        required=True,
        type=_vary,
        help="input and range, confidence=0.6:0.95:8; or factors, segments.*.requests_per_month=x0.5:x3:6",
    )
    _add_json(command)


def _add_models(commands: Any) -> None:  # noqa: ANN401
    command = _command(commands, "models", "list the models of the catalog", _run_models)
    command.add_argument("--skill", help="only models with scores on this skill, most scores first")
    _add_json(command)
    actions = command.add_subparsers(title="actions", metavar="ACTION")
    show = _command(actions, "show", "show one model: prices, limits, licence, evidence, retirement", _run_show)
    show.add_argument("model", help="model id or name, as `planner models` lists it")
    _add_json(show, default=argparse.SUPPRESS)
    _command(actions, "refresh", "fetch current prices and show what changed; says so when offline", _run_refresh)


def _add_schema(commands: Any) -> None:  # noqa: ANN401
    command = _command(commands, "schema", "print the JSON Schema of a format", _run_schema)
    command.add_argument("format", choices=("workload", "plan"), help="which format")


def _add_validate(commands: Any) -> None:  # noqa: ANN401
    more = "Parts quality and serving take a few minutes; --against scores your own table instead, in seconds."
    command = _command(commands, "validate", "back-test the fitted models beside the simple ways", _run_validate, more)
    parts = ("quality", "techniques", "serving")
    command.add_argument("--part", choices=parts, default="quality", help="what to test (quality)")
    command.add_argument(
        "--against",
        metavar="ROWS.csv",
        help="your own scores: columns model, benchmark, skill, score; optional n, date, variant, maker, family, "
        "released, total_params_b, active_params_b, chance",
    )
    command.add_argument("--known-models", metavar="N", type=_whole, help="models of each benchmark taken as known (8)")
    command.add_argument("--known-scores", metavar="K", type=_whole, help="scores of every model taken as known (2)")
    command.add_argument("--predictions", metavar="OUT.csv", help="write every forecast of --against, one line a row")
    _add_json(command)


def _add_workload(command: argparse.ArgumentParser) -> None:
    command.add_argument("workload", metavar="WORKLOAD", help="YAML file of the workload")
    command.add_argument(
        "--set",
        metavar="PATH=VALUE",
        action="append",
        default=[],
        help="change an input before planning: limits.monthly_budget_usd=5000; may be repeated",
    )


def _add_json(command: argparse.ArgumentParser, default: str | None = None) -> None:
    text = "write JSON to FILE; '-' prints it and nothing else"
    command.add_argument("--json", metavar="FILE", default=default, help=text)


def _whole(text: str) -> int:
    if not text.isdecimal():
        msg = f"found {text!r}; allowed: a whole number of at least 0"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _points(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= _MOST_POINTS:
        msg = f"found {text!r}; allowed: a whole number from 2 to {_MOST_POINTS}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _vary(text: str) -> _Vary:
    found = _VARY.match(text)
    bounds = _numbers(found["low"], found["high"]) if found else None
    if found is None or bounds is None or found["x"] != found["x_again"]:
        allowed = "allowed: PATH=LO:HI:N, numbers LO < HI and N points, or factors of today's value, PATH=xLO:xHI:N"
        msg = f"found {text!r}; {allowed}"
        raise argparse.ArgumentTypeError(msg)
    return _Vary(found["path"].strip(), *bounds, _points(found["count"]), bool(found["x"]))


def _numbers(low: str, high: str) -> tuple[float, float] | None:
    """Two finite numbers in ascending order; None otherwise."""
    try:
        bounds = float(low), float(high)
    except ValueError:
        return None
    return bounds if -math.inf < bounds[0] < bounds[1] < math.inf else None


def _run_app(args: argparse.Namespace) -> int:
    from planner.app import run_app

    return run_app(args.port)


def _run_plan(args: argparse.Namespace) -> int:
    _check_output(args.json, "--json", ())
    _check_output(args.report, "--report", _REPORTS)
    workload = _load(args)
    catalog, beliefs, day = _facts()
    from planner.planning.choose import plan_bundle
    from planner.planning.plan import Plan

    outcome = plan_bundle(workload, catalog, beliefs, day, front=args.pareto or _FRONT).outcome
    if args.json != "-":
        from planner.terminal import print_outcome

        print_outcome(outcome, front=args.pareto is not None)
    if args.json:
        _write(args.json, "--json", outcome.model_dump_json(indent=2) + "\n")
    if args.report:
        from planner.report.render import render_report

        render_report(outcome, args.report)
    return EXIT_DONE if isinstance(outcome, Plan) else EXIT_CONFLICT


def _run_whatif(args: argparse.Namespace) -> int:
    _check_output(args.json, "--json", ())
    workload = _load(args)
    vary: _Vary = args.vary
    catalog, beliefs, day = _facts()
    from planner.options.cache import OptionsCache
    from planner.planning.scenario import sweep

    rows = sweep(
        workload, vary.path, vary.low, vary.high, vary.count, catalog, beliefs, day, OptionsCache(), times=vary.times
    )
    if args.json != "-":
        from planner.terminal import print_sweep

        print_sweep(f"{vary.path}, times today's" if vary.times else vary.path, rows)
    if args.json:
        _write_json(args.json, {"version": 1, "path": vary.path, "times": vary.times, "rows": rows})
    return EXIT_DONE if any(row.feasible for row in rows) else EXIT_CONFLICT


def _run_models(args: argparse.Namespace) -> int:
    _check_output(args.json, "--json", ())
    from planner.catalog.browse import list_models

    rows = list_models(_catalog(), _today(), args.skill)
    if args.json:
        _write_json(args.json, {"version": 1, "models": rows})
    if args.json != "-":
        from planner.terminal import print_models

        print_models(rows)
    return EXIT_DONE


def _run_show(args: argparse.Namespace) -> int:
    _check_output(args.json, "--json", ())
    from planner.catalog.browse import show_model

    details = show_model(_catalog(), args.model)
    if args.json:
        _write_json(args.json, {"version": 1, "model": details})
    if args.json != "-":
        from planner.terminal import print_model

        print_model(details)
    return EXIT_DONE


def _run_refresh(args: argparse.Namespace) -> int:  # noqa: ARG001 (every command takes its arguments)
    from tempfile import TemporaryDirectory

    from planner.catalog.load import load_catalog
    from planner.catalog.refresh import compare_maps, fetch_price_map

    before = _catalog()
    # A map that cannot be read must not be kept: every later command would fail on it.
    with TemporaryDirectory() as folder:
        fetched = fetch_price_map(Path(folder), _today())
        after = load_catalog(price_map=fetched)
        kept = data_dir() / fetched.name
        try:
            data_dir().mkdir(parents=True, exist_ok=True)
            shutil.copyfile(fetched, kept)
        except OSError as exc:
            msg = f"{kept}: {_why(exc)}; PLANNER_DATA_DIR moves the folder"
            raise StoreError(msg) from exc
    from planner.terminal import print_changes

    print_changes(compare_maps(before.offers, after.offers), str(kept))
    return EXIT_DONE


def _run_validate(args: argparse.Namespace) -> int:
    _check_output(args.json, "--json", ())
    _check_output(args.predictions, "--predictions", (".csv",))
    for option in ("predictions", "known_models", "known_scores"):
        if getattr(args, option) is not None and not args.against:
            name = f"--{option.replace('_', '-')}"
            raise InputError("planner", name, found="no --against", allowed=f"{name} together with --against ROWS.csv")
    from planner.beliefs.validation import validate

    result = _validate_against(args) if args.against else validate(_catalog(), args.part)
    if args.json:
        _write_json(args.json, result)
    if args.json != "-":
        from planner.terminal.validation import print_validation

        print_validation(result.rows)
    return EXIT_DONE


def _validate_against(args: argparse.Namespace) -> "Validation":
    """Figures on the user's own rows; every forecast is written when asked for."""
    from planner.beliefs.against import KNOWN_MODELS, KNOWN_SCORES, store_predictions, validate_against
    from planner.beliefs.validation import Validation
    from planner.catalog.evidence import load_aliases
    from planner.catalog.user_scores import load_user_scores
    from planner.resources import catalogs_dir
    from planner.units import SEED

    if args.part != "quality":
        raise InputError("planner", "--part", found=args.part, allowed="quality, together with --against")
    scores = load_user_scores(Path(args.against))
    catalog = _catalog()
    result = validate_against(
        catalog,
        scores,
        load_aliases(catalogs_dir() / "aliases.csv"),
        SEED,
        known_models=KNOWN_MODELS if args.known_models is None else args.known_models,
        known_scores=KNOWN_SCORES if args.known_scores is None else args.known_scores,
    )
    if args.predictions:
        store_predictions(Path(args.predictions), scores, result)
    return Validation(1, "quality", catalog.version, SEED, result.rows)


def _run_schema(args: argparse.Namespace) -> int:
    import json

    if args.format == "workload":
        from planner.workload.schema import json_schema

        schema = json_schema()
    else:
        from pydantic import TypeAdapter

        from planner.planning.plan import Outcome

        schema = TypeAdapter[Any](Outcome).json_schema()
    print(json.dumps(schema, indent=2, ensure_ascii=False))
    return EXIT_DONE


def _load(args: argparse.Namespace) -> "Workload":
    """The workload with the changes of --set applied."""
    from planner.workload.load import load_workload

    workload = load_workload(args.workload)
    if not args.set:
        return workload
    from planner.planning.scenario import apply_changes, parse_change

    return apply_changes(workload, [parse_change(text) for text in args.set])


def _facts() -> tuple["Catalog", "Beliefs", date]:
    """Catalog, beliefs and the day that the plan is made for."""
    from planner.beliefs.model import fit_beliefs

    catalog = _catalog()
    return catalog, fit_beliefs(catalog), _today()


def _catalog() -> "Catalog":
    """The shipped facts, with the newest fetched price map when there is one."""
    from planner.catalog.load import load_catalog
    from planner.catalog.refresh import newest_price_map

    return load_catalog(price_map=newest_price_map(data_dir()))


def _today() -> date:
    """The one clock of the command line."""
    return datetime.now(tz=UTC).date()


def _check_output(path: str | None, option: str, endings: Sequence[str]) -> None:
    """Refuse a path that cannot be written before any work is done."""
    if path is None or (path == "-" and not endings):
        return
    file = Path(path)
    if endings and file.suffix.lower() not in endings:
        raise InputError("planner", option, found=path, allowed=f"a file that ends in {', '.join(endings)}")
    try:
        folder_there, is_folder = file.parent.is_dir(), file.is_dir()
    except (OSError, ValueError):
        raise InputError("planner", option, found=path, allowed="a file name") from None
    if is_folder or not folder_there:
        found = f"{path} (a folder)" if is_folder else f"{path} (no such folder)"
        raise InputError("planner", option, found=found, allowed="a file in an existing folder")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise InputError("planner", option, found=f"{path} (no permission)", allowed="a file that can be written")


def _write_json(path: str, content: object) -> None:
    from pydantic_core import to_json

    _write(path, "--json", to_json(content, indent=2, inf_nan_mode="null").decode() + "\n")


def _write(path: str, option: str, text: str) -> None:
    if path == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise InputError("planner", option, found=path, allowed=f"a file that can be written ({_why(exc)})") from exc


def _why(exc: OSError) -> str:
    return (exc.strerror or type(exc).__name__).lower()


if __name__ == "__main__":
    sys.exit(main())
