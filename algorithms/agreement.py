"""How well a clustering agrees with known truth, by closed forms of the contingency table.

With `n` accounts in predicted cluster P and true ring T, `a` in P and `b` in T, one row a cell:

    B-cubed precision    sum of n*n/a / accounts         recall: n*n/b
    element-centric      sum of n*n/max(a, b) / accounts
    adjusted Rand        pairs together in both, beyond chance
    ring recall          share of rings T with a P that holds at least half of T and consists of T
                         by at least half; an account alone is no cluster

Only accounts that are in a cluster of two or more, true or predicted, are counted: singletons
that both sides leave alone would hide every mistake. Missing accounts are singletons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from graph.model import Clustering

_CELLS = """
    with both_sides as (
        select coalesce(p.account, t.account) as account,
               p.cluster is null as p_alone, coalesce(p.cluster, t.account) as predicted,
               t.cluster is null as t_alone, coalesce(t.cluster, p.account) as ring
        from {predicted} p full outer join {truth} t on t.account = p.account
    ),
    sized as (
        select p_alone, predicted, t_alone, ring,
               count(*) over (partition by p_alone, predicted) as a,
               count(*) over (partition by t_alone, ring) as b
        from both_sides
    )
    select ring, t_alone, a, b, count(*) as n
    from sized
    where a > 1 or b > 1
    group by p_alone, predicted, t_alone, ring, a, b
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Measures in [0, 1] (adjusted Rand in [-1, 1]) over `accounts` accounts and `rings` rings."""

    accounts: int
    rings: int
    rings_found: int
    bcubed_precision: float
    bcubed_recall: float
    element_centric: float
    adjusted_rand: float

    @property
    def bcubed_f(self) -> float:
        """The harmonic mean of B-cubed precision and recall."""
        both = self.bcubed_precision + self.bcubed_recall
        return 2 * self.bcubed_precision * self.bcubed_recall / both

    @property
    def ring_recall(self) -> float:
        """The share of true rings that were found; 1 where there are none to find."""
        return self.rings_found / self.rings if self.rings else 1.0


@dataclass(frozen=True, slots=True)
class _Cell:
    ring: tuple[bool, str]
    n: int
    a: int
    b: int


def agreement(predicted: Clustering, truth: Clustering, *, held_share: float = 0.5) -> Agreement:
    """Compare a clustering with the true one; each may leave out accounts that stand alone.

    Args:
        predicted: what a method found.
        truth: the true rings.
        held_share: what a ring and a cluster must share, of each, for the ring to be found; in
            (0, 1].

    Raises:
        ValueError: neither has a cluster of two accounts, or `held_share` is out of range.

    Source: Amigo et al. 2009 (B-cubed); Gates et al. 2019 (element-centric); Hubert and Arabie
        1985 (adjusted Rand). Ring recall is the house's.
    """
    if not 0 < held_share <= 1:
        message = f"`held_share` is in (0, 1], not {held_share}"
        raise ValueError(message)
    cells = _cells(predicted, truth)
    accounts = sum(cell.n for cell in cells)
    if not accounts:
        message = "there is nothing to compare: neither side has a cluster of two accounts"
        raise ValueError(message)
    rings = {cell.ring for cell in cells if cell.b > 1}
    found = {
        cell.ring
        for cell in cells
        if min(cell.a, cell.b) > 1 and cell.n >= held_share * max(cell.a, cell.b)
    }
    return Agreement(
        accounts=accounts,
        rings=len(rings),
        rings_found=len(found),
        bcubed_precision=math.fsum(cell.n**2 / cell.a for cell in cells) / accounts,
        bcubed_recall=math.fsum(cell.n**2 / cell.b for cell in cells) / accounts,
        element_centric=math.fsum(cell.n**2 / max(cell.a, cell.b) for cell in cells) / accounts,
        adjusted_rand=_adjusted_rand(cells, accounts),
    )


def _cells(predicted: Clustering, truth: Clustering) -> list[_Cell]:
    rows = predicted.members.engine.query(
        _CELLS, predicted=predicted.members, truth=truth.members
    ).to_pylist()
    return [_Cell((row["t_alone"], row["ring"]), row["n"], row["a"], row["b"]) for row in rows]


def _adjusted_rand(cells: list[_Cell], accounts: int) -> float:
    # Whole numbers: twice the pairs. A cluster's own pairs are spread over its cells, n of a each.
    together = sum(cell.n * (cell.n - 1) for cell in cells)
    predicted = sum(cell.n * (cell.a - 1) for cell in cells)
    true = sum(cell.n * (cell.b - 1) for cell in cells)
    by_chance = predicted * true / (accounts * (accounts - 1))
    most = (predicted + true) / 2
    return 1.0 if most == by_chance else (together - by_chance) / (most - by_chance)
