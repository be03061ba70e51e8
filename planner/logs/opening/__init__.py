"""Opening a log: which files, what is inside, on which engine; a table of raw columns comes out."""
