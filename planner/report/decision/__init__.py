"""The report's first page and its lengths: what is to be decided, what may go wrong, how to get it again.

In: a plan. Out: blocks and documents in three lengths; which one follows the money at stake. May not know: the catalog,
any format of file, widgets.
"""
