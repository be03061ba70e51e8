"""The What-if page: sliders, plan before and after, scenarios."""
