"""What a catalogue knows of a Hive table, whichever catalogue was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from builders.files.names import listed, shown_text
from builders.files.partitions import NULL_PARTITION, Partition, partition_of
from graph.errors import ExtractError


@dataclass(frozen=True, slots=True)
class HiveColumn:
    """A column or partition key with its Hive type, such as `map<string,string>`."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Where rows lie and how they are written: a Hive storage descriptor.

    `location` is a folder as Hive writes it (`file:/x`, `hdfs://...`), whose percent signs are part
    of the name; `parameters` are the SerDe's.
    """

    location: str | None
    serde: str
    input_format: str
    columns: tuple[HiveColumn, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HivePartition:
    """One partition: its values, in the order of the table's keys, and its own storage.

    `own_columns` is False where its catalogue tells the table's columns for those of all
    partitions, so that this one may be older than the last of them.
    """

    values: Partition
    storage: Storage
    parameters: Mapping[str, str] = field(default_factory=dict)
    own_columns: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HiveTable:
    """A table as its catalogue describes it.

    `kind` is Hive's table type (`EXTERNAL_TABLE`, `MANAGED_TABLE`, `VIRTUAL_VIEW`...); `keys` are
    the partition keys, which are not among the storage's columns.
    """

    database: str
    name: str
    kind: str
    storage: Storage
    keys: tuple[HiveColumn, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """As `db.table`."""
        return f"{self.database}.{self.name}"


class Catalogue(Protocol):
    """Something that knows Hive tables: a metastore, a HiveServer2, a Spark session."""

    def describe(self, database: str, table: str) -> HiveTable:
        """The table.

        Raises:
            ConfigError: no such table (the nearest is named) or database.
            ExtractError: the catalogue cannot be reached or does not answer.
        """

    def partitions(self, table: HiveTable) -> dict[Partition, str]:
        """The values of every partition and its name, such as `dt=2026-01-01/hr=3`."""

    def stored(
        self, table: HiveTable, chosen: Mapping[Partition, str], where: str | None
    ) -> tuple[list[HivePartition], list[str]]:
        """The `chosen` partitions in their order, and notes on how they were asked for.

        `where` is the filter that chose them; a catalogue that can filter is given it, and its
        answer is held against `chosen`.

        Raises:
            ExtractError: a partition was dropped meanwhile, or the catalogue does not answer.
        """

    def close(self) -> None:
        """Hang up."""


def named_partition(table: HiveTable, name: str) -> Partition:
    """The values that a partition's name holds, in the order of the table's keys.

    Raises:
        ExtractError: its keys are not the table's.
    """
    values = {key.lower(): value for key, value in partition_of(name.split("/"), name=name)}
    if set(values) != {key.name.lower() for key in table.keys}:
        message = (
            f"{table} has the partition `{shown_text(name)}`, whose keys are not the table's"
            f" ({listed(key.name for key in table.keys)}); its catalogue is damaged"
        )
        raise ExtractError(message)
    return tuple((key.name, values[key.name.lower()]) for key in table.keys)


def in_order(
    table: HiveTable, chosen: Mapping[Partition, str], found: Iterable[HivePartition]
) -> list[HivePartition]:
    """What was found of the `chosen` partitions, in their order.

    Raises:
        ExtractError: one of them is not among those found.
    """
    known = {one.values: one for one in found}
    for values, name in chosen.items():
        if values not in known:
            message = (
                f"{table} lost the partition `{shown_text(name)}` while it was listed; let its"
                " writer finish, and start again"
            )
            raise ExtractError(message)
    return [known[values] for values in chosen]


def partition_values(table: HiveTable, values: Sequence[str | None]) -> Partition:
    """A partition's values beside the table's keys; Hive's name for null becomes None.

    Raises:
        ExtractError: there are more or fewer values than keys.
    """
    if len(values) != len(table.keys):
        message = (
            f"a partition of {table} has {len(values)} values for {len(table.keys)} keys; its"
            " catalogue is damaged: run MSCK REPAIR TABLE"
        )
        raise ExtractError(message)
    return tuple(
        (key.name, None if value == NULL_PARTITION else value)
        for key, value in zip(table.keys, values, strict=True)
    )
