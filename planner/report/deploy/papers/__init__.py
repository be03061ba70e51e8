"""Papers beside the files: decision record, FOCUS rows of the forecast bill, a check for CI, the order of starting."""
