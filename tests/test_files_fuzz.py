"""Whatever bytes a file holds, it is read with every row accounted for, or refused by name."""

import bz2
import gzip
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import orc

from builders.files.formats import file_format
from builders.files.listing import list_files
from builders.files.reading import read_raw
from graph.errors import ExtractError

AB = ["a", "b"]
TABLE = pa.table(
    {
        "a": [f"id{i}" for i in range(40)],
        "b": pa.array([None if i % 7 == 0 else i * 10**15 for i in range(40)]),
        "l": [["x", None, "é"][: i % 4] for i in range(40)],
    }
)
CTRL_A = b"".join(b"id%d\x01%d\\N\n" % (i, i) for i in range(40))
QUOTED = b"a,b\r\n" + b"".join(b'"id ""%d""","l1\nl2"\r\n' % i for i in range(40))
JSON = b"".join(b'{"a":"id%d","b":[%d,{"x":null}]}\n' % (i, i) for i in range(40))


def _written(write) -> bytes:
    sink = pa.BufferOutputStream()
    write(sink)
    return sink.getvalue().to_pybytes()


WORLDS = {
    "parquet": (
        _written(lambda sink: pq.write_table(TABLE, sink, write_page_checksum=True)),
        file_format("parquet"),
    ),
    "orc": (_written(lambda sink: orc.write_table(TABLE, sink)), file_format("orc")),
    "text": (CTRL_A, file_format("text", columns=AB)),
    "escaped text": (
        CTRL_A,
        file_format("text", columns={"a": "string", "b": "map<string,string>"}, escape="\\"),
    ),
    "csv": (QUOTED, file_format("csv")),
    "escaped csv": (QUOTED, file_format("csv", columns=AB, escape="\\")),
    "json lines": (JSON, file_format("jsonl", columns={"a": "string", "b": "array<string>"})),
    "gz": (gzip.compress(CTRL_A, mtime=0), file_format("text", columns=AB)),
    "bz2": (bz2.compress(CTRL_A), file_format("text", columns=AB)),
}


def account(path: Path, form) -> tuple[int, int] | None:
    """How many rows were read and set aside, each once; None when the file was refused by name."""
    met: Counter[int] = Counter()
    read = aside = 0
    try:
        for batch in read_raw(list_files(path).files[0], form, rows=16):
            batch.rows.validate(full=True)
            met.update(batch.numbers.to_pylist())
            met.update({fault.row for fault in batch.faults})
            assert all(len(fault.raw) <= 200 and fault.raw.isprintable() for fault in batch.faults)
            read += batch.rows.num_rows
            aside += len({fault.row for fault in batch.faults})
    except ExtractError as error:
        assert str(error).startswith(f"{path.name}: ")
        assert len(str(error).splitlines()) == 1
        return None
    assert sorted(met) == list(range(1, read + aside + 1))
    assert set(met.values()) <= {1}
    return read, aside


@pytest.mark.parametrize("world", WORLDS)
def test_the_sound_file_is_read_whole(tmp_path, world):
    data, form = WORLDS[world]
    (tmp_path / "f").write_bytes(data)
    assert account(tmp_path / "f", form) == (40, 0)


def change(data: bytes, edits: list[tuple[str, float, int]]) -> bytes:
    changed = bytearray(data)
    for kind, where, value in edits:
        place = min(int(where * len(changed)), max(len(changed) - 1, 0))
        if kind == "flip" and changed:
            changed[place] ^= value or 1
        elif kind == "cut":
            del changed[place:]
        elif kind == "drop":
            del changed[place : place + value]
        elif kind == "insert":
            changed[place:place] = bytes([value])
        elif kind == "repeat":
            changed[place:place] = changed[place : place + value]
    return bytes(changed)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "flip", "flip", "cut", "drop", "insert", "repeat"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("world", WORLDS)
@settings(max_examples=120, deadline=None)
@given(edits=EDITS)
def test_a_damaged_file_is_accounted_for_or_refused(tmp_path_factory, world, edits):
    data, form = WORLDS[world]
    path = tmp_path_factory.mktemp("w") / "f"
    path.write_bytes(change(data, edits))
    account(path, form)


@pytest.mark.parametrize("world", ["parquet", "gz"])
def test_no_flipped_byte_changes_what_is_read(tmp_path, world):
    data, form = WORLDS[world]
    path = tmp_path / "f"
    path.write_bytes(data)
    sound = rows_of(path, form)
    refused = 0
    # Without its magic bytes gzip is no gzip, and its noise becomes faulty rows.
    for place in range(4, len(data) if world == "gz" else len(data) // 2, 5):
        path.write_bytes(change(data, [("flip", place / len(data), 0x20)]))
        try:
            assert rows_of(path, form) == sound, place
        except ExtractError:
            refused += 1
    assert refused > len(data) // 20


def rows_of(path: Path, form) -> list[dict]:
    batches = read_raw(list_files(path).files[0], form)
    return [row for batch in batches for row in batch.rows.to_pylist()]


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
@settings(max_examples=1500, deadline=None)
@given(edits=EDITS)
def test_ten_thousand_damaged_files_are_accounted_for_or_refused(tmp_path_factory, world, edits):
    data, form = WORLDS[world]
    path = tmp_path_factory.mktemp("w") / "f"
    path.write_bytes(change(data, edits))
    account(path, form)
