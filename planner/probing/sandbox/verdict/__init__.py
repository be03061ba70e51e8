"""Forming a verdict between two processes that trust each other with nothing but plain values."""
