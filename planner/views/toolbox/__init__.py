"""The Toolbox page: the answer, a card a tool, one segment, or why there is no plan."""
