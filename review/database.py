"""Opening the review store's database: connections, transactions, migrations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from graph.errors import ConfigError, StoreError
from review.migrations import HEAD

BUSY_MILLISECONDS = 15_000
# Alembic keeps the upgrade at hand in its module: two threads would get into each other's way.
_ONE_UPGRADE = threading.Lock()
_UPGRADE_LOCK = 7_274_691_001
_SQLITE = (
    f"pragma busy_timeout = {BUSY_MILLISECONDS}",
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    # Without it `insert or replace` would remove a row past the triggers that forbid it.
    "pragma recursive_triggers = on",
)


def open_database(where: Path | str) -> Engine:
    """The database at a path (SQLite) or at an SQLAlchemy URL, with its tables up to date.

    Raises:
        ConfigError: the URL cannot be understood, or its driver is not installed.
        StoreError: the database cannot be opened, or a later version made its tables.
    """
    url = _url(where)
    try:
        engine = create_engine(url)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        message = f"`{shown(url)}` cannot be opened: {error}"
        raise ConfigError(message) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def check_database(engine: Engine) -> None:
    """Ask whether the database answers, with its tables up to date.

    Raises:
        StoreError: it does not, or another version made its tables since it was opened.
    """
    with reading(engine) as connection:
        found = _step(connection)
    if found != HEAD:
        message = f"the store `{shown(engine.url)}` is at step {found} and not at {HEAD}"
        raise StoreError(message)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the store throughout.

    Raises:
        StoreError: the database refused.
    """
    with _explained(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is kept whole or not at all; writers of SQLite take turns.

    Raises:
        StoreError: the database refused; nothing was written.
    """
    with _explained(engine):
        # The right to write is taken at once: a reader that turns writer midway may find that
        # another came first, and would have to begin again.
        taken = engine.execution_options(begins="begin immediate")
        with taken.connect() as connection, connection.begin():
            yield connection


def shown(url: URL) -> str:
    """The URL without its password."""
    return url.render_as_string(hide_password=True)


def _url(where: Path | str) -> URL:
    if isinstance(where, str) and "://" in where:
        try:
            return make_url(where)
        except ArgumentError as error:
            message = "the store's URL cannot be understood; write it as `postgresql://host/name`"
            raise ConfigError(message) from error
    path = Path(where)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot make the folder of `{path}`: {error.strerror}"
        raise StoreError(message) from error
    return URL.create("sqlite", database=str(path))


def _set_up_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401
    # Transactions begin where `_begin_sqlite` says, not where the driver guesses.
    connection.isolation_level = None
    for pragma in _SQLITE:
        connection.execute(pragma).close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begins", "begin"))


def _migrate(engine: Engine) -> None:
    with reading(engine) as connection:
        if _step(connection) == HEAD:
            return
    with _ONE_UPGRADE, writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"select pg_advisory_xact_lock({_UPGRADE_LOCK})"))
        # Another process may have been quicker while this one waited for its turn.
        if _step(connection) != HEAD:
            _upgrade(connection)


def _step(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    step: str | None = connection.scalar(text("select version_num from alembic_version"))
    return step


def _upgrade(connection: Connection) -> None:
    # Alembic is slow to import and is needed only where there is something to do.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        message = (
            f"the store `{shown(connection.engine.url)}` was made by another version ({error});"
            " use the version that made it, or a later one"
        )
        raise StoreError(message) from error


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        message = f"the store `{shown(engine.url)}` refused: {cause}; nothing was written"
        raise StoreError(message) from error
