"""People, passwords and tokens: `Store.people`.

Passwords are kept as argon2id hashes. Whoever gives a wrong name or password is told the same,
after the same work, and has five tries a minute. A token is shown once, when it is made; it may do
what its person may, of that only the verbs it was made for, until its day.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, Engine, func, insert, select, update

from graph.errors import ConfigError
from review.database import reading
from review.decisions import checked_words
from review.history import add_entry
from review.people.acting import Acting, Refused, alone
from review.people.roles import ADMIN, allowed, checked_role, why_not
from review.people.tables import PEOPLE, SIGN_INS, TOKENS

LEAST_PASSWORD, LONGEST_PASSWORD = 8, 256
TRIES, TRIES_WITHIN_MS = 5, 60_000
LONGEST_TOKEN_MS = 366 * 86_400_000
USED_WITHIN_MS = 60_000
"""How exactly `Token.used_at` is kept: a reader of many pages does not write at each."""
PREFIX = "rwt"
NOT_IN = "the name or the password is wrong"

_HASHER = PasswordHasher()


class TooManyTries(Refused):
    """Somebody tried a name too often within a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in. `added_at` is ms since 1970 UTC."""

    person: str
    role: str
    disabled: bool
    added_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token without its secret. Times are ms since 1970 UTC."""

    token: str
    person: str
    verbs: tuple[str, ...]
    made_at: int
    expires_at: int
    revoked_at: int | None
    used_at: int | None


class People:
    """The people of a store: `Store.people`."""

    def __init__(
        self, engine: Engine, turn: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        """Use `Store.people`."""
        self._engine, self._turn = engine, turn

    def all(self) -> list[Person]:
        """Everybody, by name."""
        columns = (PEOPLE.c.person, PEOPLE.c.role, PEOPLE.c.disabled, PEOPLE.c.added_at)
        with reading(self._engine) as connection:
            rows = connection.execute(select(*columns).order_by(PEOPLE.c.person)).mappings()
            return [Person(**row) for row in rows]

    def known(self) -> bool:
        """Whether anybody was added: from then on names and roles are asked for."""
        with reading(self._engine) as connection:
            return connection.scalar(select(PEOPLE.c.person).limit(1)) is not None

    def acting(self, person: str) -> Acting:
        """Who acts, by a name that something else vouches for: a session, a proxy, a login.

        Where the store has no people, whoever it is may do everything.

        Raises:
            Refused: nobody has this name, or they are kept out.
        """
        with reading(self._engine) as connection:
            found = _row(connection, person)
            if found is None and connection.scalar(select(PEOPLE.c.person).limit(1)) is None:
                return alone(person)
        if found is None:
            message = f"nobody is named `{person[:60]}`; `ringwatch people list` lists all"
            raise Refused(message)
        if found["disabled"]:
            message = f"`{person}` is kept out; an admin lets them in: `ringwatch people enable`"
            raise Refused(message)
        return Acting(person=person, role=found["role"])

    def add(self, person: str, role: str, password: str, *, by: str, at: int) -> Person:
        """Add somebody.

        Raises:
            ConfigError: the name is taken, there is no such role, or the password is too short.
        """
        person, role = checked_words(person, what="a name"), checked_role(role)
        hashed = _hashed(password)
        with self._turn() as connection:
            if _row(connection, person) is not None:
                message = f"`{person}` is there already"
                raise ConfigError(message)
            _entry(connection, "add-person", by, at, person=person, role=role)
            made = Person(person=person, role=role, disabled=False, added_at=at)
            connection.execute(
                insert(PEOPLE).values(
                    person=person, role=role, password=hashed, disabled=False, added_at=at
                )
            )
        return made

    def change(
        self,
        person: str,
        *,
        by: str,
        at: int,
        role: str | None = None,
        password: str | None = None,
        disabled: bool | None = None,
    ) -> None:
        """Give somebody another role or password, or keep them out and let them in again.

        Raises:
            ConfigError: nobody has this name, the role or password will not do, or nobody would
                be left who may add people.
        """
        values: dict[str, Any] = {}
        if role is not None:
            values["role"] = checked_role(role)
        if disabled is not None:
            values["disabled"] = disabled
        told = dict(values)
        if password is not None:
            values["password"] = _hashed(password)
            told["password"] = "changed"
        with self._turn() as connection:
            was = self._known(connection, person)
            if was["role"] == ADMIN and (disabled or values.get("role", ADMIN) != ADMIN):
                _refuse_last_admin(connection, person)
            _entry(connection, "change-person", by, at, person=person, **told)
            connection.execute(update(PEOPLE).where(PEOPLE.c.person == person).values(values))

    def sign_in(self, person: str, password: str, *, at: int) -> Acting:
        """Who acts, by a name and a password.

        Raises:
            Refused: the name or the password is wrong (which is not told), or they are kept out.
            TooManyTries: there were five wrong ones within a minute.
        """
        with self._turn() as connection:
            found = _row(connection, person)
            tries = connection.scalar(
                select(func.count()).where(
                    SIGN_INS.c.person == person,
                    SIGN_INS.c.at > at - TRIES_WITHIN_MS,
                    SIGN_INS.c.good.is_(False),
                )
            )
            if (tries or 0) >= TRIES:
                message = "too many tries; wait a minute"
                raise TooManyTries(message)
            # The work is the same whoever it is.
            matches = _matches(_nobody() if found is None else found["password"], password)
            good = matches and found is not None and not found["disabled"]
            last = connection.scalar(select(func.coalesce(func.max(SIGN_INS.c.number), 0)))
            connection.execute(
                insert(SIGN_INS).values(
                    number=int(last or 0) + 1, person=person[:200], at=at, good=good
                )
            )
            if good and _HASHER.check_needs_rehash(found["password"]):
                anew = update(PEOPLE).where(PEOPLE.c.person == person)
                connection.execute(anew.values(password=_HASHER.hash(password)))
        if not good:
            raise Refused(NOT_IN)
        return Acting(person=person, role=found["role"])

    def make_token(
        self, person: str, verbs: Collection[str], *, by: str, at: int, expires_at: int
    ) -> str:
        """Make a token for some verbs; what is given is shown once and kept nowhere.

        Raises:
            ConfigError: nobody has this name, their role may not do one of the verbs, there are
                none, or it would end in the past or in more than a year.
        """
        if not at < expires_at <= at + LONGEST_TOKEN_MS:
            message = "a token ends within a year, and not in the past"
            raise ConfigError(message)
        name, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        with self._turn() as connection:
            role = self._known(connection, person)["role"]
            wanted = sorted(set(verbs))
            for verb in wanted:
                if allowed(role, verb) is None:
                    raise ConfigError(why_not(role, verb))
            if not wanted:
                message = "a token is made for at least one verb"
                raise ConfigError(message)
            _entry(
                connection, "make-token", by, at,
                person=person, token=name, verbs=wanted, expires_at=expires_at,
            )  # fmt: skip
            connection.execute(
                insert(TOKENS).values(
                    token=name, person=person, sha256=_digest(secret), verbs=",".join(wanted),
                    made_at=at, expires_at=expires_at, revoked_at=None, used_at=None,
                )
            )  # fmt: skip
        return f"{PREFIX}_{name}_{secret}"

    def revoke(self, token: str, *, by: str, at: int) -> None:
        """End a token, by the public part of its name.

        Raises:
            ConfigError: there is none that is in force.
        """
        with self._turn() as connection:
            known = select(TOKENS.c.token).where(
                TOKENS.c.token == token, TOKENS.c.revoked_at.is_(None)
            )
            if connection.scalar(known) is None:
                message = f"no token `{token[:40]}` is in force; `ringwatch people list` lists them"
                raise ConfigError(message)
            _entry(connection, "revoke-token", by, at, token=token)
            connection.execute(update(TOKENS).where(TOKENS.c.token == token).values(revoked_at=at))

    def tokens(self) -> list[Token]:
        """Every token, the newest first, without its secret."""
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(TOKENS).order_by(TOKENS.c.made_at.desc(), TOKENS.c.token)
            ).mappings()
            return [
                Token(
                    **{name: row[name] for name in row if name not in ("sha256", "verbs")},
                    verbs=tuple(row["verbs"].split(",")),
                )
                for row in rows
            ]

    def by_token(self, given: str, *, at: int) -> Acting:
        """Who acts, by a token.

        Raises:
            Refused: it is no token, it ended, or its person is kept out; which is not told.
        """
        prefix, _, rest = given.partition("_")
        name, _, secret = rest.partition("_")
        with reading(self._engine) as connection:
            row = connection.execute(
                select(TOKENS, PEOPLE.c.role, PEOPLE.c.disabled)
                .join(PEOPLE, PEOPLE.c.person == TOKENS.c.person)
                .where(TOKENS.c.token == name)
            ).mappings().one_or_none()  # fmt: skip
        good = (
            prefix == PREFIX
            and row is not None
            and hmac.compare_digest(row["sha256"], _digest(secret))
            and row["revoked_at"] is None
            and at < row["expires_at"]
            and not row["disabled"]
        )
        if not good or row is None:
            message = "this token is not in force"
            raise Refused(message)
        if row["used_at"] is None or not 0 <= at - row["used_at"] < USED_WITHIN_MS:
            with self._turn() as connection:
                used = update(TOKENS).where(TOKENS.c.token == name)
                connection.execute(used.values(used_at=at))
        verbs = tuple(row["verbs"].split(","))
        return Acting(person=row["person"], role=row["role"], verbs=verbs, token=name)

    def _known(self, connection: Connection, person: str) -> Any:  # noqa: ANN401 - a row
        found = _row(connection, person)
        if found is None:
            message = f"nobody is named `{person[:60]}`; `ringwatch people list` lists all"
            raise ConfigError(message)
        return found


