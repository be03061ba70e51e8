"""`validate --against` of the parts serving, techniques, latency and tokens: the user's own measurements."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from planner.errors import InputError

if TYPE_CHECKING:
    from planner.beliefs.backtest.validation import Validation
    from planner.catalog.evidence.own_measurements import LeftOut
    from planner.catalog.schema import Catalog

_MOST_TOLD: Final = 5


def validate_file(args: argparse.Namespace, catalog: "Catalog") -> "Validation":
    """Figures of a part other than quality on the file's rows; forecasts are written when asked for.

    Rows left out are told on standard error.
    """
    # Which scores are known has a meaning for quality alone.
    for option in ("known_models", "known_scores"):
        if getattr(args, option) is not None:
            name = f"--{option.replace('_', '-')}"
            raise InputError(name, "", found=f"--part {args.part}", allowed=f"{name} with --part quality")
    parts = {"serving": _serving_file, "techniques": _techniques_file, "latency": _latency_file, "tokens": _tokens_file}
    return parts[args.part](args, catalog)


def _latency_file(args: argparse.Namespace, catalog: "Catalog") -> "Validation":
    from planner.beliefs.backtest.latency_against import store_latency_predictions, validate_latency_against
    from planner.beliefs.backtest.validation import Validation
    from planner.catalog.evidence.own_speeds import load_own_speeds
    from planner.catalog.evidence.scores import load_aliases
    from planner.resources import catalogs_dir
    from planner.units import SEED

    own = load_own_speeds(Path(args.against), catalog, load_aliases(catalogs_dir() / "aliases.csv"))
    result = validate_latency_against(catalog, own, SEED)
    if args.predictions:
        store_latency_predictions(Path(args.predictions), own, result.tested)
    _tell("rows left out", own.left_out)
    _tell("rows forecast with a doubt", own.doubts)
    return Validation(1, "latency", catalog.version, SEED, result.rows)


def _tokens_file(args: argparse.Namespace, catalog: "Catalog") -> "Validation":
    from planner.beliefs.backtest.tokens import store_token_predictions, token_figures, validate_tokens_against
    from planner.beliefs.backtest.validation import Validation
    from planner.catalog.evidence.own_tokens import load_own_tokens
    from planner.catalog.evidence.scores import load_aliases
    from planner.resources import catalogs_dir
    from planner.units import SEED

    own = load_own_tokens(Path(args.against), catalog, load_aliases(catalogs_dir() / "aliases.csv"))
    tested = validate_tokens_against(catalog, own, SEED)
    if args.predictions:
        store_token_predictions(Path(args.predictions), own, tested)
    _tell("rows left out", own.left_out)
    return Validation(1, "tokens", catalog.version, SEED, tuple(token_figures("against", [tested])))


def _tell(what: str, rows: "tuple[LeftOut, ...]") -> None:
    """Every row by its line, those of one reason together."""
    if not rows:
        return
    print(f"{len(rows):,} {what}:", file=sys.stderr)
    by_reason: dict[tuple[str, str], list[LeftOut]] = {}
    for one in rows:
        by_reason.setdefault((one.field, one.allowed), []).append(one)
    for some in by_reason.values():
        print(f"  {some[0]}", file=sys.stderr)
        if len(some) > 1:
            lines = ", ".join(str(one.line) for one in some[1:])
            print(f"    so line{'s' if len(some) > 2 else ''} {lines}", file=sys.stderr)


def _serving_file(args: argparse.Namespace, catalog: "Catalog") -> "Validation":
    from planner.beliefs.backtest.serving_against import (
        shipped_sources,
        store_serving_predictions,
        validate_serving_against,
    )
    from planner.beliefs.backtest.validation import Validation
    from planner.catalog.evidence.own_measurements import load_own_measurements
    from planner.units import SEED

    own = load_own_measurements(Path(args.against), catalog, shipped_sources())
    result = validate_serving_against(catalog, own, SEED)
    if args.predictions:
        store_serving_predictions(Path(args.predictions), own, result)
    _tell_left_out(own.left_out)
    return Validation(1, "serving", catalog.version, SEED, result.rows)


def _techniques_file(args: argparse.Namespace, catalog: "Catalog") -> "Validation":
    from planner.beliefs.backtest.techniques import store_technique_predictions, validate_techniques_against
    from planner.beliefs.backtest.validation import Validation
    from planner.catalog.evidence.own_technique_rows import load_own_technique_rows
    from planner.catalog.evidence.techniques import load_techniques
    from planner.units import SEED

    own = load_own_technique_rows(Path(args.against))
    rows, forecasts = validate_techniques_against(load_techniques(), own)
    if args.predictions:
        store_technique_predictions(Path(args.predictions), own, forecasts)
    return Validation(1, "techniques", catalog.version, SEED, rows)


def _tell_left_out(left_out: "tuple[LeftOut, ...]") -> None:
    """The first row of each reason."""
    if not left_out:
        return
    print(f"{len(left_out):,} rows say too little to be forecast:", file=sys.stderr)
    first = {(one.field, one.allowed): one for one in reversed(left_out)}
    for one in sorted(first.values(), key=lambda one: one.line)[:_MOST_TOLD]:
        print(f"  {one}", file=sys.stderr)
