"""Techniques as transforms of direct quality, with parameters fitted on published tables.

In: direct quality and technique tables. Out: draws of quality under a technique. May not know: options.
"""
