"""Rings of people who have friends: what they are paid for is not all that joins them to others.

Every other ring here keeps to itself, so that whoever learns from those alone would take every
group that meets nobody else for a ring, and no other.
"""

from __future__ import annotations

import numpy as np

from builders.simulation.campaigns import joins_of, record, send
from builders.simulation.mixes import between, drawn_mix, recruits
from builders.simulation.planting import Bed
from builders.simulation.publics import circle, neighbours
from builders.simulation.rows import LIKE, SHARE

Rng = np.random.Generator


def moonlighters(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """Six to forty who come when sent for; most of them live in a circle of two to five friends.

    The friends are innocent, a look-alike group for each member (`moonlighters-friends`).
    """
    mix = drawn_mix(rng, level)
    size, orders = between(rng, 6, 40), int(rng.integers(8, 25))
    joins = joins_of(rng, size, orders, mix.share)
    members = recruits(bed, rng, size, acts=float(orders) * mix.share)
    send(bed, rng, mix, members, joins, (SHARE, LIKE)[int(rng.integers(0, 2))])
    record(bed, rng, name, "moonlighters", mix, members, joins.sum(axis=1))
    befriended = members[rng.random(size) < rng.uniform(0.5, 1.0)]
    for number, member in enumerate(befriended):
        friends = neighbours(bed, rng, between(rng, 2, 5))
        circle(bed, rng, np.concatenate([[member], friends]))
        bed.lookalikes.append((f"{name}-friends-{number + 1}", "moonlighters-friends", friends))
