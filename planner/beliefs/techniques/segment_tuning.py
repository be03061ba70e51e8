"""Quality of tuned models on a segment: the published line of tuned levels, applied to the segment's draws.

The large model of the line is that of the studies (weighed by how many used it), whatever newer models the catalog
has: a level that was measured beside GPT-4 does not rise because another model came out.
"""

from typing import Final

import numpy as np

from planner.beliefs.priors import model_draws, prior_draws
from planner.beliefs.quality.segment_quality import SegmentQuality
from planner.beliefs.techniques.published.lines import Line
from planner.beliefs.techniques.published.tuned import TunedModel, TunedRows, scatter
from planner.catalog.schema import Catalog
from planner.terms import TASK_KINDS
from planner.units import SEED, Draws, logistic, logit, normal_draws
from planner.workload.schema import Segment

TUNED_MODEL_SD: Final = 0.2
"""Spread between equally sized tuned models on one task, logit: within-task sd of the LoRA Land students."""
_LEVEL: Final = "fine_tune.level"
_REFERENCE: Final = "fine_tune.reference."
_BOTH: Final = (True, True)
_USUAL_FIRST: Final = frozenset({"classification", "extraction"})
"""Skills whose first kind is what most requests are; elsewhere nothing is assumed beyond the skill."""
_AS_HARD: Final = {"coding": "programming", "agentic": "open_agency", "knowledge_qa": "multiple_choice"}
"""Kind that an unnamed task of a skill is taken to be as hard as."""


def segment_kind(segment: Segment) -> str:
    """What the segment's requests ask within its skill, as stated; else the skill's usual kind, else the skill."""
    kinds = TASK_KINDS.get(segment.skill)
    return segment.task or (kinds[0] if kinds and segment.skill in _USUAL_FIRST else segment.skill)


def tuned_line(catalog: Catalog) -> TunedModel:
    """The line of tuned levels from the catalog's priors, with both scores known."""
    stem = f"{_LEVEL}."
    named = {name.removeprefix(stem): prior.a for name, prior in catalog.priors.items() if name.startswith(stem)}
    level = catalog.priors[_LEVEL]
    columns = {"hard", "large", "large_closed", "base", "decades", "decades_small", "decades_small_nested"}
    kinds = frozenset(named) - columns
    line = Line({"one": level.a, **named}, level.b, 0, ())
    return TunedModel({_BOTH: line}, kinds)


def large_of_studies(catalog: Catalog, direct: SegmentQuality) -> Draws:
    """Share (S,) that the large models of the tuning studies reach, only prompted: mean of their log odds."""
    row = {name: number for number, name in enumerate(direct.model_ids)}
    stated = {name.removeprefix(_REFERENCE): p.a for name, p in catalog.priors.items() if name.startswith(_REFERENCE)}
    known = {row[name]: weight for name, weight in stated.items() if name in row}
    if not known:
        frontier = [n for n, name in enumerate(direct.model_ids) if catalog.models[name].model_class == "frontier"]
        known = dict.fromkeys(frontier or range(len(direct.model_ids)), 1.0)
    log_odds = logit(direct.direct[list(known)])
    return logistic(np.average(log_odds, axis=0, weights=list(known.values())))


def tuned_quality(catalog: Catalog, segment: Segment, direct: SegmentQuality, seed: int = SEED) -> Draws:
    """Quality (M, S) of tuned models on familiar requests that need no private facts; nan where none can be tuned.

    What a study left out would scatter is drawn once for the segment, what equal models differ once for each. A tuned
    model that measures worse than its base is not deployed.
    """
    labels = segment.training.labelled_examples
    if labels < prior_draws(catalog, "fine_tune.min_labels", seed)[0]:
        return np.full_like(direct.direct, np.nan)
    models = [catalog.models[name] for name in direct.model_ids]
    model, rows = tuned_line(catalog), _rows(catalog, segment, direct)
    level, sd = model.forecast(rows, _BOTH)
    shared = np.sqrt(np.maximum((sd / scatter(rows, model.kinds)) ** 2 - TUNED_MODEL_SD**2, 0.0))
    task = normal_draws(seed, "fine_tune.level", segment.skill)
    own = model_draws(seed, ("fine_tune.model", segment.skill), direct.model_ids)
    noise = scatter(rows, model.kinds)[:, None] * (shared[:, None] * task + TUNED_MODEL_SD * own)
    reached = np.maximum(level + noise, logit(direct.direct))
    can = np.array([one.fine_tuning != "no" for one in models])
    return np.where(can[:, None], logistic(reached), np.nan)


def _rows(catalog: Catalog, segment: Segment, direct: SegmentQuality) -> TunedRows:
    count = len(direct.model_ids)
    sizes = [catalog.models[name].total_params_b for name in direct.model_ids]
    kind = segment_kind(segment)
    return TunedRows(
        kinds=(_AS_HARD.get(kind, kind),) * count,
        closed=np.full(count, float(segment.skill == "classification")),
        params_b=np.array([np.nan if size is None else size for size in sizes]),
        labels=np.full(count, float(segment.training.labelled_examples)),
        large=np.broadcast_to(large_of_studies(catalog, direct), direct.direct.shape),
        base=direct.direct,
    )
