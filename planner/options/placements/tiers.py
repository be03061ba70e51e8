"""The role of an option in the toolbox: which tier it is shown under."""

from typing import Final

import numpy as np

from planner.options.rows import GROUNDED, TUNED
from planner.options.table import TIERS
from planner.units import Bools, Ints

_NARROW: Final = frozenset({"classification", "extraction"})
"""Skills narrow enough that a small model asked directly is a specialist's tool."""


def tier_of(technique: Ints, small: Bools, frontier: Bools, skill: str) -> Ints:
    """Tier of each option (N,), index into TIERS; `small` and `frontier` (N,) tell the class of the model.

    The first that holds: retrieval, tuned or not, makes it grounded; tuning makes it a specialist; a flagship is
    frontier; a small model on a narrow skill (classification, extraction) is a specialist; all else is a generalist.
    A cascade takes the tier of its first, small model, which answers most requests.
    """
    specialist, grounded, generalist, flagship = (
        TIERS.index(name) for name in ("specialist", "grounded", "generalist", "frontier")
    )
    narrow = small & (skill in _NARROW)
    plain = np.where(frontier, flagship, np.where(narrow, specialist, generalist))
    return np.where(GROUNDED[technique], grounded, np.where(TUNED[technique], specialist, plain)).astype(np.int64)
