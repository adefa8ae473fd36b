"""From a Hive table's name to its files, each with its partition's values and its own format."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from builders.files.listing import ExtractFile, Listing, Skipped
from builders.files.names import listed, shown_text
from builders.files.partitions import Partition, missing_days, refuse_repeated
from builders.files.remote import Client, RemotePlace
from builders.files.remote_listing import client_of, list_place
from builders.hive.address import HiveAddress
from builders.hive.catalogues import opened
from builders.hive.location import folder_of, is_there, shown_folder, way_to
from builders.hive.refusals import refuse_unreadable
from builders.hive.storage import stored_as
from builders.hive.table import Catalogue, HivePartition, HiveTable, Storage
from graph.engine import Engine
from graph.errors import ConfigError, ExtractError

Inside = Callable[[Sequence[Partition]], set[int]]
"""The places of the partitions that a filter chooses."""


@dataclass(slots=True)
class _Found:
    """What the partitions listed so far hold."""

    files: list[ExtractFile] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    folders: list[tuple[Path | RemotePlace, str]] = field(default_factory=list)

    def note(self, *notes: str) -> None:
        """Remember what a person should know, once."""
        self.notes.update(dict.fromkeys(notes))


def list_table(
    address: HiveAddress,
    *,
    engine: Engine | None = None,
    where: str | None = None,
    inside: Inside | None = None,
) -> Listing:
    """Every file of a Hive table, as its catalogue has it.

    Files are named by their partition (`dt=2026-01-01/part-0`), so that a table under its own
    folder gives the listing that the folder gives. A partition without files or without its folder
    is noted.

    Args:
        address: the table, and where its catalogue is.
        engine: the engine that will read; its own catalogue is asked where the address names none.
        where: the filter of partitions as it was written, for catalogues that can filter.
        inside: which of some partitions the filter chooses.

    Raises:
        ConfigError: no such table or database; a filter for a table without partitions.
        ExtractError: the table cannot be read by its files, or its catalogue cannot be asked.
        NotOnThisEngine: the catalogue's client is not installed.
    """
    with opened(address, engine) as catalogue:
        table = catalogue.describe(address.database, address.table)
        refuse_unreadable(table)
        if not table.keys:
            if where is not None:
                raise ConfigError(_no_partitions(table))
            return _whole(table, client_of(engine))
        found = _Found()
        chosen = _chosen(catalogue, table, inside, found)
        partitions, notes = catalogue.stored(table, chosen, where)
        found.note(*notes)
    for one in partitions:
        _add(found, table, one, chosen[one.values], client_of(engine))
    _refuse_shared(found.folders)
    return _listing(found, table)


def _whole(table: HiveTable, client: Client | None) -> Listing:
    """The files of a table without partitions."""
    form, notes = stored_as(table, table.storage, table.parameters, of=str(table))
    listing = list_place(folder_of(_place(table, table.storage), of=str(table), client=client))
    files = tuple(dataclasses.replace(file, format=form) for file in listing.files)
    return dataclasses.replace(listing, files=files, notes=(*notes, *listing.notes))


def _chosen(
    catalogue: Catalogue, table: HiveTable, inside: Inside | None, found: _Found
) -> Mapping[Partition, str]:
    """The partitions inside the filter and their names, none of them twice in other words."""
    names = catalogue.partitions(table)
    refuse_repeated({("", values): {name} for values, name in names.items()})
    if inside is None:
        return names
    within = inside(list(names))
    chosen = {values: name for place, (values, name) in enumerate(names.items()) if place in within}
    found.note(f"`where` chooses {len(chosen)} of {len(names)} partitions")
    return chosen


def _add(
    found: _Found, table: HiveTable, one: HivePartition, name: str, client: Client | None
) -> None:
    """List the files of a partition wherever it lies."""
    shown = shown_text(name)
    of = f"the partition {shown} of {table}"
    parameters = {**table.parameters, **one.parameters}
    form, notes = stored_as(table, one.storage, parameters, of=of, own_columns=one.own_columns)
    folder = folder_of(_place(table, one.storage), of=of, client=client)
    found.note(*notes)
    if not is_there(folder):
        why = f"its catalogue lists it, and there is no {shown_folder(folder)}: no rows"
        found.skipped.append(Skipped(f"{shown}/", why))
        found.note(f"the partition {shown} has no folder {shown_folder(folder)}")
        return
    found.folders.append((folder, shown))
    listing = list_place(folder)
    if not listing.files:
        found.note(f"the partition {shown} holds no file")
    below = [file.name for file in listing.files if "/" in file.name]
    if below:
        found.note(f"the partition {shown} has files in folders of its own: {listed(below[:3])}")
    found.skipped += [Skipped(f"{shown}/{each.name}", each.reason) for each in listing.skipped]
    found.files += [
        dataclasses.replace(file, name=f"{shown}/{file.name}", partition=one.values, format=form)
        for file in listing.files
    ]


def _place(table: HiveTable, storage: Storage) -> str | None:
    """The location; Spark's own tables keep it in a parameter, and a placeholder beside it."""
    if table.parameters.get("spark.sql.sources.provider", "hive").lower() == "hive":
        return storage.location
    if storage is table.storage:
        return storage.parameters.get("path") or storage.location
    return storage.location or storage.parameters.get("path")


def _refuse_shared(folders: list[tuple[Path | RemotePlace, str]]) -> None:
    """Raise if the files of a partition are another's too."""
    # In the order of their names, whatever lies inside a folder comes right behind it.
    ordered = sorted(((way_to(folder), folder, name) for folder, name in folders), key=_by_way)
    for (outer, _, one), (inner, folder, other) in pairwise(ordered):
        if inner[: len(outer)] == outer:
            message = (
                f"the partitions {one} and {other} share the folder {shown_folder(folder)}, so its"
                " rows would count twice; give each a location of its own"
            )
            raise ExtractError(message)


def _by_way(one: tuple[tuple[str, ...], Path | RemotePlace, str]) -> tuple[str, ...]:
    return one[0]


def _listing(found: _Found, table: HiveTable) -> Listing:
    files = tuple(sorted(found.files, key=lambda file: file.name))
    found.note(*missing_days(dict.fromkeys(file.partition for file in files)))
    if not files:
        found.note(f"{table} holds no file to read")
    skipped = tuple(sorted(found.skipped, key=lambda one: one.name))
    return Listing(files, skipped, tuple(found.notes))


def _no_partitions(table: HiveTable) -> str:
    return f"`where` chooses partitions and {table} has none; choose rows with `row_where`"
