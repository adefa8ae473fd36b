"""Finding an extract's files: one file, or a tree of Hive partitions."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from builders.files.formats import FileFormat
from builders.files.names import first_line, listed, shown_path, shown_text
from builders.files.partitions import (
    Partition,
    missing_days,
    partition_of,
    partition_text,
    refuse_repeated,
)
from builders.files.remote import RemotePlace
from graph.errors import ExtractError

_ACID_FOLDER = re.compile(r"(?:base_\d{7}|(?:delete_)?delta_\d{7}_\d{7}(?:_\d{4})?)(?:_v\d+)?")
_MOST_DEEP = 64


@dataclass(frozen=True, slots=True)
class Content:
    """What a file held when it was looked at: its BLAKE2b, and a time (ns) before that look."""

    digest: str
    looked_at_ns: int


@dataclass(frozen=True, slots=True)
class ExtractFile:
    """One file of an extract, as it was when it was listed.

    `name` is relative to the extract's root (the bare name where the root is the file itself), with
    `/` between folders; `partition` holds its Hive keys with decoded values, None for Hive's null.
    `format` is how it is written where a catalogue says so, file by file; else its table says it.
    `remote` is where it lies if not on this machine; `path` is then only its name for people.
    `content` is what it held, if anybody looked; what is read must be that (`unchanged`).
    """

    path: Path
    name: str
    partition: Partition
    bytes: int
    modified_ns: int
    format: FileFormat | None = None
    remote: RemotePlace | None = None
    content: Content | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was found and is not read, and by which rule."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is to read, ordered by name; what was skipped; what a reader should know."""

    files: tuple[ExtractFile, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Found:
    """What a walk through folders has gathered so far, by the rules of every file system.

    `root` is the folder as people know it; a `way` is the names from there to a file or folder.
    """

    root: str
    files: list[ExtractFile] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folders: dict[tuple[str, Partition], set[str]] = field(default_factory=dict)

    def enter(self, way: tuple[str, ...], names: set[str]) -> None:
        """Raise if what is in a folder says that its files are not to be read as they stand."""
        folder = "/".join((self.root, joined(way))) if way else self.root
        _refuse_unfinished(folder, names)
        _refuse_managed(folder, names)

    def hides(self, way: tuple[str, ...]) -> bool:
        """Whether a file or folder is hidden by its name; it is then listed as skipped."""
        hidden = way[-1].startswith(("_", "."))
        if hidden:
            rule = "a name that begins with `_` or `.` is hidden"
            self.skipped.append(Skipped(joined(way), rule))
        return hidden

    def add(self, file: ExtractFile, way: tuple[str, ...]) -> None:
        """Remember a file and the partition that its folders name."""
        self.files.append(file)
        self._remember_folder(way[:-1], file.partition)

    def note_empty(self, way: tuple[str, ...]) -> None:
        """Remember that a folder holds nothing to read."""
        partition = partition_of(way, name=joined(way))
        if partition:
            self.notes.append(
                f"the partition {shown_text(partition_text(partition))} holds no file"
            )
            self._remember_folder(way, partition)
        else:
            self.notes.append(f"the folder {joined(way)} holds no file")

    def listing(self) -> Listing:
        """What there is to read, in order.

        Raises:
            ExtractError: a partition stands there twice in other words.
        """
        refuse_repeated(self.folders)
        files = tuple(sorted(self.files, key=lambda file: file.name))
        partitions = dict.fromkeys(file.partition for file in files)
        keys = {tuple(key.lower() for key, _ in partition) for partition in partitions}
        notes = list(self.notes)
        if len(keys) > 1:
            shown = " beside ".join(
                f"`{'/'.join(key) or '(no partition)'}`" for key in sorted(keys)
            )
            notes.append(f"files are not partitioned alike: {shown}")
        notes.extend(missing_days(partitions))
        if not files:
            notes.append(f"{self.root} holds no file to read")
        skipped = tuple(sorted(self.skipped, key=lambda one: one.name))
        return Listing(files, skipped, tuple(notes))

    def _remember_folder(self, way: tuple[str, ...], partition: Partition) -> None:
        plain = "/".join(part for part in way if "=" not in part)
        folder = "/".join(part for part in way if "=" in part)
        if partition:
            self.folders.setdefault((plain, partition), set()).add(shown_text(folder))


@dataclass(slots=True)
class _Walk:
    """A walk on this machine, where links may lead round in a circle or out of the root."""

    root: Path
    found: Found
    links: list[str] = field(default_factory=list)


def list_files(root: Path) -> Listing:
    """Every file to read under `root`, which is one file or a tree of (Hive-partitioned) folders.

    Hidden files and folders (`_` or `.` before the name) are skipped and listed. Empty folders,
    days that lack between two others, and files outside the partitions are noted.

    Raises:
        ExtractError: nothing is there, or it cannot be read; a `_temporary` folder without
            `_SUCCESS` says that the writer did not finish; a partition stands there twice in other
            words; a link leads out of the root, round in a circle or to a file that is listed
            already; the folder is a table (Delta, Hudi, Hive ACID) whose log says what is valid.
    """
    try:
        resolved = root.resolve(strict=True)
        facts = resolved.stat()
    except (OSError, RuntimeError) as error:
        message = f"cannot read {shown_path(root)}: {_why(error)}"
        raise ExtractError(message) from None
    if stat.S_ISREG(facts.st_mode):
        return Listing((_single(resolved, facts),))
    if not stat.S_ISDIR(facts.st_mode):
        message = f"{shown_path(root)} is neither a file nor a folder"
        raise ExtractError(message)
    walk = _Walk(resolved, Found(shown_path(resolved)))
    _walk(walk, resolved, (), (resolved,))
    listing = walk.found.listing()
    if walk.links:
        _refuse_linked_twice(listing.files)
    return listing


def _single(path: Path, facts: os.stat_result) -> ExtractFile:
    folders = [part for part in path.parent.parts if "=" in part]
    partition = partition_of(folders, name=shown_path(path))
    name = shown_path(Path(path.name))
    return ExtractFile(path, name, partition, facts.st_size, facts.st_mtime_ns)


def _walk(walk: _Walk, folder: Path, way: tuple[str, ...], above: tuple[Path, ...]) -> None:
    entries = _entries(folder)
    walk.found.enter(way, {entry.name for entry in entries})
    anything = False
    for entry in entries:
        here = (*way, entry.name)
        if walk.found.hides(here):
            continue
        anything = True
        _visit(walk, entry, here, above)
    if way and not anything:
        walk.found.note_empty(way)


def _visit(
    walk: _Walk, entry: os.DirEntry[str], way: tuple[str, ...], above: tuple[Path, ...]
) -> None:
    name = joined(way)
    path = Path(entry.path)
    facts = _followed(walk, entry, name, above)
    if stat.S_ISDIR(facts.st_mode):
        if len(way) > _MOST_DEEP:
            message = f"{name} lies more than {_MOST_DEEP} folders deep; is it a circle?"
            raise ExtractError(message)
        _walk(walk, path, way, (*above, path.resolve()))
    elif stat.S_ISREG(facts.st_mode):
        partition = partition_of(way[:-1], name=name)
        file = ExtractFile(path, name, partition, facts.st_size, facts.st_mtime_ns)
        walk.found.add(file, way)
    else:
        rule = "neither a file nor a folder (a pipe or a device)"
        walk.found.skipped.append(Skipped(name, rule))


def _followed(
    walk: _Walk, entry: os.DirEntry[str], name: str, above: tuple[Path, ...]
) -> os.stat_result:
    """What an entry is, after a link was followed and found to stay inside the root."""
    try:
        if not entry.is_symlink():
            return entry.stat()
        target = Path(entry.path).resolve(strict=True)
        facts = target.stat()
    except (OSError, RuntimeError) as error:
        message = f"{name}: cannot be read: {_why(error)}"
        raise ExtractError(message) from None
    if not target.is_relative_to(walk.root):
        message = f"{name} is a link out of the extract, to {shown_path(target)}; copy it inside"
        raise ExtractError(message)
    if target in above:
        message = f"{name} is a link to a folder that holds it: a circle; remove the link"
        raise ExtractError(message)
    walk.links.append(name)
    return facts


def _refuse_linked_twice(files: Iterable[ExtractFile]) -> None:
    seen: dict[Path, str] = {}
    for file in files:
        before = seen.setdefault(file.path.resolve(), file.name)
        if before != file.name:
            message = f"{file.name} and {before} are one file, by a link; remove the link"
            raise ExtractError(message)


def _refuse_unfinished(folder: str, names: set[str]) -> None:
    if "_temporary" in names and "_SUCCESS" not in names:
        message = (
            f"{folder} holds `_temporary` and no `_SUCCESS`: its writer has not"
            " finished or has failed; let it finish, or remove `_temporary` if the rest is whole"
        )
        raise ExtractError(message)


def _refuse_managed(folder: str, names: set[str]) -> None:
    log = {"_delta_log": "Delta Lake", ".hoodie": "Hudi"}
    kind = next((log[name] for name in sorted(names & set(log))), None)
    acid = sorted(name for name in names if _ACID_FOLDER.fullmatch(name))
    if kind is None and acid:
        kind = f"transactional Hive (it holds {listed(acid)})"
    if kind:
        message = (
            f"{folder} is a {kind} table, whose files also hold rows that were deleted"
            " or replaced; export it to plain Parquet first"
        )
        raise ExtractError(message)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        message = f"cannot read the folder {shown_path(folder)}: {_why(error)}"
        raise ExtractError(message) from None


def joined(way: tuple[str, ...]) -> str:
    """A way as the name that a file is known by."""
    return shown_path(Path(*way))


def _why(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return first_line(error)
