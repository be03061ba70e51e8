"""`validate --against` of the parts serving and techniques: the user's own measurements."""

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


def validate_serving_file(args: argparse.Namespace, catalog: "Catalog") -> "Validation":
    """Figures on the file's rows; forecasts are written when asked for, rows left out are told on standard error."""
    from planner.beliefs.backtest.serving_against import (
        shipped_sources,
        store_serving_predictions,
        validate_serving_against,
    )
    from planner.beliefs.backtest.validation import Validation
    from planner.catalog.evidence.own_measurements import load_own_measurements
    from planner.units import SEED

    _refuse_known(args)
    own = load_own_measurements(Path(args.against), catalog, shipped_sources())
    result = validate_serving_against(catalog, own, SEED)
    if args.predictions:
        store_serving_predictions(Path(args.predictions), own, result)
    _tell_left_out(own.left_out)
    return Validation(1, "serving", catalog.version, SEED, result.rows)


def validate_techniques_file(args: argparse.Namespace, catalog: "Catalog") -> "Validation":
    """Figures on the file's rows; forecasts are written when asked for."""
    from planner.beliefs.backtest.techniques import store_technique_predictions, validate_techniques_against
    from planner.beliefs.backtest.validation import Validation
    from planner.catalog.evidence.own_technique_rows import load_own_technique_rows
    from planner.catalog.evidence.techniques import load_techniques
    from planner.units import SEED

    _refuse_known(args)
    own = load_own_technique_rows(Path(args.against))
    rows, forecasts = validate_techniques_against(load_techniques(), own)
    if args.predictions:
        store_technique_predictions(Path(args.predictions), own, forecasts)
    return Validation(1, "techniques", catalog.version, SEED, rows)


def _refuse_known(args: argparse.Namespace) -> None:
    """Options that say which scores are known have a meaning for quality alone."""
    for option in ("known_models", "known_scores"):
        if getattr(args, option) is not None:
            name = f"--{option.replace('_', '-')}"
            raise InputError(name, "", found=f"--part {args.part}", allowed=f"{name} with --part quality")


def _tell_left_out(left_out: "tuple[LeftOut, ...]") -> None:
    """The first row of each reason."""
    if not left_out:
        return
    print(f"{len(left_out):,} rows say too little to be forecast:", file=sys.stderr)
    first = {(one.field, one.allowed): one for one in reversed(left_out)}
    for one in sorted(first.values(), key=lambda one: one.line)[:_MOST_TOLD]:
        print(f"  {one}", file=sys.stderr)
