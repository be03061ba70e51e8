"""What could be done: every allowed way to serve each segment as arrays, and a reason for each that is not allowed."""

from planner.options.cache import OptionsCache
from planner.options.cascade import STRONG_TECHNIQUE
from planner.options.eligibility.exclusions import why_not
from planner.options.enumerate import enumerate_options
from planner.options.table import (
    AnchorUse,
    Component,
    Exclusion,
    Options,
    OptionTable,
    Place,
    Pool,
    RetirementWarning,
)

__all__ = [
    "STRONG_TECHNIQUE",
    "AnchorUse",
    "Component",
    "Exclusion",
    "OptionTable",
    "Options",
    "OptionsCache",
    "Place",
    "Pool",
    "RetirementWarning",
    "enumerate_options",
    "why_not",
]
