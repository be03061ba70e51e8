"""Which API to time next: where a time limit alone shuts out a cheaper tool, twenty requests may open it.

A session of 20 requests tells a median to about a fifth (the session's own strays by 0.15 in logs), far closer than
what is known before; so the chance that the tool is shown to hold is the share of draws in which it does (Raiffa and
Schlaifer 1961, perfect information as an upper bound of what a sample is worth).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.catalog.pricing import TokenUse, charge_usd
from planner.catalog.schema import Catalog
from planner.planning.choose import Planned
from planner.planning.explain.option_text import model_name
from planner.planning.explain.shares import beside
from planner.planning.problem import SegmentPart
from planner.planning.wording import percent_text, usd_text
from planner.units import Floats, Ints

REQUESTS: Final = 20
_LEAST_CHANCE: Final = 0.05
_TIMES: Final = "latency."


@dataclass(frozen=True, slots=True)
class TimingIdea:
    """One model timed at one provider on one segment."""

    segment: str
    model: str
    model_name: str
    provider: str
    place: str
    requests: int
    limits: tuple[str, ...]
    """Time limits that shut it out: 'latency.total_p95_ms'."""
    chance: float
    """How likely it is to hold them."""
    saves_usd: float
    """A month, if it does."""
    costs_usd: float
    """Of the requests, once."""

    @property
    def worth_usd(self) -> float:
        """Expected saving a month."""
        return self.chance * self.saves_usd

    @property
    def text(self) -> str:
        """One sentence."""
        return (
            f"Time {self.model_name} at {self.place} on {self.segment}, {self.requests} requests for "
            f"{usd_text(self.costs_usd)}: it would hold the time limit with a chance of {percent_text(self.chance)} "
            f"and save {usd_text(self.saves_usd)} a month."
        )


def rank_timings(planned: Planned, catalog: Catalog) -> tuple[TimingIdea, ...]:
    """Timing probes by worth, best first; none without a plan, or where no time limit shuts out a cheaper tool."""
    if planned.solution is None:
        return ()
    found: list[TimingIdea] = []
    for number, part in enumerate(planned.problem.parts):
        added = beside(planned.problem, planned.solution, number).usd()
        found += _ideas(catalog, part, added, planned.solution.choice[number])
    worth = [idea for idea in found if idea.worth_usd * planned.problem.workload.horizon_months > idea.costs_usd]
    return tuple(sorted(worth, key=lambda idea: (-idea.worth_usd, idea.segment, idea.model, idea.provider)))


def _ideas(catalog: Catalog, part: SegmentPart, added: Floats, chosen: int) -> list[TimingIdea]:
    """The best option of each model and provider that only time limits shut out."""
    best: dict[tuple[str, str], TimingIdea] = {}
    for idea in _candidates(catalog, part, added, chosen):
        key = (idea.model, idea.provider)
        if key not in best or idea.worth_usd > best[key].worth_usd:
            best[key] = idea
    return list(best.values())


def _candidates(catalog: Catalog, part: SegmentPart, added: Floats, chosen: int) -> Iterator[TimingIdea]:
    table, held = part.table, part.held
    times = [path for path in held.within if path.startswith(_TIMES)]
    if not times:
        return
    others = [path for path in held.within if path not in times]
    cheaper = np.isfinite(added) & (added < added[chosen]) & held.holds(others) & ~held.holds(times)
    rows: Ints = np.flatnonzero(cheaper)
    for row in rows.tolist():
        place = table.places[table.place[row]]
        chance = float(min(held.shares[path][row] for path in times))
        if place.serving != "api" or int(table.strong_model[row]) >= 0 or chance < _LEAST_CHANCE:
            continue
        model = table.model_ids[table.model[row]]
        yield TimingIdea(
            segment=part.segment.name,
            model=model,
            model_name=model_name(catalog, model),
            provider=place.provider,
            place=place.label,
            requests=REQUESTS,
            limits=tuple(path for path in times if not held.holds([path])[row]),
            chance=chance,
            saves_usd=float(added[chosen] - added[row]),
            costs_usd=_requests_usd(catalog, part, place.offer_key),
        )


def _requests_usd(catalog: Catalog, part: SegmentPart, offer_key: str) -> float:
    use = TokenUse(part.segment.input_tokens.mean, part.segment.output_tokens.mean)
    price = next((offer.price for offer in catalog.offers if offer.key == offer_key and offer.price is not None), None)
    return 0.0 if price is None else REQUESTS * float(charge_usd(use, price))
