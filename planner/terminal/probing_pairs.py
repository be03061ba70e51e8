"""Comparisons of a run in a terminal: who wins, how sure that is, how often the judge only liked a place."""

from collections.abc import Sequence

from planner.beliefs.evidence.run_pairs import PairShare
from planner.terminal.layout import bullets, show


def print_pairs(pairs: Sequence[PairShare]) -> None:
    """One line a pair; nothing where nothing was compared."""
    show(*bullets("Compared pairwise", [pair_words(one) for one in pairs]))


def pair_words(one: PairShare) -> str:
    """A pair in a sentence."""
    way = f" ({one.condition})" if one.condition not in {"", "plain"} else ""
    share = f"{one.share.mean:.0%} ({one.share.low:.0%} to {one.share.high:.0%})"
    counts = f"{one.wins} won, {one.losses} lost, {one.ties} tied"
    turned = f", {one.turned} of them because the verdict turned with the order" if one.turned else ""
    paid = f"; the judge cost {one.cost_usd:.6f} USD" if one.cost_usd else ""
    verdict = "a difference" if one.called else "no difference shown"
    return (
        f"{one.first} wins {share} against {one.second}{way} on {one.items} items by {one.judge}: "
        f"{counts}{turned}; sign test p = {one.sign_p:.2g}: {verdict}{paid}"
    )
