"""How often two people who looked at the same cluster say the same, and how much of it is chance.

Cohen's kappa is (p_o - p_e) / (1 - p_e): the share of pairs with the same outcome against the share
that two people would have who give their own outcomes as often as these did, at random (Cohen 1960,
"A coefficient of agreement for nominal scales"). It is not defined where both gave one and the same
outcome throughout. The interval of the share is Wilson's (1927), at 95 %.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from review.second.pending import UNDONE, standing_reviews
from review.second.rules import SHARE
from review.second.tables import SECOND_ASKED, SECOND_REVIEWS
from review.tables import DECISIONS

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Pairs of a first decision and its second review; shares are None where there is no pair.

    `of` is `all`, or `drawn` for the random share alone: what rules chose says nothing of the rest.
    `low` and `high` bound `share` at 95 %; `kappa` is None too where it is not defined.
    """

    of: str
    pairs: int
    agreed: int
    share: float | None
    low: float | None
    high: float | None
    kappa: float | None


def agreements(connection: Connection, run: str | None) -> list[Agreement]:
    """The agreement of all pairs, and of those that were drawn; decisions taken back count not."""
    undone = select(DECISIONS.c.undoes).where(DECISIONS.c.undoes.is_not(None))
    reviews = standing_reviews().add_columns(SECOND_REVIEWS.c.outcome).subquery()
    query = (
        select(DECISIONS.c.outcome.label("first"), reviews.c.outcome, SECOND_ASKED.c.why)
        .join(reviews, reviews.c.decision == DECISIONS.c.seq)
        .join(SECOND_ASKED, SECOND_ASKED.c.decision == DECISIONS.c.seq)
        .where(DECISIONS.c.outcome != UNDONE, DECISIONS.c.seq.not_in(undone))
    )
    if run is not None:
        query = query.where(DECISIONS.c.run == run)
    rows = connection.execute(query).all()
    pairs = [(row.first, row.outcome) for row in rows]
    drawn = [(row.first, row.outcome) for row in rows if SHARE in row.why.split(",")]
    return [agreement("all", pairs), agreement("drawn", drawn)]


def agreement(of: str, pairs: Sequence[tuple[str, str]]) -> Agreement:
    """The agreement of some pairs of outcomes."""
    n, agreed = len(pairs), sum(first == second for first, second in pairs)
    if not n:
        return Agreement(of=of, pairs=0, agreed=0, share=None, low=None, high=None, kappa=None)
    share = agreed / n
    middle, spread = (
        share + _Z**2 / (2 * n),
        _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)),
    )
    scale = 1 + _Z**2 / n
    return Agreement(
        of=of, pairs=n, agreed=agreed, share=share,
        low=max(0.0, (middle - spread) / scale), high=min(1.0, (middle + spread) / scale),
        kappa=_kappa(pairs, agreed),
    )  # fmt: skip


def _kappa(pairs: Sequence[tuple[str, str]], agreed: int) -> float | None:
    n = len(pairs)
    firsts, seconds = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    # In whole numbers: that the two never differ is not for rounding to say.
    by_chance = sum(firsts[outcome] * seconds[outcome] for outcome in firsts)
    if by_chance == n * n:
        return None
    return (agreed * n - by_chance) / (n * n - by_chance)
