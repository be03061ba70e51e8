"""Our charge beside litellm's own cost, entry by entry and shape by shape; run as a script, `--json` for machines.

litellm is imported here and nowhere in the planner. It runs on the price map of its own package, at a fixed moment of
billing outside every cheaper hour, and at one inside. Ours are the map's prices before the catalog corrects any.
`--all` compares every chat entry of the map, ordinary, in a batch and off the peak, and counts the differences by kind.
"""

import argparse
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from planner.catalog import load_catalog
from planner.catalog.prices.litellm_map import bundled_map, load_price_map
from planner.catalog.pricing import TokenUse, batch_charge_usd, charge_usd, price_at
from planner.catalog.schema import Offer, Source

PEAK = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
"""A Wednesday outside every off-peak window of the map."""

OFF_PEAK = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
"""A Sunday inside them all."""

SHAPES = {
    "short chat": TokenUse(800, 250),
    "cached prefix": TokenUse(6_000, 400, cached_input_tokens=4_500),
    "cache write": TokenUse(9_000, 300, cached_input_tokens=2_000, cache_write_tokens=3_000),
    "hidden reasoning": TokenUse(2_500, 600, reasoning_tokens=4_000),
    "at 200,000 tokens": TokenUse(200_000, 900, cached_input_tokens=50_000),
    "long context": TokenUse(300_000, 1_500, cached_input_tokens=120_000, reasoning_tokens=800),
}

ENTRIES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("gpt-6-sol", "global", {}),
    ("gpt-6-sol", "eu", {"data_residency": "eu"}),
    ("gpt-6.1-sol", "us", {"data_residency": "us"}),
    ("gpt-5.4-mini", "global", {}),
    ("gpt-4o", "global", {}),
    ("gpt-4", "global", {}),
    ("gpt-3.5-turbo", "global", {}),
    ("text-embedding-3-small", "global", {}),
    ("claude-haiku-5-5", "global", {}),
    ("claude-opus-5-5", "global", {}),
    ("claude-sonnet-4-5", "global", {}),
    ("eu.anthropic.claude-haiku-5-5", "eu", {}),
    ("bedrock/eu-north-1/deepseek.v3.2", "eu-north-1", {}),
    ("amazon.nova-lite-v1:0", "unknown", {}),
    ("azure/eu/gpt-5-2025-08-07", "eu", {}),
    ("azure_ai/gpt-6-astra", "global", {}),
    ("gemini/gemini-3.1-pro-preview", "global", {}),
    ("vertex_ai/gemini-3.8-flash", "eu", {"vertex_location": "eu"}),
    ("vertex_ai/claude-haiku-5-5", "us", {"vertex_location": "us-east5"}),
    ("mistral/mistral-large-4", "eu", {}),
    ("xai/grok-4.20-0309-reasoning", "global", {}),
    ("deepseek/deepseek-flash", "cn", {}),
    ("dashscope/qwen3.7-plus", "cn", {}),
    ("dashscope/qwen3-max", "cn", {}),
    ("dashscope/qwen-plus-2025-04-28", "cn", {}),
    ("minimax/MiniMax-M3", "unknown", {}),
    ("moonshot/kimi-k3", "unknown", {}),
    ("zai/glm-5.3", "unknown", {}),
    ("fireworks_ai/accounts/fireworks/models/llama-v3p3-70b-instruct", "unknown", {}),
    ("groq/openai/gpt-oss-20b", "unknown", {}),
    ("together_ai/openai/gpt-oss-120b", "unknown", {}),
    ("perplexity/sonar", "unknown", {}),
)

