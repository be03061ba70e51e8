"""From the catalog to the arrays the skill model is fitted to: facts of models, variants and efforts, logit scores."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from planner.beliefs.quality.skill_model import Cells
from planner.catalog.evidence.evaluations import USER
from planner.catalog.schema import Benchmark, Catalog, Evidence, Model
from planner.terms import SKILLS
from planner.units import Floats, Ints

_ITEMS_WHEN_UNSTATED: Final = 80.0
_RATING_VARIANCE: Final = 0.003
"""Variance of an Arena rating in logits: the published 95 % intervals are about 10 to 20 points wide."""
_SELF_REPORTED_VARIANCE: Final = 0.12
"""Added for scores published by the model's maker (prompting and sampling are chosen to flatter); a stated prior."""
_LEAST_ROWS: Final = 5
"""Benchmarks with fewer variants say nothing that their own difficulty does not take up."""
_LEAST_OF_THE_USERS: Final = 2
"""The same for a benchmark of the user's own: two models on it are compared with each other."""
_LEAST_OF_A_PUBLISHER: Final = 5
"""Benchmarks of one publisher from which its way of measuring can be told from the skills."""
_THINKING_SKILLS: Final = frozenset({"reasoning", "math", "coding", "agentic"})
_PLANNED_EFFORT: Final = 0.75
_LEAST_EFFORT: Final = 0.25
_SMALL_PARAMS_B: Final = 15.0

_EFFORTS: Final[tuple[tuple[str, float], ...]] = (
    (r"non[- _]?think|no[- _]?think|non[- _]?reason|thinking[- _]?off|\bnone\b|base", 0.0),
    (r"minimal", 0.25),
    (r"\blow\b", 0.5),
    (r"\bmedium\b|\bmed\b", 0.75),
    (r"xhigh|\bhigh\b|\bmax\b|think|reason|\d+k\b", 1.0),
)


def effort_of(variant: str) -> float:
    """Reasoning effort that a variant's name states, 0 to 1; 0 when it states none.

    >>> effort_of("medium"), effort_of("thinking-64k"), effort_of("FC")
    (0.75, 1.0, 0.0)
    """
    text = variant.lower().replace("_", " ")
    for pattern, effort in _EFFORTS:
        if re.search(pattern, text):
            return effort
    return 0.0


