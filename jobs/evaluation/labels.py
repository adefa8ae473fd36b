"""Labels: which accounts are in a ring, which only look like one, and who is neither.

A labels file (Parquet, or CSV with a header) has the columns `account_id`, `group_id`, `is_ring`
and perhaps `kind` and `level`, a row a membership. A group whose rows are not of a ring is a
look-alike group; an account in both counts as ring. Accounts that are absent are controls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from builders.files.names import first_line, listed, nearest, shown_path
from builders.simulation.truth import Truth
from graph.errors import ExtractError

NEEDED = ("account_id", "group_id", "is_ring")
OPTIONAL = ("kind", "level")
_TRUE = {"true": True, "false": False, "1": True, "0": False, "t": True, "f": False}
_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A ring, or a group that looks like one and is none."""

    name: str
    is_ring: bool
    accounts: frozenset[str]
    kind: str | None = None
    level: str | None = None


@dataclass(frozen=True)
class Labels:
    """The groups, by name, and the accounts labelled as belonging to none of them.

    Raises:
        ExtractError: there is no ring, so nothing could be recalled.
    """

    groups: tuple[Group, ...]
    innocent: frozenset[str] = frozenset()

    @cached_property
    def rings(self) -> tuple[Group, ...]:
        """The groups that are rings."""
        return tuple(group for group in self.groups if group.is_ring)

    @cached_property
    def look_alikes(self) -> tuple[Group, ...]:
        """The groups that are not."""
        return tuple(group for group in self.groups if not group.is_ring)

    @cached_property
    def ring_accounts(self) -> frozenset[str]:
        """Accounts in at least one ring."""
        return frozenset().union(*(group.accounts for group in self.rings))

    @cached_property
    def look_alike_accounts(self) -> frozenset[str]:
        """Accounts of look-alike groups that are in no ring."""
        return frozenset().union(*(g.accounts for g in self.look_alikes)) - self.ring_accounts

    @cached_property
    def accounts(self) -> frozenset[str]:
        """Every labelled account."""
        return self.ring_accounts | self.look_alike_accounts | self.innocent

    @cached_property
    def group_of(self) -> dict[str, Group]:
        """One group for each account that has any: a ring before a look-alike, a larger first."""
        best: dict[str, Group] = {}
        order = sorted(self.groups, key=lambda g: (not g.is_ring, -len(g.accounts), g.name))
        for group in order:
            for account in group.accounts:
                best.setdefault(account, group)
        return best

    @cached_property
    def overlaps(self) -> int:
        """Accounts that are in several rings."""
        return sum(len(group.accounts) for group in self.rings) - len(self.ring_accounts)


def read_labels(path: Path) -> Labels:
    """The labels of a file; ids are text, and whole numbers become the text of their digits.

    Raises:
        ExtractError: the file cannot be read, lacks a column, or a value is not what it should be.
    """
    table = _read(path)
    for name in NEEDED:
        if name not in table.column_names:
            there = listed(table.column_names)
            mend = nearest(name, table.column_names)
            message = f"the labels `{shown_path(path)}` have no column `{name}`, but {there}{mend}"
            raise ExtractError(message)
    accounts = _texts(table, "account_id", path)
    groups = _texts(table, "group_id", path)
    rings = _truths(table, path)
    extra = [
        _texts(table, name, path) if name in table.column_names else [None] * len(table)
        for name in OPTIONAL
    ]
    without = sum(account is None for account in accounts)
    if without:
        message = f"{without:,} labels in `{shown_path(path)}` have no `account_id`; remove them"
        raise ExtractError(message)
    loose = sum(ring and group is None for ring, group in zip(rings, groups, strict=True))
    if loose:
        message = (
            f"{loose:,} labels in `{shown_path(path)}` are of a ring and have no `group_id`; say"
            " which ring, or one of its own for each account"
        )
        raise ExtractError(message)
    return _labels(zip(accounts, groups, rings, *extra, strict=True), shown_path(path))


