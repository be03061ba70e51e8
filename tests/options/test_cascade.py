from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.beliefs.techniques.gate import GATE_THRESHOLDS
from planner.beliefs.techniques.transforms import TECHNIQUES
from planner.options.cascade import STRONG_TECHNIQUE, Candidates, choose_cascades
from planner.options.placements.placements import API, POOL
from planner.units import DRAW_COUNT, SEED
from tests.options.conftest import workload_of

SEGMENT = workload_of().segments[0]


def candidates_of(rows: list[tuple[float, float, str, int]]) -> Candidates:
    """Single-model rows (cost, quality, technique, serving), each of a model of its own."""
    quality = np.repeat(np.array([row[1] for row in rows]).reshape(-1, 1), DRAW_COUNT, axis=1)
    return Candidates(
        model=np.arange(len(rows)),
        technique=np.array([TECHNIQUES.index(row[2]) for row in rows], dtype=np.int64),
        serving=np.array([row[3] for row in rows], dtype=np.int64),
        frontier=np.zeros(len(rows), dtype=np.bool_),
        usd=np.array([row[0] for row in rows]),
        quality=quality,
    )


def pairs(rows: Any) -> Any:
    found = choose_cascades(candidates_of(rows), SEGMENT, SEED)
    return set(zip(found.weak.tolist(), found.strong.tolist(), strict=True))


def test_a_cheap_model_is_passed_on_to_a_better_one() -> None:
    assert pairs([(1.0, 0.7, "direct", API), (10.0, 0.9, "direct", API)]) == {(0, 1)}


@pytest.mark.parametrize(
    "strong",
    [(10.0, 0.6, "direct", API), (1.1, 0.9, "direct", API), (10.0, 0.9, "rag", API), (10.0, 0.9, "fine_tune", API)],
    ids=["worse", "hardly dearer", "another technique", "tuned"],
)
def test_a_strong_member_that_is_no_use_makes_no_cascade(strong: Any) -> None:
    assert pairs([(1.0, 0.7, "direct", API), strong]) == set()


def test_a_tuned_small_model_is_passed_on_to_a_model_asked_directly() -> None:
    assert pairs([(1.0, 0.7, "fine_tune", API), (10.0, 0.9, "direct", API)]) == {(0, 1)}
    assert STRONG_TECHNIQUE["fine_tune"] == "direct"


def test_at_most_one_member_runs_on_a_pool() -> None:
    assert pairs([(1.0, 0.7, "direct", POOL), (10.0, 0.9, "direct", POOL)]) == set()
    assert pairs([(1.0, 0.7, "direct", API), (10.0, 0.9, "direct", POOL)]) == {(0, 1)}


def test_every_pair_comes_with_every_gate_setting() -> None:
    found = choose_cascades(candidates_of([(1.0, 0.7, "direct", API), (10.0, 0.9, "direct", API)]), SEGMENT, SEED)
    assert found.threshold.tolist() == list(GATE_THRESHOLDS)
    assert np.abs(np.median(found.share, axis=1) - found.threshold).max() < 0.02


rows = st.lists(
    st.tuples(st.floats(0.1, 100.0), st.floats(0.05, 0.95), st.sampled_from(TECHNIQUES), st.sampled_from([API, POOL])),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_the_strong_member_is_always_better_and_dearer(found: Any) -> None:
    for weak, strong in pairs(found):
        assert found[strong][1] > found[weak][1]
        assert found[strong][0] > found[weak][0]
