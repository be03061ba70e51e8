"""Toolbox Planner: from a workload to the cheapest toolbox of models that is good enough, fast enough and allowed.

    outcome = plan("workload.yaml")                  # in one call, on the facts of the command line

    workload = load_workload("workload.yaml")        # or room by room
    catalog = load_catalog()
    beliefs = fit_beliefs(catalog)
    options = enumerate_options(workload, catalog, beliefs, date.today())
    outcome = choose_plan(workload, catalog, options)
    render_report(outcome, "plan.html")

`load_facts` gives catalog, beliefs and day as the doors have them; `what_if` changes inputs and plans anew, `check`
holds a changed workload against an accepted plan, `price` prices one request. The names are resolved when they are
first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from planner.version import VERSION

if TYPE_CHECKING:
    from planner.beliefs.model import fit_beliefs
    from planner.catalog.load import load_catalog
    from planner.facts import load_facts
    from planner.library import check, plan, price, what_if
    from planner.options.enumerate import enumerate_options
    from planner.planning.choose import choose_plan, plan_workload
    from planner.report.render import render_report
    from planner.workload.load import load_workload

__version__ = VERSION

__all__ = [
    "check",
    "choose_plan",
    "enumerate_options",
    "fit_beliefs",
    "load_catalog",
    "load_facts",
    "load_workload",
    "plan",
    "plan_workload",
    "price",
    "render_report",
    "what_if",
]

_HOMES: Final = {
    "check": "planner.library",
    "choose_plan": "planner.planning.choose",
    "enumerate_options": "planner.options.enumerate",
    "fit_beliefs": "planner.beliefs.model",
    "load_catalog": "planner.catalog.load",
    "load_facts": "planner.facts",
    "load_workload": "planner.workload.load",
    "plan": "planner.library",
    "plan_workload": "planner.planning.choose",
    "price": "planner.library",
    "render_report": "planner.report.render",
    "what_if": "planner.library",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (PEP 562: any of the names above)
    """Resolve a name of the front page when it is first used."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The names of the front page, and what a module has anyway."""
    return sorted({*globals(), *__all__})
