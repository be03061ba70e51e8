"""Judging an answer: plain graders at once, code in a closed process, a judge model by a request of its own.

In: an answer and its item. Out: a grade, or why there is none. May not know: how a run is scheduled.
"""
