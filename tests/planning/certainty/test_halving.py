"""Money goes where the decision is open: who is asked on, who is dropped, and how often wrongly."""

from dataclasses import dataclass

import numpy as np
import pytest

from planner.planning.certainty.halving import Racing, halve


@dataclass(frozen=True)
class Answer:
    model: str
    item: str
    score: float
    condition: str = "plain"


def _race(racing: Racing, truth: dict[str, float], items: int, seed: int) -> tuple[dict[str, int], frozenset[str]]:
    """How many items each model was asked, and who was still asked at the end."""
    rng = np.random.default_rng(seed)
    chooser, scores, asked = halve(racing), list[Answer](), dict.fromkeys(truth, 0)
    left = frozenset(truth)
    for item in range(items):
        left = chooser(scores)
        if not left:
            break
        hard = rng.normal()
        for model in sorted(left):
            odds = np.log(truth[model] / (1.0 - truth[model])) - hard
            scores.append(Answer(model, f"i{item}", float(rng.random() < 1.0 / (1.0 + np.exp(-odds)))))
            asked[model] += 1
    return asked, left


def test_nobody_is_dropped_before_the_first_look() -> None:
    asked, _ = _race(Racing(("a", "b")), {"a": 0.95, "b": 0.05}, 10, 1)
    assert asked == {"a": 10, "b": 10}


def test_a_hopeless_model_is_asked_little_and_the_money_goes_to_the_close_ones(seed: int) -> None:
    asked, _ = _race(Racing(("good", "fair", "bad")), {"good": 0.85, "fair": 0.83, "bad": 0.2}, 120, seed)
    assert asked["bad"] <= 40
    assert asked["good"] == asked["fair"] == 120


def test_a_decided_race_ends() -> None:
    asked, left = _race(Racing(("a", "b")), {"a": 0.95, "b": 0.05}, 400, 3)
    assert left == frozenset()
    assert asked["a"] <= 40


def test_the_best_model_is_rarely_dropped() -> None:
    lost = 0
    for seed in range(60):
        asked, left = _race(Racing(("best", "b", "c")), {"best": 0.9, "b": 0.7, "c": 0.6}, 160, seed)
        lost += asked["best"] < max(asked.values()) and "best" not in left
    assert lost <= 6


def test_with_a_floor_a_model_shown_above_it_is_not_asked_on() -> None:
    asked, left = _race(Racing(("sure", "open"), floor=0.8), {"sure": 0.99, "open": 0.8}, 160, 2)
    assert asked["sure"] < asked["open"]
    assert "sure" not in left


def test_with_a_floor_dearer_models_are_not_asked_once_a_cheaper_one_holds_it() -> None:
    racing = Racing(("cheap", "dear"), floor=0.6, usd={"cheap": 1.0, "dear": 9.0})
    asked, left = _race(racing, {"cheap": 0.97, "dear": 0.6}, 160, 4)
    assert left == frozenset()
    assert asked["dear"] <= 40


@pytest.mark.parametrize("floor", [None, 0.5])
def test_the_same_scores_give_the_same_choice(floor: float | None) -> None:
    one, other = (_race(Racing(("a", "b"), floor=floor), {"a": 0.7, "b": 0.5}, 80, 9) for _ in range(2))
    assert one == other
