"""The Evidence page's parts: back-tests beside the simple ways, calibration, cascades, what cannot be known."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from html import escape
from math import sqrt
from typing import Final

import streamlit as st

from planner.beliefs.backtest.quality import OURS, ValidationRow
from planner.beliefs.backtest.ranking import SIMPLE, Standing, standings
from planner.beliefs.backtest.validation import Validation, load_validation
from planner.beliefs.techniques.cascades import published_cases
from planner.catalog.evidence.techniques import load_techniques
from planner.planning.plan import Figure
from planner.report import charts
from planner.report.format import number, percent
from planner.resources import catalogs_dir
from planner.session import Session, the_catalog
from planner.views.parts.frame import shown_mode
from planner.views.parts.pictures import draw_chart
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button, wide_table

_TESTS: Final = {
    "cells": "Scores held out at random",
    "new_model": "A new model with a few known scores",
    "new_benchmark": "A new benchmark, known for eight models",
    "forward": "Models released later than all evidence",
}
_HEAD: Final = ("Held out", "Scores", "Ours", "Best simple way", "Full Gaussian", "Closer", "90 % held")
_SIMPLE_TOLD: Final = (
    f"Root mean square error on the log-odds scale; smaller is better. The simple ways are {'; '.join(SIMPLE)}. The "
    "best of them in each test stands here. A full-covariance Gaussian is no simple way and is told apart. “Closer”: "
    "how much less ours misses than the best simple way. All on the same held-out scores."
)
_Z90: Final = 1.645
_LEAST_ROWS: Final = 30


@lru_cache(maxsize=1)
def kept_back_tests() -> Validation:
    """The back-tests that came with the catalog."""
    return load_validation(catalogs_dir() / "validation" / "quality.json")


def _whole(tested: Validation, test: str) -> list[ValidationRow]:
    return [row for row in tested.rows if row.test == test and (row.group == "all" or "known" in row.group)]


def _error(row: ValidationRow) -> Figure:
    """Error in points; its sampling spread is that of a root mean square over n scores, sigma / sqrt(2 n)."""
    mean = row.rmse_points or 0.0
    half = _Z90 * mean / sqrt(2.0 * max(row.n, 1))
    return Figure(mean=mean, low=max(mean - half, 0.0), high=mean + half)


def _held(share: float, n: int) -> Figure:
    """A share of n in per cent, with its binomial interval."""
    half = _Z90 * sqrt(max(share * (1.0 - share), 1e-6) / max(n, 1))
    return Figure(mean=100.0 * share, low=100.0 * max(share - half, 0.0), high=100.0 * min(share + half, 1.0))


def draw_answer(tested: Validation) -> None:
    """How far off a forecast is, beside the best simple way, and how often its interval holds."""
    stand = next(one for one in standings(_whole(tested, "cells")))
    ours = stand.ours
    low, high = _error(ours).low, _error(ours).high
    st.html(
        f'<p class="tp-answer">A held-out score is missed by <b>{number(ours.rmse_points or 0.0)}</b> percentage '
        f"points ({number(low)} to {number(high)}; root mean square), <b>{percent(stand.closer)}</b> closer on the "
        f"log-odds scale than the best of the simple ways ({escape(stand.simple.method)}){_beside_gaussian(stand)}; "
        f"its 90 % interval held the truth <b>{percent(ours.coverage_90 or 0.0)}</b> of the time.</p>"
    )
    if tested.catalog_version != the_catalog().version:
        st.caption(
            f"Figures of catalog {tested.catalog_version}; the one in use is {the_catalog().version}. "
            "The command “planner validate” makes them anew."
        )


def _beside_gaussian(stand: Standing) -> str:
    closer = stand.closer_than_gaussian
    return "" if closer is None else f" and <b>{percent(closer)}</b> closer than a full-covariance Gaussian"


def draw_standings(tested: Validation) -> None:
    """Each test's error beside the best simple way's and the full Gaussian's."""
    rows: list[Row] = [
        {
            "held out": f"{_TESTS[stand.ours.test]}{'' if stand.ours.group == 'all' else f': {stand.ours.group}'}",
            "scores": stand.ours.n,
            "ours": stand.ours.rmse_logit,
            "best simple way": stand.simple.rmse_logit,
            "which": stand.simple.method,
            "full Gaussian": None if stand.gaussian is None else stand.gaussian.rmse_logit,
            "closer than the simple way": stand.closer,
            "90 % interval held": stand.ours.coverage_90,
        }
        for test in _TESTS
        for stand in standings(_whole(tested, test))
    ]
    st.subheader("Beside the simple ways, test by test", anchor=False)
    st.html(wide_table(_HEAD, "".join(_standing_row(row) for row in rows), numeric=(1, 2, 4, 5, 6)))
    st.caption(_SIMPLE_TOLD)
    draw_csv_button(rows, "beside-simple-ways")


def _standing_row(row: Row) -> str:
    def error(name: str) -> str:
        value = row[name]
        return f"{value:.3f}" if isinstance(value, float) else "unknown"

    def share(name: str) -> str:
        value = row[name]
        return percent(value) if isinstance(value, float) else "unknown"

    simple = f"{error('best simple way')} <span class='tp-dim'>({escape(str(row['which']))})</span>"
    return (
        f"<tr><td>{escape(str(row['held out']))}</td><td class='tp-num'>{row['scores']:,}</td>"
        f"<td class='tp-num'>{error('ours')}</td><td>{simple}</td><td class='tp-num'>{error('full Gaussian')}</td>"
        f"<td class='tp-num'>{share('closer than the simple way')}</td>"
        f"<td class='tp-num'>{share('90 % interval held')}</td></tr>"
    )


