"""Embedding similarity (an optional part): the caller brings the embedder, so this module needs none."""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from planner.probing.graders.answer_text import bare
from planner.probing.graders.score import Grader, Score, texts_of
from planner.probing.suites.suite import Item

Embed: TypeAlias = Callable[[list[str]], list[list[float]]]
"""Vectors of the texts, in their order: an OpenAI-compatible endpoint, a local model ..."""


def embedding(embed: Embed) -> Grader:
    """Cosine of the answer's and the best reference's vectors, negative values as 0.

    The scale depends on the embedder: set a threshold from labelled answers before reading it as right or wrong.
    """

    def grade(answer: str, item: Item) -> Score:
        given, references = bare(answer), texts_of(item)
        if not given or not references:
            return Score(0.0, "no answer" if not given else "no reference")
        first, *others = embed([given, *references])
        best = max(cosine(first, other) for other in others)
        return Score(min(max(best, 0.0), 1.0), f"cosine {best:.3f}")

    return grade


def cosine(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Cosine of two vectors; 0 when either has no length."""
    lengths = math.sqrt(math.fsum(one * one for one in ours)) * math.sqrt(math.fsum(one * one for one in theirs))
    return math.fsum(one * other for one, other in zip(ours, theirs, strict=True)) / lengths if lengths else 0.0
