"""Who may learn from what: campaigns, a test that comes later, and folds.

A ring that is found every night is one ring. Were it on both sides of a split, a card would be
praised for knowing it again. So clusters that share accounts are one *campaign*; a campaign is
never on both sides, and every decision that is learned from is older than every one that is
tested on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from jobs.training.examples import Example

SHARED = 3
"""Accounts that two clusters of one campaign share, or chains of clusters do pairwise."""
LATER = 0.3
"""The share of the decisions, the latest, from which the test is taken."""
FOLDS = 5

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Which examples are learned from and which are tested on, as places in their order.

    Attributes:
        campaigns: the campaign of each example, numbered in the order of the examples.
        train: examples decided before `cut`.
        test: examples decided at `cut` or later whose campaign has none before it.
        known: how many later examples are in neither, since their campaign was known before.
        cut: ms since 1970 UTC.
    """

    campaigns: Ints
    train: Ints
    test: Ints
    known: int
    cut: int


def campaigns_of(members: Sequence[frozenset[str]], *, shared: int = SHARED) -> Ints:
    """The campaign of each cluster: those that share accounts, directly or in a chain.

    Args:
        members: the accounts of each cluster.
        shared: how many accounts join two clusters.
    """
    places = {account: n for n, account in enumerate(sorted(frozenset().union(*members)))}
    rows = [n for n, accounts in enumerate(members) for _ in accounts]
    columns = [places[account] for accounts in members for account in sorted(accounts)]
    holds = csr_array(
        (np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(len(members), len(places))
    )
    joined = ((holds @ holds.T) >= shared).astype(np.int8)
    _, labels = connected_components(joined, directed=False)
    first: dict[int, int] = {}
    return np.array([first.setdefault(int(each), len(first)) for each in labels], dtype=np.int64)


def split(examples: Sequence[Example], *, later: float = LATER) -> Split:
    """The examples parted by time and by campaign.

    Args:
        examples: in the order of their decisions.
        later: the share of them, the latest, from which the test is taken. Decisions of one
            moment stay together, so that fewer may be.
    """
    campaigns = campaigns_of([each.members for each in examples])
    times = np.array([each.decided_at for each in examples], dtype=np.int64)
    cut = int(times[min(int(np.ceil((1 - later) * len(times))), len(times) - 1)])
    if cut == times[0]:
        # Most were decided in the first moment: what came after it is the test.
        cut += 1
    before = times < cut
    known = np.isin(campaigns, campaigns[before])
    return Split(
        campaigns=campaigns,
        train=np.flatnonzero(before),
        test=np.flatnonzero(~known),
        known=int((known & ~before).sum()),
        cut=cut,
    )


def folds_of(campaigns: Ints, confirmed: npt.NDArray[np.bool_], *, seed: int) -> Ints:
    """A fold for each example, in 0 .. `FOLDS` - 1: campaigns whole, rings and others dealt evenly.

    Args:
        campaigns: the campaign of each example.
        confirmed: whether each is a ring; a campaign with a ring counts as one.
        seed: of the dealing.
    """
    numbers = np.unique(campaigns)
    is_ring = np.isin(numbers, campaigns[confirmed])
    drawing = np.random.default_rng(seed)
    dealt = np.concatenate(
        [drawing.permutation(numbers[is_ring]), drawing.permutation(numbers[~is_ring])]
    )
    fold_of = dict(zip(dealt.tolist(), (np.arange(len(dealt)) % FOLDS).tolist(), strict=True))
    return np.array([fold_of[int(each)] for each in campaigns], dtype=np.int64)
