"""A plan that was accepted, looked at again: its tools at today's prices and requests, and a plan made anew beside.

In come a plan read from its file and the problem of the workload as it is now; out go plans of the same shape and what
differs. It knows no log: what was served is compared elsewhere with what was planned.
"""
