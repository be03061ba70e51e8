"""The Toolbox page's parts: the answer, figures, a card a tool, what to do first, warnings."""

import re
from collections import defaultdict
from html import escape
from math import isfinite

import streamlit as st

from planner.planning.plan import Figure, Outcome, Plan, SegmentPlan
from planner.report.format import money, more_or_less, percent, requests
from planner.report.months import month_note, volume_of
from planner.report.picture_data import workload_of
from planner.report.theme import TIER_COLOURS
from planner.views.parts.figures import Unit, asked, chip, figure_html, interval_bar, interval_text, mark, show

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)? ?(?:USD a month|USD|%)")
"""Figures with their unit: numbers in model names stay as they are."""
_CODE = re.compile(r"`([^`]+)`")
"""A field's name in a sentence."""
_COMPARED = " That is "
"""Where the answer goes on to a plan that would not hold every limit: said smaller."""


def draw_answer(outcome: Outcome) -> None:
    """The first sentence, its figures in bold; when there is no plan, what stands against it in a second one."""
    if isinstance(outcome, Plan):
        first, compared, missed = outcome.answer.partition(_COMPARED)
        more = f' <p class="tp-lead">{bold_figures((compared + missed).strip())}</p>' if missed else ""
        st.html(f'<p class="tp-answer">{bold_figures(first)}</p>{more}')
        return
    where = f" of {outcome.segment}" if outcome.segment else ""
    text = f"No plan can hold the limits{where} together."
    if outcome.kind == "not_shown":
        text = f"No plan can be shown to hold the limits{where} yet."
    st.html(f'<p class="tp-answer">{escape(text)}</p><p class="tp-lead">{bold_figures(outcome.text)}</p>')


def bold_figures(text: str) -> str:
    """A sentence as HTML, its amounts and shares in bold."""
    return _NUMBER.sub(lambda found: f"<b>{found.group()}</b>", escape(text))


def draw_status(plan: Plan) -> None:
    """Chips: proven optimum or not, limits held, anchors assumed, warnings."""
    if plan.status == "optimal" and plan.proof == "best_of_considered":
        ways = sum(segment.options_considered for segment in plan.segments)
        said = "Proven over these; machines and cascades beyond a short-list were not all priced."
        chips = [chip(f"Best of {ways:,} ways considered", "good", said)]
    elif plan.status == "optimal":
        chips = [
            chip("Proven optimum", "good", "No cheaper plan within the limits exists for these facts (solver gap 0).")
        ]
    else:
        chips = [chip(f"Within {percent(plan.mip_gap)} of the optimum", "warn", "The solver stopped before the proof.")]
    held = min((share for segment in plan.segments for share in segment.meets.values()), default=1.0)
    chips.append(
        chip(f"Every limit holds in at least {percent(held)} of draws", "good", "Posterior draws: possible worlds")
    )
    assumed = sum(segment.anchor_kind == "usual" for segment in plan.segments)
    if assumed:
        rest = "segments rest" if len(plan.segments) > 1 else "segment rests"
        text = f"{assumed} of {len(plan.segments)} {rest} on an assumed difficulty"
        chips.append(chip(text, "warn", "Nobody measured how hard these requests are: see 'What to do first'."))
    chips.append(
        chip(f"Facts of {plan.catalog_date}", "plain", f"Catalog {plan.catalog_version}, workload {plan.workload_hash}")
    )
    st.html("".join(chips))


def draw_totals(plan: Plan) -> None:
    """The plan's figures with their intervals drawn."""
    totals = plan.totals
    workload = workload_of(plan)
    volume = volume_of(workload)
    tiles = [
        _tile(f"{volume.named('Cost')}, people included", totals.monthly_cost_usd, "usd", None),
        _tile("Per 1,000 requests", totals.cost_per_1000_requests_usd, "usd", None),
        _tile("Acceptable answers", totals.quality, "share", (0.5, 1.0)),
    ]
    if isfinite(totals.carbon_kg_per_month.mean):
        tiles.append(_tile("CO2 a month, kg", totals.carbon_kg_per_month, "", None))
    else:
        tiles.append(_plain_tile("CO2 a month, kg", "unknown", "providers don't say"))
    ends = f"first {requests(volume.first)}, last {requests(volume.last)}" if volume.grows else "every month alike"
    note = month_note(workload)
    tiles.append(_plain_tile(volume.named("Requests"), requests(totals.requests_per_month), ends, note))
    tiles.append(_plain_tile("Models", str(totals.models), f"from {_count(totals.providers, 'provider')}"))
    tiles.append(_plain_tile("Of which people", money(totals.people_usd_per_month), "set-up and upkeep"))
    st.html(f'<div class="tp-kpis">{"".join(tiles)}</div>')


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _tile(name: str, figure: Figure, unit: Unit, scale: tuple[float, float] | None) -> str:
    low, high = scale or (0.0, 1.25 * figure.high)
    return (
        f'<div class="tp-kpi"><div class="tp-name">{escape(name)}</div>'
        f'<div class="tp-value">{show(figure.mean, unit)}{mark(figure.number_class)}</div>'
        f'{interval_bar(figure, low, high)}<div class="tp-more">{interval_text(figure, unit)}</div></div>'
    )


