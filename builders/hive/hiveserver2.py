"""A HiveServer2 as a catalogue: where its port is open and the metastore's is not.

Only what describes a table is asked of it; rows come from the files, since they would come through
one connection here. Run against Spark's Thrift server (4.1.4).
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from builders.files.names import first_line
from builders.files.partitions import NULL_PARTITION, Partition
from builders.hive.address import HiveServer2Address
from builders.hive.described import Row, described_partition, described_table
from builders.hive.naming import refuse_missing
from builders.hive.table import HivePartition, HiveTable, named_partition
from graph.errors import ExtractError, NotOnThisEngine

PASSWORD = "RINGWATCH_HIVESERVER2_PASSWORD"
_ANSWER_SECONDS = 120
_MANY = 200


class HiveServer2:
    """One session of a HiveServer2; a `Catalogue`."""

    def __init__(self, address: HiveServer2Address) -> None:
        """Open a session.

        Raises:
            NotOnThisEngine: the client is not installed.
            ExtractError: the server cannot be reached, or does not let us in.
        """
        self._endpoint = address.endpoint
        self._connection = _connected(address)
        self._cursor = self._connection.cursor()

    def close(self) -> None:
        """End the session."""
        self._cursor.close()
        self._connection.close()

    def describe(self, database: str, table: str) -> HiveTable:
        """The table, by `DESCRIBE FORMATTED`."""
        try:
            rows = self._rows(f"describe formatted `{database}`.`{table}`")
        except ExtractError:
            databases = [row[0] or "" for row in self._rows("show databases")]
            tables = self._tables(database) if database in databases else []
            refuse_missing(database, table, databases, tables)
            raise
        return described_table(rows, database, table)

    def partitions(self, table: HiveTable) -> dict[Partition, str]:
        """The values of every partition and its name, by `SHOW PARTITIONS`."""
        rows = self._rows(f"show partitions `{table.database}`.`{table.name}`")
        names = [row[0] or "" for row in rows]
        return {named_partition(table, name): name for name in names}

    def stored(
        self, table: HiveTable, chosen: Mapping[Partition, str], where: str | None
    ) -> tuple[list[HivePartition], list[str]]:
        """The `chosen` partitions, each by a question of its own."""
        notes = []
        if len(chosen) > _MANY:
            notes.append(
                f"{len(chosen)} partitions were asked for one by one; a metastore answers faster"
            )
        return [self._partition(table, values) for values in chosen], notes

    def _partition(self, table: HiveTable, values: Partition) -> HivePartition:
        spec = ", ".join(f"`{key}`={_literal(value)}" for key, value in values)
        asked = f"describe formatted `{table.database}`.`{table.name}` partition ({spec})"
        return described_partition(self._rows(asked), values)

    def _tables(self, database: str) -> list[str]:
        # Spark puts the database before the table's name, Hive does not.
        rows = self._rows(f"show tables in `{database}`")
        return [(row[0] if len(row) == 1 else row[1]) or "" for row in rows]

    def _rows(self, statement: str) -> list[Row]:
        try:
            self._cursor.execute(statement)
            return self._cursor.fetchall()
        except IndexError:
            # The client's way to say that Spark's answer has neither rows nor columns.
            return []
        except _failures() as error:
            message = (
                f"the HiveServer2 at {self._endpoint} refused `{statement}`: {first_line(error)}"
            )
            raise ExtractError(message) from error


class _Cursor(Protocol):
    def execute(self, statement: str) -> None: ...

    def fetchall(self) -> list[Row]: ...

    def close(self) -> None: ...


class _Connection(Protocol):
    def cursor(self) -> _Cursor: ...

    def close(self) -> None: ...


def _connected(address: HiveServer2Address) -> _Connection:
    connect = _connect()
    password = os.environ.get(PASSWORD)
    plain = address.auth == "plain"
    try:
        return connect(
            host=address.endpoint.host,
            port=address.endpoint.port,
            timeout=_ANSWER_SECONDS,
            auth_mechanism="PLAIN" if plain else "NOSASL",
            user=(address.user or getpass.getuser()) if plain else address.user,
            password=password,
        )
    except _failures() as error:
        message = (
            f"no HiveServer2 answers at {address.endpoint} ({first_line(error)}); is it running,"
            f" does it want `;auth=noSasl`, or a password in {PASSWORD}?"
        )
        raise ExtractError(message) from error


def _connect() -> Callable[..., _Connection]:
    try:
        from impala.dbapi import connect
    except ImportError as error:
        message = (
            f"asking a HiveServer2 needs a client, and `{error.name}` is not installed; `pip"
            " install 'ringwatch[hive]'`"
        )
        raise NotOnThisEngine(message) from error
    return cast(Callable[..., _Connection], connect)


def _failures() -> tuple[type[BaseException], ...]:
    from impala.error import Error
    from thrift.Thrift import TException

    return (Error, TException, OSError, EOFError)


def _literal(value: str | None) -> str:
    """A partition's value as a text of Hive's and Spark's SQL."""
    text = NULL_PARTITION if value is None else value
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
