"""How fast APIs answer and how much models write.

In: published speeds, timed answers. Out: draws of TTFT, TPOT and hidden tokens. May not know: options, own machines.
"""
