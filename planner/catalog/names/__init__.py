"""Names as people, providers and tools write them; out go models and GPUs of the catalog.

It may know the catalog's tables and nothing of what is asked, measured or planned. Every door resolves names here:
workloads, probes, `planner models`, rows of measurements, logs.
"""

from planner.catalog.names.gpus import gpu_named
from planner.catalog.names.models import ModelNames, find_model, model_names
from planner.catalog.names.retired import retired_entry

__all__ = ["ModelNames", "find_model", "gpu_named", "model_names", "retired_entry"]
