"""Runs from files of others: evidence to read. Going on with one asks anew whom to ask, at what price, how far."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from planner.errors import InputError
from planner.probing.costs import is_free
from planner.probing.settings import ProbeSettings
from planner.probing.suites.files import suite_hash
from planner.probing.suites.suite import Suite
from planner.store.database.engine import Store
from planner.store.records import Run, Target
from planner.store.runs import adopt_run, read_run, spending
from planner.store.transfer import import_run

SAY_ANEW: Final = (
    "`planner probe resume {run} --budget USD` in a terminal, which asks models of your own catalog at its prices "
    "(--api-base, --api-key-env, --price, --allow-code as for a new run)"
)


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user says anew of an imported run."""

    targets: tuple[Target, ...]
    """Its models, found by their names in the user's own catalog, or at an address that the user gives."""
    judge: Target | None
    budget_usd: float | None
    """Most that going on may cost, on top of what the file says was spent."""
    allow_code: bool


def bring_in(store: Store, path: Path) -> Run:
    """Add a run from a file. InputError for a file that is none, is damaged, or whose suite isn't the one it names."""
    return import_run(store, path, _check_suite)


def _check_suite(named: str, text: str) -> None:
    try:
        suite = Suite.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"a suite of this format ({error.error_count()} faults)") from None  # noqa: TRY003
    if suite_hash(suite) != named:
        raise ValueError("the suite whose hash the run names")  # noqa: TRY003


def wishes(run: Run) -> tuple[str, ...]:
    """What the file of an imported run would have had, one line each; nothing of it is done."""
    settings = ProbeSettings.model_validate_json(run.settings)
    asked = [_wish(target, "to ask") for target in run.targets]
    judged = [_wish(settings.judge, "as its judge")] if settings.judge else []
    code = ["to run code that models write"] if settings.allow_code else []
    return (*asked, *judged, f"to spend ${run.budget_usd:,.2f} at most", *code)


def _wish(target: Target, how: str) -> str:
    where = target.api_base or f"the provider {target.provider}"
    key = f" with the key in {target.api_key_env}" if target.api_key_env else ""
    into, out = target.input_usd_per_mtok, target.output_usd_per_mtok
    return f"{how} {target.litellm_model!r} at {where!r}{key}, at {into} and {out} USD per million tokens"


def named(run: Run) -> tuple[list[str], str | None]:
    """Names by which the run's models are looked up anew, and its judge's."""
    judge = ProbeSettings.model_validate_json(run.settings).judge
    return [target.name for target in run.targets], judge.name if judge else None


def adopt(store: Store, run_id: str, consent: Consent) -> Run:
    """Make an imported run the user's own, by what the user says anew; the run as it is now.

    Raises:
        InputError: No cap is stated although something may cost; a model of the run is not among the consent's.
    """
    run = read_run(store, run_id)
    settings = ProbeSettings.model_validate_json(run.settings)
    _check_names(run, consent.targets)
    paid = [one for one in (*consent.targets, *([consent.judge] if consent.judge else [])) if not is_free(one)]
    if paid and consent.budget_usd is None:
        allowed = "--budget USD: the most that going on may cost"
        raise InputError("--budget", "", found=f"none, and {paid[0].name} costs", allowed=allowed)
    settings = settings.model_copy(update={"judge": consent.judge, "allow_code": consent.allow_code})
    budget_usd = spending(store, run_id).committed_usd + (consent.budget_usd or 0.0)
    own = replace(run, targets=consent.targets, settings=settings.model_dump_json(), budget_usd=budget_usd)
    adopt_run(store, replace(own, imported=False))
    return read_run(store, run_id)


def _check_names(run: Run, targets: Sequence[Target]) -> None:
    missing = [target.name for target in run.targets if target.name not in {one.name for one in targets}]
    if missing:
        raise InputError(run.id, "models", found=f"{missing[0]} not said anew", allowed="each model of the run")
