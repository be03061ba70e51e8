"""When a tuned small model wins on a segment: against which generalist, with which chance, and what has to be true.

The segment is planned alone: every tuned option of a small model is set beside the cheapest option that only prompts,
draw by draw, at the segment's own volume and at every other.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from planner.beliefs.techniques.segment_tuning import segment_kind
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.catalog.schema import Catalog
from planner.options.table import TECHNIQUES
from planner.planning.draw_shares import upper_at
from planner.planning.explain.option_text import Facts, choice_of
from planner.planning.plan import Figure, OptionChoice, Part
from planner.planning.problem import Problem, SegmentPart
from planner.planning.wording import figure_of, percent_text, rounded_text, steady, usd_text
from planner.units import Bools, Draws, Floats, Ints
from planner.workload.schema import Segment

SMALL_B: Final = 15.0
"""Largest model, billions of total parameters, that is called small here."""
_VOLUMES: Final = np.geomspace(1e-3, 1e3, 241)
"""Times the stated volume at which the bills are compared."""
_SHOWN: Final = 3
_TUNED: Final = np.array(["fine_tune" in name for name in TECHNIQUES])


class TunedWay(Part):
    """One tuned small model beside the generalist."""

    option: OptionChoice
    quality: Figure
    monthly_cost_usd: Figure
    """Alone: tokens or whole machines, tuning and retraining, people's hours."""
    people_usd: float
    better: float
    """Share of draws in which it answers at least as well as the generalist."""
    enough: float
    """Share of draws in which it reaches the segment's floor."""
    wins: float
    """Share of draws in which it is cheaper and reaches the floor, or the generalist's quality where that is lower."""
    break_even_requests: float | None
    """Requests a month from which it is the cheaper one; None: at no volume up to a thousand times the stated."""


class HostedTuning(Part):
    """What a provider asks for tuning, and where it serves."""

    provider: str
    models: str
    method: str
    usd_per_mtok: float
    tuned_tokens_factor: float
    """Price of a tuned model's tokens over the base model's."""
    served: str
    """'by_token', or 'dedicated': on machines of one's own there."""
    areas: tuple[str, ...]
    """Where its models are served; whether training stays there the provider has to confirm."""
    residency: str
    """What the provider says of it; '' where nothing was found."""
    source: str


class PublishedWins(Part):
    """How often a tuned model reached the large one of its study."""

    kind: str
    rows: int
    studies: int
    reached: float
    """Share of rows in which it did; every study weighs the same."""
    median_gap: float
    """Median of tuned less large, share of answers."""


class TuningAnswer(Part):
    """When a tuned small model wins on one segment."""

    segment: str
    kind: str
    requests_per_month: float
    labelled_examples: int
    retrain_per_year: float
    answer: str
    generalist: OptionChoice | None
    generalist_quality: Figure | None
    generalist_cost_usd: Figure | None
    ways: tuple[TunedWay, ...]
    conditions: tuple[str, ...]
    """What would have to be true."""
    hosted: tuple[HostedTuning, ...]
    published: tuple[PublishedWins, ...]


def generalist_row(problem: Problem) -> int | None:
    """The cheapest option that only prompts and holds every limit of the only segment; None where none may serve it."""
    part = problem.parts[0]
    prompted = (part.table.strong_model < 0) & ~_TUNED[part.table.technique]
    return _cheapest(problem, part, np.flatnonzero(prompted))


def tuning_answer(
    problem: Problem,
    facts: Facts,
    published: Sequence[TechniqueFact],
    chance_by_labels: Mapping[int, float],
    minimum_labels: float,
) -> TuningAnswer:
    """Answer for the only segment of a problem; `chance_by_labels`: of equalling the generalist, by labels owned."""
    part = problem.parts[0]
    tuned = _small_tuned(facts.catalog, part)
    general = generalist_row(problem)
    ways = () if general is None else _ways(problem, facts, part, tuned, general)
    segment = part.segment
    kind = segment_kind(segment)
    shown = None if general is None else choice_of(problem, facts, 0, general)
    return TuningAnswer(
        segment=segment.name,
        kind=kind,
        requests_per_month=segment.requests_per_month,
        labelled_examples=segment.training.labelled_examples,
        retrain_per_year=segment.training.retrain_per_year,
        answer=_answer(segment, shown, ways, minimum_labels),
        generalist=shown,
        generalist_quality=None if general is None else figure_of(part.table.quality[general]),
        generalist_cost_usd=None if general is None else figure_of(alone_usd(problem, part, general)),
        ways=ways,
        conditions=_conditions(segment, ways, chance_by_labels, minimum_labels),
        hosted=_hosted(facts.catalog, segment),
        published=published_wins(published),
    )


