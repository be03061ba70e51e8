"""Who wins when a judge compares answers to the same items: win share by pair, with its interval and a sign test.

A tie is half a win for each. The interval is that of a paired difference (probe_statistics.py), clustered by document:
win share = 1/2 + difference / 2, and a difference is called so only when its interval excludes zero. The sign test
looks at the decided pairs alone (Dixon and Mood, JASA 41, 1946).
"""

from dataclasses import dataclass
from math import comb

from planner.beliefs.evidence.probe_statistics import paired_difference
from planner.store.database.engine import Store
from planner.store.grades import preferences_of
from planner.store.records import Preference, Verdict
from planner.store.runs import read_run
from planner.store.verdicts import clusters_of, verdicts_of
from planner.units import LEVEL, Interval


@dataclass(frozen=True, slots=True)
class PairShare:
    """Two models under one condition."""

    first: str
    second: str
    condition: str
    judge: str
    items: int
    """Items on which they were compared."""
    wins: int
    """Of the first."""
    losses: int
    ties: int
    turned: int
    """Ties that are none: the judge's verdict turned with the order of the answers."""
    share: Interval
    """Win share of the first, a tie as half a win."""
    called: bool
    """The interval excludes one half: only then is one better."""
    sign_p: float
    """Two-sided sign test of the decided pairs: how likely so uneven a split is between equals."""
    cost_usd: float
    """What the judge was paid for these verdicts, or may have been."""


def pair_shares(store: Store, run_id: str, level: float = LEVEL) -> tuple[PairShare, ...]:
    """Win shares of a run's pairs by condition, in the order of its models; InputError when there is no such run."""
    run = read_run(store, run_id)
    place = {target.name: number for number, target in enumerate(run.targets)}
    cluster = clusters_of(store, run_id)
    found: dict[tuple[str, str, str, str], dict[str, Preference]] = {}
    for one in preferences_of(store, run_id):
        ours, theirs = sorted((one.winner, one.loser), key=lambda name: place.get(name, len(place)))
        found.setdefault((ours, theirs, one.condition, one.judge), {})[one.item] = one
    verdicts = {(one.item, one.condition, one.first, one.second): one for one in verdicts_of(store, run_id)}
    return tuple(_share(key, of_pair, verdicts, cluster, level) for key, of_pair in found.items())


def _share(
    key: tuple[str, str, str, str],
    of_pair: dict[str, Preference],
    verdicts: dict[tuple[str, str, str, str], Verdict],
    cluster: dict[str, str],
    level: float,
) -> PairShare:
    ours, theirs, condition, judge = key
    points = [0.5 if one.tied else float(one.winner == ours) for one in of_pair.values()]
    wins, losses = points.count(1.0), points.count(0.0)
    gap = paired_difference(
        points, [1.0 - point for point in points], [cluster.get(item, item) for item in of_pair], level
    )
    mean, low, high = (0.5 + 0.5 * end for end in (gap.interval.mean, gap.interval.low, gap.interval.high))
    return PairShare(
        first=ours,
        second=theirs,
        condition=condition,
        judge=judge,
        items=len(points),
        wins=wins,
        losses=losses,
        ties=len(points) - wins - losses,
        turned=sum(_turned(item, key, verdicts) for item in of_pair),
        share=Interval(mean, low, high, level),
        called=gap.called,
        sign_p=sign_test(wins, losses),
        cost_usd=sum(
            one.counted_usd
            for one in verdicts.values()
            if one.condition == condition and {one.first, one.second} == {ours, theirs}
        ),
    )


def _turned(item: str, key: tuple[str, str, str, str], verdicts: dict[tuple[str, str, str, str], Verdict]) -> bool:
    """Whether the judge preferred what stood in one place, whichever answer it was."""
    ours, theirs, condition, _ = key
    forward, backward = (verdicts.get((item, condition, *order)) for order in ((ours, theirs), (theirs, ours)))
    return forward is not None and backward is not None and {forward.choice, backward.choice} in ({"first"}, {"second"})


def sign_test(wins: int, losses: int) -> float:
    """Two-sided p of a split between equals: twice the binomial tail at one half, at most 1.

    >>> sign_test(10, 0), sign_test(3, 3), sign_test(0, 0)
    (0.001953125, 1.0, 1.0)
    """
    decided = wins + losses
    tail = sum(comb(decided, count) for count in range(max(wins, losses), decided + 1))
    # Whole numbers: 2**decided is beyond a float for a long run.
    return min(2 * tail / (1 << decided), 1.0)
