"""Text files: every row is read exactly as it was written."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.files.formats import FileFormat, file_format
from builders.files.listing import list_files
from builders.files.reading import columns_of, read_raw
from tests.text_files import (
    AB,
    CSV,
    CSV_BARE,
    CSV_DECLARED,
    CSV_UNQUOTED,
    ESCAPED,
    HIVE,
    JSONL,
    MIB,
    NESTED,
    TSV,
    read,
    world,
)

ROWS = {
    "plain": (HIVE, b"1\x01x\n2\x01y\n", [("1", "x"), ("2", "y")]),
    "no line end at the end": (HIVE, b"1\x01x\n2\x01y", [("1", "x"), ("2", "y")]),
    "null is a whole field": (
        HIVE,
        b"\\N\x01\\N\n\\\\N\x01a\\Nb\n",
        [(None, None), ("\\\\N", "a\\Nb")],
    ),
    "empty is not null": (HIVE, b"\x01\n", [("", "")]),
    "accounts named null, NA and nan": (
        HIVE,
        b"null\x01NA\nnan\x01NULL\n",
        [("null", "NA"), ("nan", "NULL")],
    ),
    "ids beyond 2^53 and 2^63 beside nulls": (
        HIVE,
        b"9007199254740993\x01\\N\n18446744073709551617\x01-1\n",
        [("9007199254740993", None), ("18446744073709551617", "-1")],
    ),
    "leading zeros and scientific notation": (
        HIVE,
        b"00123\x01123\n1.23E+18\x011e5\n",
        [("00123", "123"), ("1.23E+18", "1e5")],
    ),
    "a NUL byte cuts nothing": (HIVE, b"12\x0034\x01x\n", [("12\x0034", "x")]),
    "quotes are characters": (HIVE, b'say "hi\x01"x\n"\x01y\n', [('say "hi', '"x'), ('"', "y")]),
    "spaces of all kinds stay": (
        HIVE,
        " a \x01\u00a0b\u200b\n".encode(),
        [(" a ", "\u00a0b\u200b")],
    ),
    "composed and decomposed letters differ": (
        HIVE,
        "\u00e9\x01e\u0301\n".encode(),
        [("\u00e9", "e\u0301")],
    ),
    "CR LF": (HIVE, b"1\x01x\r\n2\x01y\r\n", [("1", "x"), ("2", "y")]),
    "a lone CR is text": (HIVE, b"1\x01x\ry\n2\x01z\n", [("1", "x\ry"), ("2", "z")]),
    "a CR at the very end": (HIVE, b"1\x01x\r", [("1", "x")]),
    "a byte order mark": (HIVE, b"\xef\xbb\xbf1\x01x\n", [("1", "x")]),
    "a mark that is not at the head is text": (
        HIVE,
        b"1\x01x\n\xef\xbb\xbf2\x01y\n",
        [("1", "x"), ("\ufeff2", "y")],
    ),
    "a declared header in a file without headers": (HIVE, b"b\x01a\n1\x012\n", [("1", "2")]),
    "escapes": (
        ESCAPED,
        b"a\\\x01b\x01\\\\N\n\\N\x01l1\\nl2\\rx\\\\\n",
        [("a\x01b", "\\N"), (None, "l1\nl2\rx\\")],
    ),
    "lists and maps": (
        NESTED,
        b"1\x01x\x02\\N\x02\x01k\x035\x02j\x03\\N\x02bare\n2\x01\\N\x01\\N\n3\x01\x01\n",
        [
            ("1", ["x", None, ""], [("k", "5"), ("j", None), ("bare", None)]),
            ("2", None, None),
            ("3", [], []),
        ],
    ),
    "csv quotes": (
        CSV,
        b'a,b\n"x,""y""","l1\nl2"\n"",\\N\n"\\N","a""\n"""\n',
        [('x,"y"', "l1\nl2"), ("", None), ("\\N", 'a"\n"')],
    ),
    "csv without quoting": (CSV_UNQUOTED, b'a,b\n"x,y"\n', [('"x', 'y"')]),
    "a stray quote inside a bare field": (
        CSV,
        b'a,b\n5" disk,x\n"q",y\n',
        [('5" disk', "x"), ("q", "y")],
    ),
    "csv blank lines are no rows": (
        CSV,
        b'\na,b\n\n1,2\n\r\n"x\n\ny",3\n\n',
        [("1", "2"), ("x\n\ny", "3")],
    ),
    "csv escapes": (
        file_format("csv", escape="\\"),
        b'a,b\n"say \\"hi\\"",x\\,y\n\\N,"\\N"\n',
        [('say "hi"', "x,y"), (None, "N")],
    ),
    "csv null may be nothing": (file_format("csv", null=""), b'a,b\n,""\n', [(None, "")]),
    "declared columns in another order of the header": (CSV_DECLARED, b"b,a\n1,2\n", [("1", "2")]),
    "declared columns and no header": (CSV_DECLARED, b"1,2\n3,4\n", [("1", "2"), ("3", "4")]),
    "a header nobody announced": (CSV_BARE, b"b,a\n1,2\n", [("1", "2")]),
    "tsv": (TSV, b"a\tb\n1\t2,3\n", [("1", "2,3")]),
    "json numbers as written": (
        JSONL,
        b'{"a":9007199254740993,"b":1.0}\n{"a":1e5,"b":-0}\n',
        [("9007199254740993", "1.0"), ("1e5", "-0")],
    ),
    "json nulls, missing keys and literals": (
        JSONL,
        b'{"a":null}\n{"b":"null","a":true}\n',
        [(None, None), ("true", "null")],
    ),
    "json nested values as text": (
        JSONL,
        b'{"a":{"x":[1.50,"\xc3\xa9"]},"b":[]}\n',
        [('{"x":[1.50,"é"]}', "[]")],
    ),
    "json blank lines and spaces": (JSONL, b'\n {"a":"1","b":"2"} \r\n\n', [("1", "2")]),
    "json escapes": (JSONL, b'{"a":"\\ud83d\\ude00","b":"\\u0000x"}\n', [("😀", "\x00x")]),
    "json lists and maps": (
        file_format("jsonl", columns={"a": "array<bigint>", "b": "map<string,string>"}),
        b'{"a":[1,null,"x",[2]],"b":{"k":1,"j":null}}\n',
        [(["1", None, "x", "[2]"], [("k", "1"), ("j", None)])],
    ),
}


