"""The catalogue of the engine's own session, where the engine has one (Spark)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from builders.files.partitions import Partition
from builders.hive.naming import refuse_missing
from builders.hive.table import (
    HiveColumn,
    HivePartition,
    HiveTable,
    Storage,
    in_order,
    named_partition,
    partition_values,
)
from graph.engine import Engine
from graph.errors import ExtractError

_KERNEL = "hive-table"


class _Asked(Protocol):
    """What the kernel gives: `graph.engines.spark.catalogue.SessionHive`."""

    def databases(self) -> list[str]: ...

    def tables(self, database: str) -> list[str]: ...

    def table(self, database: str, table: str) -> dict[str, Any] | None: ...

    def partition_names(self, database: str, table: str) -> list[str]: ...

    def partitions(
        self, database: str, table: str, where: str | None
    ) -> tuple[list[dict[str, Any]], list[str]]: ...


def session_catalogue(engine: Engine | None) -> SessionCatalogue | None:
    """The catalogue of the engine's session, or None where it has none."""
    kernel = engine.kernel(_KERNEL) if engine is not None else None
    asked = kernel() if kernel is not None else None
    return SessionCatalogue(asked) if asked is not None else None


def may_have_catalogue(engine: Engine | None) -> bool:
    """Whether the engine is of a kind whose sessions may have a catalogue of Hive's."""
    return engine is not None and engine.kernel(_KERNEL) is not None


class SessionCatalogue:
    """The catalogue behind an engine's kernel `hive-table`; a `Catalogue`.

    The kernel's answers are plain values: it stands below this room and does not know its nouns.
    """

    def __init__(self, asked: _Asked) -> None:
        """Ask what the kernel gave."""
        self._asked = asked

    def close(self) -> None:
        """Nothing: the session is the engine's."""

    def describe(self, database: str, table: str) -> HiveTable:
        """The table, by the session's catalogue."""
        found = self._asked.table(database, table)
        if found is None:
            databases = self._asked.databases()
            tables = self._asked.tables(database) if database in databases else []
            refuse_missing(database, table, databases, tables)
            message = f"the session's catalogue lists {database}.{table} and does not describe it"
            raise ExtractError(message)
        return HiveTable(
            database=database,
            name=table,
            kind=found["kind"],
            storage=_storage(found["storage"]),
            keys=_columns(found["keys"]),
            parameters=found["parameters"],
        )

    def partitions(self, table: HiveTable) -> dict[Partition, str]:
        """The values of every partition and its name."""
        names = self._asked.partition_names(table.database, table.name)
        return {named_partition(table, name): name for name in names}

    def stored(
        self, table: HiveTable, chosen: Mapping[Partition, str], where: str | None
    ) -> tuple[list[HivePartition], list[str]]:
        """The `chosen` partitions; `where` is pushed down to the session's metastore."""
        answer, notes = self._asked.partitions(table.database, table.name, where)
        found = [_partition(table, one) for one in answer]
        if where is not None and not set(chosen) <= {one.values for one in found}:
            answer, _ = self._asked.partitions(table.database, table.name, None)
            found = [_partition(table, one) for one in answer]
            notes = ["the session's filter gives other partitions than `where`, which is followed"]
        return in_order(table, chosen, found), notes


def _partition(table: HiveTable, given: Mapping[str, Any]) -> HivePartition:
    values = {key.lower(): value for key, value in given["values"].items()}
    return HivePartition(
        values=partition_values(table, [values.get(key.name.lower()) for key in table.keys]),
        storage=_storage(given["storage"]),
        parameters=given["parameters"],
        own_columns=given["own_columns"],
    )


def _storage(given: Mapping[str, Any]) -> Storage:
    return Storage(
        location=given["location"],
        serde=given["serde"],
        input_format=given["input_format"],
        columns=_columns(given["columns"]),
        parameters=given["parameters"],
    )


def _columns(given: list[tuple[str, str]]) -> tuple[HiveColumn, ...]:
    return tuple(HiveColumn(name, of) for name, of in given)
