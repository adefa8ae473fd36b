"""Which decisions do not count yet: they await a second review, or the settling of two that differ.

A decision that was asked for a second review is *awaiting* one until a review stands. Where it
agrees (the same outcome, the same members left out) the decision counts; where it differs, it waits
for a third person.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Select, String, case, literal, select

from review.second.tables import SECOND_ASKED, SECOND_REVIEWS
from review.tables import DECISIONS

SECOND_REVIEW = "second-review"
"""The state of a cluster whose decision nobody has reviewed yet."""

ADJUDICATION = "adjudication"
"""The state of a cluster whose decision and second review differ."""

UNDONE = "undone"


def standing_reviews() -> Select[tuple[int, int, bool]]:
    """(seq, decision, agrees) of the second reviews that were not taken back."""
    undone = select(SECOND_REVIEWS.c.undoes).where(SECOND_REVIEWS.c.undoes.is_not(None))
    return select(SECOND_REVIEWS.c.seq, SECOND_REVIEWS.c.decision, SECOND_REVIEWS.c.agrees).where(
        SECOND_REVIEWS.c.outcome != UNDONE, SECOND_REVIEWS.c.seq.not_in(undone)
    )


def counted_outcome() -> ColumnElement[str]:
    """A decision's outcome as it counts, as SQL over `decisions`."""
    stands = standing_reviews().subquery()
    asked = DECISIONS.c.seq.in_(select(SECOND_ASKED.c.decision))
    reviewed = DECISIONS.c.seq.in_(select(stands.c.decision))
    differs = DECISIONS.c.seq.in_(select(stands.c.decision).where(stands.c.agrees.is_(False)))
    return case(
        (differs, literal(ADJUDICATION, String)),
        (asked & ~reviewed, literal(SECOND_REVIEW, String)),
        else_=DECISIONS.c.outcome,
    )


def not_counting(connection: Connection, decisions: Select[tuple[int]]) -> dict[int, str]:
    """Of these decisions those that do not count yet, with `SECOND_REVIEW` or `ADJUDICATION`."""
    query = select(SECOND_ASKED.c.decision).where(SECOND_ASKED.c.decision.in_(decisions))
    asked = list(connection.scalars(query))
    if not asked:
        return {}
    stands = standing_reviews().where(SECOND_REVIEWS.c.decision.in_(asked))
    agrees = {row.decision: row.agrees for row in connection.execute(stands)}
    found = {}
    for decision in asked:
        if decision not in agrees:
            found[decision] = SECOND_REVIEW
        elif not agrees[decision]:
            found[decision] = ADJUDICATION
    return found
