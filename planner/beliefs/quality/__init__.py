"""How good each model is: the skill model, abilities, a segment's difficulty and posterior.

In: scores and answers as arrays. Out: draws of quality. May not know: cost, times, options.
"""
