"""What is reserved for a request is never less than what it comes to, whatever its price is made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from probing_parts import target_at

from planner.catalog.price import Price, PriceStep
from planner.catalog.pricing import TokenUse, charge_usd
from planner.probing.asking.runner import start_run
from planner.probing.costs import answer_usd, is_free, price_of, worst_usd
from planner.probing.wire.questions import Answer
from planner.store.database.engine import Store
from planner.store.records import Target
from planner.store.runs import read_run

_RATE = some.floats(0.0, 100.0)
_MAYBE = some.none() | _RATE
_STEP = some.builds(
    PriceStep,
    above_input_tokens=some.integers(1, 300_000).map(float),
    input_usd_per_mtok=_RATE,
    output_usd_per_mtok=_RATE,
    cached_input_usd_per_mtok=_MAYBE,
    cache_write_usd_per_mtok=some.none(),
    reasoning_usd_per_mtok=_MAYBE,
)
_PRICE = some.builds(
    Price,
    input_usd_per_mtok=_RATE,
    output_usd_per_mtok=_RATE,
    cached_input_usd_per_mtok=_MAYBE,
    reasoning_usd_per_mtok=_MAYBE,
    request_usd=some.floats(0.0, 0.1),
    steps=some.lists(_STEP, max_size=3, unique_by=lambda step: step.above_input_tokens).map(
        lambda steps: tuple(sorted(steps, key=lambda step: step.above_input_tokens))
    ),
)
_STEPPED = Price(2.0, 10.0, 0.2, steps=(PriceStep(200_000.0, 4.0, 20.0, 0.4, None),))


def _target(price: Price) -> Target:
    return Target(
        "m", "m", None, "x", None, price.input_usd_per_mtok, price.cached_input_usd_per_mtok,
        price.output_usd_per_mtok, price,
    )  # fmt: skip


def _answer(prompt: int, cached: int, completion: int, reasoning: int) -> Answer:
    return Answer(
        text="", finish_reason="stop", prompt_tokens=prompt, cached_tokens=cached, completion_tokens=completion,
        reasoning_tokens=reasoning, usage_stated=True, litellm_cost_usd=None, ttft_ms=None, total_ms=1.0, gaps_ms=(),
        lag_ms=0.0, streams=1, sent=None, at_transport=True,
    )  # fmt: skip


@given(price=_PRICE, most=some.integers(1, 400_000), limit=some.integers(1, 50_000), data=some.data())
def test_a_reservation_covers_every_answer_within_its_prompt_and_length(
    price: Price, most: int, limit: int, data: some.DataObject
) -> None:
    prompt = data.draw(some.integers(0, most))
    completion = data.draw(some.integers(0, limit))
    answer = _answer(prompt, data.draw(some.integers(0, prompt)), completion, data.draw(some.integers(0, completion)))
    target = _target(price)
    charged = answer_usd(target, answer)
    assert charged is not None
    assert charged <= worst_usd(target, most, limit) * (1.0 + 1e-12)


def test_a_prompt_that_may_pass_the_step_is_reserved_at_the_dearer_price() -> None:
    assert worst_usd(_target(_STEPPED), 200_001, 1_000) == pytest.approx((200_001 * 4.0 + 1_000 * 20.0) / 1e6)
    assert worst_usd(_target(_STEPPED), 200_000, 1_000) == pytest.approx((200_000 * 2.0 + 1_000 * 10.0) / 1e6)


def test_an_answer_is_charged_as_the_catalog_prices_it() -> None:
    use = TokenUse(250_000, 400, cached_input_tokens=50_000, reasoning_tokens=600)
    assert answer_usd(_target(_STEPPED), _answer(250_000, 50_000, 1_000, 600)) == charge_usd(use, _STEPPED)


def test_a_price_of_nothing_but_a_fee_is_not_free() -> None:
    assert is_free(_target(Price(0.0, 0.0)))
    assert not is_free(_target(Price(0.0, 0.0, request_usd=0.01)))


def test_the_steps_of_a_price_are_kept_with_the_run(store: Store) -> None:
    from probing_parts import settings_of, suite_of

    target = _target(_STEPPED)
    run = start_run(store, suite_of(1), (target, target_at(None, "plain")), settings_of(), 1.0)
    kept = read_run(store, run.id)
    assert kept.targets == (target, target_at(None, "plain"))
    assert [price_of(one).steps for one in kept.targets] == [_STEPPED.steps, ()]
