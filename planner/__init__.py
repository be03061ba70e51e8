"""Toolbox Planner: describe a workload, get the cheapest toolbox of models that is good enough, fast enough and allowed."""

__version__ = "0.1.0"
