"""From a plan to what runs it: gateway, own machines, retrieval, tuning, monitoring, and the papers beside them.

In comes a plan (and the catalog it was made of), out go files: text by path, the same bytes for the same plan, and
sentences for what could not be expressed or had to be renamed. Each format is a pydantic model at this edge; nothing
here plans, prices or reaches a network, and no file holds a secret: they name variables of the environment.
"""
