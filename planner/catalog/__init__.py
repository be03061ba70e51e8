"""What exists: models, offers, prices, GPUs, embedders, stores, evidence. Every fact with its source and date."""

from planner.catalog.browse import list_models, show_model
from planner.catalog.load import load_catalog
from planner.catalog.names import find_model
from planner.catalog.prices.refresh import compare_maps, fetch_price_map, newest_price_map
from planner.catalog.pricing import TokenUse, batch_charge_usd, charge_usd

__all__ = [
    "TokenUse",
    "batch_charge_usd",
    "charge_usd",
    "compare_maps",
    "fetch_price_map",
    "find_model",
    "list_models",
    "load_catalog",
    "newest_price_map",
    "show_model",
]
