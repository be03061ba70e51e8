"""Telling: charts, and the plan as HTML, PDF, Markdown and JSON.

Nothing is imported here: the terminal wants the formats of numbers without typst, a report is written without plotly.
"""
