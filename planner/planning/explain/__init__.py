"""Reasons: binding limits, runners-up, baselines, provenance, the bill line by line.

In: a problem with its solution. Out: the records a plan is told with. May not know: formats, widgets.
"""
