"""What is to be read: tables of an extract, how their columns map to the model, and the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from builders.files.formats import FileFormat
from builders.files.listing import ExtractFile
from builders.files.names import nearest, shown_path, shown_text
from builders.files.remote import RemotePlace
from builders.hive.address import HiveAddress
from graph.errors import ConfigError
from graph.schema import Schema
from graph.schemas import ACCOUNTS, INTERACTIONS

RepeatedHour = Literal["quarantine", "earlier", "later"]
Place = Path | RemotePlace | HiveAddress | ExtractFile
TIME_UNITS = ("s", "ms", "us", "ns", "iso")
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,62}")
SENTINEL_IDS = ("-1", "0", "unknown", "anonymous")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table of an extract: where it lies, and which model column each of its columns fills.

    Attributes:
        name: what the job file calls it; it stands in the accounting and the quarantine.
        path: a file, a folder of (Hive-partitioned) files, a Hive table, or one file as it was
            listed.
        format: how the files are written; None for a Hive table, whose catalogue says it.
        mapping: model column to the name of a column of the table, or to a SQL expression over
            its columns. A constant is a SQL text in single quotes: `'like'`.
        attributes: carried attribute to column or expression, such as `{"device": "device_id"}`.
        actions: raw action to model action; where it is given, any other action is quarantined.
        time_unit: `s`, `ms`, `us` or `ns` since 1970 UTC, `iso`, or a `strptime` format with `%`.
            None suits only columns that are timestamps already: a unit is never guessed.
        time_zone: the zone of times that name none, such as `Europe/Berlin`.
        repeated_hour: what becomes of a local time that a clock put back shows twice.
        where: SQL over the partition columns (text); other files are skipped unopened.
        row_where: SQL over the columns; other rows hold no interaction and are not counted.
        explode: an array (column or SQL): one interaction for each element, called `element` in
            expressions. Rows are then counted by element.
        deduplicate: True drops rows that equal an earlier one in every model column, a tuple those
            that equal it in these columns; False keeps all.
    """

    name: str
    path: Place
    format: FileFormat | None
    mapping: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    time_unit: str | None = None
    time_zone: str | None = None
    repeated_hour: RepeatedHour = "quarantine"
    where: str | None = None
    row_where: str | None = None
    explode: str | None = None
    deduplicate: bool | tuple[str, ...] = True

    def __post_init__(self) -> None:
        """Refuse units, zones and choices that do not exist."""
        _check_format(self)
        _check_unit(self.time_unit, self.time_zone, self.name)
        one_of(self.repeated_hour, get_args(RepeatedHour), f"table `{self.name}`: `repeated_hour`")
        if self.time_zone is not None:
            _check_zone(self.time_zone, self.name)

    @property
    def where_from(self) -> str:
        """The path as a job file has it, safe to show."""
        if isinstance(self.path, ExtractFile):
            return shown_path(self.path.path)
        return shown_path(self.path) if isinstance(self.path, Path) else str(self.path)

    def sources(self, schema: Schema) -> dict[str, str]:
        """Model column (or attribute) to expression, in the order of `schema`, defaults filled in.

        An interaction's `action` is the table's name unless it is mapped, its `object_kind` is
        `object`.
        """
        given = {**_defaults(self.name, schema), **self.mapping, **self.attributes}
        return {name: given[name] for name in schema.names if name in given}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When a row or a file is set aside, and how much of that stops the run.

    Attributes:
        platform_start: no time before this day (UTC) is believed.
        quarantine_share: the greatest share of rows, in [0, 1], that may be quarantined.
        rejected_files: how many files may be rejected.
        sentinel_ids: accounts that stand for nobody; they would join everyone.
        future_seconds: how far ahead of now a time may be.
        late_days: how many days a time may lie outside its partition's day; None: any number.
    """

    platform_start: date = date(2004, 1, 1)
    quarantine_share: float = 0.001
    rejected_files: int = 0
    sentinel_ids: tuple[str, ...] = SENTINEL_IDS
    future_seconds: int = 300
    late_days: int | None = 1

    def check_rules(self) -> None:
        """Refuse numbers out of range."""
        if not 0 <= self.quarantine_share <= 1:
            message = f"`quarantine_share` is a share in [0, 1], not {self.quarantine_share}"
            raise ConfigError(message)
        counts = {
            "rejected_files": self.rejected_files,
            "future_seconds": self.future_seconds,
            "late_days": self.late_days or 0,
        }
        for name, value in counts.items():
            if value < 0:
                message = f"`{name}` cannot be negative, but is {value}"
                raise ConfigError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSpec(Rules):
    """The tables that together give the interactions, in the order that decides between equals."""

    tables: tuple[TableSpec, ...]

    def __post_init__(self) -> None:
        """Refuse tables without a model column, with an unknown one, or of one name."""
        self.check_rules()
        if not self.tables:
            message = "the extract has no table; add `[[extract.tables]]`"
            raise ConfigError(message)
        names = [table.name for table in self.tables]
        for name in names:
            if names.count(name) > 1:
                message = f"two tables are called `{name}`; give each its own `name`"
                raise ConfigError(message)
        for table in self.tables:
            _check_mapping(table, INTERACTIONS)
            _check_attributes(table)
            _check_key(table, self.schema)

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every carried attribute of any table, in the order of first mention."""
        return tuple(dict.fromkeys(name for table in self.tables for name in table.attributes))

    @property
    def schema(self) -> Schema:
        """The schema of the interactions: `INTERACTIONS` with the attributes."""
        return INTERACTIONS.with_attributes(self.attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsSpec(Rules):
    """A table of accounts (`ACCOUNTS`): one row an account, the first of several is kept."""

    table: TableSpec

    def __post_init__(self) -> None:
        """Refuse what a table of accounts cannot have."""
        self.check_rules()
        if self.table.attributes:
            message = f"`{self.table.name}` is a table of accounts and carries no attributes"
            raise ConfigError(message)
        _check_mapping(self.table, ACCOUNTS)


def one_of(given: str, known: Iterable[str], what: str) -> None:
    """Raise ConfigError unless `given` is among `known`; the message names the nearest."""
    choices = sorted(known)
    if given not in choices:
        listing = ", ".join(f"`{choice}`" for choice in choices)
        mend = nearest(given, choices) or f"; there are {listing}"
        message = f"{what} cannot be `{shown_text(given)}`{mend}"
        raise ConfigError(message)


def _defaults(table: str, schema: Schema) -> dict[str, str]:
    if "action" not in schema.names:
        return {}
    quoted = table.replace("'", "''")
    return {"action": f"'{quoted}'", "object_kind": "'object'"}


def _check_format(table: TableSpec) -> None:
    if isinstance(table.path, Path | RemotePlace) and table.format is None:
        message = f"table `{table.name}`: nothing says the `format` of {table.where_from}"
        raise ConfigError(message)


def _check_unit(unit: str | None, zone: str | None, table: str) -> None:
    if unit is None:
        return
    if "%" not in unit:
        one_of(unit, TIME_UNITS, f"table `{table}`: `time_unit`")
    elif "%Z" in unit:
        message = f"table `{table}`: zone names (%Z) mean several zones; read offsets with %z"
        raise ConfigError(message)
    elif "%z" not in unit and zone is None:
        message = f"table `{table}`: `{unit}` reads local times; say `time_zone`, such as UTC"
        raise ConfigError(message)


def _check_zone(zone: str, table: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = (
            f"table `{table}`: there is no time zone `{zone}`; write it as `Europe/Berlin` or `UTC`"
        )
        raise ConfigError(message) from error


def _check_mapping(table: TableSpec, schema: Schema) -> None:
    for name in table.mapping:
        one_of(name, schema.names, f"table `{table.name}`: a model column")
    defaults = _defaults(table.name, schema)
    for column in schema.columns:
        if not (column.nullable or column.name in table.mapping or column.name in defaults):
            message = (
                f"table `{table.name}` does not say which column is `{column.name}`"
                f" ({column.meaning}); map it"
            )
            raise ConfigError(message)


def names_attribute(name: str) -> bool:
    """Whether a carried attribute may be called this: a-z, 0-9 and `_`, and no model column."""
    return bool(_ATTRIBUTE.fullmatch(name)) and name not in INTERACTIONS.names


def _check_attributes(table: TableSpec) -> None:
    for name in table.attributes:
        if not names_attribute(name):
            message = (
                f"table `{table.name}`: an attribute cannot be called `{shown_text(name)}`; its"
                " name is of a-z, 0-9 and `_`, and no model column's"
            )
            raise ConfigError(message)


def _check_key(table: TableSpec, schema: Schema) -> None:
    if isinstance(table.deduplicate, bool):
        return
    if not table.deduplicate:
        message = f"table `{table.name}`: `deduplicate` names no column; say true, false or columns"
        raise ConfigError(message)
    for name in table.deduplicate:
        one_of(name, schema.names, f"table `{table.name}`: a column of `deduplicate`")
