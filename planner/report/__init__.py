"""Telling: charts, and the plan as HTML, PDF, Markdown and JSON.

`charts` is imported by its own name, so that a report on the command line does not load plotly.
"""

from planner.report.conflict import conflict_document, render_conflict_text
from planner.report.html import render_html
from planner.report.markdown import render_markdown
from planner.report.pdf import render_pdf
from planner.report.render import render_report

__all__ = [
    "conflict_document",
    "render_conflict_text",
    "render_html",
    "render_markdown",
    "render_pdf",
    "render_report",
]
