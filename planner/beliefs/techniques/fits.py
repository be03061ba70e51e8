"""The priors of techniques beside what the published measurements of catalogs/techniques give today.

The fits are in tuning_fits, retrieval_fits, scaling_fits and cascades; every prior of class 'fitted' that those tables
cover is fitted again here. Shares are fitted in log odds, clipped to 0.5 %; a source never counts for more than five of
its rows (pooling); rows with a doubt are not used. `RefitRow.agrees` says what passes as the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.techniques.cascades import fit_gate_auc, fit_rescued, fit_router_auc
from planner.beliefs.techniques.pooling import Fit, pool
from planner.beliefs.techniques.published.forecast import fit_published
from planner.beliefs.techniques.published.grounded import spreads
from planner.beliefs.techniques.published.lines import Line
from planner.beliefs.techniques.retrieval_fits import (
    fit_kappa,
    fit_rag_gain,
    fit_recall,
    fit_recall_shift,
    fit_use_of_evidence,
)
from planner.beliefs.techniques.scaling_fits import (
    fit_generation_gain,
    fit_moe_factor,
    fit_one_slope,
    fit_quantisation,
    fit_size_slopes,
)
from planner.beliefs.techniques.tuning_fits import (
    fit_alpha,
    fit_gain_per_decade,
)
from planner.catalog.evidence.published_facts import published_facts
from planner.catalog.evidence.techniques import TechniqueTables
from planner.catalog.facts import load_priors
from planner.catalog.schema import Prior
from planner.resources import catalogs_dir

_CENTRE_TOLERANCE: Final = 0.5
_NARROWER: Final = 0.8
_ROUNDING: Final = 0.05
"""A coefficient that ships without a spread may lie half of this off: priors are rounded."""
_SIZE_SKILLS: Final = {
    "knowledge_qa": ("knowledge", "facts"),
    "math": ("math",),
    "coding": ("coding",),
    "reasoning": ("reasoning",),
    "instruction_following": ("chat",),
    "chat": ("chat",),
    "translation": ("translation",),
}
"""Skill of the planner -> skills of the size table."""
_PREFIX_EXPIRY: Final = {"cache_hit.chat": 300.0, "cache_hit.long_ttl": None}


@dataclass(frozen=True, slots=True)
class RefitRow:
    """A refit beside the prior that ships; estimate is a mean (median for log-normal), spread a sd (log-sd)."""

    prior_id: str
    estimate: float
    spread: float | None
    """None where one number is all there is."""
    n: int
    sources: tuple[str, ...]
    shipped_a: float
    shipped_b: float
    shipped_centre: float
    shipped_spread: float
    distance: float
    """Between refit and shipped centre, in shipped spreads; by the log of the ratio for log-normal."""

    @property
    def agrees(self) -> bool:
        """Whether the refit lies within half the shipped spread and the shipped spread is at least 0.8 of the refit's.

        Wider is allowed: what rests on one source cannot tell its own range.
        """
        wide_enough = self.spread is None or self.shipped_spread >= _NARROWER * self.spread
        return self.distance <= _CENTRE_TOLERANCE and wide_enough


def centre_and_spread(prior: Prior) -> tuple[float, float]:
    """Mean and standard deviation of a prior; median and log-sd of a log-normal."""
    if prior.family == "beta":
        total = prior.a + prior.b
        return prior.a / total, float(np.sqrt(prior.a * prior.b / (total + 1.0))) / total
    return prior.a, prior.b


def refit_priors(tables: TechniqueTables, priors: Mapping[str, Prior] | None = None) -> tuple[RefitRow, ...]:
    """Every prior that the tables cover, fitted again, by id; the shipped priors unless others are given."""
    shipped = load_priors(catalogs_dir()) if priors is None else priors
    fits = _all_fits(tables)
    return tuple(_row(shipped[name], fits[name]) for name in sorted(fits))


def _row(prior: Prior, fit: Fit) -> RefitRow:
    centre, spread = centre_and_spread(prior)
    apart = abs(np.log(fit.estimate / centre)) if prior.family == "lognormal" else abs(fit.estimate - centre)
    return RefitRow(
        prior_id=prior.id,
        estimate=fit.estimate,
        spread=fit.spread,
        n=fit.n,
        sources=fit.sources,
        shipped_a=prior.a,
        shipped_b=prior.b,
        shipped_centre=centre,
        shipped_spread=spread,
        distance=float(apart) / max(spread, _ROUNDING),
    )


def _all_fits(tables: TechniqueTables) -> dict[str, Fit]:
    return {
        **_tuning(tables),
        **_published(tables),
        **_retrieval(tables),
        **_gates(tables),
        **_sizes(tables),
        **_quantisation(tables),
        **_caches(tables),
    }


def _tuning(tables: TechniqueTables) -> dict[str, Fit]:
    return {
        "fine_tune.gain_per_decade": fit_gain_per_decade(tables),
        "fine_tune.alpha": fit_alpha(tables),
    }


def _published(tables: TechniqueTables) -> dict[str, Fit]:
    """Lines through the facts of every technique: what plans apply and what the back-tests leave sources out of."""
    models = fit_published(published_facts(tables))
    level = models.tuned.lines[True, True]
    fits = _of_line(level, "fine_tune.level", "one")
    fits |= _of_line(models.examples.line, "few_shot.gain", "one")
    for form, line in models.quantised.lines.items():
        fits |= _of_line(line, f"quantisation.{form}", "loss")
    facts = published_facts(tables)
    _, readers, n = spreads([fact for fact in facts if fact.technique == "rag"])
    fits["rag.reader_sd"] = Fit(readers, None, n, models.grounded.line.sources)
    gates, n = models.gates, sum(fact.technique == "cascade" for fact in facts)
    sources = ("early-abstention", "lawma")
    fits["gate.level"], fits["gate.slope"] = Fit(gates.level, None, n, sources), Fit(gates.slope, None, n, sources)
    return fits


def _of_line(line: Line, stem: str, first: str) -> dict[str, Fit]:
    """The line's first coefficient with its spread under the stem, the others alone below it."""
    fits = {stem: Fit(line.coefficients[first], line.sd, line.rows, line.sources)}
    others = {name: value for name, value in line.coefficients.items() if name != first}
    return fits | {f"{stem}.{name}": Fit(value, None, line.rows, line.sources) for name, value in others.items()}


