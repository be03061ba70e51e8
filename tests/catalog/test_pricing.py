"""What a request costs: by hand, over arrays, across steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.catalog.price import Price, PriceStep
from planner.catalog.pricing import TokenUse, batch_charge_usd, charge_usd

FLAT = Price(
    input_usd_per_mtok=2.0, output_usd_per_mtok=10.0, cached_input_usd_per_mtok=0.2, cache_write_usd_per_mtok=2.5
)
STEPPED = Price(
    input_usd_per_mtok=2.0,
    output_usd_per_mtok=10.0,
    cached_input_usd_per_mtok=0.2,
    cache_write_usd_per_mtok=2.5,
    steps=(PriceStep(200_000.0, 4.0, 15.0, 0.4, 5.0), PriceStep(500_000.0, 6.0, 20.0, 0.6, 7.5)),
)
tokens = st.floats(0.0, 1e6)


def test_every_kind_of_token_is_charged_once() -> None:
    use = TokenUse(10_000, 500, cached_input_tokens=6_000, cache_write_tokens=1_000, reasoning_tokens=2_000)
    by_hand = (3_000 * 2.0 + 6_000 * 0.2 + 1_000 * 2.5 + 500 * 10.0 + 2_000 * 10.0) / 1e6
    assert charge_usd(use, FLAT) == pytest.approx(by_hand, rel=1e-12)


def test_a_cached_token_without_its_own_price_costs_what_fresh_input_costs() -> None:
    price = Price(input_usd_per_mtok=3.0, output_usd_per_mtok=9.0)
    assert charge_usd(TokenUse(1_000, 0, cached_input_tokens=800, cache_write_tokens=100), price) == pytest.approx(
        0.003
    )


def test_a_reasoning_price_of_its_own_is_used() -> None:
    price = Price(input_usd_per_mtok=1.0, output_usd_per_mtok=2.0, reasoning_usd_per_mtok=8.0)
    assert charge_usd(TokenUse(0, 0, reasoning_tokens=1e6), price) == pytest.approx(8.0)


def test_a_fee_per_request_is_added_once() -> None:
    price = Price(input_usd_per_mtok=1.0, output_usd_per_mtok=1.0, request_usd=0.005)
    assert charge_usd(TokenUse(0, 0), price) == pytest.approx(0.005)


def test_the_step_prices_the_whole_request() -> None:
    use = TokenUse(300_000, 1_000, cached_input_tokens=100_000)
    by_hand = (200_000 * 4.0 + 100_000 * 0.4 + 1_000 * 15.0) / 1e6
    assert charge_usd(use, STEPPED) == pytest.approx(by_hand, rel=1e-12)


def test_a_request_at_the_threshold_stays_below_the_step() -> None:
    assert charge_usd(TokenUse(200_000, 0), STEPPED) == pytest.approx(0.4)


def test_the_highest_step_that_is_exceeded_wins() -> None:
    assert charge_usd(TokenUse(600_000, 0), STEPPED) == pytest.approx(3.6)


def test_arrays_are_charged_element_by_element() -> None:
    given_tokens = np.array([1_000.0, 250_000.0, 600_000.0])
    returned = np.array([[100.0], [2_000.0]])
    charged = np.asarray(charge_usd(TokenUse(given_tokens, returned), STEPPED))
    one_by_one = [[charge_usd(TokenUse(g, r), STEPPED) for g in given_tokens] for (r,) in returned]
    assert charged.shape == (2, 3)
    np.testing.assert_allclose(charged, one_by_one, rtol=1e-14)


def test_a_number_gives_a_number() -> None:
    assert type(charge_usd(TokenUse(10, 10), STEPPED)) is float


@given(given_tokens=tokens, returned=tokens, cached=st.floats(0.0, 1.0))
def test_caching_never_makes_a_request_dearer(given_tokens: float, returned: float, cached: float) -> None:
    plain = float(charge_usd(TokenUse(given_tokens, returned), STEPPED))
    use = TokenUse(given_tokens, returned, cached_input_tokens=cached * given_tokens)
    assert float(charge_usd(use, STEPPED)) <= plain + 1e-12


@given(given_tokens=tokens, more=tokens)
def test_more_input_never_costs_less(given_tokens: float, more: float) -> None:
    fewer = float(charge_usd(TokenUse(given_tokens, 500), STEPPED))
    assert float(charge_usd(TokenUse(given_tokens + more, 500), STEPPED)) >= fewer - 1e-12


def test_a_batch_is_charged_at_batch_prices() -> None:
    price = Price(
        input_usd_per_mtok=2.0, output_usd_per_mtok=10.0, batch_input_usd_per_mtok=1.0, batch_output_usd_per_mtok=5.0
    )
    assert batch_charge_usd(TokenUse(1e6, 1e6, reasoning_tokens=1e6), price) == pytest.approx(11.0)


def test_a_provider_without_batch_prices_charges_the_ordinary_price() -> None:
    use = TokenUse(5_000, 500)
    assert batch_charge_usd(use, FLAT) == charge_usd(use, FLAT)