def draw_errors(tested: Validation) -> None:
    """Ours beside the simple ways, test by test."""
    st.subheader("How far off", anchor=False)
    tests = [test for test in _TESTS if _whole(tested, test)]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        test = st.selectbox(
            "Held out", tests, format_func=_TESTS.__getitem__, key="evidence.test", width=340, filter_mode=None
        )
        rows = _whole(tested, test)
        groups = list(dict.fromkeys(row.group for row in rows))
        group = groups[0]
        if len(groups) > 1:
            group = st.selectbox(
                "Scores of each model",
                groups,
                key=f"evidence.{test}",
                width=260,
                filter_mode=None,
            )
    shown = sorted((row for row in rows if row.group == group), key=lambda row: row.rmse_points or 0.0)
    told = "; ".join(f"{row.method} {number(row.rmse_points or 0.0)}" for row in shown)
    figure = charts.error_chart([(row.method, _error(row)) for row in shown], shown_mode())
    draw_chart(figure, f"evidence.errors.{test}.{group}", f"Error in points: {told}")
    st.caption(f"{shown[0].n:,} forecasts. No held-out score is known through another release, setting or source.")


def draw_coverage(tested: Validation) -> None:
    """Calibration over all, and coverage skill by skill."""
    st.subheader("Do the intervals hold", anchor=False)
    ours = [row for row in tested.rows if row.test == "cells" and row.method == OURS]
    whole = next(row for row in ours if row.group == "all")
    points = [
        (level, _held(share, whole.n))
        for level, share in ((50.0, whole.coverage_50), (80.0, whole.coverage_80), (90.0, whole.coverage_90))
        if share is not None
    ]
    skills = [
        (row.group.replace("_", " "), _held(row.coverage_90, row.n))
        for row in ours
        if row.group != "all" and row.coverage_90 is not None and row.n >= _LEAST_ROWS
    ]
    left, right = st.columns([2, 3], gap="medium")
    with left:
        told = "; ".join(f"stated {level:.0f} %, held {share.mean:.1f} %" for level, share in points)
        draw_chart(charts.calibration_chart(points, shown_mode()), "evidence.calibration", told)
    with right:
        told = "; ".join(f"{name} {share.mean:.1f} %" for name, share in skills)
        draw_chart(charts.coverage_chart(skills, shown_mode()), "evidence.skills", f"Held by skill: {told}")


def draw_table(tested: Validation) -> None:
    """Every row of the back-tests."""
    rows: list[Row] = [asdict(row) for row in tested.rows]
    with st.expander(f"All {len(rows)} rows"):
        st.dataframe(rows, hide_index=True, width="stretch")
        with st.container(horizontal=True, gap="small"):
            draw_csv_button(rows, "back-tests")
            draw_json_button(rows, "back-tests")


@lru_cache(maxsize=1)
def _cascade_rows() -> Sequence[Row]:
    return [
        {
            "pair": case.name,
            "strong price over small": f"{number(case.price_ratio)} times",
            "small right": percent(case.weak),
            "strong right": percent(case.strong),
            "passed on": percent(case.escalation_share),
            "cost over the strong model's": percent(case.cost),
            "verdict": case.verdict,
        }
        for case in published_cases(load_techniques())
    ]


def draw_cascades() -> None:
    """When a cascade does not pay: published pairs at three price ratios."""
    st.subheader("When a small-then-strong cascade pays", anchor=False)
    rows = _cascade_rows()
    paying = sum(1 for row in rows if row["verdict"] == "pays")
    st.caption(
        f"{paying} of {len(rows)} published cases pay: the small model answers, a gate passes doubtful answers on "
        "until the mix is 95 % as good as the strong model alone. The dearer the strong model, the more pay."
    )
    st.dataframe(rows, hide_index=True, width="stretch")
    draw_csv_button(rows, "cascades")


def draw_limits(session: Session) -> None:
    """Where the model is weak, and what it cannot know."""
    catalog = the_catalog()
    known = set(catalog.evidence.model)
    unknown = [model.name for model in catalog.models.values() if model.id not in known]
    unseen = sum(not segment.observed for segment in session.workload.segments)
    kinds = "1 kind of this workload rests" if unseen == 1 else f"{unseen} kinds of this workload rest"
    st.subheader("What it cannot know", anchor=False)
    st.markdown(
        f"- {len(unknown)} of {len(catalog.models)} models have no public score at all; their skills are read off "
        "maker, size, date and price, with wide intervals.\n"
        "- Public benchmarks are not your requests. Until you say how hard a kind of request is, "
        f"it rests on the anchor of a benchmark; {kinds} on one. The Workload page says which.\n"
        "- Makers' own scores count less, and a benchmark that a model was trained on looks too good.\n"
        "- Classification, summaries and answers from documents have few public scores: see the rows by skill above."
    )
    with st.expander("Models without a public score"):
        st.write(", ".join(unknown))
