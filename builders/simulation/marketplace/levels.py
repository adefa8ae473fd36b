"""How hard a ring is to find: six levels, and which ring has which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.hours import DAY, HOUR, MINUTE

KINDS = (
    "link-spam",
    "like-farm",
    "slow-drip",
    "copied-reviews",
    "follow-ring",
    "boost-pod",
    "shared-infrastructure",
    "hijack-burst",
    "lockstep-reviews",
    "swarm",
    "rotating-teams",
    "overlapping-rings",
)
"""Twelve kinds; a world has one ring of each at least, and two that overlap."""

LEVELS = ("L0", "L1", "L2", "L3", "L4", "L5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What a level means; a ring is drawn around it.

    `sizes`: from how many accounts to how many. `targets`: likewise. `joined`: the share of targets
    that a member comes to. `width`: within which its acts on one target fall, s. `cover`: ordinary
    acts for each of the ring's. `hijacked`: the share of members whose owners go on with their
    lives. `public`: others that come to a target, for each visit of the ring. `known`: the share of
    targets that were on sale before. `pooled`: how likely it is that it works from few addresses.
    `team`: the share of members that are sent to a target at all.
    """

    name: str
    sizes: tuple[int, int]
    targets: tuple[int, int]
    joined: float
    width: float
    cover: float
    hijacked: float
    public: float
    known: float
    pooled: float
    team: float = 1.0


TABLE = {
    level.name: level
    for level in (
        Level(
            name="L0", sizes=(12, 150), targets=(12, 40), joined=1.0, width=10.0, cover=0.0,
            hijacked=0.0, public=0.2, known=0.0, pooled=0.6,
        ),
        Level(
            name="L1", sizes=(10, 150), targets=(10, 30), joined=0.9, width=MINUTE, cover=1.0,
            hijacked=0.0, public=0.4, known=0.1, pooled=0.4,
        ),
        Level(
            name="L2", sizes=(8, 120), targets=(8, 20), joined=0.8, width=10 * MINUTE, cover=1.0,
            hijacked=0.2, public=0.7, known=0.25, pooled=0.2,
        ),
        Level(
            name="L3", sizes=(6, 80), targets=(8, 16), joined=0.6, width=HOUR, cover=3.0,
            hijacked=0.5, public=1.0, known=0.5, pooled=0.05,
        ),
        Level(
            name="L4", sizes=(5, 50), targets=(7, 12), joined=0.5, width=6 * HOUR, cover=3.0,
            hijacked=1.0, public=1.0, known=0.6, pooled=0.0, team=0.6,
        ),
        Level(
            name="L5", sizes=(5, 30), targets=(6, 10), joined=0.5, width=DAY, cover=5.0,
            hijacked=1.0, public=1.5, known=0.7, pooled=0.0, team=0.5,
        ),
    )
}  # fmt: skip
"""Shares, widths, cover and hijacked shares as in published injections and what evades them: with
none of it, with random and with popular cover (FRAUDAR, Hooi and others 2016), with hijacked
accounts (HoloScope, Liu and others 2017). Ten seconds and a minute stand for automation: astroturf
bots post within 45 s of one another (Elmas and others 2021); hours stand for people with a list."""


def dealt(rng: np.random.Generator) -> list[tuple[str, Level]]:
    """The rings of a world: each kind once and up to eight more, each level twice at least."""
    more = rng.choice(KINDS, int(rng.integers(2, 9))).tolist()
    kinds = [*KINDS, *more]
    spare = rng.choice(LEVELS, len(kinds) - 2 * len(LEVELS)).tolist()
    levels = [*LEVELS, *LEVELS, *spare]
    order = rng.permutation(len(levels))
    return [(kind, TABLE[levels[place]]) for kind, place in zip(kinds, order, strict=True)]
