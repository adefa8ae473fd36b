"""How often members of a cluster meet in one cell, and how often chance would have them meet.

A cell is an object in a stretch of time. With `J` members in a cell, `M_r` counts the cells of at
least `r` members: distinct cells, since one viral cell with eight members is one meeting and not
28, and no more of them than the members' acts can fill (`graph.engines.kernels.one_act`). In
stratum `g` with `m` acts, of which a cell holds `k`, and members who act `d_1, d_2, ...`
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
from graph.engines.kernels.one_act import meetings_of_acts, met_by_acts
from graph.engines.kernels.strata import time_strata
from graph.schema import Column, Schema

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SIZES = (2, 3, 4, 6, 10, 16, 25, 40, 64, 100)
"""The meeting sizes `r` that are tried; trying several is paid for by their number."""


MEETINGS = Schema(
    "meetings",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("size", "BIGINT", "members that must meet in a cell"),
        Column("seen", "BIGINT", "times so many met, each act in one meeting"),
        Column("expected", "DOUBLE", "such cells by chance"),
    ),
    key=("cluster", "size"),
)


@dataclass(frozen=True, slots=True)
class Meetings:
    """Per cluster (rows) and meeting size of `SIZES` (columns): meetings, and cells expected."""

    seen: Floats
    expected: Floats


@dataclass(frozen=True, slots=True)
class Totals:
    """What the strata hold: `acts`, and for each of `SIZES` (rows) the sum of (k)_r / (m)_r."""

    acts: Floats
    rates: Floats


@dataclass(frozen=True, slots=True)
class Own:
    """Distinct (cluster, stratum): the members' acts there and how many of them act."""

    cluster: Ints
    stratum: Ints
    acts: Floats
    members: Floats


@dataclass(frozen=True, slots=True)
class Joint:
    """Cells in which members act, alike ones together.

    `own`: the row of `Own` that they belong to; `size`: accounts in such a cell; `count`: members
    among them; `times`: how many cells are alike.
    """

    own: Ints
    size: Floats
    count: Floats
    times: Floats


@dataclass(frozen=True, slots=True)
class _Cells:
    """Distinct (cell, account), with each cell's size and stratum, and each stratum's size.

    `of` is the cell of each interaction.
    """

    of: Ints
    cell: Ints
    account: Ints
    size: Floats
    stratum: Ints
    acts: Floats


