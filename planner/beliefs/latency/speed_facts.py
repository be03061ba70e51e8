"""What tells of a model's and a host's speed before either is timed: size, class, price, maker, and the kind of host.

A model that the catalog lacks is told by its name alone: its maker by the family word in it, its class by 'mini' and
the like.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.catalog.schema import Catalog, Model, Offer
from planner.catalog.speeds import ApiHost

Thought: TypeAlias = Literal["no", "yes", "unstated"]
"""Whether hidden reasoning came before the first visible token; unstated: the model can, and no one says."""
_SMALL: Final = re.compile(r"mini|nano|tiny|flash|haiku|small|lite|micro|(?<![\d.])[1-9](\.\d)?b\b|1[0-4]b\b")
_LARGE: Final = re.compile(r"opus|ultra|-pro\b|large|(?<![\d.])[2-9]\d\db\b")
_USUAL_PRICE_USD: Final = 2.0
_USUAL_ACTIVE_B: Final = 20.0
_WITHOUT: Final = frozenset({"none", "minimal"})


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model beside its times."""

    id: str
    maker: str
    family: str
    model_class: str
    """'' where not even the name tells."""
    log_price: float
    """Of the median output price over 2 USD per million tokens; 0 when unknown."""
    price_known: bool
    log_active: float
    """Of the active parameters over 20 billion; 0 when unknown."""
    active_known: bool
    open_weights: bool
    reasoning: Literal["none", "optional", "always"]


def thought(reasoning: Literal["none", "optional", "always"], effort: str | None) -> Thought:
    """Whether a model that reasons so has thought before the first visible token at a stated effort.

    `minimal` is the least that models which always think can be asked for, a few tokens: none.
    """
    if reasoning == "none" or effort in _WITHOUT:
        return "no"
    if effort is None or effort in ("", "default"):
        return "yes" if reasoning == "always" else "unstated"
    return "yes"


def model_facts(catalog: Catalog, names: Sequence[str]) -> dict[str, ModelFacts]:
    """Facts of models by catalog id or bare name."""
    prices = output_prices(catalog.offers)
    families = _family_words(catalog.models)
    return {name: _facts(name, catalog.models.get(name), prices.get(name), families) for name in dict.fromkeys(names)}


def output_prices(offers: Sequence[Offer]) -> dict[str, float]:
    """Median output price of each joined model, USD per million tokens."""
    prices: dict[str, list[float]] = {}
    for offer in offers:
        if offer.model is not None and offer.price is not None and offer.price.output_usd_per_mtok > 0.0:
            prices.setdefault(offer.model, []).append(offer.price.output_usd_per_mtok)
    return {model: float(np.median(values)) for model, values in prices.items()}


def _family_words(models: Mapping[str, Model]) -> dict[str, str]:
    """Maker by the first word of its models' ids: 'llama' is Meta's; a word of two makers is nobody's."""
    makers: dict[str, set[str]] = {}
    for model in models.values():
        for word in (_first_word(model.id), model.id.split("/", 1)[0]):
            makers.setdefault(word, set()).add(model.maker)
    return {word: next(iter(found)) for word, found in makers.items() if len(found) == 1}


def _first_word(name: str) -> str:
    found = re.match(r"[a-z]+", name.rsplit("/", 1)[-1].lower())
    return found[0] if found else ""


def _facts(name: str, model: Model | None, price: float | None, families: Mapping[str, str]) -> ModelFacts:
    if model is None:
        maker = families.get(name.split("/", 1)[0].lower(), "") if "/" in name else ""
        maker = maker or families.get(_first_word(name), name)
        small, large = bool(_SMALL.search(name.lower())), bool(_LARGE.search(name.lower()))
        kind = "small" if small else "frontier" if large else ""
        thinks: Literal["none", "optional"] = "optional" if re.search(r"think|reason", name.lower()) else "none"
        return ModelFacts(name, maker, name, kind, 0.0, False, 0.0, False, False, thinks)
    active = model.active_params_b
    return ModelFacts(
        id=name,
        maker=model.maker,
        family=f"{model.maker}/{model.family}",
        model_class=model.model_class,
        log_price=float(np.log(price / _USUAL_PRICE_USD)) if price else 0.0,
        price_known=bool(price),
        log_active=float(np.log(active / _USUAL_ACTIVE_B)) if active else 0.0,
        active_known=bool(active),
        open_weights=model.open_weights,
        reasoning=model.reasoning,
    )


def host_class(host: ApiHost | None, host_id: str | None, facts: ModelFacts) -> str:
    """Kind of host that a model has there: first_party where its maker runs it, '' where hosts are pooled.

    Without a host a closed model is taken as asked at its maker's.
    """
    if host_id is None:
        return "" if facts.open_weights else "first_party"
    if host is None:
        return "open_host"
    if host.makers and host.makers == facts.maker:
        return "first_party"
    return "open_host" if host.host_class == "first_party" else host.host_class


def design_row(facts: ModelFacts, kind: str, thinks: Thought) -> list[float]:
    """Features of one row: class, price, size, openness, kind of host, reasoning; the mean is apart."""
    return [
        float(facts.model_class == "mid"),
        float(facts.model_class == "frontier"),
        float(facts.model_class == ""),
        facts.log_price,
        float(not facts.price_known),
        facts.log_active,
        float(not facts.active_known),
        float(facts.open_weights),
        float(kind == "fast"),
        # A closed model is the same at its maker's and at a hyperscaler but for the host's own factor.
        float(kind == "hyperscaler" and facts.open_weights),
        float(kind == "router"),
        float(kind == "open_host"),
        float(facts.reasoning == "optional"),
        float(facts.reasoning == "always"),
        float(thinks == "unstated"),
        facts.log_active if kind == "fast" else 0.0,
    ]
