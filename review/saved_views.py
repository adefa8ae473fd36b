"""Views of the queue that somebody keeps under a name, for themselves or for all: `Store.views`.

The filters are kept as the text that stands in a page's address (`flagged=yes&state=open`), so that
a view means the same in a browser, on a command line and in a year. Whoever made a view may change
and remove it; nobody else may.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Table,
    func,
    insert,
    select,
)

from graph.errors import ConfigError
from review.database import reading
from review.decisions import checked_words
from review.history import add_entry
from review.tables import EXACT, METADATA

NAME_AT_MOST = 80
FILTERS_AT_MOST = 2_000

SAVED_VIEWS = Table(
    "saved_views",
    METADATA,
    Column("seq", BigInteger, ForeignKey("history.seq"), primary_key=True, autoincrement=False),
    Column("name", EXACT, nullable=False),
    Column("by", EXACT, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("filters", EXACT, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("saved_views_by_name", "name", "by", "seq"),
)
"""The newest row of a name and a person holds; only ever added to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A view under a name. `at` is ms since 1970 UTC."""

    seq: int
    name: str
    by: str
    shared: bool
    filters: str
    at: int


class SavedViews:
    """The saved views of a store: `Store.views`."""

    def __init__(
        self, engine: Engine, turn: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        """Use `Store.views`."""
        self._engine, self._turn = engine, turn

    def of(self, person: str) -> list[SavedView]:
        """One's own views and those that others share, by name."""
        newest = select(func.max(SAVED_VIEWS.c.seq)).group_by(SAVED_VIEWS.c.name, SAVED_VIEWS.c.by)
        query = select(SAVED_VIEWS).where(
            SAVED_VIEWS.c.seq.in_(newest),
            SAVED_VIEWS.c.removed.is_(False),
            (SAVED_VIEWS.c.by == person) | SAVED_VIEWS.c.shared.is_(True),
        )
        with reading(self._engine) as connection:
            rows = connection.execute(
                query.order_by(SAVED_VIEWS.c.name, SAVED_VIEWS.c.by)
            ).mappings()
            return [
                SavedView(**{name: row[name] for name in row if name != "removed"}) for row in rows
            ]

    def save(self, name: str, filters: str, *, by: str, at: int, shared: bool = False) -> SavedView:
        """Keep a view, in place of one's own of this name.

        Raises:
            ConfigError: no name or one that is too long, or nobody who keeps it.
        """
        name, by = checked_words(name, what="a name"), checked_words(by, what="the view's owner")
        for what, given, most in (
            ("a view's name", name, NAME_AT_MOST),
            ("a view", filters, FILTERS_AT_MOST),
        ):
            if len(given) > most:
                message = f"{what} has at most {most:,} characters, not {len(given):,}"
                raise ConfigError(message)
        return self._add(name, filters, shared=shared, removed=False, by=by, at=at)

    def remove(self, name: str, *, by: str, at: int) -> None:
        """Remove one's own view.

        Raises:
            ConfigError: one has none of this name.
        """
        if all((each.name, each.by) != (name, by) for each in self.of(by)):
            message = f"`{by}` keeps no view `{name[:NAME_AT_MOST]}`"
            raise ConfigError(message)
        self._add(name, "", shared=False, removed=True, by=by, at=at)

    def _add(
        self, name: str, filters: str, *, shared: bool, removed: bool, by: str, at: int
    ) -> SavedView:
        given = {"name": name, "filters": filters, "shared": shared, "removed": removed}
        with self._turn() as connection:
            seq = add_entry(connection, "view", by=by, at=at, details=given)
            made = SavedView(seq=seq, name=name, by=by, shared=shared, filters=filters, at=at)
            connection.execute(insert(SAVED_VIEWS).values(**asdict(made), removed=removed))
        return made
