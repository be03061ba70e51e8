"""What published facts say that a technique reaches.

In come facts of catalog.published_facts; out go lines of log odds with few coefficients, each technique its own, and
the forecast of any fact from them with a 90 % interval. Knows no segment and no plan: techniques apply the same lines
to a segment's draws.
"""
