"""Parts beside the models: retrieval settings, tuning jobs, monitoring rules."""
