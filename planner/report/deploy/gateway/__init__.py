"""The LiteLLM proxy's configuration: one model name a segment, fallbacks within its data rules, prices, budgets."""
