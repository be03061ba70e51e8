"""Mathematics beyond numbers: two pieces of LaTeX in, whether they are equal out, by math-verify in its own process."""
