import re

from hypothesis import given
from hypothesis import strategies as st

from planner.planning.plan import Figure
from planner.report.format import (
    MARKS,
    mark,
    mark_text,
    milliseconds_interval,
    money,
    money_interval,
    number,
    percent,
    requests,
    share,
)

AMOUNTS = st.floats(min_value=-1e12, max_value=1e12).filter(lambda value: abs(value) > 1e-8)


def significant(text: str) -> int:
    digits = re.sub(r"[^0-9.]", "", text)
    whole = digits.lstrip("0").replace(".", "") if digits.startswith("0.") else digits.replace(".", "")
    return len(whole.lstrip("0").rstrip("0"))


@given(AMOUNTS)
def test_no_number_is_shown_with_an_exponent(value: float) -> None:
    assert "e" not in number(value)


@given(AMOUNTS)
def test_no_number_has_more_than_three_significant_figures(value: float) -> None:
    assert significant(number(value)) <= 3


@given(AMOUNTS)
def test_a_number_shown_is_within_half_a_per_cent_of_what_it_is(value: float) -> None:
    assert abs(float(number(value).replace(",", "")) - value) <= 0.005 * abs(value) * 1.0001


@given(st.floats(min_value=0.0, max_value=1.0))
def test_only_all_is_shown_as_a_hundred_per_cent(value: float) -> None:
    assert percent(value) != "100 %" or value == 1.0


def test_money_is_in_thousands_with_its_unit() -> None:
    assert money(3412.4) == "3,410 USD"


def test_money_below_ten_keeps_its_cents() -> None:
    assert [money(value) for value in (3.4, 2.0, 0.4, 0.0)] == ["3.40 USD", "2 USD", "0.40 USD", "0 USD"]


def test_an_interval_stands_in_brackets() -> None:
    assert money_interval(Figure(mean=3412.0, low=2899.0, high=4251.0)) == "3,410 USD (2,900 to 4,250)"


def test_a_share_is_in_whole_per_cent_with_its_interval() -> None:
    assert share(Figure(mean=0.934, low=0.904, high=0.951)) == "93 % (90 to 95)"


def test_a_narrow_share_keeps_a_decimal_so_that_its_interval_has_a_width() -> None:
    assert share(Figure(mean=0.934, low=0.931, high=0.938)) == "93.4 % (93.1 to 93.8)"


def test_times_change_to_seconds_at_a_second() -> None:
    shown = [milliseconds_interval(Figure(mean=m, low=m / 2, high=2 * m)) for m in (420.0, 1700.0)]
    assert shown == ["420 ms (210 to 840)", "1.7 s (0.85 to 3.4)"]


def test_what_is_not_a_number_is_unknown() -> None:
    assert number(float("nan")) == "unknown"


def test_millions_are_written_out() -> None:
    assert [requests(count) for count in (8000.0, 1.5e6, 2e9)] == ["8,000", "1.5 million", "2 billion"]


def test_every_class_of_number_has_its_own_mark() -> None:
    assert len(set(MARKS.values())) == 5


def test_the_hover_text_of_a_mark_says_its_class() -> None:
    assert all(mark_text(name).startswith(name) and mark(name) for name in MARKS)
