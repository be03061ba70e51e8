"""The database itself: engine, tables, migrations, where it lies.

In: a URL. Out: connections to a store of the present form. May not know: what rows mean.
"""
