"""Plans, sweeps and the catalog as text for a terminal."""

from planner.terminal.catalog import print_changes, print_model, print_models
from planner.terminal.outcome import print_outcome, print_sweep

__all__ = ["print_changes", "print_model", "print_models", "print_outcome", "print_sweep"]
