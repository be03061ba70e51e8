"""What the store and the user's files say, as arrays: answers, comparisons, times, statistics of runs.

In: rows of the store. Out: measured values. May not know: any fitted model.
"""
