"""Files on other file systems without a JVM: by Arrow's clients for object stores and HDFS."""

from __future__ import annotations

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

    def rename(self, source: str, target: str) -> None:
        """Give a file or folder another name; object stores copy and remove."""
        system, before = _opened(source)
        after = _opened(target)[1]
        if system.get_file_info(before).is_file or not isinstance(system, pafs.S3FileSystem):
            system.move(before, after)
            return
        # An object store has no folders to rename: what is in it moves one by one.
        for entry in system.get_file_info(pafs.FileSelector(before, recursive=True)):
            if entry.is_file:
                system.move(entry.path, after + entry.path.removeprefix(before))
        system.delete_dir(before)

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
        beside = path if isinstance(system, pafs.S3FileSystem) else f"{path}.tmp"
        with system.open_output_stream(beside) as file:
            file.write(data)
        if beside != path:
            system.move(beside, path)

    def remove(self, place: str) -> None:
        """Remove a file or a folder with all it holds; what is not there is no error."""
        system, path = _opened(place)
        found = system.get_file_info(path)
        if found.is_file:
            system.delete_file(path)
        elif found.type == pafs.FileType.Directory:
            system.delete_dir(path)


def _opened(place: str) -> tuple[pafs.FileSystem, str]:
    for other, known in _ALSO.items():
        if place.startswith(other):
            place = known + place.removeprefix(other)
    try:
        system, path = pafs.FileSystem.from_uri(place)
    except (OSError, ValueError) as error:
        message = f"`{place}` cannot be opened: {error}"
        raise ConfigError(message) from error
    return system, path
