"""Finding an extract's files on another file system, by the rules that hold on this machine."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from builders.files.listing import ExtractFile, Found, Listing, Skipped, joined, list_files
from builders.files.names import shown_text
from builders.files.partitions import partition_of
from builders.files.remote import Client, Facts, RemotePlace, reached
from graph.engine import Engine
from graph.errors import ExtractError

_MARKER = "_$folder$"
_Tree = dict[tuple[str, ...], dict[str, Facts | None]]


def client_of(engine: Engine | None) -> Client | None:
    """The engine's own way to other file systems, or None where it has none."""
    kernel = engine.kernel("files") if engine is not None else None
    found: Client | None = kernel(engine) if kernel is not None else None
    return found


def place_through(place: Path | RemotePlace, engine: Engine) -> Path | RemotePlace:
    """A place of a job file as it is reached: HDFS by the engine's own client where it has one.

    Object stores are Arrow's, whose addresses and credentials a job file's reader has told it.
    """
    if isinstance(place, Path) or place.scheme != "hdfs":
        return place
    return reached(place, client_of(engine)) or place


def list_place(place: Path | RemotePlace) -> Listing:
    """Every file to read under a place, on this machine or another file system.

    Raises:
        ExtractError: nothing is there, or it cannot be read as it stands.
    """
    return list_files(place) if isinstance(place, Path) else list_remote(place)


def list_remote(root: RemotePlace) -> Listing:
    """Every file to read under `root`, as `list_files` lists a folder of this machine.

    Raises:
        ExtractError: nothing is there, or it cannot be read; a folder's files are not to be read as
            they stand (unfinished, repeated partitions, tables with a log of their own).
    """
    try:
        facts = root.facts()
        if facts is None:
            message = f"cannot read {shown_text(str(root))}: no such file or folder"
            raise ExtractError(message)
        if facts.is_file:
            return Listing((_single(root, facts),))
        below = root.below()
    except (OSError, pa.ArrowException) as error:
        raise ExtractError(root.refusal(error)) from error
    found = Found(shown_text(str(root)).rstrip("/"))
    _walk(found, root, _tree(below), ())
    return found.listing()


def _tree(below: list[tuple[tuple[str, ...], Facts]]) -> _Tree:
    """What lies in each folder by name; folders that were not listed themselves have no facts."""
    tree: _Tree = {(): {}}
    for way, facts in below:
        for depth in range(len(way)):
            tree.setdefault(way[:depth], {}).setdefault(way[depth], None)
        if facts.is_file:
            tree[way[:-1]][way[-1]] = facts
        else:
            tree.setdefault(way, {})
    both = [way for way in tree if way and tree[way[:-1]][way[-1]] is not None]
    if both:
        message = f"{joined(both[0])} is both a file and a folder; remove or rename one of them"
        raise ExtractError(message)
    return tree


def _walk(found: Found, root: RemotePlace, tree: _Tree, way: tuple[str, ...]) -> None:
    names = tree[way]
    found.enter(way, set(names))
    anything = False
    for name, facts in sorted(names.items(), key=lambda one: one[0]):
        here = (*way, name)
        if found.hides(here):
            continue
        if name.endswith(_MARKER):
            found.skipped.append(Skipped(joined(here), "the mark that some tools set for a folder"))
            continue
        anything = True
        if facts is None:
            _walk(found, root, tree, here)
            continue
        file = _file(root.inner(*here), joined(here), here[:-1], facts)
        found.add(file, here)
    if way and not anything:
        found.note_empty(way)


def _single(place: RemotePlace, facts: Facts) -> ExtractFile:
    folders = place.path.split("/")[:-1]
    return _file(place, joined((place.name,)), tuple(folders), facts)


def _file(place: RemotePlace, name: str, folders: tuple[str, ...], facts: Facts) -> ExtractFile:
    return ExtractFile(
        path=Path(str(place)),
        name=name,
        partition=partition_of(folders, name=name),
        bytes=facts.bytes,
        modified_ns=facts.modified_ns,
        remote=place,
    )
