"""A run: questions in order, each reserved under the cap before it leaves and kept before the next is asked.

In: suite, targets, settings, cap. Out: attempts in the store. May not know: beliefs, plans, pages.
"""
