"""Prompts of a log: drawn, redacted, grouped into proposed segments. Nothing is kept but what is written when asked."""
