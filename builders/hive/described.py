r"""What `DESCRIBE FORMATTED` prints, as a table again: Hive's rows and Spark's.

Hive (2.3.10 and since: `MetaDataFormatUtils`) pads its cells, ends names with a colon, writes each
parameter in a row of its own and escapes it as Java does (`\u0001`). Spark 4.1 writes parameters
into one cell, as they are: `[field.delim=,, serialization.format=,]`. In both, what stands first of
a partition's location and SerDe is the partition's; the table's may follow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from builders.files.partitions import Partition
from builders.hive.table import HiveColumn, HivePartition, HiveTable, Storage

Row = Sequence[str | None]

_ONE_CELL = re.compile(r"([\w.-]+)=(.*?)(?=, [\w.-]+=|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_KINDS = {"external": "EXTERNAL_TABLE", "managed": "MANAGED_TABLE", "view": "VIRTUAL_VIEW"}
_OF_TABLE = ("table parameters", "partition parameters", "table properties")
_OF_SERDE = ("storage desc params", "storage properties")


@dataclass(slots=True)
class _Read:
    """What the rows have said so far; of a fact that comes twice, the first is kept."""

    columns: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, dict[str, str]] = field(default_factory=dict)

    def fact(self, name: str, value: str) -> dict[str, str]:
        """Keep a fact; the block of parameters that begins with it, if it is the head of one."""
        known = name.rstrip(":").lower()
        kind = "table" if known in _OF_TABLE else "serde" if known in _OF_SERDE else None
        if kind is None:
            self.facts.setdefault(known, value)
            return {}
        block = dict(_ONE_CELL.findall(value[1:-1]))
        return self.parameters.setdefault(kind, block) if kind not in self.parameters else {}


def described_table(rows: Sequence[Row], database: str, name: str) -> HiveTable:
    """The table that the rows of `DESCRIBE FORMATTED db.table` tell of."""
    read = _read(rows)
    kind = read.facts.get("table type") or read.facts.get("type", "")
    parameters = dict(read.parameters.get("table", {}))
    if "provider" in read.facts:
        parameters.setdefault("spark.sql.sources.provider", read.facts["provider"])
    return HiveTable(
        database=database,
        name=name,
        kind=_KINDS.get(kind.lower(), kind),
        storage=_storage(read),
        keys=tuple(HiveColumn(key, of) for key, of in read.keys.items()),
        parameters=parameters,
    )


def described_partition(rows: Sequence[Row], values: Partition) -> HivePartition:
    """The partition that the rows of `DESCRIBE FORMATTED db.table PARTITION (...)` tell of."""
    read = _read(rows)
    among = [read.columns.pop(key, None) for key, _ in values]
    return HivePartition(
        values=values,
        storage=_storage(read),
        parameters=read.parameters.get("table", {}),
        # Hive lists the partition's own columns; Spark the table's, with the keys among them.
        own_columns=None in among,
    )


def _storage(read: _Read) -> Storage:
    return Storage(
        location=read.facts.get("location"),
        serde=read.facts.get("serde library", ""),
        input_format=read.facts.get("inputformat", ""),
        # Spark lists the partition keys among the columns, Hive does not.
        columns=tuple(
            HiveColumn(name, of) for name, of in read.columns.items() if name not in read.keys
        ),
        parameters=read.parameters.get("serde", {}),
    )


def _read(rows: Sequence[Row]) -> _Read:
    read = _Read()
    listing: dict[str, str] | None = read.columns
    block: dict[str, str] = {}
    for row in rows:
        raw = [cell or "" for cell in (*row, None, None)[:3]]
        first, second, third = (cell.strip() for cell in raw)
        if first.startswith("# "):
            listing = _listing(read, first.lower(), listing)
        elif listing is not None:
            if first:
                listing.setdefault(first, second)
        elif first:
            block = read.fact(first, second)
        elif second:
            block[second] = _parameter(second, raw[2], third)
    return read


def _listing(read: _Read, heading: str, before: dict[str, str] | None) -> dict[str, str] | None:
    """Which columns the rows under a heading list, if they list any."""
    if heading.startswith("# col_name"):
        return before
    return read.keys if heading.startswith("# partition information") else None


def _parameter(name: str, raw: str, stripped: str) -> str:
    """A parameter's value as it was before Hive escaped and padded it."""
    if raw and not stripped and name.endswith((".delim", ".format")):
        return " "
    return _ESCAPE.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2]),
        stripped,
    )
