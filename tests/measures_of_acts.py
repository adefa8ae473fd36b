"""What the acts of a simulated world show: how much, when, how unevenly, in whose words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import numpy as np

HOUR_MS = 3_600_000


def auc(mine: Any, others: Any) -> float:
    """How often one of `mine` is greater than one of `others`, a half where they are equal."""
    others = np.sort(others)
    below = np.searchsorted(others, mine) + np.searchsorted(others, mine, side="right")
    return float(np.mean(below)) / 2 / len(others)


def auc_of_order(chosen: Any) -> float:
    """How often one that is `chosen` stands behind one that is not; a half if order tells nothing.

    `chosen` has one entry for each of some ids in the order of their letters.
    """
    place = np.arange(len(chosen))
    return auc(place[chosen], place[~chosen])


def share_of_the_busiest(counts: Any) -> float:
    """What share of all falls on the greatest hundredth."""
    sorted_ = np.sort(np.asarray(counts))[::-1]
    return float(sorted_[: len(sorted_) // 100].sum() / sorted_.sum())


def quiet_share(acts: Any, accounts: Collection[str]) -> float:
    """The share of its acts that the median account does in the six hours when it does least."""
    hour = (acts.time // HOUR_MS % 24).to_numpy()
    hours = np.array([np.bincount(hour[acts.account == one], minlength=24) for one in accounts])
    quiet = np.sort(hours / hours.sum(axis=1, keepdims=True), axis=1)[:, :6].sum(axis=1)
    return float(np.median(quiet))


def most_copied(acts: Any) -> tuple[int, int]:
    """Of three words in a row that most said: by how many accounts, under how many things."""
    said = defaultdict(set)
    for account, text, thing in zip(acts.account, acts.text, acts.object, strict=True):
        words = text.split()
        for place in range(len(words) - 2):
            said[tuple(words[place : place + 3])].add((account, thing))
    widest = max(said.values(), key=len)
    return len({account for account, _ in widest}), len({thing for _, thing in widest})
