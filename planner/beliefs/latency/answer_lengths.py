"""Hidden reasoning as the user's own probes measured it: priors of single models beside the one of their skill.

The mean of n answers in a skill has log-variance cv^2 / n + d^2, d being how far another kind of request in the same
skill strays from the suite's; the prior of the skill is normal in logs, and so is the posterior.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final

import numpy as np

from planner.beliefs.evidence.measured import Measured
from planner.catalog.schema import Catalog, Prior, Source

_LIKE_THE_SUITE_SD: Final = 0.3
"""Log-sd of the mean between kinds of request in one skill (assumed)."""


def reasoning_prior_id(catalog: Catalog, model: str, skill: str) -> str:
    """Id of the prior of a model's hidden tokens per call in a skill: its own where it was measured."""
    own = f"reasoning_tokens.{skill}.{model}"
    return own if own in catalog.priors else f"reasoning_tokens.{skill}"


def with_measured_lengths(catalog: Catalog, measured: Measured) -> Catalog:
    """The catalog with a prior of its own for each model and skill whose hidden reasoning was measured."""
    day = max((date.fromisoformat(part.date) for part in measured.suites), default=catalog.as_of)
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in measured.times:
        found[one.model, one.skill].append(one.reasoning_tokens)
    added = {
        own.id: own
        for (model, skill), tokens in sorted(found.items())
        if sum(tokens) > 0 and (own := _posterior(catalog.priors[f"reasoning_tokens.{skill}"], model, tokens, day))
    }
    return replace(catalog, priors=MappingProxyType({**catalog.priors, **added})) if added else catalog


def _posterior(prior: Prior, model: str, tokens: list[int], day: date) -> Prior:
    """Log-normal of the mean after measured counts; `prior` is the skill's log-normal (median a, log-sd b)."""
    counts = np.array(tokens, dtype=np.float64)
    mean = float(counts.mean())
    noise = float(counts.var()) / mean**2 / counts.size + _LIKE_THE_SUITE_SD**2
    variance = prior.b**2
    centre = (np.log(prior.a) * noise + np.log(mean) * variance) / (variance + noise)
    return Prior(
        id=f"{prior.id}.{model}",
        family="lognormal",
        a=float(np.exp(centre)),
        b=float(np.sqrt(variance * noise / (variance + noise))),
        unit=prior.unit,
        number_class="measured",
        source=Source(f"measured: {counts.size} answers of your own runs", day),
    )
