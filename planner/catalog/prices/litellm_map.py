"""litellm's price map to offers: prices, limits, regions. Its JSON is read from the package, never imported."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from planner.catalog.price import OffPeak, Price, PriceStep
from planner.catalog.prices.off_peak import read_off_peak
from planner.catalog.prices.regions import GLOBAL, UNKNOWN, Place, area_of_region, azure_place, bedrock_place
from planner.catalog.schema import Offer, Provider, Source
from planner.errors import InputError
from planner.units import TOKENS_PER_MTOK

Fields: TypeAlias = Mapping[str, Any]
"""One entry as the JSON has it: not yet trusted."""
Mode: TypeAlias = Literal["chat", "responses", "embedding"]
_MODES: Final[tuple[Mode, ...]] = get_args(Mode)
_MAP_NAME: Final = "model_prices_and_context_window_backup.json"
_RATES: Final = {
    "input_cost_per_token": "input_usd_per_mtok",
    "output_cost_per_token": "output_usd_per_mtok",
    "cache_read_input_token_cost": "cached_input_usd_per_mtok",
    "cache_creation_input_token_cost": "cache_write_usd_per_mtok",
    "output_cost_per_reasoning_token": "reasoning_usd_per_mtok",
    "input_cost_per_token_batches": "batch_input_usd_per_mtok",
    "output_cost_per_token_batches": "batch_output_usd_per_mtok",
    "cache_read_input_token_cost_batches": "batch_cached_input_usd_per_mtok",
    "cache_creation_input_token_cost_batches": "batch_cache_write_usd_per_mtok",
}
"""The map's name of a rate (USD per token) and ours (USD per million)."""
_RATE_ENDING: Final = "_usd_per_mtok"
_HOURLY: Final = frozenset(field.name for field in fields(OffPeak))
_STEP: Final = re.compile(r"^(.+)_above_(\d+)(k?)_tokens(_batches)?$")
_INCLUSIVE: Final = "xai"
"""litellm bills this provider's upper step from the threshold itself on."""
_CACHED_SHARE_OF_INPUT: Final = {"fireworks_ai": 0.5}
"""Cached input where an entry is silent, as litellm's FIREWORKS_AI_DEFAULT_CACHE_READ_RATE_RATIO."""
_DECIMALS: Final = 9


@dataclass(frozen=True, slots=True)
class PriceMap:
    """All offers of one price map."""

    offers: tuple[Offer, ...]
    skipped: tuple[str, ...]
    """Entries that could not be read: 'key: reason'."""
    text: bytes
    """The file as read, for the catalog's content hash."""
    refused: tuple[str, ...] = ()
    """Prices that cannot be, in the same words; told by `corrections`."""


