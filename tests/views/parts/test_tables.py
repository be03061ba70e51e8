"""Tables in HTML: every cell carries its column's name, which a phone shows in place of the head."""

import re

from planner.views.parts.style import STYLE
from planner.views.parts.tables import stacked_table, wide_table

BODY = "<tr><td>a</td><td class='tp-num'>1</td><td title=\"x\">b</td></tr><tr><td>c</td><td colspan=2>none</td></tr>"


def test_every_cell_has_its_columns_name() -> None:
    shown = stacked_table(("Path", "USD <b>a</b> month", "How"), BODY, numeric=(1,))
    assert re.findall(r'data-name="([^"]*)"', shown) == ["Path", "USD a month", "How", "Path", "USD a month"]
    assert '<th class="tp-num">USD <b>a</b> month</th>' in shown


def test_nothing_of_the_rows_is_lost() -> None:
    shown = stacked_table(("Path", "USD", "How"), BODY)
    assert re.sub(r' data-name="[^"]*"', "", shown).count(BODY) == 1


def test_more_cells_than_names_are_no_error() -> None:
    assert stacked_table(("One",), "<tr><td>a</td><td>b</td></tr>").count('data-name=""') == 1


def test_a_phone_shows_the_names_and_needs_no_width() -> None:
    assert "tp-wide" in wide_table(("A",), "")
    narrow = STYLE[STYLE.index("@media (max-width:640px)") :]
    assert ".tp-wide{min-width:0}" in narrow
    assert "content:attr(data-name)" in narrow
