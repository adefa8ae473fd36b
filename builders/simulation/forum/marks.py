"""Look-alikes that nobody planted: whoever does most, whom most follow, who share an address."""

from __future__ import annotations

import numpy as np

from builders.simulation.forum.stage import AN_ACCOUNT, FOLLOW, Stage
from builders.simulation.one_table import PlacedActs
from builders.simulation.population import Longs

_BUSIEST = 100
_BEST_KNOWN = 10
_ADDRESSES = 2


def mark_hubs(stage: Stage, acts: PlacedActs, place: Longs) -> None:
    """Label the busiest, the best known, and who is behind two carriers' addresses.

    Nobody of a ring is among them, nor a bot, nor a house's page.

    Args:
        stage: the world.
        acts: all that is done in it.
        place: from where each of them is done.
    """
    count = stage.people.count
    open_ = ~(stage.ringed | stage.taken)
    done = np.where(open_, np.bincount(acts.who, minlength=count), 0)
    stage.label(
        "super-users-1", "super-users", np.argsort(-done, kind="stable")[: count // _BUSIEST]
    )
    follows = acts.what[acts.action == FOLLOW] - AN_ACCOUNT
    known = np.where(open_ & (done > 0), np.bincount(follows, minlength=count), -1)
    stage.label("popular-hubs-1", "popular-hubs", np.argsort(-known, kind="stable")[:_BEST_KNOWN])
    pairs = np.unique(np.stack([place, acts.who]), axis=1)
    sites, crowd = np.unique(pairs[0], return_counts=True)
    for number, site in enumerate(sites[np.argsort(-crowd, kind="stable")[:_ADDRESSES]]):
        behind = pairs[1][pairs[0] == site]
        stage.label(f"carrier-address-{number + 1}", "carrier-address", behind[open_[behind]])