def _small_tuned(catalog: Catalog, part: SegmentPart) -> Ints:
    """Rows of tuned small models by themselves."""
    table = part.table
    sizes = np.array([catalog.models[name].total_params_b or np.inf for name in table.model_ids])
    small = sizes[table.model] <= SMALL_B
    return np.flatnonzero(_TUNED[table.technique] & (table.strong_model < 0) & small)


def alone_usd(problem: Problem, part: SegmentPart, row: int, times: float = 1.0) -> Draws:
    """Bill (S,) of one option that serves the segment alone, at so many times its volume."""
    table = part.table
    members = part.component_matrix[table.component_set[row]]
    usd = times * table.usage_usd[row] + problem.component_draws[members].sum(axis=0)
    pool = int(table.pool[row])
    if pool < 0:
        return np.asarray(usd)
    load = float(upper_at(table.pool_load[row : row + 1], problem.confidence)[0]) * times
    replicas = problem.replicas_in(np.array([pool]), np.array([load]))[0]
    return np.asarray(usd + replicas * problem.replica_usd[pool])


def _cheapest(problem: Problem, part: SegmentPart, rows: Ints) -> int | None:
    """Cheapest of the options that hold every limit; the best one where none does; None where there is none."""
    if not rows.size:
        return None
    fits: Bools = part.held.fits()[rows]
    if not fits.any():
        return int(rows[int(np.argmax(part.table.quality[rows].mean(axis=1)))])
    fitting = rows[fits]
    return int(min(fitting.tolist(), key=lambda row: (float(alone_usd(problem, part, row).mean()), row)))


def _ways(problem: Problem, facts: Facts, part: SegmentPart, rows: Ints, general: int) -> tuple[TunedWay, ...]:
    """The best tuned ways: by the chance to win, then by cost; one a model."""
    cheapest: dict[tuple[int, int], int] = {}
    for row in sorted(rows.tolist(), key=lambda one: float(alone_usd(problem, part, one).mean())):
        cheapest.setdefault((int(part.table.model[row]), int(part.table.technique[row])), row)
    every = [_way(problem, facts, part, row, general) for row in cheapest.values()]
    # Chances a tenth apart are told apart; below that the better answers count first.
    ranked = sorted(every, key=lambda way: (-round(way.wins, 1), -way.better, way.monthly_cost_usd.mean))
    best = {way.option.model: way for way in reversed(ranked)}
    return tuple(way for way in ranked if way is best[way.option.model])[:_SHOWN]


def _way(problem: Problem, facts: Facts, part: SegmentPart, row: int, general: int) -> TunedWay:
    table = part.table
    usd, other = alone_usd(problem, part, row), alone_usd(problem, part, general)
    quality, beside = table.quality[row], table.quality[general]
    good = quality >= np.minimum(table.floor, beside)
    members = np.flatnonzero(part.component_matrix[table.component_set[row]])
    people = sum(problem.options.components[number].people_usd for number in members)
    return TunedWay(
        option=choice_of(problem, facts, 0, row),
        quality=figure_of(quality),
        monthly_cost_usd=figure_of(usd),
        people_usd=steady(float(people)),
        better=steady(float(np.mean(quality >= beside))),
        enough=steady(float(np.mean(quality >= table.floor))),
        wins=steady(float(np.mean(good & (usd < other)))),
        break_even_requests=_break_even(problem, part, row, general),
    )


def _break_even(problem: Problem, part: SegmentPart, row: int, general: int) -> float | None:
    """Requests a month from which the tuned model stays the cheaper one, by mean bills; None where it never does."""

    def dearer(times: float) -> bool:
        own, other = (float(alone_usd(problem, part, one, times).mean()) for one in (row, general))
        return own >= other

    above: Floats = np.array([dearer(float(times)) for times in _VOLUMES])
    if above[-1]:
        return None
    first = int(np.flatnonzero(above)[-1]) + 1 if above.any() else 0
    return steady(float(_VOLUMES[first]) * part.segment.requests_per_month)


