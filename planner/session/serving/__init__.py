"""The Serving page's questions, worked out once."""
