"""Waiting: formulas, their check by simulation, replicas for a rate, traces of arrivals.

In: rates and service times. Out: percentiles, replica counts. May not know: models, machines, money.
"""