@pytest.mark.parametrize("case", ROWS)
@pytest.mark.parametrize("rows", [131_072, 1])
def test_text_is_read_exactly(tmp_path, case, rows):
    form, data, expected = ROWS[case]
    found, faults, _ = read(world(tmp_path, data), form, rows=rows)
    assert (found, faults) == (expected, {})


def test_columns_come_in_the_order_asked_for_and_case_is_forgiven_with_a_note(tmp_path):
    path = world(tmp_path, b"Actor,Post\n1,2\n", "x.csv")
    found, _, notes = read(path, CSV, columns=["post", "actor"])
    assert found == [("2", "1")]
    assert notes == ["`post` is `Post` in the file", "`actor` is `Actor` in the file"]


def test_an_empty_file_still_has_the_columns_asked_for(tmp_path):
    path = world(tmp_path, b"")
    [batch] = read_raw(list_files(path).files[0], CSV, columns=["x", "y"])
    assert batch.rows.schema.names == ["x", "y"]


def test_columns_are_known_before_any_row_is_read(tmp_path):
    def names(data: bytes, form: FileFormat) -> list[str]:
        schema = columns_of(list_files(world(tmp_path, data)).files[0], form)
        return [f"{field.name} {field.type}" for field in schema]

    assert names(b"x,y\n", CSV) == ["x string", "y string"]
    assert names(b"", NESTED) == ["a string", "l list<item: string>", "m map<string, string>"]
    sniffed = names(b'{"x":1,"y":["a"]}\n{"y":null,"z":{"k":1}}\n', file_format("jsonl"))
    assert sniffed == ["x string", "y list<item: string>", "z map<string, string>"]


def test_records_that_straddle_blocks_are_read_whole(tmp_path):
    text = io.StringIO()
    writer = csv.writer(text)
    rows = [(str(i), "li\nne, " * (i % 60) + '"') for i in range(30_000)]
    writer.writerows([("a", "b"), *rows])
    found, faults, _ = read(world(tmp_path, text.getvalue().encode(), "x.csv"), CSV)
    assert len(text.getvalue()) > 2 * 4 * MIB / 2
    assert (found, faults) == (rows, {})


TEXTS = st.text(st.sampled_from('ab,"\n\r\\N\x01\x02é\ufeff '), max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_a_csv_writer_wrote_is_read_back(tmp_path_factory, rows, end):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=end).writerows([AB, *rows])
    path = world(tmp_path_factory.mktemp("w"), text.getvalue().encode(), "x.csv")
    assert read(path, CSV)[:2] == (rows, {})


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8))
def test_whatever_json_wrote_is_read_back(tmp_path_factory, rows):
    data = "".join(json.dumps({"a": a, "b": b}) + "\n" for a, b in rows).encode()
    path = world(tmp_path_factory.mktemp("w"), data)
    assert read(path, JSONL)[:2] == (rows, {})


LINES = st.lists(st.text(st.sampled_from('ab\x01\x01\r\\N"é\ufeff'), max_size=7), max_size=8)


@settings(max_examples=300, deadline=None)
@given(lines=LINES)
def test_any_ctrl_a_text_is_read_as_splitting_it_by_hand_would(tmp_path_factory, lines):
    path = world(
        tmp_path_factory.mktemp("w"), "".join(line + "\n" for line in ["x", *lines]).encode()
    )
    found, faults, _ = read(path, HIVE)
    by_hand = [line.removesuffix("\r").split("\x01") for line in lines]
    named = by_hand[:0]
    for fields in by_hand:
        if len(fields) == 2:
            named.append(tuple(None if field == "\\N" else field for field in fields))
    assert found == named
    assert len(faults) == 1 + len(lines) - len(named)
