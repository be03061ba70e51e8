"""What an option is forecast to give: quality, times and cost as arrays over draws.

In: beliefs and rows. Out: columns of the option table. May not know: limits, the solver.
"""