@cache
def _nobody() -> str:
    """Held against the password of whoever is not known, so that the answer takes as long."""
    return _HASHER.hash(secrets.token_urlsafe(32))


def _row(connection: Connection, person: str) -> Any:  # noqa: ANN401 - a row, or None
    query = select(PEOPLE).where(PEOPLE.c.person == person)
    return connection.execute(query).mappings().one_or_none()


def _refuse_last_admin(connection: Connection, person: str) -> None:
    others = select(func.count()).where(
        PEOPLE.c.role == ADMIN, PEOPLE.c.disabled.is_(False), PEOPLE.c.person != person
    )
    if not connection.scalar(others):
        message = f"`{person}` is the only admin: make another one first, or nobody can add people"
        raise ConfigError(message)


def _entry(connection: Connection, action: str, by: str, at: int, **details: object) -> None:
    by = checked_words(by, what="the name of who does this")
    add_entry(connection, action, by=by, at=at, details=details)


def _hashed(password: str) -> str:
    if not LEAST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = (
            f"a password has {LEAST_PASSWORD} to {LONGEST_PASSWORD} characters, better 15 and more"
        )
        raise ConfigError(message)
    return _HASHER.hash(password)


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password[: LONGEST_PASSWORD + 1])
    except (Argon2Error, InvalidHashError):
        return False


def _digest(secret: str) -> str:
    # The secret is 256 random bits: nobody guesses it, and a slow hash would add nothing.
    return hashlib.sha256(secret.encode()).hexdigest()
