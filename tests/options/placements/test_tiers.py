from typing import Any

import numpy as np
import pytest

from planner.beliefs.techniques.transforms import TECHNIQUES
from planner.options.placements.tiers import tier_of
from planner.options.table import TIERS


@pytest.mark.parametrize(
    ("technique", "size", "skill", "tier"),
    [
        ("direct", "frontier", "classification", "frontier"),
        ("few_shot", "frontier", "chat", "frontier"),
        ("direct", "small", "classification", "specialist"),
        ("few_shot", "small", "extraction", "specialist"),
        ("direct", "small", "chat", "generalist"),
        ("direct", "mid", "classification", "generalist"),
        ("fine_tune", "mid", "chat", "specialist"),
        ("fine_tune", "frontier", "chat", "specialist"),
        ("rag", "frontier", "grounded_qa", "grounded"),
        ("rag+fine_tune", "small", "extraction", "grounded"),
    ],
)
def test_the_tier_follows_technique_then_class_then_skill(technique: Any, size: Any, skill: Any, tier: Any) -> None:
    found = tier_of(
        np.array([TECHNIQUES.index(technique)]), np.array([size == "small"]), np.array([size == "frontier"]), skill
    )
    assert TIERS[found[0]] == tier
