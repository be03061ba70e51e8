"""Our prices beside those of genai-prices (Pydantic), cell by cell; run as a script where that package is installed.

Entries are joined by provider and key; a cell is one rate of one entry that both state, on the day given.
"""

import argparse
from collections import Counter
from datetime import UTC, date, datetime, time
from typing import Any

from planner.catalog import load_catalog
from planner.catalog.prices.corrections import offer_over
from planner.catalog.schema import Offer

PROVIDERS = {
    "anthropic": "anthropic",
    "bedrock": "aws",
    "azure": "azure",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "fireworks_ai": "fireworks",
    "gemini": "google",
    "groq": "groq",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "novita": "novita",
    "openai": "openai",
    "ovhcloud": "ovhcloud",
    "perplexity": "perplexity",
    "together_ai": "together",
    "xai": "x-ai",
    "zai": "zai",
}
"""Our provider and theirs."""
RATES = {
    "input": ("input_usd_per_mtok", "input_mtok"),
    "output": ("output_usd_per_mtok", "output_mtok"),
    "cached input": ("cached_input_usd_per_mtok", "cache_read_mtok"),
    "cache write": ("cache_write_usd_per_mtok", "cache_write_mtok"),
}
_WORLDWIDE = {"azure": ("global",), "bedrock": ("global", "unknown"), "openai": ("global",)}
"""Their book has one price an entry: ours of a region, 10 % dearer, is another thing."""
_TOLERANCE = 0.005


def _theirs(price: Any, name: str) -> float | None:
    value = getattr(price, name, None)
    return None if value is None else float(getattr(value, "base", value))


def _holding(model: Any, when: datetime) -> tuple[Any, Any]:
    """Their ordinary and batch prices at a moment; None where there is none."""
    batch = None
    for variant in model.price_variants or ():
        holds = variant.constraint is None or variant.constraint.active(when)
        if batch is None and variant.when == {"processing": "batch"} and holds:
            batch = variant.prices
    return model.get_prices(when), batch


def compare(offer: Offer, model: Any, when: datetime) -> list[tuple[str, float, float]]:
    """Kind of rate, ours and theirs, of all rates that both state."""
    ordinary, batch = _holding(model, when)
    pairs = [(kind, ours, _theirs(ordinary, theirs)) for kind, (ours, theirs) in RATES.items()]
    if batch is not None:
        pairs += [("batch input", "batch_input_usd_per_mtok", _theirs(batch, "input_mtok"))]
        pairs += [("batch output", "batch_output_usd_per_mtok", _theirs(batch, "output_mtok"))]
    found = [(kind, getattr(offer.price, ours), theirs) for kind, ours, theirs in pairs]
    return [(kind, ours, theirs) for kind, ours, theirs in found if ours is not None and theirs is not None]


def main() -> None:
    """Print cells that agree by kind of rate, and the differences by provider."""
    from genai_prices import data_snapshot

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", type=date.fromisoformat, default=date(2026, 12, 1))
    day = parser.parse_args().day
    when = datetime.combine(day, time(2, 30), UTC)
    books = {provider.id: provider for provider in data_snapshot.get_snapshot().providers}
    agree: Counter[str] = Counter()
    cells: Counter[str] = Counter()
    differing: list[str] = []
    joined = 0
    entries = {offer.key: offer for offer in reversed(load_catalog().offers) if offer.mode == "chat"}
    for offer in entries.values():
        book = books.get(PROVIDERS.get(offer.provider, ""))
        model = book.find_model(offer.key.rsplit("/", 1)[-1]) if book and offer.price else None
        if model is None or offer.region not in _WORLDWIDE.get(offer.provider, (offer.region,)):
            continue
        joined += 1
        for kind, ours, theirs in compare(offer_over(offer, day, 1), model, when):
            cells[kind] += 1
            if abs(ours - theirs) <= max(_TOLERANCE * theirs, 1e-6):
                agree[kind] += 1
            else:
                differing.append(f"{offer.provider:12} {offer.key:60} {kind:13} {ours:10.4g} {theirs:10.4g}")
    print(f"{joined} entries joined by provider and key")
    for kind in cells:
        print(f"{kind:13} {agree[kind]:5} of {cells[kind]:5} cells agree")
    print(f"{'all':13} {sum(agree.values()):5} of {sum(cells.values()):5}; provider, key, rate, ours, theirs:")
    print("\n".join(sorted(differing)))


if __name__ == "__main__":
    main()