def _retrieval(tables: TechniqueTables) -> dict[str, Fit]:
    recall = {
        f"rag.recall_at_{passages}.{kind}": fit_recall(tables, kind, passages)
        for passages in (5, 20)
        for kind in ("bm25", "dense", "hybrid")
    }
    gains = {f"rag.logit_gain.{kind}": fit_rag_gain(tables, kind) for kind in ("single_hop", "long_tail", "multi_hop")}
    return {
        **recall,
        **gains,
        "rag.recall_shift_100_to_10": fit_recall_shift(tables),
        "rag.u": fit_use_of_evidence(tables),
        "rag.kappa": fit_kappa(tables),
    }


def _gates(tables: TechniqueTables) -> dict[str, Fit]:
    return {
        "gate_auc.tuned": fit_gate_auc(tables, tuned=True),
        "gate_auc.router": fit_router_auc(tables, trained=True),
        "gate_auc.router_untrained": fit_router_auc(tables, trained=False),
        "gate.strong_right_given_weak_wrong": fit_rescued(tables),
    }


def _sizes(tables: TechniqueTables) -> dict[str, Fit]:
    fits: dict[str, Fit] = {}
    fits["size_slope.below_10b"], fits["size_slope.above_10b"] = fit_size_slopes(tables)
    for skill, found in _SIZE_SKILLS.items():
        below, above = fit_size_slopes(tables, found)
        fits[f"size_slope.{skill}.below_10b"], fits[f"size_slope.{skill}.above_10b"] = below, above
    fits["size_slope.agentic.above_10b"] = fit_one_slope(tables, ("tools",), least_b=6.0)
    for side in ("below", "above"):
        fits[f"size_slope.grounded_qa.{side}_10b"] = fit_one_slope(tables, ("reading", "retrieval"))
    fits["generation_gain.base"] = fit_generation_gain(tables, "base")
    fits["generation_gain.instruct"] = fit_generation_gain(tables, "instruct")
    fits["moe_size_factor"] = fit_moe_factor(tables)
    return fits


def _quantisation(tables: TechniqueTables) -> dict[str, Fit]:
    return {
        "quantisation.3bit": _grouped_or_k(tables, 3, ("awq", "tuned")),
        "quantisation.2bit": fit_quantisation(tables, ("grouped",), 2, ("tuned",)),
        "quantisation.mxfp4": fit_quantisation(tables, ("mxfp4",), 4),
    }


def _grouped_or_k(tables: TechniqueTables, bits: int, methods: tuple[str, ...]) -> Fit:
    """Weight-only in groups by these methods, and k-quants by any."""
    return fit_quantisation(tables, ("grouped", "k_quant"), bits, methods)


def _caches(tables: TechniqueTables) -> dict[str, Fit]:
    fits: dict[str, Fit] = {}
    for name, expiry in _PREFIX_EXPIRY.items():
        value = next(
            row.value
            for row in tables.caching
            if row.kind == "prefix" and row.capacity_mtok is None and row.expiry_s == expiry
        )
        fits[name] = Fit(value, None, 1, ("mooncake",))
    wrong = [row for row in tables.caching if row.measure == "wrong"]
    fits["cache_wrong.semantic_unverified"] = pool([row.value for row in wrong], [row.source_id for row in wrong])
    return fits
