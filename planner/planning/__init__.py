"""What to do: the optimiser, its explanations, conflicts, the front, and what-if."""
