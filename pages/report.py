"""Report: take it to the board."""

from planner.session import current_session
from planner.views.report import preview as report

session = current_session()
report.draw_summary(session)
report.draw_downloads(session)
report.draw_preview(session.outcome)
