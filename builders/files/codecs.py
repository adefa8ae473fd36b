"""Telling what a file is by its first bytes, and decompressing it as a stream of chunks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from builders.files.names import first_line
from builders.files.snappy import FRAMING_MAGIC, hadoop_blocks, looks_like_hadoop, snappy_frames
from builders.files.system_says import is_of_the_system
from graph.errors import ExtractError

CHUNK = 4 << 20
HIGHEST_RATIO = 200
_RATIO_COUNTS_FROM = 256 << 20

_CODECS = (
    (re.compile(rb"\x1f\x8b\x08"), "gzip"),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)"), "bz2"),
    (re.compile(rb"(?:\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)"), "zstd"),
    (re.compile(re.escape(FRAMING_MAGIC)), "snappy"),
    (re.compile(rb"\x04\x22\x4d\x18"), "lz4"),
)
_CODEC_OF_SUFFIX = {
    ".gz": "gzip",
    ".gzip": "gzip",
    ".bz2": "bz2",
    ".zst": "zstd",
    ".zstd": "zstd",
    ".snappy": "snappy",
    ".sz": "snappy",
    ".lz4": "lz4",
    ".deflate": "deflate",
}
_FOREIGN = (
    (re.compile(rb"Obj\x01"), "an Avro file"),
    (re.compile(rb"RCF\x01"), "an RCFile"),
    (re.compile(rb"SEQ[\x04-\x06]"), "a SequenceFile"),
    (re.compile(rb"PARE"), "an encrypted Parquet file"),
    (re.compile(rb"PK\x03\x04"), "a zip archive (or a spreadsheet)"),
    (re.compile(rb"\xfd7zXZ\x00"), "xz compressed"),
    (re.compile(rb"\x89LZO"), "lzop compressed"),
    (re.compile(rb"\x02\x21\x4c\x18"), "compressed with the old lz4 format"),
    (re.compile(rb"7z\xbc\xaf"), "a 7z archive"),
    (re.compile(rb"ARROW1"), "an Arrow file"),
    (re.compile(rb"FEA1"), "a Feather file"),
    (re.compile(rb"SQLite format 3\x00"), "an SQLite database"),
    (re.compile(rb"\x89HDF"), "an HDF5 file"),
    (re.compile(rb"%PDF-"), "a PDF"),
)
_SUPPORTED = (
    "there are Parquet, ORC, delimited text, CSV, TSV and JSON lines, the last four plain or as"
    " gzip, bz2, zstd, snappy, lz4 or deflate"
)


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file's bytes and name say about it.

    `container` is `parquet`, `orc`, the name of a format that is not read, or empty for (possibly
    compressed) text; `codec` is how text is compressed, or empty; `suffix_codec` is what the name
    says about that.
    """

    container: str
    foreign: bool
    codec: str
    suffix_codec: str


def sniff(path: Path) -> Sniffed:
    """Tell a file by its first and last bytes; the name alone settles nothing but `.deflate`."""
    with path.open("rb") as opened:
        return sniffed(opened, path.suffix)


def sniffed(opened: BinaryIO, suffix: str) -> Sniffed:
    """As `sniff`, of an open file with the ending `suffix`."""
    head = opened.read(1 << 16)
    size = opened.seek(0, 2)
    opened.seek(max(0, size - 8))
    tail = opened.read(8)
    container, foreign = _container(head, tail)
    named = _CODEC_OF_SUFFIX.get(suffix.lower(), "")
    codec = "" if container else _codec(head, size, named)
    return Sniffed(container, foreign, codec, named)


def chunks(path: Path, codec: str) -> Iterator[bytes]:
    """A file's bytes, decompressed, some MiB at a time and none of them empty.

    Raises:
        ExtractError: the stream is truncated, its checksum is wrong, something follows it that is
            no further member, or it grows beyond 200 times its size (a decompression bomb).
        OSError: the system does not hand the file over.
    """
    allowed = max(_RATIO_COUNTS_FROM, HIGHEST_RATIO * path.stat().st_size)
    given = 0
    try:
        for chunk in _decoded(path, codec):
            given += len(chunk)
            if codec and given > allowed:
                message = (
                    f"{codec} data grew to more than {HIGHEST_RATIO} times the size of the file;"
                    " if it is sound, decompress it first"
                )
                raise ExtractError(message)
            yield chunk
    except (OSError, ValueError) as error:
        if not codec or is_of_the_system(error):
            raise
        message = (
            f"the {codec} data is damaged: {first_line(error)}; copy the file again from its source"
        )
        raise ExtractError(message) from None


def refuse_foreign(sniffed: Sniffed) -> None:
    """Raise if the file is of a format that is not read.

    Raises:
        ExtractError: naming the format and those that are read.
    """
    if sniffed.foreign:
        message = f"it is {sniffed.container}, which is not read; {_SUPPORTED}"
        raise ExtractError(message)


def _container(head: bytes, tail: bytes) -> tuple[str, bool]:
    # A text may begin with the letters PAR1 or ORC; the end of the file settles it.
    if head[:4] == b"PAR1" and (tail[-4:] == b"PAR1" or not _is_text(head)):
        return "parquet", False
    if head[:3] == b"ORC" and (tail[-4:-1] == b"ORC" or not _is_text(head)):
        return "orc", False
    for magic, name in _FOREIGN:
        if magic.match(head):
            return name, True
    if head[257:262] == b"ustar":
        return "a tar archive", True
    return "", False


def _is_text(head: bytes) -> bool:
    return b"\x00" not in head[:256]


def _codec(head: bytes, size: int, named: str) -> str:
    for magic, codec in _CODECS:
        if magic.match(head):
            return codec
    if looks_like_hadoop(head, size):
        return "snappy"
    if (
        named == "deflate"
        and len(head) > 1
        and head[0] & 15 == 8
        and not int.from_bytes(head[:2]) % 31
    ):
        return "deflate"
    return ""


def _decoded(path: Path, codec: str) -> Iterator[bytes]:
    if codec == "snappy":
        with path.open("rb") as opened:
            yield from _unsnapped(opened)
        return
    if not codec:
        with path.open("rb", buffering=0) as opened:
            while chunk := opened.read(CHUNK):
                yield chunk
        return
    # zlib tells a gzip header from a bare deflate one by itself.
    name = "gzip" if codec == "deflate" else codec
    with pa.OSFile(str(path)) as compressed, pa.CompressedInputStream(compressed, name) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _unsnapped(opened: BinaryIO) -> Iterator[bytes]:
    head = opened.read(len(FRAMING_MAGIC))
    opened.seek(0)
    pieces = snappy_frames(opened) if head == FRAMING_MAGIC else hadoop_blocks(opened)
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(gathered)
            gathered, size = [], 0
    if size:
        yield b"".join(gathered)
