"""Held-out tests of each fitted model, the simple ways beside.

In: evidence rows, or anyone's own. Out: scores and predictions. May not know: plans.
"""
