"""The library in one call: a workload in, a plan or a conflict out, on the facts that every door uses.

In: a workload, or its file. Out: what the command line prints. May not know: widgets, terminals.
"""

from pathlib import Path

from planner.facts import Facts, load_facts
from planner.planning.choose import plan_bundle
from planner.planning.plan import Outcome
from planner.workload.load import load_workload
from planner.workload.schema import Workload


def plan(workload: Workload | str | Path, facts: Facts | None = None) -> Outcome:
    """Plan a workload as `planner plan` does: kept scores and measurements count, the day is today.

    Args:
        workload: What is asked, or the YAML file that says it.
        facts: Catalog, beliefs and day, for several plans on the same; loaded when None.

    Raises:
        InputError: The file is wrong: file, field, what was found, what is allowed.
    """
    known = load_facts() if facts is None else facts
    asked = workload if isinstance(workload, Workload) else load_workload(workload)
    return plan_bundle(asked, known.catalog, known.beliefs, known.day).outcome
