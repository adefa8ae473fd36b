"""Files on other file systems without a JVM: by Arrow's clients for object stores and HDFS."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pyarrow.fs as pafs

from graph.errors import ConfigError

_ALSO = {"s3a://": "s3://", "s3n://": "s3://"}


class ArrowFiles:
    """File operations by URI (`s3://`, `gs://`, `abfs://`, `hdfs://`, `file://`).

    Addresses and credentials are those that Arrow finds in the environment; `hdfs://` needs
    Hadoop's own client library on the machine.
    """

    def make_folder(self, place: str) -> None:
        """Make a folder and those above it."""
        system, path = _opened(place)
        system.create_dir(path, recursive=True)

    def sizes(self, folder: str) -> dict[str, int]:
        """The files of a folder by name, with their bytes; none where it is not there."""
        system, path = _opened(folder)
        entries = system.get_file_info(pafs.FileSelector(path, allow_not_found=True))
        return {entry.base_name: entry.size for entry in entries if entry.is_file}

    def upload(self, path: Path, place: str) -> None:
        """Copy a file of this machine to a place."""
        system, target = _opened(place)
        pafs.copy_files(
            str(path.absolute()),
            target,
            source_filesystem=pafs.LocalFileSystem(),
            destination_filesystem=system,
        )

    def download(self, place: str, path: Path) -> None:
        """Copy a file to this machine."""
        system, source = _opened(place)
        pafs.copy_files(
            source,
            str(path.absolute()),
            source_filesystem=system,
            destination_filesystem=pafs.LocalFileSystem(),
        )

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder; none where it is not there."""
        system, path = _opened(folder)
        entries = system.get_file_info(pafs.FileSelector(path, allow_not_found=True))
        return [one.base_name for one in entries if one.type == pafs.FileType.Directory]

    def move_new(self, source: str, target: str) -> bool:
        """Give a folder a name that nothing has yet; False where something has it.

        An object store has no folders to rename: it copies and removes, object by object.
        """
        system, before = _opened(source)
        after = _opened(target)[1]
        if _is_there(system, after):
            return False
        if not isinstance(system, pafs.S3FileSystem):
            return _moved(system, before, after)
        for entry in system.get_file_info(pafs.FileSelector(before, recursive=True)):
            if entry.is_file:
                system.move(entry.path, after + entry.path.removeprefix(before))
        system.delete_dir(before)
        return True

    def put_new(self, place: str, data: bytes) -> bool:
        """Make a small file that is not there yet; False where there is one.

        On a disk, one of two that write it at once is told so. Arrow cannot ask that of an object
        store, where it is looked for first.
        """
        system, path = _opened(place)
        if _is_there(system, path):
            return False
        if isinstance(system, pafs.S3FileSystem):
            _fill(system, path, data)
            return True
        beside = f"{path}.{uuid.uuid4().hex}.tmp"
        _fill(system, beside, data)
        if not isinstance(system, pafs.LocalFileSystem):
            put = _moved(system, beside, path)
            if not put:
                system.delete_file(beside)
            return put
        try:
            # A rename would replace what another put there; a link does not.
            os.link(beside, path)
        except FileExistsError:
            return False
        finally:
            Path(beside).unlink()
        return True

    def read(self, place: str) -> bytes | None:
        """A small file's bytes, or None where it is not there."""
        system, path = _opened(place)
        if not system.get_file_info(path).is_file:
            return None
        with system.open_input_file(path) as file:
            data: bytes = file.read()
            return data

    def write(self, place: str, data: bytes) -> None:
        """Make a small file hold `data`, in one step for whoever reads it."""
        system, path = _opened(place)
        # An object appears when it is complete; elsewhere the rename is the one step.
        if isinstance(system, pafs.S3FileSystem):
            _fill(system, path, data)
            return
        beside = f"{path}.{uuid.uuid4().hex}.tmp"
        _fill(system, beside, data)
        system.move(beside, path)

    def remove(self, place: str) -> None:
        """Remove a file or a folder with all it holds; what is not there is no error."""
        system, path = _opened(place)
        found = system.get_file_info(path)
        if found.is_file:
            system.delete_file(path)
        elif found.type == pafs.FileType.Directory:
            system.delete_dir(path)


def _is_there(system: pafs.FileSystem, path: str) -> bool:
    found: bool = system.get_file_info(path).type != pafs.FileType.NotFound
    return found


def _fill(system: pafs.FileSystem, path: str, data: bytes) -> None:
    with system.open_output_stream(path) as file:
        file.write(data)


def _moved(system: pafs.FileSystem, before: str, after: str) -> bool:
    """Rename; False where something had the name by then."""
    try:
        system.move(before, after)
    except OSError:
        if _is_there(system, before) and _is_there(system, after):
            return False
        raise
    return True


def _opened(place: str) -> tuple[pafs.FileSystem, str]:
    for other, known in _ALSO.items():
        if place.startswith(other):
            place = known + place.removeprefix(other)
    try:
        system, path = pafs.FileSystem.from_uri(place)
    except (OSError, ValueError) as error:
        mend = "; `--engine spark` reaches it by Spark's own client" if _is_hdfs(place) else ""
        message = f"`{place}` cannot be opened: {error}{mend}"
        raise ConfigError(message) from error
    return system, path


def _is_hdfs(place: str) -> bool:
    return place.startswith("hdfs:")
