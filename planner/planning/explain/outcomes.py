"""What a segment's option does with questions that need documents, and what novelty costs it, from its draws."""

from planner.beliefs.techniques.outcomes import Outcomes
from planner.beliefs.techniques.segment_retrieval import RetrievedShares, answer_age_hours, outdated_share
from planner.options.cascade import STRONG_TECHNIQUE
from planner.options.table import TECHNIQUES, OptionTable
from planner.planning.plan import RetrievalShares
from planner.planning.problem import Problem
from planner.planning.wording import figure_of, steady
from planner.units import Draws
from planner.workload.schema import Segment

_SHARES = ("right", "wrong", "from_memory", "declined", "invented")


def retrieval_shares(problem: Problem, number: int, row: int) -> RetrievalShares | None:
    """Shares of the questions that need documents, of one option; None where it searches none."""
    outcomes = _outcomes(problem, number)
    table, segment = problem.parts[number].table, problem.parts[number].segment
    technique = TECHNIQUES[table.technique[row]]
    if outcomes is None or not outcomes.retrieved or not technique.startswith("rag"):
        return None
    shares = _of_option(outcomes, table, row)
    right, wrong, memory, declined, invented = (figure_of(shares[name]) for name in _SHARES)
    mean, at_most = answer_age_hours(segment)
    text = (
        f"Of 100 questions that need documents {_of_100(right.mean)} are found and right, {_of_100(wrong.mean)} found "
        f"and wrong, {_of_100(memory.mean)} right from memory, {_of_100(declined.mean)} declined and "
        f"{_of_100(invented.mean)} invented. {_age_text(segment, mean, at_most)}"
    )
    return RetrievalShares(
        of_requests=segment.knowledge.private_or_fresh_share,
        retrieved_right=right,
        retrieved_wrong=wrong,
        right_from_memory=memory,
        declined=declined,
        invented=invented,
        answer_age_hours_mean=mean,
        answer_age_hours_at_most=at_most,
        outdated_share=steady(outdated_share(segment)),
        text=text,
    )


def novelty_cost(problem: Problem, number: int, row: int) -> float | None:
    """Share of acceptable answers that novel requests cost an option; of a cascade by the share it passes on."""
    outcomes = _outcomes(problem, number)
    if outcomes is None:
        return None
    table = problem.parts[number].table
    technique = int(table.technique[row])
    lost = float(outcomes.novelty_share[technique, _model(outcomes, table, int(table.model[row]))])
    strong = int(table.strong_model[row])
    if strong >= 0:
        passed = float(table.escalation_share[row].mean())
        of_strong = outcomes.novelty_share[_strong(technique), _model(outcomes, table, strong)]
        lost = (1.0 - passed) * lost + passed * float(of_strong)
    return steady(lost)


def _outcomes(problem: Problem, number: int) -> Outcomes | None:
    of_segments = problem.options.outcomes
    return of_segments[number] if of_segments else None


def _strong(technique: int) -> int:
    return TECHNIQUES.index(STRONG_TECHNIQUE[TECHNIQUES[technique]])


def _model(outcomes: Outcomes, table: OptionTable, number: int) -> int:
    return outcomes.model_ids.index(table.model_ids[number])


def _of_option(outcomes: Outcomes, table: OptionTable, row: int) -> dict[str, Draws]:
    tuned = "fine_tune" in TECHNIQUES[table.technique[row]]
    shares = _of_model(outcomes.retrieved[tuned], _model(outcomes, table, int(table.model[row])))
    strong = int(table.strong_model[row])
    if strong < 0:
        return shares
    passed = table.escalation_share[row]
    others = _of_model(outcomes.retrieved[False], _model(outcomes, table, strong))
    return {name: (1.0 - passed) * shares[name] + passed * others[name] for name in shares}


def _of_model(shares: RetrievedShares, model: int) -> dict[str, Draws]:
    return {name: getattr(shares, name)[model] for name in _SHARES}


def _of_100(share: float) -> str:
    return f"{100.0 * share:.0f}" if share >= 0.005 else f"{100.0 * share:.1f}"


def _age_text(segment: Segment, mean: float, at_most: float) -> str:
    if segment.knowledge.changed_tokens_per_month <= 0.0:
        return "No document is said to change."
    return f"An answer lags behind a changed document by {mean:.0f} hours on average, {at_most:.0f} at most."
