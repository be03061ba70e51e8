"""Evidence rows: published scores, speeds, serving measurements and technique tables, the user's own beside them.

In: catalogs/ and the user's files. Out: checked rows with source and date. May not know: any model fitted to them.
"""
