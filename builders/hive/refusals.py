"""Tables that are not read by their files, and what to do in place of it."""

from __future__ import annotations

from collections.abc import Mapping

from builders.files.names import shown_text
from builders.hive.table import HiveTable
from graph.errors import ExtractError

_LOGGED = {"delta": "Delta Lake", "iceberg": "Iceberg", "hudi": "Hudi"}


def refuse_unreadable(table: HiveTable) -> None:
    """Raise if the files alone do not say which rows the table has.

    Raises:
        ExtractError: a view, an ACID table, one that a storage handler or another log governs.
    """
    if table.kind.upper().endswith("VIEW"):
        message = (
            f"{table} is a view, which has no files; name the table beneath it, or write the"
            " view's rows to a table first"
        )
        raise ExtractError(message)
    given = {key.lower(): value for key, value in table.parameters.items()}
    if is_true(given, "transactional"):
        raise ExtractError(transactional(str(table)))
    other = _governed_by(given)
    if other is not None:
        message = (
            f"{table} is a table of {other}, whose files also hold rows that were deleted or"
            " replaced; export it to plain Parquet first"
        )
        raise ExtractError(message)


def transactional(table: str) -> str:
    """Why an ACID table is not read, for whichever sign gave it away."""
    return (
        f"{table} is transactional (ACID): its files also hold rows that were deleted or"
        " replaced; export it first, as by"
        f" `insert overwrite directory ... stored as parquet select * from {table}`"
    )


def is_true(parameters: Mapping[str, str], name: str) -> bool:
    """Whether a table's parameter is on."""
    return parameters.get(name, "").strip().lower() == "true"


def _governed_by(given: Mapping[str, str]) -> str | None:
    kinds = (given.get("table_type", ""), given.get("spark.sql.sources.provider", ""))
    for kind in kinds:
        if kind.lower() in _LOGGED:
            return _LOGGED[kind.lower()]
    handler = given.get("storage_handler", "")
    return f"the storage handler `{shown_text(handler)}`" if handler else None
