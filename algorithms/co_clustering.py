"""Objects of one audience side by side: singular vectors of who acts on what, and k-means.

Source: Dhillon, Co-clustering documents and words using bipartite spectral graph partitioning
(KDD 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.linalg import svds

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividing:
    """How objects are divided."""

    groups: int = 12
    """Groups; far fewer than objects, so that each is far larger than any ring."""
    dimensions: int = 12
    """Singular vectors, the first of which (how active, how popular) is dropped."""
    starts: int = 4
    """Divisions tried, of which the tightest is taken."""
    rounds: int = 50


def co_clustered(
    account: Ints, object_: Ints, *, objects: int, seed: int, dividing: Dividing
) -> Ints:
    """The group of each object, from distinct (account, object) in a given order."""
    rng = np.random.default_rng(seed)
    people = int(account.max()) + 1
    rows = 1.0 / np.sqrt(np.bincount(account, minlength=people).clip(1))
    columns = 1.0 / np.sqrt(np.bincount(object_, minlength=objects).clip(1))
    matrix = sp.csr_matrix(
        (rows[account] * columns[object_], (account, object_)), shape=(people, objects)
    )
    begin = rng.random(min(matrix.shape))
    _, values, vectors = svds(matrix, k=dividing.dimensions, v0=begin, random_state=0)
    # The first vector is how popular an object is, and no interest.
    order = np.argsort(-values, kind="stable")[1:]
    points = vectors[order].T * values[order]
    points /= np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)
    # The last digits depend on how many cores add up.
    return nearest_centres(np.round(points, 9), dividing, rng)


def without_small(account: Ints, object_: Ints, group: Ints, *, least_share: float) -> Ints:
    """The groups of objects, numbered anew; -1 for those that are home to few accounts.

    An account is at home in the group of most of its objects, of equals the first.
    """
    groups = int(group.max()) + 1
    people = int(account.max()) + 1
    counts = np.bincount(account * groups + group[object_], minlength=people * groups)
    homes = np.bincount(counts.reshape(people, groups).argmax(axis=1), minlength=groups)
    large = homes >= least_share * people
    found: Ints = np.where(large[group], np.cumsum(large)[group] - 1, -1).astype(np.int64)
    return found


def nearest_centres(points: Floats, dividing: Dividing, rng: np.random.Generator) -> Ints:
    """k-means with k-means++ starts; the tightest of them, the earliest among equals."""
    best, least = np.zeros(len(points), dtype=np.int64), np.inf
    for _ in range(dividing.starts):
        centres = _spread(points, dividing.groups, rng)
        for _ in range(dividing.rounds):
            near = _distances(points, centres).argmin(axis=1)
            moved = centres.copy()
            for number in range(len(centres)):
                own = points[near == number]
                if len(own):
                    moved[number] = own.mean(axis=0)
            if np.abs(moved - centres).max() < 1e-9:
                break
            centres = moved
        apart = _distances(points, centres)
        cost = round(float(apart.min(axis=1).sum()), 6)
        if cost < least:
            best, least = apart.argmin(axis=1).astype(np.int64), cost
    return best


def _spread(points: Floats, number: int, rng: np.random.Generator) -> Floats:
    """Centres far from one another, drawn by squared distance (k-means++)."""
    chosen = [points[int(rng.integers(len(points)))]]
    for _ in range(number - 1):
        apart = _distances(points, np.array(chosen)).min(axis=1)
        sums = np.cumsum(apart)
        place = int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))
        chosen.append(points[min(place, len(points) - 1)])
    return np.array(chosen)


def _distances(points: Floats, centres: Floats) -> Floats:
    """Squared distances of points (rows) to centres (columns)."""
    squares = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None, :]
    found: Floats = np.maximum(squares - 2.0 * points @ centres.T, 0.0)
    return found
