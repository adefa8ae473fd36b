"""How hard a ring is to find: four levels, and which ring has which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.hours import HOUR, MINUTE

KINDS = (
    "link-spam",
    "like-farm",
    "copied-comments",
    "follow-ring",
    "mutual-boost",
    "slow-drip",
)
"""The six kinds; there are two rings of each."""

LEVELS = ("L0", "L1", "L2", "L3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What a level means; what a ring is drawn around.

    `width`: within which its acts on one target fall, s.
    `joined`: the share of targets that a member comes to.
    `most`: the greatest share of a member's acts that the ring asks for; the others are its own.
    `hijacked`: the share of members whose owners go on with their lives.
    `size`: what sizes are multiplied by: whoever hides better works by hand, and has fewer.
    `public`: others that come to each target, for each visit of the ring; `least`: how many do.
    """

    name: str
    width: float
    joined: float
    most: float
    hijacked: float
    size: float
    public: float
    least: int


TABLE = {
    level.name: level
    for level in (
        Level(
            name="L0", width=10.0, joined=1.0, most=1.0, hijacked=0.0,
            size=1.4, public=0.2, least=5,
        ),
        Level(
            name="L1", width=60.0, joined=0.9, most=0.5, hijacked=0.0,
            size=1.15, public=0.3, least=10,
        ),
        Level(
            name="L2", width=10 * MINUTE, joined=0.8, most=0.5, hijacked=0.2,
            size=0.9, public=0.5, least=20,
        ),
        Level(
            name="L3", width=HOUR, joined=0.6, most=0.35, hijacked=0.5,
            size=0.7, public=1.0, least=20,
        ),
    )
}  # fmt: skip


def dealt_levels(rng: np.random.Generator) -> dict[str, tuple[str, str]]:
    """Two levels for each kind, not the same twice; each level two, three or four times."""
    while True:
        spare = rng.choice(LEVELS, 2 * len(KINDS) - 2 * len(LEVELS)).tolist()
        dealt = [*LEVELS, *LEVELS, *spare]
        dealt = [dealt[place] for place in rng.permutation(len(dealt))]
        pairs = list(zip(dealt[::2], dealt[1::2], strict=True))
        if all(one != other for one, other in pairs) and max(map(dealt.count, LEVELS)) <= 4:
            return dict(zip(KINDS, pairs, strict=True))
