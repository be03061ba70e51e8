"""Load runs: requests sent at a given rate from several processes, to see what latency does under load.

In: a suite, a target, a rate. Out: attempts in the store. May not know: beliefs, plans.
"""
