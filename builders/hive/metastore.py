"""A Hive metastore as a catalogue, over Thrift and without a JVM.

Run against the metastores of Hive 2.3.10 and Hive 4.0.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from builders.files.names import first_line
from builders.files.partitions import Partition
from builders.hive.address import Endpoint
from builders.hive.naming import refuse_missing
from builders.hive.pushdown import metastore_filter
from builders.hive.refusals import transactional
from builders.hive.table import (
    HiveColumn,
    HivePartition,
    HiveTable,
    Storage,
    in_order,
    named_partition,
    partition_values,
)
from builders.hive.thrift_calls import (
    Calls,
    ColumnAnswer,
    PartitionAnswer,
    Refused,
    StorageAnswer,
)
from graph.errors import ExtractError

_PAGE = 300
# So a metastore of Hive 3 or 4 refuses a client that does not say it knows transactions.
_INSERT_ONLY = "insert-only"


class Metastore:
    """One connection to a metastore; a `Catalogue`."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        """Connect to the first of `endpoints` that answers.

        Raises:
            NotOnThisEngine: the Thrift client is not installed.
            ExtractError: none of them can be reached.
        """
        self._calls = Calls(endpoints)

    def close(self) -> None:
        """Hang up."""
        self._calls.close()

    def describe(self, database: str, table: str) -> HiveTable:
        """The table, by the metastore."""
        try:
            found = self._calls.table(database, table)
        except Refused as error:
            if error.missing:
                refuse_missing(database, table, self._calls.databases(), self._tables(database))
            if _INSERT_ONLY in str(error):
                raise ExtractError(transactional(f"{database}.{table}")) from error
            raise
        return HiveTable(
            database=database,
            name=table,
            kind=found.tableType or "MANAGED_TABLE",
            storage=_storage(found.sd),
            keys=_columns(found.partitionKeys),
            parameters=_texts(found.parameters),
        )

    def partitions(self, table: HiveTable) -> dict[Partition, str]:
        """The values of every partition and its name; one call."""
        names = self._calls.partition_names(table.database, table.name)
        return {named_partition(table, name): name for name in names}

    def stored(
        self, table: HiveTable, chosen: Mapping[Partition, str], where: str | None
    ) -> tuple[list[HivePartition], list[str]]:
        """The `chosen` partitions, by filter where the metastore can, else by name in pages."""
        if where is None:
            return self._by_name(table, chosen), []
        pushed = metastore_filter(where, table.keys)
        if pushed is None:
            note = "`where` is more than a metastore can filter by: it chose among all names"
            return self._by_name(table, chosen), [note]
        try:
            answer = self._calls.partitions_by_filter(table.database, table.name, pushed)
        except Refused as error:
            note = f"the filter was not pushed down, `where` chose by name: {first_line(error)}"
            return self._by_name(table, chosen), [note]
        found = [_partition(table, one) for one in answer]
        if {one.values for one in found} != set(chosen):
            note = (
                f"the metastore's filter gives {len(found)} partitions where `where` gives"
                f" {len(chosen)}; those of `where` are read"
            )
            return self._by_name(table, chosen), [note]
        return in_order(table, chosen, found), ["`where` was pushed down to the metastore"]

    def _by_name(self, table: HiveTable, chosen: Mapping[Partition, str]) -> list[HivePartition]:
        found: list[HivePartition] = []
        for names in _pages(chosen.values()):
            answer = self._calls.partitions_by_name(table.database, table.name, names)
            found.extend(_partition(table, one) for one in answer)
        return in_order(table, chosen, found)

    def _tables(self, database: str) -> list[str]:
        try:
            return self._calls.tables(database)
        except Refused:
            return []


def _pages(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while page := list(islice(rest, _PAGE)):
        yield page


def _partition(table: HiveTable, given: PartitionAnswer) -> HivePartition:
    return HivePartition(
        values=partition_values(table, given.values),
        storage=_storage(given.sd),
        parameters=_texts(given.parameters),
    )


def _storage(given: StorageAnswer) -> Storage:
    serde = given.serdeInfo
    return Storage(
        location=given.location,
        serde=(serde.serializationLib if serde else None) or "",
        input_format=given.inputFormat or "",
        columns=_columns(given.cols),
        parameters=_texts(serde.parameters if serde else None),
    )


def _columns(given: Sequence[ColumnAnswer] | None) -> tuple[HiveColumn, ...]:
    return tuple(HiveColumn(one.name, one.type) for one in given or ())


def _texts(given: Mapping[str, str | None] | None) -> dict[str, str]:
    return {key: value or "" for key, value in (given or {}).items()}
