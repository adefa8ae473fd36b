"""Databases and tables that are not there, with the nearest that are."""

from __future__ import annotations

from collections.abc import Iterable

from builders.files.names import listed, nearest
from graph.errors import ConfigError


def refuse_missing(
    database: str, table: str, databases: Iterable[str], tables: Iterable[str]
) -> None:
    """Raise, since there is no such table; the message names the nearest.

    Raises:
        ConfigError: unless the table is listed after all.
    """
    known = list(databases)
    if database not in known:
        mend = nearest(database, known) or f"; there are {listed(known)}"
        message = f"the catalogue has no database `{database}`{mend}"
        raise ConfigError(message)
    names = list(tables)
    if table not in names:
        mend = nearest(table, names) or f"; there are {listed(names)}"
        message = f"the database `{database}` has no table `{table}`{mend}"
        raise ConfigError(message)
