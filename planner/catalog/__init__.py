"""What exists: models, offers, prices, GPUs, embedders, stores, evidence. Every fact with its source and date."""

from planner.catalog.load import load_catalog

__all__ = ["load_catalog"]
