"""The Models page: price against quality, and one model's page."""
