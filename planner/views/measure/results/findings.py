"""What a run found: shares with intervals, differences that are shown, what context adds, times, cost, agreement."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from planner.errors import PlannerError
from planner.planning.plan import Figure
from planner.report import charts
from planner.report.charts import ProbedDifference, ProbedShare
from planner.report.format import milliseconds, money, number, percent, points, share
from planner.report.svg.marks import ink_of
from planner.report.svg.probes import differences_svg, shares_svg
from planner.resources import pages_dir
from planner.session import Session
from planner.session.measuring.results import Difference, GraderAgreement, MeasuredShare, RunResults, run_results
from planner.session.measuring.runs import kept_runs, live_run, standing_of
from planner.units import Interval
from planner.views.measure.choice import pick
from planner.views.measure.live import draw_resume, error_words, run_words
from planner.views.measure.results.pairs import draw_pairs
from planner.views.measure.settings import way_text
from planner.views.parts.figures import alert, chip, mark
from planner.views.parts.frame import draw_error, shown_mode
from planner.views.parts.pictures import draw_chart
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button, draw_svg_button, wide_table

_FEW: Final = 20
"""Fewer answers than this leave wide intervals; the page says so."""
_TOLD_DIFFERENCES: Final = 3


def open_run(session: Session) -> RunResults | None:
    """The run that is looked at, chosen from those kept; None, and why, where there is none."""
    runs = {run.id: run for run in kept_runs()}
    if not runs:
        st.info(
            "Nothing has been measured yet. “Ask” begins a run; the embedded model needs no key, costs nothing "
            "and takes two minutes.",
            icon=":material/science:",
        )
        return None
    chosen = pick(session, "run", "Run", list(runs), next(iter(runs)), lambda name: run_words(runs[name]))
    try:
        return run_results(chosen)
    except PlannerError as error:
        draw_error(error)
        return None


def draw_results(session: Session) -> RunResults | None:
    """Scores, differences, times and cost of the run looked at."""
    found = open_run(session)
    if found is None:
        return None
    _draw_standing(session, found)
    if not found.answers:
        _draw_errors(found)
        if standing_of(found.run) != "going on":
            st.info("No answer has come.", icon=":material/hourglass_empty:")
        return found
    if not found.graded:
        st.info(
            f"{len(found.answers)} answers wait for people: nothing grades them but a label. “Label blind” below shows "
            "them one by one.",
            icon=":material/rate_review:",
        )
    else:
        st.html(f'<p class="tp-lead">{_verdict(found)}</p>')
        _draw_shares(found)
        _draw_differences(found)
    draw_pairs(found)
    _draw_times(found)
    _draw_labels(session, found)
    return found


def _draw_standing(session: Session, found: RunResults) -> None:
    run = found.run
    standing = standing_of(run)
    shade = {"finished": "good", "going on": "plain", "going on elsewhere": "plain"}.get(standing, "warn")
    stands = f"stands for {run.segment}" if run.segment else f"{run.skill.replace('_', ' ')} in general"
    spent = f"{money(found.spent_usd)} of {money(run.budget_usd)}" if run.budget_usd else money(found.spent_usd)
    chips = chip(standing, shade) + chip(stands) + chip(f"{len(found.answers)} answers") + chip(f"spent {spent}")  # type: ignore[arg-type]  # one of the shades
    st.html(f"<div>{chips}</div>")
    if standing == "cap reached":
        st.html(
            alert(
                f"The run reached its budget of {money(run.budget_usd)} and stopped. Everything answered is kept: a "
                "new run with a higher budget takes these answers at no cost and asks the rest."
            )
        )
    if found.in_doubt and live_run(run.id) is None:
        reserved = found.committed_usd - found.spent_usd
        told = f"; {money(reserved)} stays counted as spent" if reserved > 0.0 else ""
        st.html(
            alert(
                f"{found.in_doubt} questions were on their way when the run broke off: they may have been paid{told}."
            )
        )
    if (
        standing == "finished"
        and len(found.answers) < found.questions
        and not any(one.row.failed for one in found.shares)
    ):
        st.caption(
            f"{len(found.answers)} of {found.questions} questions were asked: the decision was closed by then, and the "
            "rest would have changed nothing."
        )
    if standing in {"broken off", "stopped"}:
        draw_resume(session, run, "results")


def _verdict(found: RunResults) -> str:
    """The run in a sentence: the best share, and whether the next is shown to be worse."""
    graded = [one for one in found.shares if one.share.answers]
    best = max(graded, key=lambda one: one.share.interval.mean)
    text = f"<b>{escape(_name(best, found))}</b> answers {share(figure_of_interval(best.share.interval))} acceptably"
    shown = [one for one in found.differences if one.paired.called]
    if len({one.row.model for one in graded}) > 1:
        pairs = "; ".join(_difference_words(one) for one in shown[:_TOLD_DIFFERENCES])
        text += f". {pairs}" if shown else ". No difference between the models was shown"
    for one in found.context:
        interval = one.paired.interval
        low, high = (points(end).removesuffix(" points") for end in (interval.low, interval.high))
        effect = f"{points(interval.mean)} ({low} to {high})"
        who = escape(one.first)
        text += (
            f". The document changes the share of {who} by {effect}"
            if one.paired.called
            else f". No effect of the document was shown for {who}: {effect}"
        )
    fewest = min(graded, key=lambda one: one.share.clusters).share
    if fewest.clusters < _FEW:
        behind = (
            "questions"
            if fewest.clusters == fewest.answers
            else f"documents or questions behind {fewest.answers} answers"
        )
        text += f'. <span class="tp-dim">{fewest.clusters} independent {behind} are few: the intervals are wide</span>'
    return f"{text}."


def _difference_words(one: Difference) -> str:
    better, worse = (one.first, one.second) if one.paired.better > 0 else (one.second, one.first)
    gap = abs(one.paired.interval.mean)
    return f"{escape(better)} is better than {escape(worse)} by {points(gap).lstrip('+')}"


def figure_of_interval(interval: Interval) -> Figure:
    """An interval that was measured, as the charts take it."""
    return Figure(
        mean=interval.mean, low=interval.low, high=interval.high, level=interval.level, number_class="measured"
    )


def _name(one: MeasuredShare, found: RunResults) -> str:
    several = len({share.row.condition for share in found.shares}) > 1
    return f"{one.row.model} · {way_text(one.row.condition)}" if several else one.row.model


def _draw_shares(found: RunResults) -> None:
    rows = [
        ProbedShare(_name(one, found), figure_of_interval(one.share.interval), one.share.answers)
        for one in found.shares
        if one.share.answers
    ]
    st.subheader("Acceptable answers", anchor=False)
    told = "; ".join(f"{row.name} {share(row.share)}" for row in rows)
    draw_chart(charts.probed_shares(rows, shown_mode()), "measure.shares", f"Acceptable answers: {told}")
    draw_svg_button(lambda: shares_svg(rows, ink_of(shown_mode())), "acceptable answers")


def _draw_differences(found: RunResults) -> None:
    _draw_gaps(found, found.differences, "Model less model, on the same questions", "Difference, percentage points")
    _draw_gaps(found, found.context, "With the document less without", "What the document adds, percentage points")
    if len(found.differences) > _TOLD_DIFFERENCES:
        st.caption(
            f"Each of {len(found.differences)} differences has its own 90 % interval: about one in ten of those that "
            "are none will look like one."
        )


def _draw_gaps(found: RunResults, gaps: Sequence[Difference], title: str, axis: str) -> None:
    """Differences of one kind: picture, CSV, SVG."""
    if not gaps:
        return
    rows = [_chart_row(one, found) for one in gaps]
    st.subheader(title, anchor=False)
    told = "; ".join(f"{row.name} {points(row.points.mean)}" for row in rows)
    draw_chart(charts.probed_differences(rows, axis, shown_mode()), f"measure.{axis}", f"{title}: {told}")
    with st.container(horizontal=True, gap="small"):
        draw_csv_button([_difference_row(one) for one in gaps], title.lower())
        draw_svg_button(lambda: differences_svg(rows, axis, ink_of(shown_mode())), axis.lower())


def _chart_row(one: Difference, found: RunResults) -> ProbedDifference:
    if one.first == one.second:
        name = one.first
    else:
        several = len({share.row.condition for share in found.shares}) > 1
        name = f"{one.first} less {one.second}" + (f" · {way_text(one.condition)}" if several else "")
    return ProbedDifference(name, figure_of_interval(one.paired.interval), one.paired.called)


def _difference_row(one: Difference) -> Row:
    return {
        "first": one.first,
        "second": one.second,
        "condition": one.condition or "with_context less closed_book",
        "items": one.paired.items,
        "difference, share": one.paired.interval.mean,
        "low": one.paired.interval.low,
        "high": one.paired.interval.high,
        "shown": one.paired.called,
    }


def _draw_times(found: RunResults) -> None:
    st.subheader("Times and cost", anchor=False)
    head = [
        "Model",
        "First token, median",
        "p95",
        "Each further token",
        "Whole answer, p95",
        "Answer tokens",
        "Cost, ours",
        "litellm’s",
        "Errors",
    ]
    cells = "".join(_times_row(one, found) for one in found.shares)
    st.html(wide_table(head, cells, numeric=range(1, 8)))
    bound = sum(one.row.client_bound for one in found.shares)
    if bound:
        timed = sum(one.row.timed for one in found.shares)
        st.html(
            f'<p class="tp-small">{chip(f"{bound} timings left out", "warn")} This machine was too busy to time them: '
            "they "
            f"measure us, not the server. {timed} timings count; ask fewer questions at once to keep more.</p>"
        )
    _draw_errors(found)
    rows = [result_row(one) for one in found.shares]
    with st.container(horizontal=True, gap="small"):
        draw_csv_button(rows, f"results {found.run.id}")
        draw_json_button(rows, f"results {found.run.id}")


def _times_row(one: MeasuredShare, found: RunResults) -> str:
    row = one.row
    times = [row.ttft_p50_ms, row.ttft_p95_ms, row.tpot_p50_ms, row.total_p95_ms]
    shown = "".join(f"<td class='tp-num'>{'–' if ms is None else milliseconds(ms)}</td>" for ms in times)
    tokens = "–" if row.output_tokens_mean is None else number(row.output_tokens_mean)
    theirs = "–" if row.litellm_cost_usd is None else money(row.litellm_cost_usd)
    judged = f'<br><span class="tp-dim">judge {money(row.grading_usd)}</span>' if row.grading_usd else ""
    errors = ", ".join(f"{count} × {error_words(kind)}" for kind, count in row.errors) or "none"
    return (
        f"<tr><td>{escape(_name(one, found))}{mark('measured')}<br><span class='tp-dim'>{row.timed} timed, "
        f"{row.client_bound} left out</span></td>{shown}<td class='tp-num'>{tokens}</td>"
        f"<td class='tp-num'>{money(row.cost_usd)}{judged}</td><td class='tp-num'>{theirs}</td>"
        f"<td>{escape(errors)}</td></tr>"
    )


def _draw_errors(found: RunResults) -> None:
    kinds = Counter[str]()
    for one in found.shares:
        kinds.update(dict(one.row.errors))
    if kinds:
        chips = "".join(chip(f"{count} × {error_words(kind)}", "warn") for kind, count in kinds.items())
        st.html(
            f'<p class="tp-small">{chips} failed tries; one that might be billed is not repeated, others are tried '
            "again.</p>"
        )


def result_row(one: MeasuredShare) -> Row:
    """One model and way of asking, for the CSV."""
    row, interval = one.row, one.share.interval
    return {
        "model": row.model,
        "condition": row.condition,
        "answers": row.answered,
        "of them kept from before": row.reused,
        "graded": row.graded,
        "acceptable, share": interval.mean if one.share.answers else None,
        "low": interval.low if one.share.answers else None,
        "high": interval.high if one.share.answers else None,
        "independent questions": one.share.clusters,
        "first token median, ms": row.ttft_p50_ms,
        "first token p95, ms": row.ttft_p95_ms,
        "each further token median, ms": row.tpot_p50_ms,
        "whole answer p95, ms": row.total_p95_ms,
        "timed": row.timed,
        "timings left out (client busy)": row.client_bound,
        "answer tokens, mean": row.output_tokens_mean,
        "cost, USD": row.cost_usd,
        "cost by litellm, USD": row.litellm_cost_usd,
        "grading, USD": row.grading_usd,
        "failed tries": row.failed,
        "errors": "; ".join(f"{kind} {count}" for kind, count in row.errors),
    }


def _draw_labels(session: Session, found: RunResults) -> None:
    """How far the grader agrees with people, and the way to the blind page."""
    st.subheader("Is the grader right?", anchor=False)
    if found.agreements:
        cells = "".join(_agreement_row(one) for one in found.agreements)
        st.html(wide_table(["Grader", "Answers labelled", "Same verdict", "Kappa"], cells, numeric=(1, 2, 3)))
        st.caption(
            "Kappa: agreement beyond chance; 1 is perfect, 0 is chance. People's labels count before the grader."
        )
        draw_csv_button([_agreement_line(one) for one in found.agreements], "agreement")
    else:
        st.caption(
            f"{found.labelled} of {len(found.answers)} answers have a person's label. Labels tell how far the grader "
            "can be trusted, and they count before it."
        )
    session.measure["run"] = found.run.id
    if st.button("Label blind", key="measure.label", icon=":material/rate_review:"):
        st.switch_page(str(pages_dir() / "label.py"))


def _agreement_row(one: GraderAgreement) -> str:
    accuracy = one.found.accuracy.interval
    return (
        f"<tr><td>{escape(one.grader.replace('_', ' '))}</td><td class='tp-num'>{one.found.labels}</td>"
        f"<td class='tp-num'>{percent(accuracy.mean)} ({percent(accuracy.low)} to {percent(accuracy.high)})</td>"
        f"<td class='tp-num'>{one.kappa.mean:.2f} ({one.kappa.low:.2f} to {one.kappa.high:.2f})</td></tr>"
    )


def _agreement_line(one: GraderAgreement) -> Row:
    accuracy = one.found.accuracy.interval
    return {
        "grader": one.grader,
        "labels": one.found.labels,
        "same verdict, share": accuracy.mean,
        "same verdict, low": accuracy.low,
        "same verdict, high": accuracy.high,
        "kappa": one.kappa.mean,
        "kappa, low": one.kappa.low,
        "kappa, high": one.kappa.high,
    }
