"""The same text has more tokens with one model than with another: factors over the tokens that a workload states.

Who counted decides. Said (`assumptions.tokens_counted_by`) comes first, then the model that serves the segment today
(its bill or log is where the figures come from), then o200k_base where the figures are those of samples that were
counted here. Where nobody says, families whose published factor lies within a fifth of o200k_base are left as stated:
no closer is a number known whose tokenizer is not. Families beyond that (newer Claude) count by their factor.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from planner.catalog.tokenizers import REFERENCE, Tokenizer, tokenizer_of
from planner.units import DRAW_COUNT, Draws, normal_draws
from planner.workload.schema import Assumptions, Segment

_USUAL: Final = 1.2
"""A ratio up to this is what an unnamed tokenizer may have itself."""
_VOCABULARY_OWNERS: Final = {"o200k_base": "openai/gpt-4o", "cl100k_base": "openai/gpt-4"}


def counted_by(segment: Segment, assumptions: Assumptions) -> str | None:
    """Whose tokens a segment states: a vocabulary or a model id; None when nobody says."""
    if assumptions.tokens_counted_by is not None:
        return assumptions.tokens_counted_by
    if segment.today is not None:
        return segment.today.model
    return REFERENCE if segment.samples is not None else None


def token_factors(segment: Segment, assumptions: Assumptions, models: Sequence[str], seed: int) -> Draws:
    """Tokens of each model over the tokens stated, (N, S); exactly 1 for the tokenizer that counted them.

    A factor is log-normal with the published spread over texts, scaled so that its mean is the published one.
    """
    counter = counted_by(segment, assumptions)
    reference = None if counter is None else tokenizer_of(_VOCABULARY_OWNERS.get(counter, counter))
    factors = {row: _factor(row, reference, seed) for row in {tokenizer_of(model) for model in models}}
    return np.array([factors[tokenizer_of(model)] for model in models]).reshape(len(models), DRAW_COUNT)


@lru_cache(maxsize=256)
def _factor(own: Tokenizer, reference: Tokenizer | None, seed: int) -> Draws:
    if own == reference or (reference is None and own.ratio <= _USUAL):
        factor: Draws = np.ones(DRAW_COUNT)
    elif reference is None:
        factor = _ratio(own, seed)
    else:
        apart = _ratio(own, seed) / _ratio(reference, seed)
        factor = own.ratio / reference.ratio * apart / apart.mean()
    factor.flags.writeable = False
    return factor


def _ratio(tokenizer: Tokenizer, seed: int) -> Draws:
    """Draws of a family's ratio to o200k_base, with that mean."""
    spread = np.exp(tokenizer.log_sd * normal_draws(seed, "tokenizer", tokenizer.family))
    ratio: Draws = tokenizer.ratio * spread / spread.mean()
    return ratio