def meetings(
    account: Ints,
    object_: Ints,
    acted_at: Ints,
    post: Ints,
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
        post: the account's own post that a member's interaction tells; -1 for one of its own.
        cluster_of: the cluster of each account, in [0, clusters), or -1.
        clusters: how many clusters there are.
        width_ms: how long a cell is.
        least: acts that a stratum needs.
    """
    cells = _cells(account, object_, acted_at, width_ms, least)
    inside = cluster_of[cells.account] >= 0
    owner = cluster_of[cells.account[inside]]
    own = _own_acts(
        owner, cells.stratum[cells.cell[inside]], cells.account[inside], len(cells.acts)
    )
    totals = Totals(cells.acts, _rates(cells))
    expected = expected_meetings(totals, own, _joint(cells, own, owner, inside), clusters=clusters)
    return Meetings(_seen(cells.of, account, post, cluster_of, clusters), expected)


def expected_meetings(totals: Totals, own: Own, joint: Joint, *, clusters: int) -> Floats:
    """`Meetings.expected`: the cells that the strata would give.

    Args:
        totals: of everybody's acts.
        own: the acts of each cluster, numbered from 0.
        joint: the cells in which its members act.
        clusters: how many clusters there are.
    """
    expected = np.zeros((clusters, len(SIZES)))
    for column, size in enumerate(SIZES):
        expected[:, column] = _expected(totals, totals.rates[column], own, joint, size, clusters)
    return expected


def stratum_rates(size: Floats, times: Floats, acts: Floats, stratum: Ints, strata: int) -> Floats:
    """`Totals.rates` of cells.

    Args:
        size: how many accounts act in a cell.
        times: how many cells are alike.
        acts: the acts of its stratum.
        stratum: the number of its stratum.
        strata: how many there are.
    """
    found = np.empty((len(SIZES), strata))
    for column, meeting in enumerate(SIZES):
        share = _share(size, acts, meeting) * times
        found[column] = np.bincount(stratum, weights=share, minlength=strata)
    return found


def _cells(account: Ints, object_: Ints, acted_at: Ints, width_ms: int, least: int) -> _Cells:
    stretch = acted_at // width_ms
    stretches = np.unique(stretch)
    coded = object_ * np.int64(len(stretches)) + np.searchsorted(stretches, stretch)
    keys, of = np.unique(coded, return_inverse=True)
    people = np.int64(account.max() + 1) if len(account) else np.int64(1)
    once = sorted_distinct(of * people + account)
    cell, account = np.divmod(once, people)
    began = stretches[keys % len(stretches)] * width_ms
    # Strata are told by acts and not by cells: a stratum is thin when few act in it.
    strata = time_strata(began[cell], width_ms=width_ms, least=least)
    stratum = np.zeros(len(keys), dtype=np.int64)
    stratum[cell] = strata.of
    return _Cells(
        of=of,
        cell=cell,
        account=account,
        size=np.bincount(cell, minlength=len(keys)).astype(np.float64),
        stratum=stratum,
        acts=np.bincount(strata.of, minlength=strata.count).astype(np.float64),
    )


def _seen(cell: Ints, account: Ints, post: Ints, cluster_of: Ints, clusters: int) -> Floats:
    """`Meetings.seen` of interactions."""
    member = cluster_of[account] >= 0
    cell, account, post = cell[member], account[member], post[member]
    named = np.int64(post.max() + 1) if len(post) else np.int64(0)
    # What is a post by itself lies in one cell alone, and takes that cell's number.
    post = np.where(post < 0, named + cell, post)
    met, acting = met_by_acts(cluster_of[account], cell, account, post, sizes=SIZES)
    return meetings_of_acts(met, acting, sizes=SIZES, clusters=clusters)


def _rates(cells: _Cells) -> Floats:
    alone = np.ones(len(cells.size))
    acts = cells.acts[cells.stratum]
    return stratum_rates(cells.size, alone, acts, cells.stratum, len(cells.acts))


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


def _joint(cells: _Cells, own: Own, owner: Ints, inside: npt.NDArray[np.bool_]) -> Joint:
    """The cells of members, each by itself."""
    cell = cells.cell[inside]
    width = np.int64(cell.max() + 1) if len(cell) else np.int64(1)
    keys, counts = np.unique(owner * width + cell, return_counts=True)
    cluster, cell = np.divmod(keys, width)
    strata = np.int64(len(cells.acts))
    stratum = cells.stratum[cell]
    return Joint(
        own=np.searchsorted(own.cluster * strata + own.stratum, cluster * strata + stratum),
        size=cells.size[cell],
        count=counts.astype(np.float64),
        times=np.ones(len(counts)),
    )


def _own_acts(owner: Ints, stratum: Ints, account: Ints, strata: int) -> Own:
    people = np.int64(account.max() + 1) if len(account) else np.int64(1)
    here = owner * np.int64(strata) + stratum
    keys, place, acts = np.unique(here, return_inverse=True, return_counts=True)
    who = sorted_distinct(place * people + account)
    cluster, found = np.divmod(keys, np.int64(strata))
    members = np.bincount(who // people, minlength=len(keys))
    return Own(cluster, found, acts.astype(np.float64), members.astype(np.float64))


def _expected(
    totals: Totals, rate: Floats, own: Own, joint: Joint, size: int, clusters: int
) -> Floats:
    """q_r of each cluster, its own acts taken out of the rates."""
    acts = totals.acts[own.stratum[joint.own]]
    before = _share(joint.size, acts, size)
    without = _share(joint.size - joint.count, acts, size)
    fewer = np.bincount(
        joint.own, weights=(before - without) * joint.times, minlength=len(own.acts)
    )
    all_ = totals.acts[own.stratum]
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
