"""What runs on machines: docker compose, KServe and vLLM production-stack for own pools."""
