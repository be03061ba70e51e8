"""One reader a format: raw columns come in, the meaning of each goes out.

Where a format counts in its own way, its reader says so.
"""