def labels_of(truth: Truth) -> Labels:
    """What was planted in a simulated platform, as labels."""
    rows: list[tuple[str | None, str | None, bool, str | None, str | None]] = [
        (row["account"], row["ring"], True, row["kind"], row["level"])
        for row in truth.rings.to_pylist()
    ]
    rows += [
        (row["account"], row["group"], False, row["kind"], None)
        for row in truth.lookalikes.to_pylist()
    ]
    return _labels(rows)


def _labels(
    rows: Iterable[tuple[str | None, str | None, bool, str | None, str | None]],
    where: str | None = None,
) -> Labels:
    members: dict[tuple[str, bool], set[str]] = defaultdict(set)
    told: dict[tuple[str, bool], list[set[str]]] = defaultdict(lambda: [set(), set()])
    innocent: set[str] = set()
    for account, group, ring, *extra in rows:
        if account is None:
            continue
        if group is None:
            innocent.add(account)
            continue
        members[group, ring].add(account)
        for known, value in zip(told[group, ring], extra, strict=True):
            if value is not None:
                known.add(value)
    if where is not None and not any(ring for _, ring in members):
        message = f"no label in `{where}` is of a ring (`is_ring`): there is nothing to find"
        raise ExtractError(message)
    groups = tuple(
        Group(
            name=name,
            is_ring=ring,
            accounts=frozenset(accounts),
            kind=min(told[name, ring][0], default=None),
            level=min(told[name, ring][1], default=None),
        )
        for (name, ring), accounts in sorted(members.items())
    )
    grouped = {account for accounts in members.values() for account in accounts}
    return Labels(groups, frozenset(innocent - grouped))


def _read(path: Path) -> pa.Table:
    try:
        with path.open("rb") as file:
            parquet = file.read(len(_MAGIC)) == _MAGIC
        if parquet:
            return pq.ParquetFile(path).read()
        # Read as text: an id such as 007, or one of 20 digits, must not become a number.
        kinds = dict.fromkeys((*NEEDED, *OPTIONAL), pa.string())
        convert = pa_csv.ConvertOptions(
            column_types=kinds, strings_can_be_null=True, quoted_strings_can_be_null=False,
            null_values=[""],
        )  # fmt: skip
        delimiter = "\t" if ".tsv" in path.suffixes else ","
        return pa_csv.read_csv(
            path,
            parse_options=pa_csv.ParseOptions(delimiter=delimiter),
            convert_options=convert,
        )
    except OSError as error:
        message = f"cannot read the labels `{shown_path(path)}`: {error.strerror or error}"
        raise ExtractError(message) from error
    except pa.ArrowException as error:
        said = first_line(error)
        message = f"the labels `{shown_path(path)}` are neither Parquet nor CSV: {said}"
        raise ExtractError(message) from error


def _texts(table: pa.Table, name: str, path: Path) -> list[str | None]:
    column = table.column(name)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_floating(kind):
        message = (
            f"`{name}` in `{shown_path(path)}` is {kind}, which loses digits of an id; write it as"
            " text or whole numbers"
        )
        raise ExtractError(message)
    try:
        texts: list[str | None] = column.cast(pa.string()).to_pylist()
    except (pa.ArrowException, UnicodeDecodeError) as error:
        message = f"`{name}` in `{shown_path(path)}` is {kind} and no text: {first_line(error)}"
        raise ExtractError(message) from error
    return texts


def _truths(table: pa.Table, path: Path) -> list[bool]:
    """`is_ring` as it may be written: true and false, 1 and 0."""
    found = []
    for text in _texts(table, "is_ring", path):
        value = _TRUE.get((text or "").lower())
        if value is None:
            what = "is missing in a row" if text is None else f"is `{text}` in a row"
            message = f"`is_ring` in `{shown_path(path)}` {what}; write true or false, or 1 or 0"
            raise ExtractError(message)
        found.append(value)
    return found
