"""Text that may be older than its table: taken for it only where a whole file says so."""

from __future__ import annotations

import dataclasses
import gzip

import pytest

from builders.files.formats import file_format
from builders.files.listing import list_files
from builders.files.older import OLDER
from builders.files.reading import columns_of, read_raw

COLUMNS = ["who", "what", "at", "device", "app"]


def form(*, may_be_older=True, **settings):
    made = file_format("text", columns=COLUMNS, delimiter="|", **settings)
    return dataclasses.replace(made, may_be_older=may_be_older)


def written(folder, content, name="part"):
    (folder / name).write_bytes(content)
    [file] = list_files(folder).files
    return file


def read(file, form):
    """The file's columns, whole rows, faulty rows and notes."""
    batches = list(read_raw(file, form))
    rows = [tuple(row.values()) for batch in batches for row in batch.rows.to_pylist()]
    faults = [fault.row for batch in batches for fault in batch.faults]
    notes = list(dict.fromkeys(note for batch in batches for note in batch.notes))
    assert sorted(range(1, len(rows) + len(faults) + 1)) == sorted(
        [*faults, *(number for batch in batches for number in batch.numbers.to_pylist())]
    )
    return columns_of(file, form).names, rows, faults, notes


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_whose_rows_are_all_short_alike_has_the_first_columns(tmp_path, packed):
    lines = b"a|post|1\nb|\\N|2\r\nc|long " + b"x" * 300_000 + b"|3\n"
    content, name = (gzip.compress(lines), "part.gz") if packed else (lines, "part")

    names, rows, faults, notes = read(written(tmp_path, content, name), form())

    assert names == ["who", "what", "at"]
    assert [(row[0], row[2]) for row in rows] == [("a", "1"), ("b", "2"), ("c", "3")]
    assert (rows[1][1], faults) == (None, [])
    assert notes[0] == (
        f"{OLDER}: all of its rows (3) have 3 fields, so they were read as the first 3 of the"
        " table's 5 columns, from before `device`, `app` came; a metastore would tell the"
        " partition's own columns"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a|post|1\nb|post\n", "only 1 of its 2 rows do"),
        (b"a|post|1\nb|post|2|phone|web\n", "only 1 of its 2 rows do"),
        (b"a|post|1\nb|post|2|phone\n", "only 1 of its 2 rows do"),
        (b"a|post|1\n\n", "only 1 of its 2 rows do"),
        (b"a|post|1\nb|post|2", "its last line has no end"),
        (b"a|post|1", "its last line has no end"),
    ],
)
def test_a_file_that_does_not_say_so_as_a_whole_is_held_against_the_table(tmp_path, content, why):
    names, _, faults, notes = read(written(tmp_path, content), form())

    assert names == COLUMNS
    short = [line for line in content.removesuffix(b"\n").split(b"\n") if line.count(b"|") < 4]
    assert len(faults) == len(short)
    [note] = [note for note in notes if "not taken for older" in note]
    assert why in note
    assert "name a `metastore`" in note


def test_one_field_is_another_delimiter_and_not_an_older_table(tmp_path):
    names, rows, faults, notes = read(written(tmp_path, b"a,post,1\nb,post,2\n"), form())

    assert (names, rows, faults, notes) == (COLUMNS, [], [1, 2], [])


def test_an_escaped_delimiter_divides_nothing_in_an_older_file_either(tmp_path):
    file = written(tmp_path, b"a|x\\|y|1\nb|post|2\n")

    names, rows, faults, _ = read(file, form(escape="\\"))
    assert (names, faults) == (["who", "what", "at"], [])
    assert rows == [("a", "x|y", "1"), ("b", "post", "2")]


def test_rows_of_an_older_file_may_be_faulty_for_other_reasons(tmp_path):
    file = written(tmp_path, b"a|post|1\nb|\xff|2\n")

    names, rows, faults, _ = read(file, form())

    assert (names, rows, faults) == (["who", "what", "at"], [("a", "post", "1")], [2])


def test_where_the_columns_are_the_files_own_no_row_may_lack_one(tmp_path):
    file = written(tmp_path, b"a|post|1\nb|post|2\n")

    names, rows, faults, notes = read(file, form(may_be_older=False))

    assert (names, rows, faults, notes) == (COLUMNS, [], [1, 2], [])
