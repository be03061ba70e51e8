"""What requests, components, machines, tuning, retrieval and energy cost a month.

In: token use, prices, sizings. Out: draws in USD a month. May not know: which option wins.
"""

from planner.beliefs.cost.api import Extra, api_usage_usd, cost_lines, volume_factor
from planner.beliefs.cost.lines import CostLine

__all__ = ["CostLine", "Extra", "api_usage_usd", "cost_lines", "volume_factor"]
