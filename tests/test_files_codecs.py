"""Compressed text: known by content, read to the last byte, refused when anything is wrong."""

import bz2
import gzip
import struct
import zlib

import pyarrow as pa
import pytest
import zstandard

from builders.files.codecs import chunks
from builders.files.crc32c import crc32c
from builders.files.formats import file_format
from builders.files.listing import list_files
from builders.files.reading import read_raw
from graph.errors import ExtractError

TEXT = file_format("text", columns=["a", "b"])
PLAIN = b"".join(b"%d\x01text %d\n" % (i, i * i) for i in range(20_000))


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def lz4(data: bytes) -> bytes:
    return pa.Codec("lz4").compress(data, asbytes=True)


def raw_snappy(data: bytes) -> bytes:
    return pa.Codec("snappy").compress(data, asbytes=True)


def framed_snappy(data: bytes) -> bytes:
    """The framing format: compressed and uncompressed chunks, and padding."""
    found = b"\xff\x06\x00\x00sNaPpY" + b"\xfe\x03\x00\x00abc"
    for number, start in enumerate(range(0, len(data), 65_536)):
        piece = data[start : start + 65_536]
        crc = crc32c(piece)
        masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
        body = piece if number % 3 == 2 else raw_snappy(piece)
        head = (b"\x01" if number % 3 == 2 else b"\x00") + (len(body) + 4).to_bytes(3, "little")
        found += head + struct.pack("<I", masked) + body
    return found


def hadoop_snappy(data: bytes) -> bytes:
    """Hadoop's blocks of 256 KiB, each of chunks of at most 100,000 bytes."""
    found = b""
    for start in range(0, len(data), 262_144):
        block = data[start : start + 262_144]
        found += struct.pack(">I", len(block))
        for place in range(0, len(block), 100_000):
            chunk = raw_snappy(block[place : place + 100_000])
            found += struct.pack(">I", len(chunk)) + chunk
    return found


CODECS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": zstd,
    "lz4": lz4,
    "sz": framed_snappy,
    "snappy": hadoop_snappy,
}


def read(path):
    [file] = list_files(path).files
    batches = list(read_raw(file, TEXT))
    assert not [fault for batch in batches for fault in batch.faults]
    rows = sum(batch.rows.num_rows for batch in batches)
    return rows, [note for batch in batches for note in batch.notes]


@pytest.fixture
def put(tmp_path):
    def write(data: bytes, name: str = "000000_0"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", ["x.{}", "X.{}", "000000_0"])
def test_a_codec_is_known_by_content_whatever_the_name(put, codec, name):
    path = put(CODECS[codec](PLAIN), name.format(codec.upper() if name[0] == "X" else codec))
    rows, notes = read(path)
    assert rows == 20_000
    assert [note for note in notes if "by its content" in note] == (
        [notes[0]] if name[0] == "0" else []
    )


@pytest.mark.parametrize("codec", CODECS)
def test_several_members_are_read_all(put, codec):
    assert read(put(CODECS[codec](PLAIN) + CODECS[codec](PLAIN)))[0] == 40_000


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("cut", [1, 5, 9, 5000])
def test_a_truncated_stream_is_refused(put, codec, cut):
    with pytest.raises(ExtractError, match=r"000000_0: the \w+ data is damaged"):
        read(put(CODECS[codec](PLAIN)[:-cut]))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("junk", [b"junk and more junk", b"\x00" * 9])
def test_junk_behind_the_stream_is_refused(put, codec, junk):
    with pytest.raises(ExtractError, match="data is damaged"):
        read(put(CODECS[codec](PLAIN) + junk))


@pytest.mark.parametrize("codec", ["gz", "bz2", "zst", "sz"])
def test_a_wrong_checksum_is_refused(put, codec):
    data = bytearray(CODECS[codec](PLAIN))
    place = {"gz": -6, "bz2": -3, "zst": -1, "sz": 21}[codec]
    data[place] ^= 0x10
    with pytest.raises(ExtractError, match="data is damaged"):
        read(put(bytes(data)))


@pytest.mark.parametrize("suffix", ["gz", "bz2", "zst", "snappy", "lz4", "GZ"])
def test_plain_text_under_a_compressed_name_is_refused(put, suffix):
    with pytest.raises(ExtractError, match=f"named `.{suffix.lower()}` and holds no"):
        read(put(PLAIN, f"x.{suffix}"))


def test_hadoops_deflate_is_read_by_its_name(put):
    assert read(put(zlib.compress(PLAIN), "000000_0.deflate"))[0] == 20_000


def test_a_text_that_begins_like_deflate_is_text(put):
    path = put(b"x\x01y\n")
    assert read(path)[0] == 1


@pytest.mark.parametrize("codec", ["gz", "bz2", "zst"])
def test_nothing_compressed_is_an_empty_file(put, codec):
    rows, notes = read(put(CODECS[codec](b"")))
    assert rows == 0
    assert notes[-1].startswith("the file is empty (nothing in the")


def test_a_zero_byte_gz_is_an_empty_file(put):
    assert read(put(b"", "x.gz")) == (0, ["the file is empty (0 bytes)"])


def test_a_bomb_is_refused_before_it_fills_the_disk_or_the_day(put):
    data = gzip.compress(gzip.compress(b"\n" * (300 << 20), 9), 9)
    path = put(gzip.decompress(data))
    with pytest.raises(ExtractError, match="more than 200 times the size"):
        for _ in chunks(path, "gzip"):
            pass


def test_the_checksum_of_rfc_3720():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"\x00" * 32) == 0x8A9136AA
    assert crc32c(bytes(range(32)) * 40) == _slow_crc(bytes(range(32)) * 40)


def _slow_crc(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def test_an_archive_is_named(put):
    head = b"x.csv".ljust(257, b"\x00") + b"ustar\x0000" + b"\x00" * 300
    with pytest.raises(ExtractError, match="a tar archive"):
        read(put(head))
    with pytest.raises(ExtractError, match="a tar archive"):
        read(put(gzip.compress(head)))
