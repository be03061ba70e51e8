"""How many tokens models write: visible and hidden, by skill, effort and model.

In: published counts, the user's own answers. Out: forecasts and factors of hidden tokens. May not know: times, options.
"""
