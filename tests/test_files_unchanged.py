"""A file that was looked at is held against that look when it has been read."""

import errno
import os
import time
from dataclasses import replace

import pyarrow as pa
import pytest

from builders.files.codecs import chunks
from builders.files.fetching import brought
from builders.files.formats import FileFormat
from builders.files.listing import Content, list_files
from builders.files.reading import read_raw
from builders.files.system_says import is_of_the_system
from builders.files.unchanged import digest_of, unchanged
from graph.errors import ExtractError, FileChanged, FileUnreadable

LATER = 86_400 * 10**9


class Failing:
    """A path that its file server no longer answers for."""

    def stat(self):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), "f")


@pytest.fixture
def looked_at(tmp_path):
    """A file with what it held; by the clock of that look nobody did anything to it for a day."""
    path = tmp_path / "f"
    path.write_bytes(b"first")
    with path.open("rb") as content:
        digest = digest_of(content)
    known = Content(digest, time.time_ns() + LATER)
    return replace(list_files(path).files[0], content=known)


def read(file):
    with unchanged(file):
        return file.path.read_bytes()


def test_another_time_of_writing_is_no_change_where_the_bytes_are_the_same(looked_at):
    os.utime(looked_at.path, (0, 0))

    assert read(looked_at) == b"first"


def test_another_time_of_writing_has_the_bytes_compared_whatever_the_clocks_say(looked_at):
    looked_at.path.write_bytes(b"other")
    os.utime(looked_at.path, (0, 0))

    with pytest.raises(FileChanged, match="as many bytes, but not those"):
        read(looked_at)


def test_without_a_digest_another_time_of_writing_is_a_change(looked_at):
    os.utime(looked_at.path, (0, 0))

    with pytest.raises(FileChanged, match="or written to since"):
        read(replace(looked_at, content=None))


@pytest.mark.parametrize("bytes_now", [b"first", b"other"])
def test_a_copy_of_a_file_written_to_since_is_held_against_what_the_file_held(
    looked_at, tmp_path, bytes_now
):
    copy = tmp_path / "copy"
    copy.write_bytes(bytes_now)
    here = brought(looked_at, copy, len(bytes_now), looked_at.modified_ns + 1)

    if bytes_now == b"first":
        assert read(here) == b"first"
    else:
        with pytest.raises(FileChanged):
            read(here)


@pytest.mark.parametrize(
    "first", [ExtractError("f: it may not be read"), PermissionError(13, "no"), KeyError("x")]
)
def test_what_went_wrong_stands_where_the_file_cannot_be_looked_at_again(looked_at, first):
    with pytest.raises(type(first)) as told, unchanged(replace(looked_at, path=Failing())):
        raise first

    assert told.value is first


def test_a_file_that_was_read_and_cannot_be_looked_at_again_is_told_so(looked_at):
    says = "f: it was read and cannot be looked at again: stale file handle"
    with pytest.raises(FileUnreadable, match=says), unchanged(replace(looked_at, path=Failing())):
        pass


def test_a_file_server_that_fails_is_told_and_not_called_damage(looked_at):
    lost = replace(looked_at, path=Failing())
    with pytest.raises(FileUnreadable, match="f: it cannot be read: stale file handle"):
        list(read_raw(lost, FileFormat(kind="csv")))


def test_a_disk_that_fails_in_compressed_data_is_not_called_damage(tmp_path, monkeypatch):
    path = tmp_path / "f.gz"
    path.write_bytes(b"\x1f\x8b")

    def broken(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
        yield b""

    monkeypatch.setattr("builders.files.codecs._decoded", broken)
    with pytest.raises(OSError, match="Input/output error"):
        list(chunks(path, "gzip"))


@pytest.mark.parametrize("damage", [OSError("no such page"), pa.ArrowInvalid("x"), OSError(22, "")])
def test_what_a_library_says_of_damage_is_not_the_systems(damage):
    assert not is_of_the_system(damage)