def planned_effort(model: Model, skill: str, thinking: str = "auto") -> float:
    """Effort a plan assumes: none for models that cannot think, medium for those that always do.

    A model that may think does so as the segment says (auto, off, on, or an effort by name); left to itself where it
    pays (reasoning, math, coding, agentic work) and not elsewhere. A model that always thinks can be asked for less,
    never for nothing. The hidden tokens of the same choice are billed and timed, so quality, cost and latency rest on
    one setting.
    """
    if model.reasoning == "none":
        return 0.0
    always = model.reasoning == "always"
    if thinking not in ("auto", "off", "on"):
        asked = effort_of(thinking)
        return max(asked, _LEAST_EFFORT) if always else asked
    if always:
        return _PLANNED_EFFORT
    wanted = thinking == "on" or (thinking == "auto" and skill in _THINKING_SKILLS)
    return _PLANNED_EFFORT if wanted else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Names behind the rows and columns of `Cells`."""

    cells: Cells
    models: tuple[str, ...]
    """Curated models first, in catalog order, then those known by evidence alone."""
    variants: tuple[str, ...]
    benchmarks: tuple[str, ...]
    rows: Ints
    """(M,) evidence rows behind each model."""


def score_logit(score: float, n: float, benchmark: Benchmark) -> tuple[float, float]:
    """Score on the logit scale, chance removed, and its sampling variance.

    A share p of n items has variance 1 / (n p (1 - p)) in logits (delta method); a rating R against a reference r
    is the log odds of a win, (R - r) ln 10 / 400 (Elo's definition).
    """
    if benchmark.link == "elo":
        reference = benchmark.reference_elo or 1000.0
        return (score - reference) / 400.0 * math.log(10.0), _RATING_VARIANCE
    items = _ITEMS_WHEN_UNSTATED if math.isnan(n) else max(n, 5.0)
    share = (score - benchmark.chance) / (1.0 - benchmark.chance)
    share = min(max(share, 0.5 / items), 1.0 - 0.5 / items)
    variance = 1.0 / (items * share * (1.0 - share))
    return math.log(share / (1.0 - share)), variance + (_SELF_REPORTED_VARIANCE if benchmark.self_reported else 0.0)


def _index(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _kept_benchmarks(evidence: Evidence, catalog: Catalog, least_rows: int) -> dict[str, int]:
    variants: dict[str, set[str]] = {}
    for model, variant, benchmark in zip(evidence.model, evidence.variant, evidence.benchmark, strict=True):
        variants.setdefault(benchmark, set()).add(f"{model}|{variant}")

    def least(name: str) -> int:
        return min(least_rows, _LEAST_OF_THE_USERS) if name.startswith(f"{USER}:") else least_rows

    return _index([name for name in catalog.benchmarks if len(variants.get(name, ())) >= least(name)])


def _mean_of(scores: Sequence[tuple[float, float]]) -> tuple[float, float]:
    if len(scores) == 1:
        return scores[0]
    return sum(z for z, _ in scores) / len(scores), sum(variance for _, variance in scores) / len(scores)


def build_frame(catalog: Catalog, least_rows: int = _LEAST_ROWS) -> Frame:
    """Average repeats of one measurement (same model, variant and benchmark) and index everything."""
    evidence = catalog.evidence
    benchmark_of = _kept_benchmarks(evidence, catalog, least_rows)
    model_of = _index([*catalog.models, *evidence.model])
    measured: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    rows = np.bincount([model_of[model] for model in evidence.model], minlength=len(model_of)).astype(np.int64)
    keys = zip(evidence.model, evidence.variant, evidence.benchmark, strict=True)
    for key, score, n in zip(keys, evidence.score.tolist(), evidence.n.tolist(), strict=True):
        if key[2] in benchmark_of:
            measured.setdefault(key, []).append(score_logit(score, n, catalog.benchmarks[key[2]]))
    variant_of = _index([f"{model}|{variant}" for model, variant, _ in measured])
    z, sampling = np.array([_mean_of(scores) for scores in measured.values()]).reshape(-1, 2).T
    facts, fact_sd = model_facts([catalog.models.get(name) for name in model_of], list(model_of), catalog)
    skill_number: dict[str, int] = {skill: number + 1 for number, skill in enumerate(SKILLS)}
    method, methods = _methods(list(benchmark_of), len(SKILLS) + 1)
    cells = Cells(
        variant=np.array([variant_of[f"{model}|{variant}"] for model, variant, _ in measured], dtype=np.int64),
        benchmark=np.array([benchmark_of[name] for _, _, name in measured], dtype=np.int64),
        z=z,
        sampling=sampling,
        model=np.array([model_of[name.split("|", 1)[0]] for name in variant_of], dtype=np.int64),
        effort=np.array([effort_of(name.split("|", 1)[1]) for name in variant_of]),
        facts=facts,
        fact_sd=fact_sd,
        family=_families(list(model_of), catalog),
        skill=np.array([skill_number[catalog.benchmarks[name].skill] for name in benchmark_of], dtype=np.int64),
        method=method,
        skills=len(SKILLS) + 1 + methods,
    )
    return Frame(cells, tuple(model_of), tuple(variant_of), tuple(benchmark_of), rows)


def _methods(benchmarks: Sequence[str], first: int) -> tuple[Ints, int]:
    """Method factor (J,) of each benchmark's publisher, numbered from `first`, and how many there are."""
    publishers = [re.split(r"[-:]", name)[0] for name in benchmarks]
    large = [name for name in dict.fromkeys(publishers) if publishers.count(name) >= _LEAST_OF_A_PUBLISHER]
    return np.array([first + large.index(name) if name in large else -1 for name in publishers]), len(large)


def _families(names: Sequence[str], catalog: Catalog) -> Ints:
    """Family (M,) of each model: as curated, else the maker and the first word of the name."""
    labels = []
    for name in names:
        maker, _, rest = name.partition("/")
        curated = catalog.models.get(name)
        labels.append(f"{maker}/{curated.family if curated else re.split(r'[-0-9.]', rest)[0]}".lower())
    family_of = _index(labels)
    return np.array([family_of[label] for label in labels], dtype=np.int64)


def _price_log(catalog: Catalog) -> dict[str, float]:
    """Median log10 of three-to-one blended price over a model's offers: what the market thinks it is worth."""
    logs: dict[str, list[float]] = {}
    for offer in catalog.offers:
        price = offer.price
        if offer.model and price and price.input_usd_per_mtok > 0.0 and price.output_usd_per_mtok > 0.0:
            blended = 0.75 * price.input_usd_per_mtok + 0.25 * price.output_usd_per_mtok
            logs.setdefault(offer.model, []).append(math.log10(blended))
    return {model: float(np.median(values)) for model, values in logs.items()}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a model: as curated, or read off its name and its first score when it is not."""

    total_params_b: float | None
    active_params_b: float | None
    released: date | None
    small: bool
    frontier: bool
    thinks: bool
    always_thinks: bool


_SMALL_NAMES: Final = re.compile(r"mini|nano|lite|haiku|small|flash|tiny|micro|edge")
_THINKING_NAMES: Final = re.compile(r"think|reason|qwq|(?<![a-z0-9])(r1|o1|o3|o4)(?![a-z0-9])|distill")


def _first_seen(evidence: Evidence) -> dict[str, date]:
    """Date of each model's first score, which follows its release by days or weeks."""
    first: dict[str, str] = {}
    for model, day in zip(evidence.model, evidence.date, strict=True):
        if day and (model not in first or day < first[model]):
            first[model] = day
    return {model: date.fromisoformat(day + "-01-01"[len(day) - 4 :][: 10 - len(day)]) for model, day in first.items()}


def _known_facts(model: Model | None, name: str, first_seen: date | None) -> _Facts:
    if model:
        return _Facts(
            model.total_params_b,
            model.active_params_b,
            model.released,
            small=model.model_class == "small",
            frontier=model.model_class == "frontier",
            thinks=model.reasoning != "none",
            always_thinks=model.reasoning == "always",
        )
    sizes = re.findall(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)b(?![a-z0-9])", name.lower())
    active = re.findall(r"(?<![a-z0-9.])a(\d+(?:\.\d+)?)b(?![a-z0-9])", name.lower())
    total = float(sizes[0]) if sizes and float(sizes[0]) > 0.0 else None
    thinks = bool(_THINKING_NAMES.search(name.lower()))
    return _Facts(
        total,
        float(active[0]) if active and float(active[0]) > 0.0 else total,
        first_seen,
        small=bool(_SMALL_NAMES.search(name.lower())) or (total is not None and total <= _SMALL_PARAMS_B),
        frontier=False,
        thinks=thinks,
        always_thinks=thinks,
    )


def _numeric_facts(model: Model | None, known: _Facts, price_log: float | None) -> list[float]:
    """Centred facts and, for each that may be unknown, a flag; unknown is 0 with the flag set."""
    total, active, released = known.total_params_b, known.active_params_b, known.released
    size = math.log10(total) - 1.5 if total else 0.0
    return [
        1.0,
        size,
        min(size, -0.5) if total else 0.0,
        math.log10(active) - 1.3 if active else 0.0,
        float(total is None),
        (released.toordinal() - 739_000) / 365.25 if released else 0.0,
        float(released is None),
        price_log if price_log is not None else 0.0,
        float(price_log is None),
        float(known.small),
        float(known.frontier),
        float(known.always_thinks),
        float(known.thinks),
        float(model is not None and model.open_weights),
        float(model is None),
        float(model is not None and model.base is not None),
    ]


_NUMERIC_SD: Final = (2.0, 1.0, 1.0, 0.7, 0.7, 0.7, 0.7, 0.7, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4)


def model_facts(models: Sequence[Model | None], names: Sequence[str], catalog: Catalog) -> tuple[Floats, Floats]:
    """Facts (M, P) of each model and the prior spread (P,) of their effects: size, date, price, class, maker."""
    prices = _price_log(catalog)
    seen = _first_seen(catalog.evidence)
    numeric = np.array(
        [
            _numeric_facts(model, _known_facts(model, name, seen.get(name)), prices.get(name))
            for model, name in zip(models, names, strict=True)
        ]
    )
    makers = _index([name.split("/", 1)[0] for name in names])
    families = _index([model.family for model in models if model])
    maker = np.zeros((len(names), len(makers)))
    family = np.zeros((len(names), len(families)))
    for row, (model, name) in enumerate(zip(models, names, strict=True)):
        maker[row, makers[name.split("/", 1)[0]]] = 1.0
        if model:
            family[row, families[model.family]] = 1.0
    spread = np.concatenate((_NUMERIC_SD, np.full(len(makers), 0.4), np.full(len(families), 0.3)))
    return np.hstack((numeric, maker, family)), spread
