"""What to measure next: which model on which segment, how likely the answers change the plan, and what that is worth.

Expected value of sample information (Raiffa and Schlaifer, Applied Statistical Decision Theory, 1961): over all that a
probe may find (probe_outcomes.py), what the best plan then costs against the present one.
The plan after k is the best option that then holds the floor at the confidence, the other segments as planned.

Two things are worth money. Answers may show that a cheaper tool holds the floor: the plan saves the difference. Or that
the planned tool does not: then holding the floor costs more, and what the user asks to pay for it is the least that
knowing is worth.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from planner.beliefs.evidence.measured import measured_on
from planner.beliefs.model import Beliefs
from planner.beliefs.quality.segment_quality import segment_quality
from planner.catalog.pricing import TokenUse, charge_usd
from planner.catalog.schema import Catalog
from planner.options.table import TECHNIQUES
from planner.planning.certainty.probe_outcomes import (
    CERTAIN,
    Outcomes,
    outcomes_of,
    quantile_after,
    quantile_of,
    standard,
    told_by,
)
from planner.planning.choose import Planned
from planner.planning.explain.option_text import model_name
from planner.planning.explain.shares import beside
from planner.planning.problem import Problem, SegmentPart
from planner.planning.solve.milp import Solution
from planner.planning.wording import percent_text, usd_text
from planner.units import Bools, Draws, Floats, Ints, logit
from planner.workload.schema import Segment

SIZES: Final = (20, 50, 100, 200, 400)
"""Items that a probe may ask."""
MINUTES_PER_LABEL: Final = 1.0
"""A person's time to write or check the reference of one sample that has none yet (assumed)."""
_CANDIDATES: Final = 8
_CHEAP_ROWS: Final = 400
_SURE_ROWS: Final = 40
_OPEN: Final = 0.02
"""An option less likely than this to hold the floor is not in question."""
_SURE: Final = 0.98
_TELLING: Final = 0.005
"""Probes less likely than this to change anything are not told."""
_SAME_PRICE: Final = 0.01
_QUALITY_ALONE: Final = 1e12
"""Where quality is maximised any gain of it outweighs money, which then only breaks ties."""
_DRAW_ERROR: Final = 0.02
"""A probability read off 256 draws is known no better than this at 0.9: less of a move is no news."""


