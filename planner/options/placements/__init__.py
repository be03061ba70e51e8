"""Every way to serve a segment: model, technique and place, the machines it takes, its tier and parts.

In: catalog and segment. Out: rows of options. May not know: draws of quality, the solver.
"""
