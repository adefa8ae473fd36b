"""Tables made through a metastore's own client, where SQL would not let them be made so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_HIVE = "org.apache.hadoop.hive"
FORMATS = {
    "text": ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}.serde2.lazy.LazySimpleSerDe"),
    "parquet": (
        f"{_HIVE}.ql.io.parquet.MapredParquetInputFormat",
        f"{_HIVE}.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (f"{_HIVE}.ql.io.orc.OrcInputFormat", f"{_HIVE}.ql.io.orc.OrcSerde"),
    "csv": ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}.serde2.OpenCSVSerde"),
    "avro": (
        f"{_HIVE}.ql.io.avro.AvroContainerInputFormat",
        f"{_HIVE}.serde2.avro.AvroSerDe",
    ),
}
_OUTPUT = {
    True: f"{_HIVE}.ql.io.orc.OrcOutputFormat",
    False: f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat",
}
COLUMNS = {"who": "string", "what": "string", "at": "bigint"}


def make_database(client: Any, name: str, place: Path) -> None:
    """A database whose folder is `place`."""
    from pymetastore.hive_metastore.ttypes import Database

    client.create_database(
        Database(name=name, description="", locationUri=f"file:{place}", parameters={})
    )


def make_table(
    client: Any,
    name: str,
    location: str | None,
    *,
    keys: Mapping[str, str] | None = None,
    columns: Mapping[str, str] = COLUMNS,
    stored: str = "text",
    serde: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    kind: str = "EXTERNAL_TABLE",
    buckets: Sequence[str] = (),
) -> None:
    """A table `database.table`; external unless `kind` says otherwise."""
    from pymetastore.hive_metastore.ttypes import Table

    database, table = name.split(".")
    external = {"EXTERNAL": "TRUE"} if kind == "EXTERNAL_TABLE" else {}
    client.create_table(
        Table(
            dbName=database,
            tableName=table,
            owner="tests",
            sd=_storage(location, columns, stored, serde, buckets),
            partitionKeys=_fields(keys or {}),
            parameters={**external, **(parameters or {})},
            tableType=kind,
        )
    )


def add_partition(
    client: Any,
    name: str,
    values: Sequence[str],
    location: str,
    *,
    columns: Mapping[str, str] = COLUMNS,
    stored: str = "text",
    serde: Mapping[str, str] | None = None,
) -> None:
    """A partition of `database.table`, with a storage of its own."""
    from pymetastore.hive_metastore.ttypes import Partition

    database, table = name.split(".")
    client.add_partition(
        Partition(
            dbName=database,
            tableName=table,
            values=list(values),
            sd=_storage(location, columns, stored, serde),
            parameters={},
        )
    )


def _storage(
    location: str | None,
    columns: Mapping[str, str],
    stored: str,
    serde: Mapping[str, str] | None,
    buckets: Sequence[str] = (),
) -> Any:
    from pymetastore.hive_metastore.ttypes import SerDeInfo, StorageDescriptor

    input_format, library = FORMATS[stored]
    return StorageDescriptor(
        cols=_fields(columns),
        location=location,
        inputFormat=input_format,
        # An ACID table is refused by the metastore itself unless its output is ORC too.
        outputFormat=_OUTPUT[stored == "orc"],
        serdeInfo=SerDeInfo(name="", serializationLib=library, parameters=dict(serde or {})),
        numBuckets=1 if buckets else -1,
        bucketCols=list(buckets),
        sortCols=[],
        parameters={},
    )


def _fields(columns: Mapping[str, str]) -> list[Any]:
    from pymetastore.hive_metastore.ttypes import FieldSchema

    return [FieldSchema(name=name, type=of, comment="") for name, of in columns.items()]