def _answer(segment: Segment, general: OptionChoice | None, ways: tuple[TunedWay, ...], minimum_labels: float) -> str:
    labels = segment.training.labelled_examples
    if labels < minimum_labels:
        return f"Not with {labels:,} labelled examples: tuning is planned from {minimum_labels:,.0f} on."
    if general is None:
        return "Nothing that only prompts may serve this segment, so there is nothing to set a tuned model against."
    if not ways:
        return f"No small model (up to {SMALL_B:.0f}B) that may serve this segment can be tuned for it."
    best = ways[0]
    verdict = "wins" if best.wins >= 0.5 else "does not win"
    volume = (
        "it is cheaper at no volume"
        if best.break_even_requests is None
        else f"it is the cheaper one from {rounded_text(best.break_even_requests)} requests a month"
    )
    return (
        f"A tuned {best.option.label} {verdict}: beside {general.label} it is cheaper and good enough in "
        f"{percent_text(best.wins)} of the draws, answers at least as well in {percent_text(best.better)}, and "
        f"{volume} (stated: {rounded_text(segment.requests_per_month)})."
    )


def _conditions(
    segment: Segment, ways: tuple[TunedWay, ...], chance_by_labels: Mapping[int, float], minimum_labels: float
) -> tuple[str, ...]:
    """What would have to be true for a tuned small model to win, one sentence each."""
    told = [_labels_text(segment, chance_by_labels, minimum_labels)]
    if ways:
        best = ways[0]
        if best.break_even_requests is not None:
            told.append(
                f"Volume: at least {rounded_text(best.break_even_requests)} requests a month; "
                f"{rounded_text(segment.requests_per_month)} are stated."
            )
        told.append(
            f"Upkeep: {usd_text(best.people_usd)} of people's hours a month, with "
            f"{segment.training.retrain_per_year:g} retrainings a year; a task that changes faster takes more of both."
        )
        told.append(
            f"Quality: {percent_text(best.enough)} of the draws reach the floor; a probe of 200 answers settles it."
        )
    if segment.novelty > 0.0:
        told.append(
            f"Sameness: {percent_text(segment.novelty)} of the requests are taken to be unlike the labels; on those a "
            "tuned model loses most."
        )
    if not segment.data.may_leave_premises:
        told.append("Premises: the data may not leave, so it is tuned and served on own machines.")
    return tuple(told)


def _labels_text(segment: Segment, chance_by_labels: Mapping[int, float], minimum_labels: float) -> str:
    labels = segment.training.labelled_examples
    even = next((count for count, chance in sorted(chance_by_labels.items()) if chance >= 0.5), None)
    if even is None:
        best = max(chance_by_labels.values(), default=0.0)
        return (
            f"Labels: no number of them makes it as good as the generalist more often than not; "
            f"the chance stays below {percent_text(max(best, 0.01))}. {labels:,} are stated."
        )
    return (
        f"Labels: from about {max(even, round(minimum_labels)):,} it equals the generalist more often than not; "
        f"{labels:,} are stated."
    )


def _hosted(catalog: Catalog, segment: Segment) -> tuple[HostedTuning, ...]:
    """Published prices of hosted tuning at providers that may serve the segment."""
    allowed = segment.data.providers_allowed
    if not segment.data.may_leave_premises:
        return ()
    rows = []
    for price in catalog.fine_tune_prices:
        if allowed is not None and price.provider not in allowed:
            continue
        name = catalog.providers[price.provider].name if price.provider in catalog.providers else price.provider
        areas = sorted({offer.area for offer in catalog.offers if offer.provider == price.provider and offer.area})
        rows.append(
            HostedTuning(
                provider=name,
                models=price.model,
                method=price.method,
                usd_per_mtok=price.usd_per_mtok,
                tuned_tokens_factor=price.inference_factor,
                served=price.served,
                areas=tuple(areas),
                residency=price.residency,
                source=price.source.url,
            )
        )
    return tuple(rows)


def published_wins(facts: Sequence[TechniqueFact]) -> tuple[PublishedWins, ...]:
    """By kind of task, how often a tuned model of at most 15B reached the large one; studies weigh the same."""
    groups: dict[str, list[TechniqueFact]] = {}
    for fact in facts:
        small = fact.params_b is None or fact.params_b <= SMALL_B
        if fact.technique == "fine_tune" and fact.reference is not None and small:
            groups.setdefault(fact.kind or fact.skill, []).append(fact)
    return tuple(_wins(kind, some) for kind, some in sorted(groups.items()))


def _wins(kind: str, facts: Sequence[TechniqueFact]) -> PublishedWins:
    gaps = np.array([fact.score - (fact.reference or 0.0) for fact in facts])
    studies = np.array([fact.source_id.removesuffix("-sizes") for fact in facts])
    names = np.unique(studies)
    reached = float(np.mean([np.mean(gaps[studies == name] >= 0.0) for name in names]))
    return PublishedWins(
        kind=kind,
        rows=len(facts),
        studies=len(names),
        reached=steady(reached),
        median_gap=steady(float(np.median(gaps))),
    )
