"""What a table's columns are, what they mean, and the check that they are there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa

from graph.errors import SchemaError

ColumnType = Literal["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN"]

_ARROW: dict[ColumnType, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its SQL type, its meaning with unit, and whether it may be null."""

    name: str
    type: ColumnType
    meaning: str
    nullable: bool = False

    @property
    def arrow(self) -> pa.Field:
        """The column as an Arrow field."""
        return pa.field(self.name, _ARROW[self.type], nullable=self.nullable)


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of one kind of table, and the key that names and orders its rows.

    Rows leave an engine in key order, so that two engines answer alike.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse repeated columns and keys that name no column."""
        names = [column.name for column in self.columns]
        if len({name.lower() for name in names}) != len(names):
            message = f"`{self.name}` names a column twice (case is ignored): {names}"
            raise SchemaError(message)
        absent = [name for name in self.key if name not in names]
        if absent:
            message = f"`{self.name}` has a key of columns it lacks: {absent}"
            raise SchemaError(message)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def arrow(self) -> pa.Schema:
        """The schema as an Arrow schema."""
        return pa.schema([column.arrow for column in self.columns])

    def selecting(self, **computed: str) -> str:
        """The columns as a select list, some of them computed.

        `EDGES.selecting(weight="-log10_p / $full_at")` is every column of an edge, its weight
        from an expression of ours.

        Raises:
            SchemaError: a computed column is none of the schema's.
        """
        strange = [name for name in computed if name not in self.names]
        if strange:
            message = f"`{self.name}` has no column {_listed(strange)}"
            raise SchemaError(message)
        return ", ".join(
            f'{computed[name]} as "{name}"' if name in computed else f'"{name}"'
            for name in self.names
        )

    def with_attributes(self, names: Iterable[str]) -> Schema:
        """This schema with further nullable text columns, such as `device` or `ip`.

        Raises:
            SchemaError: an attribute has the name of a column that is there already.
        """
        extra = tuple(
            Column(name, "VARCHAR", "a carried attribute of the extract", nullable=True)
            for name in names
        )
        return replace(self, columns=(*self.columns, *extra))

    def attributes_beyond(self, base: Schema) -> tuple[str, ...]:
        """The columns this schema has and `base` has not, in order."""
        return tuple(name for name in self.names if name not in base.names)

    def check(self, found: pa.Schema, *, of: str) -> None:
        """Raise unless `found` has just these columns with these types.

        Args:
            found: the Arrow schema of the data.
            of: what the data is, for the message (a path or a step's name).

        Raises:
            SchemaError: columns are missing, surplus, or of another type.
        """
        given = {field.name: field.type for field in found}
        missing = [name for name in self.names if name not in given]
        surplus = [name for name in given if name not in self.names]
        if missing or surplus:
            message = (
                f"{of} is no `{self.name}` table: it lacks {_listed(missing)}"
                f" and has {_listed(surplus)} instead{_misspelled(missing, surplus)}"
            )
            raise SchemaError(message)
        for column in self.columns:
            if given[column.name] != _ARROW[column.type]:
                message = (
                    f"{of}: column `{column.name}` is {given[column.name]}"
                    f" where `{self.name}` has {_ARROW[column.type]}"
                )
                raise SchemaError(message)


def _listed(names: Iterable[str]) -> str:
    quoted = ", ".join(f"`{name}`" for name in names)
    return quoted or "nothing"


def _misspelled(missing: Iterable[str], surplus: Iterable[str]) -> str:
    """Which missing column each surplus one may have been meant to be."""
    left = list(surplus)
    pairs = []
    for name in missing:
        for match in difflib.get_close_matches(name, left, n=1):
            left.remove(match)
            pairs.append(f"`{name}` by `{match}`")
    return f"; did you mean {', '.join(pairs)}?" if pairs else ""
