"""Charts of models: what they cost against how good they are, and what each is good at."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from planner.planning.plan import Figure
from planner.report.charts.drawing import (
    CLEAR,
    INTERVAL,
    bar_trace,
    error_bars,
    intervals,
    label_rows,
    log_axis,
    new_figure,
    plain,
    rgba,
    row_axes,
    row_heights,
    rows_px,
)
from planner.report.format import money_interval, share, times
from planner.report.theme import SURFACES, TIER_COLOURS, TIER_SYMBOLS, TIERS, Mode, Tier


@dataclass(frozen=True, slots=True)
class PricedModel:
    """One model of the price-quality picture, for a chosen skill and request shape."""

    model: str
    """Canonical id; also what a click reports (customdata)."""
    name: str
    tier: Tier
    usd_per_1000: Figure
    """USD per 1,000 requests of the chosen shape."""
    quality: Figure
    """Share of acceptable answers."""
    place: str = ""


@dataclass(frozen=True, slots=True)
class SkillEstimate:
    """Quality of one model in one skill."""

    skill: str
    quality: Figure
    evidence_rows: int
    """Benchmark scores behind it; 0: from maker, size, date and price alone."""


def price_quality_scatter(rows: Sequence[PricedModel], selected: Sequence[str] = (), mode: Mode = "light") -> go.Figure:
    """Price against quality with intervals and the front drawn; customdata[0] of a marker is the model id."""
    chosen = set(selected)
    surface = SURFACES[mode]
    traces = [_front_line(rows, mode)] if rows else []
    for tier in TIERS:
        mine = [row for row in rows if row.tier == tier and row.model not in chosen]
        if mine:
            traces.append(_model_marks(mine, tier, TIER_COLOURS[tier], faint=True))
    for tier in TIERS:
        mine = [row for row in rows if row.tier == tier and row.model in chosen]
        if mine:
            traces.append(_model_marks(mine, tier, surface.text, faint=False))
    figure = new_figure(traces, mode, height=460, legend=True)
    figure.update_yaxes(title="Acceptable answers, %")
    if rows:
        log_axis(figure, "x", "USD per 1,000 requests (log scale)", *_price_range(rows))
    return figure


def skills_radar(rows: Sequence[SkillEstimate], name: str, mode: Mode = "light") -> go.Figure:
    """Skills of one model: the mean as a line in a band from low to high, per cent of acceptable answers."""
    surface, colour = SURFACES[mode], TIER_COLOURS["grounded"]
    skills = [row.skill.replace("_", "<br>") for row in rows]
    low, mean, high = ([100.0 * getattr(row.quality, end) for row in rows] for end in ("low", "mean", "high"))
    ring = [*skills, *skills[:1]]
    hovers = [_skill_hover(row) for row in rows]
    edge = {"theta": ring, "hoverinfo": "skip", "mode": "lines", "line": {"width": 0}}
    traces = [
        go.Scatterpolar(r=[*low, *low[:1]], **edge, showlegend=False),
        go.Scatterpolar(
            r=[*high, *high[:1]],
            **edge,
            fill="tonext",
            fillcolor=rgba(colour, 0.25),
            name="90 % interval",
            meta=INTERVAL,
        ),
        go.Scatterpolar(
            r=[*mean, *mean[:1]],
            theta=ring,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            hovertext=[*hovers, *hovers[:1]],
            hovertemplate="%{hovertext}<extra></extra>",
            name=plain(name),
        ),
    ]
    figure = new_figure(traces, mode, height=420, margin={"l": 84, "r": 84, "t": 52, "b": 40}, legend=True)
    radial = {"range": [0, 100], "tickvals": [25, 50, 75, 100], "ticktext": ["", "50 %", "", "100 %"], "tickangle": 0}
    radial |= {"gridcolor": surface.line, "linecolor": surface.line, "tickfont": {"size": 10, "color": surface.muted}}
    around = {"gridcolor": surface.line, "linecolor": surface.line, "tickfont": {"size": 11}, "rotation": 90}
    figure.update_layout(polar={"bgcolor": CLEAR, "radialaxis": radial, "angularaxis": around})
    return figure


def skill_bars(rows: Sequence[SkillEstimate], name: str, mode: Mode = "light") -> go.Figure:
    """Skills of one model as bars with intervals, best first; readable at 390 pixels."""
    ordered = sorted(rows, key=lambda row: -row.quality.mean)
    heights = row_heights(len(ordered))
    quality = [times(row.quality, 100.0) for row in ordered]
    hovers = [_skill_hover(row) for row in ordered]
    colour = rgba(TIER_COLOURS["grounded"], 0.6)
    bars = bar_trace([figure.mean for figure in quality], heights, colour, name=plain(name), hover=hovers)
    figure = new_figure([bars, intervals(quality, heights, mode, hover=hovers)], mode, height=rows_px(len(ordered), 52))
    lines = [(_words(row.skill), f"{share(row.quality)} · {_rows_text(row.evidence_rows)}") for row in ordered]
    label_rows(figure, lines, heights, mode, one_line=True)
    row_axes(figure, "Acceptable answers, %", top=100.0)
    return figure


def _model_marks(rows: Sequence[PricedModel], tier: Tier, edge: str, *, faint: bool) -> go.Scatter:
    colour = TIER_COLOURS[tier]
    quality = [times(row.quality, 100.0) for row in rows]
    bars = rgba(colour, 0.28) if faint else edge
    return go.Scatter(
        x=[row.usd_per_1000.mean for row in rows],
        y=[figure.mean for figure in quality],
        error_x=error_bars([row.usd_per_1000 for row in rows], bars, thickness=1.0 if faint else 2.0) | {"width": 0},
        error_y=error_bars(quality, bars, thickness=1.0 if faint else 2.0) | {"width": 0},
        mode="markers" if faint else "markers+text",
        meta=INTERVAL,
        name=tier if faint else f"{tier}, chosen",
        text=None if faint else [plain(row.name) for row in rows],
        textposition="top center",
        marker={
            "symbol": TIER_SYMBOLS[tier],
            "color": colour,
            "size": 9 if faint else 14,
            "opacity": 0.8 if faint else 1.0,
            "line": {"color": edge, "width": 0 if faint else 2},
        },
        customdata=[[row.model] for row in rows],
        hovertext=[_model_hover(row) for row in rows],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=faint,
    )


def _front_line(rows: Sequence[PricedModel], mode: Mode) -> go.Scatter:
    front: list[PricedModel] = []
    for row in sorted(rows, key=lambda one: (one.usd_per_1000.mean, -one.quality.mean)):
        if not front or row.quality.mean > front[-1].quality.mean:
            front.append(row)
    return go.Scatter(
        x=[row.usd_per_1000.mean for row in front],
        y=[100.0 * row.quality.mean for row in front],
        mode="lines",
        line={"color": SURFACES[mode].muted, "width": 1.5, "dash": "dot", "shape": "hv"},
        name="front: nothing is both cheaper and better",
        hoverinfo="skip",
    )


def _words(skill: str) -> str:
    return skill.replace("_", " ")


def _rows_text(rows: int) -> str:
    return "no scores yet" if rows == 0 else f"{rows} score{'s' if rows > 1 else ''}"


def _price_range(rows: Sequence[PricedModel]) -> tuple[float, float]:
    return min(max(row.usd_per_1000.low, 1e-6) for row in rows), max(row.usd_per_1000.high for row in rows)


def _model_hover(row: PricedModel) -> str:
    place = f"<br>{plain(row.place)}" if row.place else ""
    return (
        f"<b>{plain(row.name)}</b>, {row.tier}<br>{money_interval(row.usd_per_1000)} per 1,000 requests<br>"
        f"{share(row.quality)} acceptable{place}"
    )


def _skill_hover(row: SkillEstimate) -> str:
    return f"{_words(row.skill)}: {share(row.quality)} acceptable, {_rows_text(row.evidence_rows)}"
