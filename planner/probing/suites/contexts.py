"""Long contexts that are built, not stored: filler from a suite's haystack, needles at given depths.

The length is set in characters, not tokens, so that it needs no tokenizer and never depends on one: English prose of
this kind has about 4.2 characters a token by o200k_base (a test holds the shipped ones to 10 %).
"""

import re
from typing import Final

import numpy as np

from planner.probing.suites.suite import ContextFrom, Haystack
from planner.units import SEED, stream

CHARACTERS_PER_TOKEN: Final = 4.2
_GAP: Final = re.compile(r"\{([a-z_]+)\}")
_PARAGRAPH_SENTENCES: Final = 8


def gaps(haystack: Haystack) -> set[str]:
    """Names of all gaps in its sentences."""
    return {name for sentence in haystack.sentences for name in _GAP.findall(sentence)}


def build_context(asked: ContextFrom, haystack: Haystack, item_id: str) -> str:
    """Filler of about the asked length with its needles; the same for the same arguments, on every machine."""
    rng = stream(SEED, "haystack", asked.haystack, item_id)
    room = asked.tokens * CHARACTERS_PER_TOKEN - sum(len(needle.text) + 1 for needle in asked.needles)
    sentences = _filler(haystack, room, rng)
    # From the back, so that an inserted needle doesn't move the place of the next.
    for needle in sorted(asked.needles, key=lambda needle: needle.depth, reverse=True):
        sentences.insert(round(needle.depth * len(sentences)), needle.text)
    paragraphs = (
        sentences[start : start + _PARAGRAPH_SENTENCES] for start in range(0, len(sentences), _PARAGRAPH_SENTENCES)
    )
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)


def _filler(haystack: Haystack, characters: float, rng: np.random.Generator) -> list[str]:
    """Sentences whose joint length is just below the asked one; no sentence follows itself."""
    sentences: list[str] = []
    length, last = 0, -1
    while True:
        which = int(rng.integers(len(haystack.sentences)))
        if which == last:
            continue
        last = which
        sentence = _GAP.sub(lambda gap: _word(haystack.words[gap[1]], rng), haystack.sentences[which])
        length += len(sentence) + 1
        if length > characters and sentences:
            return sentences
        sentences.append(sentence)


def _word(words: tuple[str, ...], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]
