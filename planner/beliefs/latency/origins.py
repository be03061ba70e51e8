"""Where an API time comes from, in words: the rows behind it, their dates, and what was added to them."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from planner.beliefs.latency.speed_facts import thought
from planner.catalog.schema import Catalog
from planner.catalog.speeds import ApiSpeed

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class SpeedOrigin:
    """What stands behind the times of a model at a provider."""

    value: str
    """What the rows say and what was added."""
    source: str
    newest: date | None
    """None: no row speaks of the model."""


def speed_origin(catalog: Catalog, model: str, provider: str) -> SpeedOrigin:
    """Rows of the model at the provider, else of the model anywhere, else none: then class, price and host tell."""
    of_model = [row for row in catalog.speeds if row.model == model]
    here = [row for row in of_model if row.host == provider]
    rows = here or of_model
    kind = catalog.models[model].reasoning if model in catalog.models else "none"
    added = (
        "added: another observer's factor, the prompt's reading time, hidden tokens x time per token where it thinks"
    )
    if not rows:
        value = f"no published row; forecast from its class, price, maker and kind of host; {added}"
        return SpeedOrigin(value, "catalogs/api_speeds", None)
    where = "there" if here else "elsewhere"
    said = [f"{len(rows)} published row{'' if len(rows) == 1 else 's'} of it {where}"]
    first = [row.ttft_ms for row in rows if row.ttft_ms is not None and thought(kind, row.effort) == "no"]
    rate = [row.tokens_per_s for row in rows if row.tokens_per_s is not None]
    said += [f"median first token without thinking {np.median(first) / 1000.0:.2g} s"] if first else []
    said += [f"median {np.median(rate):.3g} tokens a second"] if rate else []
    unread = [row for row in rows if row.ttft_ms is not None and thought(kind, row.effort) != "no"]
    if unread:
        said.append(
            f"{len(unread)} times to a first token after thinking, or that do not say, not taken as one without"
        )
    return SpeedOrigin(f"{'; '.join(said)}; {added}", _sources(rows), max(row.source.date for row in rows))


def _sources(rows: list[ApiSpeed]) -> str:
    """Publications, each with its newest day."""
    newest: dict[str, date] = {}
    for row in rows:
        name = row.source.url.split(":", 1)[0]
        newest[name] = max(row.source.date, newest.get(name, row.source.date))
    ordered = sorted(newest.items(), key=lambda item: item[1], reverse=True)
    shown = "; ".join(f"{name}, {day.isoformat()}" for name, day in ordered[:_SHOWN])
    return shown + (f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else "")
