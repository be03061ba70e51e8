"""Back-test of techniques: forecast every source of the published facts from the others, beside the simple ways.

Rows have the shape of the other back-tests: test 'technique:NAME', group 'all' or a skill. Rows of one source (of one
pair of models, for cascades) are not independent and are counted as clusters. Points are percentage points of score.
A way is held against the rows that every way can forecast; where ours forecasts more, a row tells of all.
"""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import rankdata

from planner.beliefs.backtest.quality import LEVELS, OURS, ValidationRow
from planner.beliefs.techniques.published.forecast import FactForecasts
from planner.beliefs.techniques.published.left_out import FactTest, each_left_out, own_facts
from planner.catalog.evidence.own_technique_rows import OwnTechniqueRows
from planner.catalog.evidence.published_facts import published_facts
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.catalog.evidence.techniques import TechniqueTables
from planner.units import Z95, Bools, Floats, logit

_EVERY_ROW: Final = ", every row"
UNOBSERVED: Final = "fine_tune, no score known"


def validate_techniques(tables: TechniqueTables) -> tuple[ValidationRow, ...]:
    """Leave-one-source-out rows of every technique, and of tuning with no score known; about ten seconds."""
    facts = published_facts(tables)
    tuned = [replace(fact, base=None, reference=None) for fact in facts if fact.technique == "fine_tune"]
    blind = each_left_out(facts, tuned)
    return (*_rows(each_left_out(facts)), *_rows(blind, UNOBSERVED))


def validate_techniques_against(
    tables: TechniqueTables, own: OwnTechniqueRows
) -> tuple[tuple[ValidationRow, ...], FactForecasts]:
    """Figures on the rows of a user's file, and the forecast of each; nothing of a row's own source is known."""
    test = own_facts(published_facts(tables), own.facts)
    return tuple(_rows(test)), test.ours


def store_technique_predictions(path: Path, own: OwnTechniqueRows, forecasts: FactForecasts) -> None:
    """Write the file's columns with predicted, low_90, high_90 and known after them, one line a row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*own.columns, "predicted", "low_90", "high_90", "known"])
        for cells, *figures in zip(own.cells, forecasts.mean, forecasts.low, forecasts.high, strict=True):
            writer.writerow([*cells, *(f"{figure:.6g}" for figure in figures), 0])


def _rows(test: FactTest, name: str | None = None) -> list[ValidationRow]:
    found: list[ValidationRow] = []
    techniques = np.array([fact.technique for fact in test.facts])
    skills = np.array([fact.skill for fact in test.facts])
    for technique in dict.fromkeys(techniques.tolist()):
        mine = techniques == technique
        title = f"technique:{name or technique}"
        found += _group(test, title, "all", mine)
        for skill in dict.fromkeys(skills[mine].tolist()):
            found += _group(test, title, skill, mine & (skills == skill))
    return found


def _group(test: FactTest, title: str, group: str, mine: Bools) -> list[ValidationRow]:
    """Ours and each simple way that has anything to go by, on the rows that all of these can forecast."""
    ways = {way: values for way, values in test.simple.items() if np.isfinite(values[mine]).any()}
    same = mine & np.all([np.isfinite(values) for values in ways.values()], axis=0) if ways else mine
    rows = []
    if same.any():
        rows.append(_score(test, title, OURS, group, same, None))
        rows += [_score(test, title, way, group, same, values) for way, values in ways.items()]
    if int(np.sum(mine)) > int(np.sum(same)):
        rows.append(_score(test, f"{title}{_EVERY_ROW}" if same.any() else title, OURS, group, mine, None))
    return rows


def _score(test: FactTest, title: str, way: str, group: str, rows: Bools, values: Floats | None) -> ValidationRow:
    """One line; `values` is None for ours, which has intervals."""
    facts = [fact for fact, one in zip(test.facts, rows, strict=True) if one]
    truth = np.array([fact.score for fact in facts])
    mean = (test.ours.mean if values is None else values)[rows]
    wrong, points = logit(mean) - logit(truth), 100.0 * (mean - truth)
    held = [_held(test.ours, rows, truth, z / Z95) if values is None else None for _, z in LEVELS]
    width = logit(test.ours.high[rows]) - logit(test.ours.low[rows])
    return ValidationRow(
        test=title,
        method=way,
        group=group,
        n=len(facts),
        rmse_logit=float(np.sqrt(np.mean(wrong**2))),
        rmse_points=float(np.sqrt(np.mean(points**2))),
        median_abs_error=float(np.median(np.abs(points))),
        bias=float(np.mean(wrong)),
        rank_correlation=_spearman(mean, truth),
        coverage_50=held[0],
        coverage_80=held[1],
        coverage_90=held[2],
        width_90=float(np.mean(width)) if values is None else None,
        clusters=len({_cluster(fact) for fact in facts}),
    )


def _held(ours: FactForecasts, rows: Bools, truth: Floats, narrower: float) -> float:
    """Share of truths inside intervals that are this share of the 90 % ones' width."""
    mean, low, high = ours.mean[rows], ours.low[rows], ours.high[rows]
    return float(np.mean((truth >= mean - narrower * (mean - low)) & (truth <= mean + narrower * (high - mean))))


def _cluster(fact: TechniqueFact) -> tuple[str, ...]:
    if fact.technique == "cascade":
        return fact.source_id, fact.task, fact.model, fact.reference_model, str(fact.reference)
    return (fact.source_id, fact.task) if not fact.source_id else (fact.source_id,)


def _spearman(a: Floats, b: Floats) -> float | None:
    if len(a) < 3 or np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return None
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
