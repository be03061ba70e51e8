"""Plans, sweeps and the catalog as text for a terminal; apart, so that listing models does not load planning."""
