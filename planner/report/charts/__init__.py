"""Every chart of the dashboard, from plans and rows: the only room that knows plotly.

All functions are pure: same data, same JSON. `mode` is the background the chart stands on. Uncertainty is always
drawn. Show them with Streamlit's own theme off, since colours and fonts come from `planner.report.theme`.
"""

from planner.report.charts.of_changes import (
    StripSpan,
    Swing,
    SwitchPoint,
    switch_strip,
    tornado_chart,
    what_if_comparison,
)
from planner.report.charts.of_evidence import calibration_chart, coverage_chart, error_chart
from planner.report.charts.of_models import (
    PricedModel,
    SkillEstimate,
    price_quality_scatter,
    skill_bars,
    skills_radar,
)
from planner.report.charts.of_plan import (
    cost_comparison,
    flow_chart,
    front_chart,
)
from planner.report.charts.of_probes import (
    ForecastChange,
    ForecastCheck,
    ProbedDifference,
    ProbedShare,
    forecast_chart,
    forecast_check_chart,
    probed_differences,
    probed_shares,
)
from planner.report.charts.of_serving import break_even_chart
from planner.report.charts.of_speeds import SpeedForecast, SpeedUnit, speed_chart
from planner.report.charts.of_trace import wait_chart
from planner.report.charts.of_traffic import hours_chart, lengths_chart

__all__ = [
    "ForecastChange",
    "ForecastCheck",
    "PricedModel",
    "ProbedDifference",
    "ProbedShare",
    "SkillEstimate",
    "SpeedForecast",
    "SpeedUnit",
    "StripSpan",
    "Swing",
    "SwitchPoint",
    "break_even_chart",
    "calibration_chart",
    "cost_comparison",
    "coverage_chart",
    "error_chart",
    "flow_chart",
    "forecast_chart",
    "forecast_check_chart",
    "front_chart",
    "hours_chart",
    "lengths_chart",
    "price_quality_scatter",
    "probed_differences",
    "probed_shares",
    "skill_bars",
    "skills_radar",
    "speed_chart",
    "switch_strip",
    "tornado_chart",
    "wait_chart",
    "what_if_comparison",
]
