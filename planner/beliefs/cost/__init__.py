"""What requests, components, machines, tuning, retrieval and energy cost a month.

In: token use, prices, sizings. Out: draws in USD a month. May not know: which option wins.
"""
