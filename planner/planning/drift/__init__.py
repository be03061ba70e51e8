"""Where what was served leaves what was planned: each measure inside or outside its interval, over days, and why.

In: a plan, the catalog, and a log of requests as the room of logs reads it. Out: findings as data, all false alarms of
one log together kept under one in a hundred. May not know: the solver, any format of log.
"""
