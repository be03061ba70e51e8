"""Looking things up in the catalog: the table of models, and one model with its offers, scores and sources."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from planner.catalog.names.models import find_model
from planner.catalog.price import Price
from planner.catalog.schema import Catalog, Model, ModelClass, Offer, Source
from planner.errors import InputError

_INPUT_PER_OUTPUT: Final = 3.0
"""Offers are ranked by the price of three input tokens and one output token, the mix of a short chat."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of the table of models. No quality: what scores mean is the beliefs' business."""

    id: str
    name: str
    maker: str
    model_class: ModelClass
    total_params_b: float | None
    active_params_b: float | None
    context_tokens: int
    licence: str
    input_usd_per_mtok: float | None
    """Of the cheapest offer on sale today, resellers left out; None: nobody sells it by the token."""
    output_usd_per_mtok: float | None
    cheapest_offer: str | None
    offers: int
    """Offers on sale today, resellers left out."""
    retires: date | None
    """Last day on which any offer is left; None: some offer states no end, or there is none."""
    evidence_rows: int
    """Benchmark scores, of the skill asked for or of all."""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One published score of a model."""

    benchmark: str
    skill: str
    variant: str
    score: float
    n: float
    date: str
    source: str


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """All that the catalog knows of one model."""

    model: Model
    offers: tuple[Offer, ...]
    """By provider, area and key; resellers and retired ones included."""
    evidence: tuple[EvidenceRow, ...]
    sources: tuple[Source, ...]
    """Every distinct source behind the model and its offers."""


def list_models(catalog: Catalog, today: date, skill: str | None = None) -> tuple[ModelRow, ...]:
    """All models in catalog order; with a skill those that have scores on it, most scores first.

    Raises:
        InputError: No benchmark of the catalog measures that skill.
    """
    counts = _evidence_counts(catalog, skill)
    offers = _offers_on_sale(catalog, today)
    rows = [_row(model, offers.get(model.id, []), counts[model.id]) for model in catalog.models.values()]
    if skill is None:
        return tuple(rows)
    return tuple(sorted((row for row in rows if row.evidence_rows), key=lambda row: (-row.evidence_rows, row.id)))


def show_model(catalog: Catalog, name: str) -> ModelDetails:
    """One model by any of its names; InputError with the closest ids when there is none of that name."""
    model = find_model(catalog, name)
    offers = sorted(
        (offer for offer in catalog.offers if offer.model == model.id),
        key=lambda offer: (offer.provider, offer.area, offer.key),
    )
    sources = dict.fromkeys((model.source, *(offer.source for offer in offers)))
    return ModelDetails(model, tuple(offers), tuple(_evidence_of(catalog, model.id)), tuple(sources))


def cheapest_offer(offers: Iterable[Offer]) -> tuple[Offer, Price] | None:
    """The offer with the lowest price of three input tokens and one output token; None when none states a price."""
    priced = [(offer, offer.price) for offer in offers if offer.price is not None]
    return min(priced, key=lambda pair: (_mixed_usd(pair[1]), pair[0].key, pair[0].region), default=None)


def _mixed_usd(price: Price) -> float:
    return _INPUT_PER_OUTPUT * price.input_usd_per_mtok + price.output_usd_per_mtok


def _offers_on_sale(catalog: Catalog, today: date) -> dict[str, list[Offer]]:
    on_sale: dict[str, list[Offer]] = {}
    for offer in catalog.offers:
        gone = offer.retires is not None and offer.retires <= today
        if offer.model is not None and not gone and not catalog.providers[offer.provider].resells:
            on_sale.setdefault(offer.model, []).append(offer)
    return on_sale


def _row(model: Model, offers: list[Offer], evidence_rows: int) -> ModelRow:
    cheapest = cheapest_offer(offers)
    ends = [offer.retires for offer in offers]
    return ModelRow(
        id=model.id,
        name=model.name,
        maker=model.maker,
        model_class=model.model_class,
        total_params_b=model.total_params_b,
        active_params_b=model.active_params_b,
        context_tokens=model.context_tokens,
        licence=model.licence,
        input_usd_per_mtok=cheapest[1].input_usd_per_mtok if cheapest else None,
        output_usd_per_mtok=cheapest[1].output_usd_per_mtok if cheapest else None,
        cheapest_offer=cheapest[0].key if cheapest else None,
        offers=len(offers),
        retires=max((end for end in ends if end is not None), default=None) if None not in ends else None,
        evidence_rows=evidence_rows,
    )


def _evidence_counts(catalog: Catalog, skill: str | None) -> Counter[str]:
    if skill is None:
        return Counter(catalog.evidence.model)
    skills = {benchmark.skill for benchmark in catalog.benchmarks.values()}
    if skill not in skills:
        raise InputError("models", "skill", found=skill, allowed=f"one of {', '.join(sorted(skills))}")
    names = zip(catalog.evidence.model, catalog.evidence.benchmark, strict=True)
    return Counter(model for model, benchmark in names if catalog.benchmarks[benchmark].skill == skill)


def _evidence_of(catalog: Catalog, model_id: str) -> Iterator[EvidenceRow]:
    evidence = catalog.evidence
    for row in evidence.rows_of(model_id).tolist():
        yield EvidenceRow(
            benchmark=evidence.benchmark[row],
            skill=catalog.benchmarks[evidence.benchmark[row]].skill,
            variant=evidence.variant[row],
            score=float(evidence.score[row]),
            n=float(evidence.n[row]),
            date=evidence.date[row],
            source=evidence.source[row],
        )