def bundled_map() -> Path:
    """The price map inside the installed litellm; InputError when litellm is not installed."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        raise InputError(_MAP_NAME, "", found="no litellm", allowed="litellm installed beside the planner")
    return Path(spec.origin).parent / _MAP_NAME


def litellm_version() -> str:
    """Version of the installed litellm."""
    return metadata.version("litellm")


def load_price_map(path: Path, providers: Mapping[str, Provider], joins: Mapping[str, str], source: Source) -> PriceMap:
    """Offers of a price map file.

    Args:
        path: JSON file in litellm's format.
        providers: Curated providers by id.
        joins: Canonical model id of each reviewed key; other entries stay unjoined.
        source: Where the map comes from; an entry's own source address goes into the offer's note.

    Raises:
        InputError: The file cannot be read or is no mapping of entries.
    """
    try:
        text = path.read_bytes()
        entries = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(path.name, "", found=error, allowed="a price map in litellm's JSON format") from error
    if not isinstance(entries, dict):
        raise InputError(path.name, "", found=type(entries).__name__, allowed="a mapping of entries")
    by_name = {name: provider for provider in providers.values() for name in (provider.litellm or (provider.id,))}
    offers: list[Offer] = []
    skipped: list[str] = []
    for key, entry in entries.items():
        if not isinstance(entry, dict):
            skipped.append(f"{key}: {type(entry).__name__} instead of a mapping")
            continue
        if entry.get("mode") not in _MODES:
            continue
        try:
            offers.extend(tuple(_offers_of(key, entry, by_name, providers, source, joins.get(key))))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            skipped.append(f"{key}: {error}")
    return PriceMap(tuple(offers), tuple(skipped), text)


def _offers_of(
    key: str,
    entry: Fields,
    by_name: Mapping[str, Provider],
    providers: Mapping[str, Provider],
    source: Source,
    model: str | None,
) -> Iterator[Offer]:
    """One offer for each place in which an entry is sold."""
    name = str(entry.get("litellm_provider"))
    if name not in by_name:
        msg = f"provider {name!r} is not in providers.yaml"
        raise ValueError(msg)
    price = parse_price(entry)
    for place, factor in _places(key, entry, by_name[name]):
        provider = by_name[name]
        if place.region.startswith("us-gov"):
            provider = providers[f"{provider.id}_gov"]
        yield Offer(
            key=key,
            model=model,
            mode=entry["mode"],
            provider=provider.id,
            region=place.region,
            area=place.area,
            price=price if price is None or factor == 1.0 else scale_price(price, factor),
            context_tokens=_count(entry, "max_input_tokens") or _count(entry, "max_tokens"),
            max_output_tokens=_count(entry, "max_output_tokens"),
            modalities=_modalities(entry),
            retires=_retirement(entry),
            supports_json_schema=bool(
                entry.get("supports_response_schema") or entry.get("supports_native_structured_output")
            ),
            supports_tools=bool(entry.get("supports_function_calling")),
            supports_caching=bool(entry.get("supports_prompt_caching"))
            or (price is not None and price.cached_input_usd_per_mtok is not None),
            supports_reasoning=bool(entry.get("supports_reasoning")),
            source=_entry_source(source, entry),
        )


@cache
def _noted(source: Source, note: str) -> Source:
    return replace(source, note=note)


def _entry_source(source: Source, entry: Fields) -> Source:
    stated = entry.get("source")
    return _noted(source, f"entry states {stated}") if isinstance(stated, str) and stated else source


def _places(key: str, entry: Fields, provider: Provider) -> Iterator[tuple[Place, float]]:
    """Every place in which an entry is sold, with the factor on its prices there.

    Factors are litellm's: regional_processing_uplift_multiplier_eu/us (OpenAI's regional hosts),
    regional_endpoint_uplift_multiplier (Vertex AI's endpoints other than the global one, of which 'eu' and 'us' are
    the multi-regions), provider_specific_entry.us (Anthropic's inference_geo).
    """
    named = _named_places(key, entry, provider)
    for place in named:
        yield place, 1.0
    for region in ("eu", "us"):
        factor = entry.get(f"regional_processing_uplift_multiplier_{region}")
        if factor is None and named == (GLOBAL,):
            factor = entry.get("regional_endpoint_uplift_multiplier")
        if factor is None and provider.id == "anthropic":
            factor = (entry.get("provider_specific_entry") or {}).get(region)
        if factor is not None:
            yield Place(region, region), float(factor)


def _named_places(key: str, entry: Fields, provider: Provider) -> tuple[Place, ...]:
    if provider.id == "bedrock":
        return (bedrock_place(key) or UNKNOWN,)
    if provider.id == "azure":
        return (azure_place(key) or GLOBAL,)
    regions = entry.get("supported_regions")
    if provider.id == "vertex_ai" and isinstance(regions, list) and regions:
        return tuple(Place(str(region), area_of_region(str(region))) for region in regions)
    return (Place(provider.area, provider.area),)


def parse_price(entry: Fields) -> Price | None:
    """Prices of an entry, USD per million tokens; None when it states none.

    Both prices zero is how the map writes subscriptions, previews and local models: no price of a token either.

    Raises:
        ValueError: A rate is no number, negative or not finite.
    """
    rates, steps = _tiers(entry) if isinstance(entry.get("tiered_pricing"), list) else _steps(entry)
    given, returned = rates["input_usd_per_mtok"], rates["output_usd_per_mtok"]
    if entry.get("mode") == "embedding":
        returned = 0.0 if returned is None else returned
    if given is None or returned is None or (given == 0.0 and returned == 0.0):
        return None
    rest = {name: value for name, value in rates.items() if name not in {"input_usd_per_mtok", "output_usd_per_mtok"}}
    return Price(
        input_usd_per_mtok=given,
        output_usd_per_mtok=returned,
        request_usd=_request_usd(entry),
        steps=steps,
        off_peak=_off_peak(entry),
        **rest,
    )


def _off_peak(entry: Fields) -> OffPeak | None:
    rules = entry.get("off_peak_pricing")
    if rules is None:
        return None
    return read_off_peak(rules, {ours: _rate(rules, theirs) for theirs, ours in _RATES.items() if ours in _HOURLY})


def scale_price(price: Price, factor: float, decimals: int = _DECIMALS) -> Price:
    """Every token price times a factor: regional processing at a premium, another currency. Fees per request stay."""

    def scaled(part: Price | PriceStep | OffPeak) -> dict[str, float | None]:
        names = (field.name for field in fields(part) if field.name.endswith(_RATE_ENDING))
        values = {name: getattr(part, name) for name in names}
        return {name: None if value is None else round(value * factor, decimals) for name, value in values.items()}

    steps = tuple(PriceStep(step.above_input_tokens, **scaled(step)) for step in price.steps)
    hours = None if price.off_peak is None else OffPeak(price.off_peak.hours, **scaled(price.off_peak))
    return replace(price, steps=steps, off_peak=hours, **scaled(price))  # type: ignore[arg-type]  # names are those of Price


def _rate(entry: Fields, name: str) -> float | None:
    """USD per million tokens of one rate of the map (USD per token)."""
    value = entry.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        msg = f"{name} is {value!r}, not a number"
        raise TypeError(msg)
    number = float(value)
    if not 0.0 <= number < 1.0:
        msg = f"{name} is {value!r}, not a price of one token"
        raise ValueError(msg)
    return round(number * TOKENS_PER_MTOK, _DECIMALS)


def _base_rates(entry: Fields) -> dict[str, float | None]:
    rates = {ours: _rate(entry, theirs) for theirs, ours in _RATES.items()}
    # A write price of zero is the map's way to say that writing costs nothing beyond the input price (DeepSeek).
    if rates["cache_write_usd_per_mtok"] == 0.0:
        rates["cache_write_usd_per_mtok"] = None
    share = _CACHED_SHARE_OF_INPUT.get(str(entry.get("litellm_provider")))
    if share is not None and rates["cached_input_usd_per_mtok"] is None and rates["input_usd_per_mtok"] is not None:
        rates["cached_input_usd_per_mtok"] = rates["input_usd_per_mtok"] * share
    return rates


def _steps(entry: Fields) -> tuple[dict[str, float | None], tuple[PriceStep, ...]]:
    """Base rates, and one step for each threshold of the '..._above_200k_tokens' rates, each built on the last."""
    base = _base_rates(entry)
    changes: dict[float, dict[str, float | None]] = {}
    for name in entry:
        match = _STEP.match(name) if "_above_" in name else None
        ours = _RATES.get(match[1] + (match[4] or "")) if match else None
        if match and ours and entry[name] is not None:
            threshold = float(match[2]) * (1000.0 if match[3] else 1.0)
            changes.setdefault(threshold, {})[ours] = _rate(entry, name)
    steps: list[PriceStep] = []
    rates = base
    for threshold in sorted(changes):
        rates = rates | changes[threshold]
        # Whole tokens: at least N is more than N - 1.
        above = threshold - 1.0 if entry.get("litellm_provider") == _INCLUSIVE else threshold
        steps.append(PriceStep(above, **rates))
    return base, tuple(steps)


def _tiers(entry: Fields) -> tuple[dict[str, float | None], tuple[PriceStep, ...]]:
    """Rates of a 'tiered_pricing' list: the tier of the input bills the whole request; an unstated output is flat."""
    flat = _base_rates(entry)
    tiers = sorted((tier for tier in entry["tiered_pricing"] if len(tier.get("range", ())) == 2), key=_tier_start)
    if not tiers:
        msg = "tiered_pricing has no tier with a range"
        raise ValueError(msg)
    steps: list[PriceStep] = []
    for tier in tiers:
        rates = {ours: _rate(tier, theirs) for theirs, ours in _RATES.items()}
        if rates["output_usd_per_mtok"] is None:
            rates["output_usd_per_mtok"] = flat["output_usd_per_mtok"]
            rates["reasoning_usd_per_mtok"] = flat["reasoning_usd_per_mtok"]
        steps.append(PriceStep(_tier_start(tier), **rates))
    base = {name: getattr(steps[0], name) for name in flat}
    return base, tuple(steps[1:])


def _tier_start(tier: Fields) -> float:
    return float(tier["range"][0])


def _request_usd(entry: Fields) -> float:
    """Fee per request: stated, or for Perplexity's models, which always search, the cheapest search context."""
    stated = entry.get("input_cost_per_request")
    if stated is None and entry.get("litellm_provider") == "perplexity":
        stated = (entry.get("search_context_cost_per_query") or {}).get("search_context_size_low")
    return 0.0 if stated is None else float(stated)


def _count(entry: Fields, name: str) -> int | None:
    value = entry.get(name)
    if value is None or value == "":
        return None
    number = int(float(value))
    if number < 0:
        msg = f"{name} is {value!r}, not a number of tokens"
        raise ValueError(msg)
    return number or None


def _retirement(entry: Fields) -> date | None:
    stated = entry.get("deprecation_date")
    return None if stated in (None, "") else date.fromisoformat(str(stated))


_MODALITY_FLAGS: Final = {
    "image": ("supports_vision", "supports_image_input", "supports_embedding_image_input"),
    "audio": ("supports_audio_input",),
    "video": ("supports_video_input",),
    "pdf": ("supports_pdf_input",),
}


def _modalities(entry: Fields) -> tuple[str, ...]:
    listed = entry.get("supported_modalities") or ()
    return (
        "text",
        *(name for name, flags in _MODALITY_FLAGS.items() if name in listed or any(entry.get(f) for f in flags)),
    )
