"""How hard a ring is to find: a table of the abuse literature's planted rings, as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from builders.simulation.hours import DAY, HOUR, MINUTE

KINDS = ("link-spam", "vote-farm", "copied-comments", "follow-ring", "boost-pod", "slow-drip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What a level asks of a ring; the first eight are the table's, the last three are guesses.

    Args:
        accounts: about how many; sizes are log-uniform from two thirds to three halves of it.
        targets: how many things it is sent to.
        share: the share of the targets that each account comes to.
        jitter: the s within which it comes to one.
        cover: other acts for each of the ring's, at the median member.
        popular: whether these are popular things; else anything.
        hijacked: the share of accounts that somebody else lives in.
        shared: whether as many others come to each target as the ring sends.
        drip: in place of the jitter where a ring is slow, s.
        changed: the share of words that a copied comment exchanges.
        addresses: addresses of its own for each account, from and to; the literature's static
            variant has 1/50 to 1. Half of all rings have one for each.
    """

    accounts: int
    targets: int
    share: float
    jitter: float
    cover: float
    popular: bool
    hijacked: float
    shared: bool
    drip: float
    changed: float
    addresses: tuple[float, float]


TABLE: Mapping[str, Level] = {
    "L0": Level(
        accounts=200, targets=20, share=1.0, jitter=10.0, cover=0.0, popular=False, hijacked=0.0,
        shared=False, drip=6 * HOUR, changed=0.0, addresses=(1 / 50, 1 / 5),
    ),
    "L1": Level(
        accounts=100, targets=15, share=0.9, jitter=MINUTE, cover=1.0, popular=False, hijacked=0.0,
        shared=False, drip=12 * HOUR, changed=0.06, addresses=(1 / 20, 1 / 2),
    ),
    "L2": Level(
        accounts=50, targets=10, share=0.8, jitter=10 * MINUTE, cover=1.0, popular=True,
        hijacked=0.2, shared=False, drip=DAY, changed=0.15, addresses=(1 / 5, 1.0),
    ),
    "L3": Level(
        accounts=30, targets=10, share=0.6, jitter=HOUR, cover=3.0, popular=True, hijacked=0.5,
        shared=True, drip=2 * DAY, changed=0.25, addresses=(1 / 2, 1.0),
    ),
}  # fmt: skip


def dealt(rng: np.random.Generator) -> list[tuple[str, str]]:
    """Kind and level of each ring: two of a kind, at two levels; each level two to four times."""
    while True:
        levels = rng.permutation([*TABLE, *TABLE, *rng.choice(list(TABLE), 4)])
        dealt = [(kind, *levels[2 * place : 2 * place + 2]) for place, kind in enumerate(KINDS)]
        most = max(np.unique(levels, return_counts=True)[1])
        if most <= 4 and all(first != second for _, first, second in dealt):
            return [(kind, str(level)) for kind, *both in dealt for level in both]
