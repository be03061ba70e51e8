"""Which options are out, and why: rules of data, licence, place and premises; what another beats on all counts.

In: rows of options. Out: the rows that stay, a reason for each that does not. May not know: the solver.
"""
