"""The Measure page's comparisons: how often a judge preferred one model's answers to another's."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from planner.report.format import money, number, percent
from planner.session.measuring.pairs import run_pairs
from planner.session.measuring.results import RunResults
from planner.views.measure.settings import way_text
from planner.views.parts.figures import chip, mark
from planner.views.parts.tables import Row, draw_csv_button, wide_table

if TYPE_CHECKING:
    from planner.beliefs.evidence.run_pairs import PairShare


def draw_pairs(found: RunResults) -> None:
    """Win shares with intervals; nothing where nothing was compared."""
    pairs = run_pairs(found)
    if not pairs:
        return
    st.subheader("Compared two at a time", anchor=False)
    several = len({one.condition for one in pairs}) > 1
    head = ["Pair", "Win share", "Won", "Lost", "Tied", "Turned", "Sign test p", ""]
    cells = "".join(_row(one, several=several) for one in pairs)
    st.html(wide_table(head, cells, numeric=range(1, 7)))
    st.caption(
        f"{pairs[0].judge} saw both answers in both orders; a tie is half a win. Turned: ties because the verdict "
        "changed with the order. A model is called better only when its interval excludes one half. "
        f"The judge cost {money(sum(one.cost_usd for one in pairs))}."
    )
    draw_csv_button(_lines(pairs), f"comparisons {found.run.id}")


def _row(one: "PairShare", *, several: bool) -> str:
    way = f" <span class='tp-dim'>{way_text(one.condition)}</span>" if several else ""
    interval = f"{percent(one.share.mean)} ({percent(one.share.low)} to {percent(one.share.high)})"
    counts = "".join(f"<td class='tp-num'>{count}</td>" for count in (one.wins, one.losses, one.ties, one.turned))
    verdict = chip("a difference", "good") if one.called else chip("no difference shown")
    return (
        f"<tr><td>{escape(one.first)} against {escape(one.second)}{way}{mark('measured')}</td>"
        f"<td class='tp-num'>{interval}</td>{counts}<td class='tp-num'>{number(one.sign_p)}</td><td>{verdict}</td></tr>"
    )


def _lines(pairs: "Sequence[PairShare]") -> list[Row]:
    return [
        {
            "first": one.first,
            "second": one.second,
            "condition": one.condition,
            "judge": one.judge,
            "items": one.items,
            "win share of the first": one.share.mean,
            "low": one.share.low,
            "high": one.share.high,
            "won": one.wins,
            "lost": one.losses,
            "tied": one.ties,
            "turned with the order": one.turned,
            "sign test p": one.sign_p,
            "shown": one.called,
            "judging, USD": one.cost_usd,
        }
        for one in pairs
    ]
