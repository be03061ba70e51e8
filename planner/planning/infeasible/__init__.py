"""Why there is no plan: a smallest set of limits in conflict, and the least change that frees it.

In: a problem without solution. Out: a Conflict. May not know: how it is told.
"""
