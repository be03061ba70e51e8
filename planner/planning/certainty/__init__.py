"""What doubt costs: which measurement would change the plan, and what it is worth.

In: a solved problem and beliefs. Out: ideas for the next probe. May not know: how a probe is sent.
"""