@dataclass(frozen=True, slots=True)
class ProbeIdea:
    """One model asked on one segment."""

    segment: str
    model: str
    model_name: str
    items: int
    change_share: float
    """How likely the answers change the segment's tool."""
    saves_usd: float
    """Expected saving a month: a cheaper tool is shown to hold the floor."""
    protects_usd: float
    """A month: what holding the floor costs where the planned tool is shown to miss it."""
    answers_usd: float | None
    """Price of the answers; None: no API serves the model, so it has to be served for the probe."""
    labels_usd: float
    """People's time for the references that are still missing."""
    likely_tool: str
    """Tool that most often takes over; '' when none does."""

    @property
    def worth_usd(self) -> float:
        """What the answers are worth a month."""
        return self.saves_usd + self.protects_usd

    @property
    def costs_usd(self) -> float:
        """What the probe costs, once."""
        return (self.answers_usd or 0.0) + self.labels_usd

    @property
    def worth_per_usd(self) -> float:
        """Worth a month for each dollar of probing; a free probe is priced at a cent."""
        return self.worth_usd / max(self.costs_usd, 0.01)

    @property
    def text(self) -> str:
        """In a sentence."""
        worth = f"worth {usd_text(self.worth_usd)} a month" if self.worth_usd > 0.0 else "worth no money by itself"
        other = f", most often to {self.likely_tool}" if self.likely_tool else ""
        return (
            f"Ask {self.model_name} {self.items} samples of {self.segment}: the tool changes in"
            f" {percent_text(self.change_share)} of outcomes{other}; {worth}, costs {usd_text(self.costs_usd)}."
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """A segment whose choice may change: the options that matter, in the order of the table."""

    part: SegmentPart
    rows: Ints
    """(R,) rows of the table."""
    added_usd: Floats
    """(R,) mean cost that each adds beside the other segments."""
    usd_per_quality: float
    """What quality is weighed with in the objective, USD a month for the whole share; 0 where only cost counts."""
    margin: Draws
    """(R, S) how far each is over the floor, log odds, in units of its spread and from its mean."""
    likely: Floats
    """(R,) share of draws in which each holds the floor, as a normal quantile."""
    now: int
    """Position of the planned option; -1: there is no plan."""


def rank_probes(
    planned: Planned, catalog: Catalog, beliefs: Beliefs, referenced: Mapping[str, int] | None = None
) -> tuple[ProbeIdea, ...]:
    """Probes by what they are worth a month for each dollar, best first; none whose answers change nothing.

    Args:
        planned: The plan, or the conflict, that answers would change.
        catalog: What exists.
        beliefs: What is known, earlier probes included.
        referenced: Samples with a reference that each segment has already; more items cost a person's time.

    Of each model and segment the size with the highest worth over the horizon less its cost is kept. Segments are
    looked at one by one, the others as planned. Where no plan holds the limits, or quality itself is maximised, probes
    are ranked by how likely their answers change the choice.
    """
    problem, have = planned.problem, referenced or {}
    found: list[ProbeIdea] = []
    for question in _questions(problem, planned.solution):
        segment = question.part.segment
        seen = measured_on(beliefs.measured, problem.workload.name, segment)
        quality = segment_quality(beliefs.quality, catalog, segment, seen)
        row = {name: number for number, name in enumerate(quality.model_ids)}
        for model in _candidates(question):
            asked = (model, quality.direct[row[model]])
            ideas = [_idea(problem, catalog, question, asked, size, have.get(segment.name, 0)) for size in SIZES]
            found.append(max(ideas, key=lambda idea: _net_usd(problem, idea)))
    telling = [idea for idea in found if idea.change_share >= _TELLING]
    return tuple(sorted(telling, key=lambda idea: (-idea.worth_per_usd, -idea.change_share, idea.segment, idea.model)))


def _net_usd(problem: Problem, idea: ProbeIdea) -> tuple[float, float]:
    return idea.worth_usd * problem.workload.horizon_months - idea.costs_usd, idea.change_share


def _questions(problem: Problem, solution: Solution | None) -> Iterator[_Question]:
    for number, part in enumerate(problem.parts):
        # Without a plan only segments that no option serves yet are in question.
        if part.table.size == 0 or (solution is None and part.rows.size > 0):
            continue
        added = _alone_usd(problem, part) if solution is None else beside(problem, solution, number).usd()
        chosen = -1 if solution is None else solution.choice[number]
        open_rows = np.isfinite(added)
        if solution is not None:
            open_rows &= _allowed_beside(problem, solution, number, added)
        rows = _rows_in_question(part, added, open_rows, chosen)
        yield _Question(
            part=part,
            rows=rows,
            added_usd=added[rows],
            usd_per_quality=_usd_per_quality(problem, number),
            margin=standard(logit(part.table.quality[rows]) - logit(part.table.floor)),
            likely=quantile_of(part.held.within["quality_floor"][rows]),
            now=int(np.flatnonzero(rows == chosen)[0]) if chosen >= 0 else -1,
        )


def _usd_per_quality(problem: Problem, number: int) -> float:
    objective, share = problem.workload.objective, float(problem.request_share[number])
    if objective.maximise is not None:
        return _QUALITY_ALONE * share
    return 0.0 if objective.weigh is None else objective.weigh.usd_per_quality_point * 100.0 * share


def _alone_usd(problem: Problem, part: SegmentPart) -> Floats:
    """(N,) what each option costs if no other segment shares its components or replicas."""
    table = part.table
    fixed = part.component_matrix.astype(np.float64) @ problem.component_usd
    usd = table.usage_usd.mean(axis=1) + fixed[table.component_set]
    pooled = np.flatnonzero(table.pool >= 0)
    replicas = problem.replicas_in(table.pool[pooled], table.pool_load[pooled].mean(axis=1))
    usd[pooled] += replicas * problem.replica_usd[table.pool[pooled]]
    return np.asarray(usd, dtype=np.float64)


def _allowed_beside(problem: Problem, solution: Solution, number: int, added: Floats) -> Bools:
    """(N,) options that keep the limits of the whole plan, the other segments as planned.

    An option that holds all limits, costs less than the planned one and was still not chosen breaks one of these too
    (or wins only where other segments change): it is no news.
    """
    part, limits, chosen = problem.parts[number], problem.workload.limits, solution.choice[number]
    models, providers = _others(problem, solution, number)
    table = part.table
    first, second = part.model_of[table.model], part.model_of[table.strong_model]
    new = (~np.isin(first, list(models))).astype(int) + (
        ~np.isin(second, list(models)) & (table.strong_model >= 0) & (second != first)
    )
    allowed: Bools = np.ones(table.size, dtype=np.bool_)
    if limits.max_models is not None:
        allowed &= len(models) + new <= limits.max_models
    if limits.min_providers is not None:
        mine = ~np.isin(part.provider_of[table.place], list(providers))
        allowed &= len(providers) + mine >= limits.min_providers
    if limits.monthly_budget_usd is not None:
        allowed &= solution.cost_usd - added[chosen] + added <= limits.monthly_budget_usd
    known = part.held.fits() & (added < added[chosen] - 1e-6 * max(1.0, abs(float(added[chosen]))))
    if problem.workload.objective.maximise is None and problem.workload.objective.weigh is None:
        allowed &= ~known
    allowed[chosen] = True
    return allowed


def _others(problem: Problem, solution: Solution, number: int) -> tuple[set[int], set[int]]:
    """Models and providers of the other segments' planned options."""
    models: set[int] = set()
    providers: set[int] = set()
    for each, (part, row) in enumerate(zip(problem.parts, solution.choice, strict=True)):
        if each == number:
            continue
        table = part.table
        models.add(int(part.model_of[table.model[row]]))
        providers.add(int(part.provider_of[table.place[row]]))
        if table.strong_model[row] >= 0:
            models.add(int(part.model_of[table.strong_model[row]]))
            providers.add(int(part.provider_of[table.strong_place[row]]))
    return models, providers


def _rows_in_question(part: SegmentPart, added: Floats, allowed: Bools, chosen: int) -> Ints:
    """Options that may become the best: the cheapest that may hold the floor, the cheapest that surely do, today's."""
    held = part.held
    usable: Bools = held.fits(without=("quality_floor",)) & allowed
    likely = held.within["quality_floor"]
    order = np.argsort(added, kind="stable")
    order = order[usable[order]]
    may, sure = order[likely[order] > _OPEN][:_CHEAP_ROWS], order[likely[order] >= _SURE][:_SURE_ROWS]
    return np.unique(np.concatenate([may, sure, np.array([chosen] if chosen >= 0 else [], dtype=np.int64)]))


def _candidates(question: _Question) -> list[str]:
    """Models whose quality is in question: the planned ones, then those of cheaper options that may hold the floor."""
    table, rows = question.part.table, question.rows
    if rows.size == 0:
        return []
    likely = question.part.held.within["quality_floor"][rows]
    best = float(question.added_usd[question.now]) if question.now >= 0 else float(question.added_usd.max())
    gain = np.maximum(best - question.added_usd, 0.0) * np.where(
        likely < question.part.held.needed["quality_floor"], likely, 0.0
    )
    first = [] if question.now < 0 else [question.now]
    ranked = [*first, *np.argsort(-gain, kind="stable").tolist()]
    found = [int(table.model[rows[place]]) for place in ranked if place in first or gain[place] > 0.0]
    return [table.model_ids[model] for model in list(dict.fromkeys(found))[:_CANDIDATES]]


def _idea(
    problem: Problem, catalog: Catalog, question: _Question, asked: tuple[str, Draws], items: int, have: int
) -> ProbeIdea:
    """What a probe of one model (and its quality in each draw) with so many items is worth."""
    model, share = asked
    segment = question.part.segment
    outcomes = outcomes_of(share, items)
    best, saves, protects = _after(question, standard(logit(share)), outcomes)
    probability = outcomes.probability
    changed = _another_tool(question, best)
    if question.now >= 0 and question.usd_per_quality == 0.0:
        # A tool that takes over at the same price is no news.
        changed &= (best < 0) | (saves + protects > _SAME_PRICE * abs(float(question.added_usd[question.now])))
    money = problem.workload.objective.maximise is None and question.now >= 0
    tools, times = np.unique(best[changed & (best >= 0)], return_counts=True)
    return ProbeIdea(
        segment=segment.name,
        model=model,
        model_name=model_name(catalog, model),
        items=items,
        change_share=float(probability[changed].sum()),
        saves_usd=float(probability @ saves) if money else 0.0,
        protects_usd=float(probability @ protects) if money else 0.0,
        answers_usd=_answers_usd(catalog, segment, model, items),
        labels_usd=_labels_usd(problem, max(items - have, 0)),
        likely_tool=_tool(catalog, question, int(tools[np.argmax(times)])) if tools.size else "",
    )


def _after(question: _Question, x: Draws, outcomes: Outcomes) -> tuple[Ints, Floats, Floats]:
    """After each of K outcomes: the best option (its position, -1 for none), what it saves, what it protects."""
    table, confidence = question.part.table, question.part.held.needed["quality_floor"]
    z = quantile_after(question.likely, told_by(question.margin, x), outcomes)
    moved = np.abs(ndtr(z) - ndtr(question.likely)[:, None]) >= _DRAW_ERROR
    fitted = question.part.held.fits()[question.rows][:, None]
    fits: Bools = np.where(moved, z >= float(ndtri(min(confidence, CERTAIN))) - 1e-9, fitted)
    score = np.repeat(question.added_usd[:, None], outcomes.mean.size, axis=1)
    if question.usd_per_quality:
        quality = table.quality[question.rows]
        shift = (told_by(standard(quality), x) * quality.std(axis=1))[:, None] * outcomes.mean
        score -= question.usd_per_quality * (quality.mean(axis=1)[:, None] + shift)
    priced = np.where(fits, score, np.inf)
    best = np.where(fits.any(axis=0), np.argmin(priced, axis=0), -1)
    columns = np.arange(outcomes.mean.size)
    none = np.zeros(outcomes.mean.size)
    if question.now < 0:
        return best, none, none
    # Where nothing holds the floor any more there is no price for holding it.
    gap = np.where(best >= 0, score[question.now] - score[best, columns], 0.0)
    still = fits[question.now]
    return best, np.where(still, np.maximum(gap, 0.0), 0.0), np.where(still, 0.0, np.maximum(-gap, 0.0))


def _another_tool(question: _Question, best: Ints) -> Bools:
    """(K,) whether the best option is another model, technique or escalation than the planned one, or none is left."""
    table = question.part.table
    tools = np.stack([table.model, table.technique, table.strong_model])[:, question.rows]
    planned = tools[:, [question.now]] if question.now >= 0 else np.full((3, 1), -2)
    same: Bools = (tools[:, best] == planned).all(axis=0)
    return np.where(best < 0, question.now >= 0, ~same)


def _tool(catalog: Catalog, question: _Question, position: int) -> str:
    table, row = question.part.table, int(question.rows[position])
    name = model_name(catalog, table.model_ids[table.model[row]])
    technique = {"direct": "", "few_shot": " + examples"}.get(TECHNIQUES[table.technique[row]])
    told = f"{name}{technique}" if technique is not None else f"{name} ({TECHNIQUES[table.technique[row]]})"
    strong = int(table.strong_model[row])
    return told if strong < 0 else f"{told} → {model_name(catalog, table.model_ids[strong])}"


def _answers_usd(catalog: Catalog, segment: Segment, model: str, items: int) -> float | None:
    """Answers at the cheapest API's price; None where no API of the catalog serves the model."""
    use = TokenUse(segment.input_tokens.mean, segment.output_tokens.mean)
    priced = [offer.price for offer in catalog.offers if offer.model == model and offer.price is not None]
    return min((float(charge_usd(use, price)) * items for price in priced), default=None)


def _labels_usd(problem: Problem, items: int) -> float:
    if not problem.workload.assumptions.include_people:
        return 0.0
    return items * MINUTES_PER_LABEL / 60.0 * problem.workload.assumptions.engineer_hour_usd
