"""A newer price map: fetch litellm's current one, keep it with its date, and tell what changed."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal, TypeAlias

from planner.catalog.price import Price
from planner.catalog.schema import Offer
from planner.errors import InputError, OfflineError

PRICE_MAP_URL: Final = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
_NAME: Final = re.compile(r"^litellm_prices_\d{4}-\d{2}-\d{2}\.json$")
_FETCHED: Final = "fetched price map"
_TIMEOUT_S: Final = 20.0
_MOST_BYTES: Final = 64 * 1024 * 1024
_FEWEST_ENTRIES: Final = 100
"""A map with fewer is not the whole of it: an error page, or a truncated file."""

ChangeKind: TypeAlias = Literal["added", "removed", "price", "context", "retirement"]


@dataclass(frozen=True, slots=True)
class MapChange:
    """One difference between two price maps."""

    kind: ChangeKind
    key: str
    region: str
    model: str | None
    before: str
    """As a reader would write it; '' for an entry that was not there."""
    after: str


def fetch_price_map(
    folder: Path, today: date, url: str = PRICE_MAP_URL, timeout_s: float = _TIMEOUT_S, fewest: int = _FEWEST_ENTRIES
) -> Path:
    """Fetch litellm's current map into a folder, under a name that carries the day; the path of the file.

    Raises:
        OfflineError: There is no network, or the host does not answer in time.
        InputError: What came back is no price map.
    """
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as answer:  # noqa: S310 (a constant https address)
            text = answer.read(_MOST_BYTES + 1)
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", error)
        msg = f"offline: litellm's price map could not be fetched ({reason}); the map in use stays"
        raise OfflineError(msg) from error
    _check_map(text, fewest)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"litellm_prices_{today.isoformat()}.json"
    half = path.with_suffix(".part")
    half.write_bytes(text)
    half.replace(path)
    return path


def _check_map(text: bytes, fewest: int) -> None:
    allowed = f"a price map of at least {fewest} entries"
    if len(text) > _MOST_BYTES:
        raise InputError(_FETCHED, "", found=f"more than {_MOST_BYTES} bytes", allowed=allowed)
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(_FETCHED, "", found=error, allowed=allowed) from error
    if not isinstance(entries, dict) or len(entries) < fewest:
        raise InputError(_FETCHED, "", found=f"a {type(entries).__name__}", allowed=allowed)


def newest_price_map(folder: Path) -> Path | None:
    """The newest fetched map of a folder; None when there is none."""
    if not folder.is_dir():
        return None
    return max((path for path in folder.iterdir() if _NAME.match(path.name)), default=None)


def compare_maps(old: Sequence[Offer], new: Sequence[Offer]) -> tuple[MapChange, ...]:
    """What changed between the offers of two maps, in the order of the keys: entries, prices, context, retirement."""
    before, after = _by_place(old), _by_place(new)
    changes: list[MapChange] = []
    for place in sorted(before.keys() | after.keys()):
        changes.extend(_changes_of(before.get(place), after.get(place)))
    return tuple(changes)


def _by_place(offers: Sequence[Offer]) -> Mapping[tuple[str, str], Offer]:
    return {(offer.key, offer.region): offer for offer in offers}


def _changes_of(before: Offer | None, after: Offer | None) -> Iterator[MapChange]:
    if before is None:
        assert after is not None
        yield MapChange("added", after.key, after.region, after.model, "", price_text(after.price))
        return
    if after is None:
        yield MapChange("removed", before.key, before.region, before.model, price_text(before.price), "")
        return
    if before.price != after.price:
        old, new = price_text(before.price), price_text(after.price)
        note = "" if old != new else " (cached, batch or long-context prices)"
        yield MapChange("price", after.key, after.region, after.model, old, new + note)
    if before.context_tokens != after.context_tokens:
        old, new = _tokens_text(before.context_tokens), _tokens_text(after.context_tokens)
        yield MapChange("context", after.key, after.region, after.model, old, new)
    if before.retires != after.retires:
        old, new = _date_text(before.retires), _date_text(after.retires)
        yield MapChange("retirement", after.key, after.region, after.model, old, new)


def price_text(price: Price | None) -> str:
    """Input and output price as a reader writes them, USD per million tokens."""
    if price is None:
        return "no token price"
    return f"{price.input_usd_per_mtok:g} in / {price.output_usd_per_mtok:g} out USD per million tokens"


def _tokens_text(tokens: int | None) -> str:
    return "not stated" if tokens is None else f"{tokens:,} tokens"


def _date_text(day: date | None) -> str:
    return "no date" if day is None else day.isoformat()
