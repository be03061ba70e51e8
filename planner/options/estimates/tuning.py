"""Where a tuned model can be had by API, and what its tokens cost there."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from planner.catalog.schema import Catalog, FineTunePrice, Model, Offer
from planner.units import Floats

_SIZE_CLASS: Final = re.compile(r"^open(<=|>)(\d+(?:\.\d+)?)b$")


def tuning_price(catalog: Catalog, model: Model, provider: str) -> FineTunePrice | None:
    """Cheapest published price of tuning a model at a provider: by its id, else by the size class of open models."""
    if model.fine_tuning == "no":
        return None
    rows = [row for row in catalog.fine_tune_prices if row.provider == provider]
    own = [row for row in rows if row.model == model.id]
    fitting = own or [row for row in rows if _in_class(row.model, model)]
    return min(fitting, key=lambda row: (_class_limit(row.model), row.usd_per_mtok, row.method), default=None)


def _in_class(size_class: str, model: Model) -> bool:
    found = _SIZE_CLASS.match(size_class)
    if found is None or not model.open_weights or model.total_params_b is None:
        return False
    limit = float(found[2])
    return model.total_params_b <= limit if found[1] == "<=" else model.total_params_b > limit


def _class_limit(size_class: str) -> float:
    """The tightest class first: '<=16b' before '<=80b' before '>80b'."""
    found = _SIZE_CLASS.match(size_class)
    if found is None:
        return 0.0
    return float(found[2]) if found[1] == "<=" else np.inf


def tuned_price_factors(catalog: Catalog, offers: Sequence[Offer]) -> Floats:
    """Price of a tuned model's tokens over the base's for each offer (F,); nan where it is not sold by the token."""
    known: dict[tuple[str, str], float] = {}
    for offer in offers:
        key = (offer.model or "", offer.provider)
        if key not in known:
            row = tuning_price(catalog, catalog.models[key[0]], offer.provider)
            known[key] = row.inference_factor if row is not None and row.served == "by_token" else np.nan
    return np.array([known[offer.model or "", offer.provider] for offer in offers], dtype=np.float64)
