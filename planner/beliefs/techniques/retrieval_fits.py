"""What published retrieval runs say: gain over closed book, use of evidence, recall at k passages."""

from collections import defaultdict
from typing import Final

import numpy as np

from planner.beliefs.techniques.pooling import Fit, pool, source_weights, spread_without_each, weighted_line
from planner.catalog.evidence.techniques import RecallScore, TechniqueTables
from planner.units import Bools, logit

_POPQA_RECALL: Final = 0.42
"""Of Contriever at one passage, arXiv:2212.10511."""


def fit_rag_gain(tables: TechniqueTables, kind: str) -> Fit:
    """logit(answer with retrieval) - logit(closed book), over the rows of one kind of question."""
    rows = [row for row in tables.rag if row.kind == kind and row.rag is not None]
    gains = [float(logit(row.rag) - logit(row.closed_book)) for row in rows if row.rag is not None]
    return pool(gains, [row.source_id for row in rows])


def fit_reader_slope(tables: TechniqueTables) -> Fit:
    """Slope of logit(with retrieval) on logit(closed book) over single-hop questions: better readers gain less."""
    rows = [row for row in tables.rag if row.kind == "single_hop" and row.rag is not None]
    sources = [row.source_id for row in rows]
    x = logit(np.array([row.closed_book for row in rows]))
    y = logit(np.array([row.rag for row in rows], dtype=np.float64))
    weights = source_weights(sources)

    def slope(keep: Bools) -> float:
        return weighted_line(x[keep], y[keep], weights[keep])[1]

    spread = spread_without_each(slope, sources)
    return Fit(slope(np.ones(len(x), dtype=np.bool_)), spread, len(x), tuple(sorted(set(sources))))


def fit_use_of_evidence(tables: TechniqueTables) -> Fit:
    """P(acceptable | evidence retrieved), u.

    PopQA: intercept / recall of the line over readers; gold passages: as read.
    """
    intercept, _ = _popqa_line(tables)
    known = {(row.source_id, row.model): row.gold for row in tables.rag if row.gold is not None}
    values = [intercept / _POPQA_RECALL, *known.values()]
    return pool(values, ["popqa", *(source for source, _ in known)])


def fit_kappa(tables: TechniqueTables) -> Fit:
    """Share of closed-book skill that is left when retrieval misses, kappa; one figure a source.

    PopQA (older completion models): slope over readers / (1 - recall). FRAMES (two readers, recall 0.12 and 0.15):
    solved from answer = recall x gold + (1 - recall) x kappa x closed book. Spread: half the distance of the two.
    """
    _, slope = _popqa_line(tables)
    frames = [
        (row.rag - row.recall * row.gold) / ((1.0 - row.recall) * row.closed_book)
        for row in tables.rag
        if row.source_id == "frames" and row.rag is not None and row.recall is not None and row.gold is not None
    ]
    ends = (slope / (1.0 - _POPQA_RECALL), float(np.mean(frames)))
    readers = sum(row.recall == _POPQA_RECALL for row in tables.rag)
    return Fit(float(np.mean(ends)), abs(ends[1] - ends[0]) / 2.0, readers + len(frames), ("frames", "popqa"))


def _popqa_line(tables: TechniqueTables) -> tuple[float, float]:
    rows = [row for row in tables.rag if row.source_id == "popqa" and row.recall == _POPQA_RECALL]
    closed = np.array([row.closed_book for row in rows])
    answered = np.array([row.rag for row in rows], dtype=np.float64)
    return weighted_line(closed, answered, np.ones_like(closed))


def fit_recall(tables: TechniqueTables, kind: str, passages: int) -> Fit:
    """Share of questions with an answer among so many passages; mean of the two corpora.

    The spread is that between corpora for BM25 at 5 passages, in log odds, at every retriever: dense retrievers were
    trained on these very sets, so that their own spread says nothing about a new corpus.
    """
    at = _corpus_means(tables, kind, passages)
    bm25 = logit(np.array(list(_corpus_means(tables, "bm25", 5).values())))
    centre = float(np.mean(list(at.values())))
    rows = [row for row in tables.recall if row.kind == kind and row.k == passages and row.source_id != "pyserini-beir"]
    spread = float(np.std(bm25, ddof=1)) * centre * (1.0 - centre)
    return Fit(centre, spread, len(rows), tuple(sorted({row.source_id for row in rows})))


def _corpus_means(tables: TechniqueTables, kind: str, passages: int) -> dict[str, float]:
    groups: dict[str, list[float]] = defaultdict(list)
    for row in tables.recall:
        if row.kind == kind and row.k == passages and row.source_id != "pyserini-beir":
            groups[row.dataset].append(row.recall)
    return {name: float(np.mean(found)) for name, found in groups.items()}


def fit_recall_shift(tables: TechniqueTables) -> Fit:
    """Logit recall@10 - logit recall@100 of a general corpus, extrapolated.

    BEIR has 100 and 1,000 passages alone: its slope per decade, times the ratio of the slopes from 5 to 20 and from 100
    to 1,000 on NQ and TriviaQA. CQADupStack's twelve parts count as one.
    """
    slopes: dict[str, list[float]] = defaultdict(list)
    for row, other in _at_both(tables, 100, 1000, beir=True):
        slopes["cqadupstack" if row.dataset.startswith("cqadupstack") else row.dataset].append(
            float(logit(other) - logit(row.recall))
        )
    each = np.array([np.mean(found) for found in slopes.values()])
    low = [float(logit(other) - logit(row.recall)) / np.log10(4.0) for row, other in _at_both(tables, 5, 20)]
    high = [float(logit(other) - logit(row.recall)) for row, other in _at_both(tables, 100, 1000)]
    ratio = float(np.mean(low) / np.mean(high))
    spread = float(np.std(each, ddof=1)) * ratio
    return Fit(-float(each.mean()) * ratio, spread, len(each), ("pyserini-beir", "pyserini-nq", "pyserini-triviaqa"))


def _at_both(tables: TechniqueTables, low: int, high: int, *, beir: bool = False) -> list[tuple[RecallScore, float]]:
    """Rows at the smaller number of passages with the recall at the larger one."""
    rows = [row for row in tables.recall if (row.source_id == "pyserini-beir") == beir]
    at = {(row.dataset, row.retriever): row.recall for row in rows if row.k == high}
    return [(row, at[row.dataset, row.retriever]) for row in rows if row.k == low]
