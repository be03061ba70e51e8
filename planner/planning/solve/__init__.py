"""The programme and its bounds: rows, exact pruning, descent, HiGHS.

In: a Problem (arrays). Out: a Solution with its proof. May not know: words, names of models.
"""
