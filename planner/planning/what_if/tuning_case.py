"""The question "when would a tuned small model win here", asked of a workload: plan the segment alone and compare."""

from datetime import date
from typing import Final

import numpy as np

from planner.beliefs.evidence.measured import measured_on
from planner.beliefs.model import Beliefs
from planner.beliefs.priors import prior_draws
from planner.beliefs.quality.segment_quality import segment_quality
from planner.beliefs.techniques.transforms import Technique, technique_quality
from planner.catalog.evidence.published_facts import published_facts
from planner.catalog.evidence.techniques import load_techniques
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.options.enumerate import enumerate_options
from planner.planning.explain.option_text import facts_of
from planner.planning.explain.tuning import SMALL_B, TuningAnswer, generalist_row, tuning_answer
from planner.planning.problem import state_problem
from planner.units import Draws
from planner.workload.schema import Segment, Workload

_LABELS: Final = (100, 300, 1_000, 2_000, 10_000)


def explain_tuning(workload: Workload, name: str, catalog: Catalog, beliefs: Beliefs, today: date) -> TuningAnswer:
    """When a tuned small model wins on the segment of this name; InputError when the workload has none."""
    segment = next((one for one in workload.segments if one.name == name), None)
    if segment is None:
        allowed = f"one of {', '.join(one.name for one in workload.segments)}"
        raise InputError("--tuning", "", found=name, allowed=allowed)
    alone = workload.model_copy(update={"segments": (segment,)})
    problem = state_problem(alone, enumerate_options(alone, catalog, beliefs, today))
    general = generalist_row(problem)
    chances: dict[int, float] = {}
    if general is not None:
        beside = problem.parts[0].table.quality[general]
        chances = chance_by_labels(workload.name, segment, catalog, beliefs, beside)
    minimum = float(prior_draws(catalog, "fine_tune.min_labels", beliefs.seed)[0])
    return tuning_answer(
        problem,
        facts_of(catalog, beliefs.seed),
        published_facts(load_techniques()),
        chances,
        minimum,
    )


def chance_by_labels(
    workload: str, segment: Segment, catalog: Catalog, beliefs: Beliefs, beside: Draws
) -> dict[int, float]:
    """Chance that the best tuned small model is as good as `beside` (S,), by labels owned."""
    direct = segment_quality(beliefs.quality, catalog, segment, measured_on(beliefs.measured, workload, segment))
    models = [catalog.models[one] for one in direct.model_ids]
    small = np.array([(one.total_params_b or np.inf) <= SMALL_B and one.fine_tuning != "no" for one in models])
    if not small.any():
        return {}
    found: dict[int, float] = {}
    for labels in _LABELS:
        owned = segment.model_copy(
            update={"training": segment.training.model_copy(update={"labelled_examples": labels})}
        )
        tuned = technique_quality(catalog, owned, direct, _technique(segment), beliefs.seed)[small]
        found[labels] = float(np.max(np.mean(tuned >= beside, axis=1)))
    return found


def _technique(segment: Segment) -> Technique:
    searched = segment.knowledge.corpus_tokens > 0.0 and segment.knowledge.private_or_fresh_share > 0.0
    return "rag+fine_tune" if searched else "fine_tune"
