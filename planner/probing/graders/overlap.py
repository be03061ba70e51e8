"""Graders by overlap with a reference: f1, rouge_l, chrf, levenshtein. Each takes the best of the references."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from rapidfuzz.distance import LCSseq, Levenshtein

from planner.probing.graders.answer_text import bare, folded, spoken, tokens
from planner.probing.graders.score import Grader, Score, one_line, texts_of
from planner.probing.suites.suite import Item

_ARTICLES: Final = frozenset({"a", "an", "the"})
_CHRF_ORDER: Final = 6
_CHRF_BETA: Final = 2.0
MOST_CHARACTERS: Final = 20_000
"""Characters of an answer that are compared: a runaway answer stays cheap to grade."""


def f1() -> Grader:
    """Harmonic mean of token precision and recall, without case, punctuation and articles (SQuAD, arXiv 1606.05250)."""
    return _best(bare, token_f1)


def rouge_l() -> Grader:
    """F-measure of the longest common subsequence of tokens (ROUGE-L, Lin 2004, beta 1, no stemming)."""
    return _best(spoken, rouge_l_similarity)


def chrf() -> Grader:
    """Character n-gram F-score, n to 6, beta 2, white space left out (chrF2, Popović 2015): for translation."""
    return _best(bare, chrf_similarity)


def levenshtein(*, ignore_case: bool = True) -> Grader:
    """1 - edit distance / length of the longer text, white space runs as one space."""

    def similarity(given: str, wanted: str) -> float:
        return edit_similarity(folded(given, ignore_case=ignore_case), folded(wanted, ignore_case=ignore_case))

    return _best(bare, similarity)


def _best(clean: Callable[[str], str], similarity: Callable[[str, str], float]) -> Grader:
    def grade(answer: str, item: Item) -> Score:
        given = clean(answer)[:MOST_CHARACTERS]
        rated = [(similarity(given, clean(reference)), reference) for reference in texts_of(item)]
        if not given or not rated:
            return Score(0.0, "no answer" if not given else "no reference")
        value, reference = max(rated)
        return Score(value, one_line(f"{value:.2f} against {reference!r}"))

    return grade


def token_f1(given: str, wanted: str) -> float:
    """Token F1; 0 when either has no token. Articles count where there is nothing else."""
    ours, theirs = _words(given), _words(wanted)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2.0 * common / (len(ours) + len(theirs)) if common else 0.0


def _words(text: str) -> list[str]:
    found = tokens(text)
    return [token for token in found if token not in _ARTICLES] or found


def rouge_l_similarity(given: str, wanted: str) -> float:
    """ROUGE-L F1 over tokens; 0 when either has none."""
    ours, theirs = tokens(given), tokens(wanted)
    common = common_subsequence(ours, theirs)
    return 2.0 * common / (len(ours) + len(theirs)) if common else 0.0


def common_subsequence(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    return int(LCSseq.similarity(ours, theirs))


def chrf_similarity(given: str, wanted: str) -> float:
    """chrF2: precision and recall averaged over the orders that both texts have, then combined."""
    ours, theirs = "".join(given.split()), "".join(wanted.split())
    precision = recall = 0.0
    orders = 0
    for order in range(1, _CHRF_ORDER + 1):
        have, want = _ngrams(ours, order), _ngrams(theirs, order)
        if not have or not want:
            continue
        common = sum((have & want).values())
        precision += common / sum(have.values())
        recall += common / sum(want.values())
        orders += 1
    if not orders or precision + recall == 0.0:
        return 0.0
    precision, recall = precision / orders, recall / orders
    weight = _CHRF_BETA**2
    return min((1.0 + weight) * precision * recall / (weight * precision + recall), 1.0)


def _ngrams(text: str, order: int) -> Counter[str]:
    return Counter(text[start : start + order] for start in range(len(text) - order + 1))


def edit_similarity(given: str, wanted: str) -> float:
    """1 - edit distance / length of the longer; 1 for two empty texts."""
    longer = max(len(given), len(wanted))
    return 1.0 - edit_distance(given, wanted) / longer if longer else 1.0


def edit_distance(given: str, wanted: str) -> int:
    """Levenshtein distance in characters."""
    return int(Levenshtein.distance(given, wanted))
