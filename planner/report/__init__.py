"""Telling: charts, and the plan as HTML, PDF, Markdown and JSON."""
