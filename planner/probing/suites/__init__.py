"""Suites: items with graders, from files or a user's samples, checked line by line.

In: YAML, JSONL, CSV. Out: a checked Suite. May not know: models, requests, money.
"""
