"""How often members of a cluster meet in one cell, and how often chance would have them meet.

A cell is an object in a stretch of time. With `J` members in a cell, `M_r` counts the cells of at
least `r` members: distinct cells, since one viral cell with eight members is one meeting and not
28. In stratum `g` with `m` acts, of which a cell holds `k`, and members who act `d_1, d_2, ...`
times, the expected number of such cells is at most

    q_r = sum over g of  C(n, r) (sum of d / n)^r * sum over cells of  (k)_r / (m)_r

with falling factorials `(x)_r` and `n` the members who act in `g` (Maclaurin's inequality bounds
the elementary symmetric polynomial of the `d`). Rates come from everybody but the cluster itself,
which would otherwise explain its own meetings, plus one cell of just `r` others a stratum.

Source: the r-cell count of a fixed-margin bipartite graph; see docs/scores.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from graph.engines.kernels.distinct import sorted_distinct
from graph.engines.kernels.strata import time_strata

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SIZES = (2, 3, 4, 6, 10, 16, 25, 40, 64, 100)
"""The meeting sizes `r` that are tried; trying several is paid for by their number."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """Per cluster (rows) and meeting size of `SIZES` (columns): cells seen and cells expected."""

    seen: Floats
    expected: Floats


@dataclass(frozen=True, slots=True)
class _Cells:
    """Distinct (cell, account), with each cell's size and stratum, and each stratum's size."""

    cell: Ints
    account: Ints
    size: Floats
    stratum: Ints
    acts: Floats


def meetings(
    account: Ints,
    object_: Ints,
    acted_at: Ints,
    *,
    cluster_of: Ints,
    clusters: int,
    width_ms: int,
    least: int,
) -> Meetings:
    """Count and expect each cluster's meetings.

    Args:
        account: dense account of each interaction.
        object_: dense object of each interaction.
        acted_at: when, milliseconds.
        cluster_of: the cluster of each account, in [0, clusters), or -1.
        clusters: how many clusters there are.
        width_ms: how long a cell is.
        least: acts that a stratum needs.
    """
    cells = _cells(account, object_, acted_at, width_ms, least)
    rates = _rates(cells)
    inside = cluster_of[cells.account] >= 0
    owner = cluster_of[cells.account[inside]]
    place, joint_cell, joint = _counted(owner, cells.cell[inside])
    own = _own_acts(
        owner, cells.stratum[cells.cell[inside]], cells.account[inside], len(cells.acts)
    )
    seen = np.empty((clusters, len(SIZES)))
    expected = np.zeros((clusters, len(SIZES)))
    for column, size in enumerate(SIZES):
        seen[:, column] = np.bincount(place[joint >= size], minlength=clusters)
        expected[:, column] = _expected(
            cells, rates[column], own, (place, joint_cell, joint), size, clusters
        )
    return Meetings(seen, expected)


def _cells(account: Ints, object_: Ints, acted_at: Ints, width_ms: int, least: int) -> _Cells:
    stretch = acted_at // width_ms
    stretches = np.unique(stretch)
    coded = object_ * np.int64(len(stretches)) + np.searchsorted(stretches, stretch)
    keys, cell = np.unique(coded, return_inverse=True)
    people = np.int64(account.max() + 1) if len(account) else np.int64(1)
    once = sorted_distinct(cell * people + account)
    cell, account = np.divmod(once, people)
    began = stretches[keys % len(stretches)] * width_ms
    # Strata are told by acts and not by cells: a stratum is thin when few act in it.
    strata = time_strata(began[cell], width_ms=width_ms, least=least)
    stratum = np.zeros(len(keys), dtype=np.int64)
    stratum[cell] = strata.of
    return _Cells(
        cell=cell,
        account=account,
        size=np.bincount(cell, minlength=len(keys)).astype(np.float64),
        stratum=stratum,
        acts=np.bincount(strata.of, minlength=strata.count).astype(np.float64),
    )


def _rates(cells: _Cells) -> list[Floats]:
    """Per meeting size, each stratum's sum of (k)_r / (m)_r."""
    shares = (_share(cells.size, cells.acts[cells.stratum], size) for size in SIZES)
    return [
        np.bincount(cells.stratum, weights=share, minlength=len(cells.acts)).astype(np.float64)
        for share in shares
    ]


def _share(some: Floats, all_: Floats, size: int) -> Floats:
    """(some)_r / (all)_r, nought where `some` is less than r."""
    enough = some >= size
    found = np.zeros_like(some)
    found[enough] = np.exp(_falling(some[enough], size) - _falling(all_[enough], size))
    return found


def _falling(x: Floats, size: int) -> Floats:
    """The logarithm of the falling factorial (x)_r, for x of at least r."""
    found: Floats = gammaln(x + 1.0) - gammaln(x - size + 1.0)
    return found


def _counted(owner: Ints, cell: Ints) -> tuple[Ints, Ints, Ints]:
    """Distinct (cluster, cell) with how many members are there."""
    width = np.int64(cell.max() + 1) if len(cell) else np.int64(1)
    keys, counts = np.unique(owner * width + cell, return_counts=True)
    place, found = np.divmod(keys, width)
    return place, found, counts


@dataclass(frozen=True, slots=True)
class _Own:
    """Distinct (cluster, stratum): the members' acts there and how many of them act."""

    cluster: Ints
    stratum: Ints
    acts: Floats
    members: Floats


def _own_acts(owner: Ints, stratum: Ints, account: Ints, strata: int) -> _Own:
    people = np.int64(account.max() + 1) if len(account) else np.int64(1)
    here = owner * np.int64(strata) + stratum
    keys, place, acts = np.unique(here, return_inverse=True, return_counts=True)
    who = sorted_distinct(place * people + account)
    cluster, found = np.divmod(keys, np.int64(strata))
    members = np.bincount(who // people, minlength=len(keys))
    return _Own(cluster, found, acts.astype(np.float64), members.astype(np.float64))


def _expected(
    cells: _Cells,
    rate: Floats,
    own: _Own,
    joint: tuple[Ints, Ints, Ints],
    size: int,
    clusters: int,
) -> Floats:
    """q_r of each cluster, its own acts taken out of the rates."""
    place, cell, count = joint
    stratum = cells.stratum[cell]
    before = _share(cells.size[cell], cells.acts[stratum], size)
    without = _share(cells.size[cell] - count, cells.acts[stratum], size)
    strata = np.int64(len(cells.acts))
    index = np.searchsorted(own.cluster * strata + own.stratum, place * strata + stratum)
    fewer = np.bincount(index, weights=before - without, minlength=len(own.acts))
    all_ = cells.acts[own.stratum]
    others = np.maximum(all_ - own.acts, float(size))
    left = np.maximum(rate[own.stratum] - fewer, 0.0)
    enough = all_ >= size
    scale = np.zeros_like(all_)
    scale[enough] = _falling(all_[enough], size) - _falling(others[enough], size)
    # One more cell of just r others keeps a stratum without any from promising the impossible.
    least = np.exp(gammaln(size + 1.0) - _falling(others, size))
    ways = np.full(len(own.acts), -np.inf)
    able = own.members >= size
    ways[able] = (
        gammaln(own.members[able] + 1.0)
        - gammaln(size + 1.0)
        - gammaln(own.members[able] - size + 1.0)
        + size * np.log(own.acts[able] / own.members[able])
    )
    parts = np.exp(np.minimum(ways, 600.0)) * (left * np.exp(np.minimum(scale, 600.0)) + least)
    return np.bincount(own.cluster, weights=parts, minlength=clusters).astype(np.float64)
