"""Finding an extract's files on another file system, by the rules that hold on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs

from builders.files.listing import ExtractFile, Found, Listing, Skipped, joined, list_files
from builders.files.names import shown_text
from builders.files.partitions import partition_of
from builders.files.remote import RemotePlace
from graph.errors import ExtractError

_MARKER = "_$folder$"
_Tree = dict[tuple[str, ...], dict[str, Any]]


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
    system, path = root.opened()
    try:
        facts = system.get_file_info(path)
        if facts.is_file:
            return Listing((_single(root, facts),))
        if facts.type == pafs.FileType.NotFound:
            message = f"cannot read {shown_text(str(root))}: no such file or folder"
            raise ExtractError(message)
        infos = system.get_file_info(pafs.FileSelector(path, recursive=True))
    except (OSError, pa.ArrowException) as error:
        raise ExtractError(root.refusal(error)) from error
    found = Found(shown_text(str(root)).rstrip("/"))
    _walk(found, root, _tree(infos, path), ())
    return found.listing()


def _tree(infos: list[Any], root: str) -> _Tree:
    """What lies in each folder by name. An object store may list a file and not its folders."""
    tree: _Tree = {(): {}}
    for info in infos:
        way = tuple(info.path.removeprefix(root).strip("/").split("/"))
        for depth in range(len(way)):
            tree.setdefault(way[:depth], {}).setdefault(way[depth], None)
        if info.is_file:
            tree[way[:-1]][way[-1]] = info
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
    for name, info in sorted(names.items()):
        here = (*way, name)
        if found.hides(here):
            continue
        if name.endswith(_MARKER):
            found.skipped.append(Skipped(joined(here), "the mark that some tools set for a folder"))
            continue
        anything = True
        if info is None:
            _walk(found, root, tree, here)
            continue
        file = _file(root.below(*here), joined(here), here[:-1], info)
        found.add(file, here)
    if way and not anything:
        found.note_empty(way)


def _single(place: RemotePlace, facts: Any) -> ExtractFile:  # noqa: ANN401 - Arrow has no types
    folders = place.path.split("/")[:-1]
    return _file(place, joined((place.name,)), tuple(folders), facts)


def _file(
    place: RemotePlace,
    name: str,
    folders: tuple[str, ...],
    facts: Any,  # noqa: ANN401 - Arrow has no types
) -> ExtractFile:
    return ExtractFile(
        path=Path(str(place)),
        name=name,
        partition=partition_of(folders, name=name),
        bytes=int(facts.size),
        modified_ns=int(facts.mtime_ns or 0),
        remote=place,
    )
