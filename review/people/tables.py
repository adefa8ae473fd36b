"""The tables of people, their tokens and their sign-ins; what changes in them is in the history.

These rows do change: a password that was replaced and a token that was revoked are gone.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table

from review.tables import EXACT, METADATA

PEOPLE = Table(
    "people",
    METADATA,
    Column("person", EXACT, primary_key=True),
    Column("role", EXACT, nullable=False),
    Column("password", EXACT, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("added_at", BigInteger, nullable=False),
)
"""`password` is an argon2id hash with its parameters and salt."""

TOKENS = Table(
    "tokens",
    METADATA,
    Column("token", EXACT, primary_key=True),
    Column("person", EXACT, ForeignKey("people.person"), nullable=False),
    Column("sha256", EXACT, nullable=False),
    Column("verbs", EXACT, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)
"""`token` is the public part of its name; of the secret part only the digest is kept."""

SIGN_INS = Table(
    "sign_ins",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("person", EXACT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("good", Boolean, nullable=False),
    Index("sign_ins_by_person", "person", "at"),
)
"""Each try to sign in, of people who are not known too."""
