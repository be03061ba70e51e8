"""All commands with their options and help; which function runs a command stands beside it."""

import argparse
from typing import Any, NoReturn

from planner import __version__
from planner.cli.arguments import day, points, vary, whole
from planner.cli.commands import (
    run_app,
    run_models,
    run_plan,
    run_refresh,
    run_schema,
    run_show,
    run_validate,
    run_whatif,
)
from planner.cli.deploying import add_deploying
from planner.cli.explain import add_explain
from planner.cli.logs import add_logs
from planner.cli.probe_options import add_local, add_probe
from planner.cli.probe_reading import add_reading
from planner.cli.serving import add_serving
from planner.errors import EXIT_INPUT, one_line


class _Parser(argparse.ArgumentParser):
    """Parser whose errors are one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with code 2."""
        self.exit(EXIT_INPUT, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")


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
    add_serving(commands, _command, _add_workload, _add_json)
    add_explain(commands, _command, _add_workload, _add_json)
    add_logs(commands, _command, _add_json)
    _add_models(commands)
    _add_validate(commands)
    add_deploying(commands, _command, _add_workload, _add_json)
    _add_schema(commands)
    add_reading(add_probe(commands, _command), _command, _add_workload)
    add_local(commands, _command)
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
    command = _command(commands, "app", "open the dashboard on 127.0.0.1", run_app)
    command.add_argument("--port", type=int, default=8501, help="port to listen on (8501)")


def _add_plan(commands: Any) -> None:  # noqa: ANN401
    more = "Exit code 3 when no plan satisfies the limits."
    command = _command(
        commands, "plan", "plan a workload: which tool serves which segment, and what it costs", run_plan, more
    )
    _add_workload(command)
    _add_json(command)
    command.add_argument("--report", metavar="FILE", help="write a report: FILE.html, FILE.pdf, FILE.md or FILE.docx")
    command.add_argument(
        "--length",
        choices=("board", "architect", "full"),
        help="of the report: two pages, the architect's, or all (by the money at stake: below 1,000 USD a month, below "
        "10,000, above)",
    )
    command.add_argument("--pareto", metavar="N", type=points, help="show N plans of the cost-quality front")
    command.add_argument("--day", metavar="YYYY-MM-DD", type=day, help="plan for this day instead of today")
    command.add_argument(
        "--no-certainty", action="store_true", help="leave out what doubt costs: faster, the plan itself is the same"
    )


def _add_whatif(commands: Any) -> None:  # noqa: ANN401
    command = _command(commands, "whatif", "plan along one input and show where the tools change", run_whatif)
    _add_workload(command)
    command.add_argument(
        "--vary",
        metavar="PATH=LO:HI:N",
        required=True,
        type=vary,
        help="input and range, confidence=0.6:0.95:8; or factors, segments.*.requests_per_month=x0.5:x3:6",
    )
    _add_json(command)


def _add_models(commands: Any) -> None:  # noqa: ANN401
    command = _command(commands, "models", "list the models of the catalog", run_models)
    command.add_argument("--skill", help="only models with scores on this skill, most scores first")
    _add_json(command)
    actions = command.add_subparsers(title="actions", metavar="ACTION")
    show = _command(actions, "show", "show one model: prices, limits, licence, evidence, retirement", run_show)
    show.add_argument("model", help="model id or name, as `planner models` lists it")
    _add_json(show, default=argparse.SUPPRESS)
    refresh = _command(
        actions,
        "refresh",
        "fetch current prices and show what changed; says so when offline",
        run_refresh,
        "With --evidence or --forget, keep or drop scores that may not be shipped, in your store.",
    )
    refresh.add_argument(
        "--evidence",
        metavar="SOURCE",
        help="keep scores: 'artificial-analysis' (with your own key in ARTIFICIAL_ANALYSIS_API_KEY), or FILE.csv with "
        "the columns of `validate --against`",
    )
    refresh.add_argument("--forget", metavar="SOURCE", help="drop kept scores: 'artificial-analysis', or a file's name")


def _add_schema(commands: Any) -> None:  # noqa: ANN401
    command = _command(commands, "schema", "print the JSON Schema of a format", run_schema)
    command.add_argument("format", choices=("workload", "plan", "suite"), help="which format")


def _add_validate(commands: Any) -> None:  # noqa: ANN401
    more = "Parts quality and serving take a few minutes; --against scores your own table instead, in seconds."
    command = _command(commands, "validate", "back-test the fitted models beside the simple ways", run_validate, more)
    parts = ("quality", "techniques", "serving", "latency", "tokens")
    command.add_argument("--part", choices=parts, default="quality", help="what to test (quality)")
    command.add_argument(
        "--against",
        metavar="ROWS.csv",
        help="your own scores: columns model, benchmark, skill, score; optional n, date, variant, maker, family, "
        "released, total_params_b, active_params_b, chance. With --part serving your own measurements: columns model, "
        "gpu, n_gpu, engine, precision, mode, concurrency_or_batch, input_tokens, output_tokens and tpot_ms, ttft_ms "
        "or throughput_tok_s; of what the catalog lacks params_b, active_params_b, layers, hidden, kv_heads, head_dim, "
        "gpu_mem_gb, gpu_mem_bandwidth_gb_s, gpu_tflops_bf16, gpu_tflops_fp8, gpu_link_gb_s. With --part techniques: "
        "columns technique (few_shot, fine_tune, rag, int4, int8, nvfp4, cascade), skill, score (all shares from 0 to "
        "1); optional task, model, total_params_b, base_score, reference_model, reference_score, labelled_examples, "
        "recall, escalation_share, n. With --part latency times of APIs: columns model and any of host, ttft_ms, "
        "tokens_per_s (after the first token, unless rate_kind is end_to_end), total_ms, prompt_tokens, output_tokens, "
        "effort, region, date, n. With --part tokens counts of answers: columns model and any of effort, skill, "
        "visible_tokens, hidden_tokens, output_tokens, prompt_tokens, benchmark, n",
    )
    command.add_argument("--known-models", metavar="N", type=whole, help="models of each benchmark taken as known (8)")
    command.add_argument("--known-scores", metavar="K", type=whole, help="scores of every model taken as known (2)")
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
