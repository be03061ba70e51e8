"""Which models serve today, and what that costs by the catalog's prices beside what the log itself says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from planner.catalog.browse import cheapest_offer
from planner.catalog.evidence.scores import load_aliases
from planner.catalog.model_names import KnownNames, join_name, known_names
from planner.catalog.pricing import TokenUse, batch_charge_usd, charge_usd
from planner.catalog.schema import Catalog, Offer
from planner.logs.opening.engines import rows_of
from planner.logs.profile.counts import TOKENS
from planner.logs.read import Log
from planner.resources import catalogs_dir

_UNCOUNTED_TOKENS: Final = 1000.0
_KEYS: Final = ("segment", "model", "provider", "batch", "band")


@dataclass(frozen=True, slots=True)
class Use:
    """What one model did for one segment."""

    segment: str
    logged_model: str
    """As the log names it; '' where it names none."""
    logged_provider: str
    model: str | None
    """Of the catalog; None: the name is not known there."""
    offer: str | None
    """Whose list price was taken; None: no price is known."""
    requests: float
    failed: float
    input_tokens: float
    cached_tokens: float
    cache_write_tokens: float
    output_tokens: float
    reasoning_tokens: float
    catalog_usd: float | None
    """At list price; None where no price is known."""
    logged_usd: float | None
    """By the log itself; None where it states none."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Finds the offer behind a name of a log."""

    offers: Mapping[str, Sequence[Offer]]
    """By key in lower case."""
    by_model: Mapping[str, Sequence[Offer]]
    names: KnownNames
    catalog: Catalog

    def find(self, model: str, provider: str) -> tuple[str | None, Offer | None]:
        """Model of the catalog and the offer that a logged name means; None for what is not known."""
        name, home = model.strip().lower(), provider.strip().lower()
        for key in (f"{home}/{name}", name) if home else (name,):
            found = self.offers.get(key)
            if found:
                return found[0].model, found[0]
        alias = join_name(self.names, model) or join_name(self.names, name.rsplit("/", maxsplit=1)[-1])
        if alias is None:
            return None, None
        offers = self.by_model.get(alias.model, ())
        own = [offer for offer in offers if home and self._is_at(offer, home)]
        direct = [offer for offer in offers if not self.catalog.providers[offer.provider].resells]
        best = cheapest_offer(own) or cheapest_offer(direct)
        return alias.model, best[0] if best else None

    def _is_at(self, offer: Offer, provider: str) -> bool:
        listed = self.catalog.providers[offer.provider]
        return provider in {listed.id, *listed.litellm}


def prices_of(catalog: Catalog) -> Prices:
    """The catalog's offers, found by the names that logs use."""
    by_key: dict[str, list[Offer]] = {}
    by_model: dict[str, list[Offer]] = {}
    for offer in catalog.offers:
        by_key.setdefault(offer.key.lower(), []).append(offer)
        if offer.model is not None:
            by_model.setdefault(offer.model, []).append(offer)
    return Prices(by_key, by_model, _names(catalog), catalog)


@lru_cache(maxsize=2)
def _aliases() -> Any:  # noqa: ANN401 (as load_aliases gives them)
    return load_aliases(catalogs_dir() / "aliases.csv")


def _names(catalog: Catalog) -> KnownNames:
    return known_names(catalog.models, _aliases())


def uses(log: Log, asked: ir.Table, catalog: Catalog) -> tuple[Use, ...]:
    """Requests, tokens and money by segment and model, the largest first; exact, price steps included.

    Requests are counted apart by the thresholds at which any price of the catalog steps, so that each one is priced
    on its own step though only sums leave the engine.
    """
    prices = prices_of(catalog)
    table = _sums(log, asked, _thresholds(catalog))
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows_of(log.engine, table, log.source).to_pylist():
        key = (str(row["segment"]), str(row["model"] or ""), str(row["provider"] or ""))
        found.setdefault(key, []).append(row)
    listed = [_use(key, rows, prices, log.given) for key, rows in found.items()]
    return tuple(sorted(listed, key=lambda use: (-use.requests, use.segment, use.logged_model, use.logged_provider)))


def _thresholds(catalog: Catalog) -> tuple[float, ...]:
    steps = {step.above_input_tokens for offer in catalog.offers if offer.price for step in offer.price.steps}
    return tuple(sorted(steps))


def _sums(log: Log, asked: ir.Table, thresholds: Sequence[float]) -> ir.Table:
    served = asked.kind == "served"
    band: ir.Value = ibis.literal(0, "int64")
    if "input_tokens" in log.given and not log.reader.means_only:
        for threshold in thresholds:
            band = band + ibis.ifelse(asked.input_tokens > threshold, 1, 0)
    sums = {name: asked[name].sum(where=served) for name in TOKENS if name in log.given}
    keys = {name: band if name == "band" else asked[name] for name in _KEYS}
    return asked.group_by(**keys).agg(
        served=asked.requests.sum(where=served),
        failed=asked.requests.sum(where=asked.kind == "failed"),
        logged=asked.cost_usd.sum(),
        stated=asked.cost_usd.count(),
        **sums,
    )


def _use(key: tuple[str, str, str], rows: Sequence[Mapping[str, Any]], prices: Prices, given: frozenset[str]) -> Use:
    segment, model, provider = key
    known, offer = prices.find(model, provider) if model else (None, None)
    tokens = {name: sum(float(row.get(name) or 0.0) for row in rows) for name in TOKENS}
    charged = [_charge(row, offer) for row in rows] if offer is not None and offer.price is not None else None
    stated = sum(row["stated"] for row in rows) if "cost_usd" in given else 0
    return Use(
        segment=segment,
        logged_model=model,
        logged_provider=provider,
        model=known,
        offer=offer.key if offer is not None and offer.price is not None else None,
        requests=sum(float(row["served"] or 0.0) for row in rows),
        failed=sum(float(row["failed"] or 0.0) for row in rows),
        catalog_usd=sum(charged) if charged is not None else None,
        logged_usd=sum(float(row["logged"] or 0.0) for row in rows) if stated else None,
        **tokens,
    )


def _charge(row: Mapping[str, Any], offer: Offer) -> float:
    """What the requests of one step cost together: their mean request, which lies on that step, times their number."""
    # A report that counts no requests is priced as requests of a thousand tokens: below every price step.
    count = float(row["served"] or 0.0) or float(row.get("input_tokens") or 0.0) / _UNCOUNTED_TOKENS
    if count <= 0 or offer.price is None:
        return 0.0
    mean = {name: float(row.get(name) or 0.0) / count for name in TOKENS}
    use = TokenUse(
        input_tokens=mean["input_tokens"],
        output_tokens=mean["output_tokens"],
        cached_input_tokens=mean["cached_tokens"],
        cache_write_tokens=mean["cache_write_tokens"],
        reasoning_tokens=mean["reasoning_tokens"],
    )
    charge = batch_charge_usd if row["batch"] else charge_usd
    return float(charge(use, offer.price)) * count
