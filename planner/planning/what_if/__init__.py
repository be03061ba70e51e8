"""Changes, comparisons, sweeps and the tornado: plans beside plans.

In: a workload and changes. Out: the plans before and after, difference by difference. May not know: sliders.
"""
