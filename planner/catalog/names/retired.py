"""What to say of an entry that its provider no longer serves: since when, who still does, and what follows."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from planner.catalog.schema import Catalog, Model, Offer


@dataclass(frozen=True, slots=True)
class Retired:
    """An entry of the price map that is over."""

    offer: Offer
    since: date
    still_sold_as: tuple[str, ...]
    """Other entries of the same model that are on sale, resellers left out."""
    followed_by: Model | None
    """The newest model of its line that is on sale; else the newest of its maker and class. Derived, not announced."""

    def found(self) -> str:
        """In words: what was found."""
        return f"a model that {self.offer.provider} retired on {self.since}"

    def allowed(self) -> str:
        """In words: what to take instead."""
        ways = [f"the same from another provider: {self.still_sold_as[0]}"] if self.still_sold_as else []
        if self.followed_by is not None:
            ways.append(f"what follows it: {self.followed_by.id}")
        return "; or ".join(ways) or "a model that is on sale; `planner models` lists them"


def on_sale(offers: Iterable[Offer], today: date) -> list[Offer]:
    """Those that no provider has ended before today."""
    return [offer for offer in offers if offer.retires is None or offer.retires >= today]


def retired_entry(catalog: Catalog, offers: Sequence[Offer], today: date) -> Retired | None:
    """Of offers that are all over, the one that ended last; None when one is still on sale, or there is none."""
    if not offers or on_sale(offers, today):
        return None
    last, since = max(((offer, offer.retires) for offer in offers if offer.retires), key=lambda pair: pair[1])
    model = catalog.models.get(last.model or "")
    sold = [offer for offer in on_sale(catalog.offers, today) if not catalog.providers[offer.provider].resells]
    same = [offer for offer in sold if model is not None and offer.model == model.id]
    # A place that serves the whole world first; a longer name is a narrower one.
    same.sort(key=lambda offer: (offer.area != "global", len(offer.key), offer.key))
    next_one = None if model is None else follower(catalog, model, sold)
    return Retired(last, since, tuple(dict.fromkeys(offer.key for offer in same)), next_one)


def follower(catalog: Catalog, model: Model, offers: Iterable[Offer]) -> Model | None:
    """The newest model of its line that is on sale; else the newest of its maker and class; None without either."""
    sold = {offer.model for offer in offers}
    own = [one for one in catalog.models.values() if one.id in sold and one.id != model.id and one.maker == model.maker]
    alike = [one for one in own if one.open_weights == model.open_weights and _is_after(one, model)]
    line = [one for one in alike if _line(one) == _line(model)]
    newest = line or [one for one in alike if one.model_class == model.model_class]
    days = _release_days(catalog)
    return max(newest, key=lambda one: days[one.id], default=None)


def _release_days(catalog: Catalog) -> dict[str, tuple[date, int]]:
    """Day and place in the catalog; a model without a day was released no earlier than its family's before it."""
    days: dict[str, tuple[date, int]] = {}
    last: dict[str, date] = {}
    for place, model in enumerate(catalog.models.values()):
        day = model.released or max(last.get(model.family, date.min), last.get(model.maker, date.min))
        last[model.family] = last[model.maker] = day
        days[model.id] = (day, place)
    return days


def _is_after(one: Model, other: Model) -> bool:
    return one.released is None or other.released is None or one.released > other.released


def _line(model: Model) -> str:
    """A model's name without its numbers: 'claude-sonnet', 'gemini-pro', 'o-mini'."""
    words = re.sub(r"\d+(?:\.\d+)*", "", model.id.split("/", 1)[-1])
    return "-".join(sorted(word for word in words.split("-") if word))
