"""The same engine for programs that speak the Model Context Protocol, over standard input and output.

In: questions with bounded texts and numbers; a workload comes as YAML text, so no file is opened for a caller. Out:
short answers as data. May not know: pages and terminals. Nothing here asks a model or spends money.
"""