FREE_WRITES = (
    "the map prices a cache write at 0.00, which litellm charges as free input; the provider bills what it did not find"
    " in its cache as input, and so do we."
)
KNOWN_DIFFERENCES = {
    (
        "perplexity/sonar",
        "*",
    ): "Perplexity's models always search: the fee of the cheapest search context is charged with"
    " every request; litellm adds it only when an answer reports a search. It knows no price of cached tokens either.",
    ("deepseek/deepseek-flash", "cache write"): FREE_WRITES,
    ("zai/glm-5.3", "cache write"): FREE_WRITES,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One entry and shape: what a million requests cost, in USD, by us and by litellm."""

    key: str
    region: str
    shape: str
    ours_usd: float
    litellm_usd: float
    batch_ours_usd: float | None
    batch_litellm_usd: float | None
    explained: str

    @property
    def equal(self) -> bool:
        """Equal to the cent of a million requests, in a batch too where one is sold."""
        same = abs(self.ours_usd - self.litellm_usd) < 0.01
        if self.batch_ours_usd is None or self.batch_litellm_usd is None:
            return same
        return same and abs(self.batch_ours_usd - self.batch_litellm_usd) < 0.01


def explanation(key: str, shape: str) -> str:
    """Why the two may differ; '' when they may not."""
    return KNOWN_DIFFERENCES.get((key, shape)) or KNOWN_DIFFERENCES.get((key, "*"), "")


def map_offers() -> tuple[Offer, ...]:
    """Offers of the bundled map as it states them."""
    catalog = load_catalog()
    source = Source("the bundled map", date(2026, 11, 24))
    return load_price_map(bundled_map(), catalog.providers, {}, source).offers


def compare() -> tuple[Comparison, ...]:
    """All entries over all shapes."""
    offers = {(offer.key, offer.region): offer for offer in map_offers()}
    return tuple(
        _compare(offers[key, region], shape, use, where)
        for key, region, where in ENTRIES
        for shape, use in SHAPES.items()
    )


def _compare(offer: Offer, shape: str, use: TokenUse, where: dict[str, str]) -> Comparison:
    price = offer.price
    assert price is not None
    sold_in_batches = price.batch_input_usd_per_mtok is not None and price.batch_output_usd_per_mtok is not None
    return Comparison(
        key=offer.key,
        region=offer.region,
        shape=shape,
        ours_usd=1e6 * float(charge_usd(use, price)),
        litellm_usd=1e6 * _litellm_usd(offer.key, use, where),
        batch_ours_usd=1e6 * float(batch_charge_usd(use, price)) if sold_in_batches else None,
        batch_litellm_usd=1e6 * _litellm_usd(offer.key, use, where, call_type="retrieve_batch")
        if sold_in_batches
        else None,
        explained=explanation(offer.key, shape),
    )


def _litellm_usd(key: str, use: TokenUse, where: dict[str, str], when: datetime = PEAK, **kind: Any) -> float:
    """What litellm says one request costs; its completion tokens hold the reasoning tokens."""
    import litellm
    from litellm import _internal_context
    from litellm.types.utils import CompletionTokensDetailsWrapper, PromptTokensDetailsWrapper, Usage

    _internal_context._billing_time.set(when)
    asked, answered = int(use.input_tokens), int(use.output_tokens + use.reasoning_tokens)
    usage = Usage(
        prompt_tokens=asked,
        completion_tokens=answered,
        total_tokens=asked + answered,
        prompt_tokens_details=PromptTokensDetailsWrapper(
            cached_tokens=int(use.cached_input_tokens), cache_creation_tokens=int(use.cache_write_tokens)
        ),
        completion_tokens_details=CompletionTokensDetailsWrapper(reasoning_tokens=int(use.reasoning_tokens)),
    )
    return sum(litellm.cost_per_token(model=key, usage_object=usage, **where, **kind))


def compare_all() -> None:  # noqa: C901 (one table, four nested choices)
    """Every priced chat entry in its own region: equal, or different and why, by kind of charge."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("ordinary", "batch", "off-peak")}
    different: dict[str, set[str]] = {}
    entries = {}
    for offer in map_offers():
        if offer.mode == "chat" and offer.price is not None:
            entries.setdefault(offer.key, offer)
    for key, offer in entries.items():
        price = offer.price
        assert price is not None
        cases = [("ordinary", charge_usd, price, PEAK, {})]
        if price.batch_input_usd_per_mtok is not None and price.batch_output_usd_per_mtok is not None:
            cases.append(("batch", batch_charge_usd, price, PEAK, {"call_type": "retrieve_batch"}))
        if price.off_peak is not None:
            cases.append(("off-peak", charge_usd, price_at(price, OFF_PEAK), OFF_PEAK, {}))
        for shape, use in SHAPES.items():
            for name, charge, at, when, kind in cases:
                try:
                    theirs = 1e6 * _litellm_usd(key, use, {}, when, **kind)
                except Exception:  # noqa: BLE001 (litellm raises anything for what it does not price)
                    counts[name]["litellm cannot price it"] += 1
                    continue
                ours = 1e6 * float(charge(use, at))
                same = abs(ours - theirs) < max(0.01, 1e-9 * abs(ours))
                counts[name]["equal" if same else "different"] += 1
                if not same:
                    different.setdefault(f"{name}, {shape}, {offer.provider}", set()).add(key)
    for name, count in counts.items():
        print(f"{name:10} {dict(count)}")
    print(f"{len(entries)} entries x {len(SHAPES)} shapes; differences by charge, shape and provider:")
    for kind_of, keys in sorted(different.items(), key=lambda item: -len(item[1])):
        print(f"  {len(keys):4}  {kind_of}: {', '.join(sorted(keys)[:3])}")


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    if asked.all:
        compare_all()
        return
    rows = compare()
    if asked.json:
        print(json.dumps([{**asdict(row), "equal": row.equal} for row in rows]))
        return
    print(f"{'entry':62} {'region':10} {'shape':18} {'ours, USD/M':>14} {'litellm':>14}  verdict")
    for row in rows:
        verdict = "equal" if row.equal else f"differs: {row.explained or 'UNEXPLAINED'}"
        print(f"{row.key:62} {row.region:10} {row.shape:18} {row.ours_usd:14.2f} {row.litellm_usd:14.2f}  {verdict}")
    equal = sum(row.equal for row in rows)
    print(
        f"{len(ENTRIES)} entries x {len(SHAPES)} shapes: {equal} of {len(rows)} equal to the cent of a million requests"
    )


if __name__ == "__main__":
    main()
