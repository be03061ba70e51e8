"""Measuring: suites, graders, the runner over litellm, the spending cap, the small local model."""
