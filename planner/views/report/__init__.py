"""The Report page: the preview, and what can be taken away."""
