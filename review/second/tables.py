"""The tables of second reviews, beside those of `review.tables`; all are only ever added to.

Times are ms since 1970 UTC.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Table

from review.tables import EXACT, METADATA


def _entry() -> Column[int]:
    return Column(
        "seq", BigInteger, ForeignKey("history.seq"), primary_key=True, autoincrement=False
    )


def _signature() -> tuple[Column[str], Column[int]]:
    return Column("by", EXACT, nullable=False), Column("at", BigInteger, nullable=False)


REVIEW_RULES = Table(
    "review_rules",
    METADATA,
    _entry(),
    Column("large", BigInteger),
    Column("low_score", Float),
    Column("first_of_kind", Boolean, nullable=False),
    Column("share", Float, nullable=False),
    Column("seed", EXACT, nullable=False),
    Column("reason", EXACT, nullable=False),
    *_signature(),
)
"""Which decisions need a second review; the newest row holds."""

SECOND_ASKED = Table(
    "second_asked",
    METADATA,
    Column("decision", BigInteger, ForeignKey("decisions.seq"), primary_key=True),
    Column("why", EXACT, nullable=False),
)
"""A decision that needs a second review, and the rules that said so when it was taken."""

SECOND_REVIEWS = Table(
    "second_reviews",
    METADATA,
    _entry(),
    Column("decision", BigInteger, ForeignKey("decisions.seq"), nullable=False),
    Column("outcome", EXACT, nullable=False),
    Column("agrees", Boolean),
    Column("reason", EXACT, nullable=False),
    *_signature(),
    Column("undoes", BigInteger, ForeignKey("second_reviews.seq"), unique=True),
    Index("second_reviews_by_decision", "decision", "seq"),
)
"""What the second person made of it; `undone` takes an earlier one back (`agrees` is null)."""

SECOND_EXCLUSIONS = Table(
    "second_exclusions",
    METADATA,
    Column("review", BigInteger, ForeignKey("second_reviews.seq"), primary_key=True),
    Column("account", EXACT, primary_key=True),
)

SETTLEMENTS = Table(
    "settlements",
    METADATA,
    Column("decision", BigInteger, ForeignKey("decisions.seq"), primary_key=True),
    Column("settles", BigInteger, ForeignKey("decisions.seq"), nullable=False),
    Column("review", BigInteger, ForeignKey("second_reviews.seq"), nullable=False),
)
"""The decision of a third person, on a first one and a second review that differ."""

APPEND_ONLY = (REVIEW_RULES, SECOND_ASKED, SECOND_REVIEWS, SECOND_EXCLUSIONS, SETTLEMENTS)
