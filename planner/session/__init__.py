"""The one typed state of the dashboard: what a browser tab shows, the cached calls behind it, the link to it."""

from planner.facts import today
from planner.session.cached import (
    compared,
    facts_version,
    measured_anew,
    planned,
    published_beliefs,
    swings,
    switches_along,
    the_beliefs,
    the_catalog,
    the_store,
)
from planner.session.edits import (
    apply_change,
    apply_changes_for_good,
    edit_field,
    edit_field_value,
    edit_values,
    field_value,
    indexed,
    reset_field,
    show_value,
    use_text,
    use_workload,
)
from planner.session.state import Scenario, Session, current_session, example_names, example_text

__all__ = [
    "Scenario",
    "Session",
    "apply_change",
    "apply_changes_for_good",
    "compared",
    "current_session",
    "edit_field",
    "edit_field_value",
    "edit_values",
    "example_names",
    "example_text",
    "facts_version",
    "field_value",
    "indexed",
    "measured_anew",
    "planned",
    "published_beliefs",
    "reset_field",
    "show_value",
    "swings",
    "switches_along",
    "the_beliefs",
    "the_catalog",
    "the_store",
    "today",
    "use_text",
    "use_workload",
]