def _plain_tile(name: str, value: str, more: str, note: str = "") -> str:
    return (
        f'<div class="tp-kpi"><div class="tp-name">{escape(name)}{asked(note)}</div>'
        f'<div class="tp-value">{escape(value)}</div><div class="tp-more">{escape(more)}</div></div>'
    )


def draw_cards(plan: Plan) -> None:
    """A card a tool: tier, model, technique, place, what it serves and what would replace it."""
    tools: dict[tuple[str, str, str], list[SegmentPlan]] = defaultdict(list)
    for segment in plan.segments:
        tools[(segment.option.tier, segment.option.label, segment.option.place)].append(segment)
    cards = [_card(segments, plan.totals.requests_per_month) for segments in tools.values()]
    st.html(f'<div class="tp-cards">{"".join(cards)}</div>')


def _card(segments: list[SegmentPlan], all_requests: float) -> str:
    option = segments[0].option
    share = sum(segment.requests_per_month for segment in segments) / all_requests
    rows = [
        ("Requests", percent(share)),
        ("Cost a month", money(sum(segment.monthly_cost_usd.mean for segment in segments))),
        ("Acceptable answers", _range_of([segment.quality for segment in segments], "share")),
        ("Whole answer, p95", _range_of([segment.total_p95_ms for segment in segments], "ms")),
    ]
    if option.gate:
        rows.append(("Passed on", figure_html(option.gate.escalation_share, "share")))
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    named = ", ".join(escape(segment.name) for segment in segments)
    instead = segments[0].runner_up
    other = f"{instead.option.label}, {more_or_less(instead.extra_cost_usd)}" if instead else "nothing else fits"
    return (
        f'<div class="tp-card" style="--tier:{TIER_COLOURS[option.tier]}"><div class="tp-tier">{option.tier}</div>'
        f"<h4>{escape(option.label)}</h4><div class='tp-dim'>{escape(option.place)}</div>"
        f'<dl class="tp-rows">{listed}</dl><div>For <b>{named}</b></div>'
        f'<div class="tp-dim tp-small">Would be replaced by {escape(other)}</div></div>'
    )


def _range_of(figures: list[Figure], unit: Unit) -> str:
    """One figure with its interval, or the span of several means."""
    if len(figures) == 1:
        return figure_html(figures[0], unit)
    means = sorted(figure.mean for figure in figures)
    return f"<b>{show(means[0], unit)}</b> to <b>{show(means[-1], unit)}</b>{mark(figures[0].number_class)}"


def draw_first_steps(plan: Plan) -> None:
    """What to do first, the most valuable step on top."""
    st.subheader("What to do first", anchor=False)
    if not plan.first_steps:
        st.caption("Nothing presses: no limit binds and no anchor is weak.")
        return
    items = []
    for step in plan.first_steps:
        worth = ""
        if step.value_usd_per_month is not None:
            worth = f' <span class="tp-dim">worth up to {money(step.value_usd_per_month)} a month</span>'
        text = _CODE.sub(r"<code>\1</code>", escape(step.text))
        items.append(f"<li>{text}{worth}</li>")
    st.html(f'<ol class="tp-list" data-testid="first-steps">{"".join(items)}</ol>')


def draw_warnings(plan: Plan) -> None:
    """Warnings with their dates."""
    if plan.warnings:
        st.subheader("Warnings", anchor=False)
        st.html('<ul class="tp-list">' + "".join(f"<li>{escape(text)}</li>" for text in plan.warnings) + "</ul>")
