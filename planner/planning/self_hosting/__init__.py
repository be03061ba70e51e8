"""Own machines against an API: sizing, paths of cost, break-even, a trace replayed.

In: a workload, a model and machines. Out: an answer with its interval. May not know: widgets.
"""
