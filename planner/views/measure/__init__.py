"""The Measure page: what to measure, its cost, a live run, past runs."""
