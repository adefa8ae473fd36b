"""Text files: what cannot be read is set aside or refused, and said."""

import pytest

from graph.errors import ExtractError
from tests.text_files import CSV, CSV_DECLARED, HIVE, JSONL, MIB, read, world

FAULTS = {
    "a delimiter inside a text": (
        HIVE,
        b"1\x01x\x01y\n2\x01z\n",
        1,
        "",
        "1\\x01x\\x01y",
        "3 columns where 2",
    ),
    "a line end inside a text": (
        HIVE,
        b"2\x01z\nhalf\n",
        2,
        "",
        "half",
        "1 columns where 2 are expected; a line end",
    ),
    "a blank line": (HIVE, b"\n2\x01z\n", 1, "", "", "1 columns where 2"),
    "bytes that are no UTF-8": (
        HIVE,
        b"2\x01z\na\xff\xfeb\x01x\n",
        2,
        "a",
        "a\\xff\\xfeb",
        "not UTF-8",
    ),
    "a surrogate in UTF-8": (
        HIVE,
        b"2\x01z\nx\x01\xed\xa0\x80\n",
        2,
        "b",
        "\\xed\\xa0\\x80",
        "not UTF-8",
    ),
    "a line of more than 1 MiB": (
        HIVE,
        b"2\x01z\n3\x01" + b"x" * MIB + b"\n",
        2,
        "",
        "3\\x01x",
        "more than 1048576 bytes",
    ),
    "text behind a closing quote": (
        CSV_DECLARED,
        b'2,z\n"x"y,1\n',
        2,
        "",
        '"x"y,1',
        "quotes do not pair",
    ),
    "a quote that is never closed": (
        CSV_DECLARED,
        b'"x,1\n2,z\n',
        1,
        "",
        '"x,1',
        "quotes do not pair",
    ),
    "surplus columns in csv": (
        CSV_DECLARED,
        b"a,b\n2,z\n1,2,3\n",
        2,
        "",
        "1,2,3",
        "3 columns where 2",
    ),
    "a terminal escape": (HIVE, b"2\x01z\n\x1b[31mred\n", 2, "", "\\x1b[31mred", "1 columns"),
    "json that is no object": (JSONL, b'{"a":"2","b":"z"}\n[1]\n', 2, "", "[1]", "no JSON object"),
    "json that stops": (
        JSONL,
        b'{"a":"2","b":"z"}\n{"a":1\n',
        2,
        "",
        '{"a":1',
        "not one JSON object",
    ),
    "json with something behind it": (
        JSONL,
        b'{"a":"2","b":"z"}\n{"a":1} {}\n',
        2,
        "",
        '{"a":1} {}',
        "follows the object",
    ),
    "json with a key twice": (
        JSONL,
        b'{"a":"2","b":"z"}\n{"a":1,"a":2}\n',
        2,
        "",
        '{"a":1,"a":2}',
        "twice",
    ),
    "json with NaN": (
        JSONL,
        b'{"a":"2","b":"z"}\n{"a":NaN}\n',
        2,
        "",
        '{"a":NaN}',
        "no JSON number",
    ),
    "json with half a character": (
        JSONL,
        b'{"a":"2","b":"z"}\n{"a":"\\ud800"}\n',
        2,
        "",
        '{"a":"\\\\ud800"}',
        "half a character",
    ),
    "json that is no UTF-8": (
        JSONL,
        b'{"a":"2","b":"z"}\n{"a":"\xff"}\n',
        2,
        "",
        '{"a":"\\xff"}',
        "not UTF-8",
    ),
    "json nested without end": (
        JSONL,
        b'{"a":"2","b":"z"}\n' + b'{"a":' * 100_000 + b"\n",
        2,
        "",
        '{"a":',
        "too deep",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_an_unreadable_row_is_set_aside_with_what_stood_there(tmp_path, case):
    form, data, row, column, raw, reason = FAULTS[case]
    found, faults, _ = read(world(tmp_path, data), form)
    assert found == [("2", "z")]
    assert list(faults) == [row]
    assert faults[row][0] == column
    assert faults[row][1].startswith(raw)
    assert len(faults[row][1]) <= 200
    assert reason in faults[row][2]


REFUSED = {
    "UTF-16 with a mark": (HIVE, "1\x01x\n".encode("utf-16"), "UTF-16"),
    "UTF-16 without one": (HIVE, "1\x01x\n2\x01y\n".encode("utf-16-le"), "every other byte"),
    "Latin-1": (HIVE, b"1\x01caf\xe9\n" * 30, "Latin-1"),
    "a header that names a column twice": (CSV, b"a,a\n1,2\n", "`a` twice"),
    "one JSON array": (JSONL, b'[{"a":1}]', "one JSON array"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_text_file_of_another_kind_is_refused_by_name(tmp_path, case):
    form, data, reason = REFUSED[case]
    with pytest.raises(ExtractError, match=reason) as raised:
        read(world(tmp_path, data), form)
    assert str(raised.value).startswith("000000_0: ")


def test_one_stray_latin_byte_costs_one_row_and_not_the_file(tmp_path):
    data = b"1\x01caf\xe9\n" + b"2\x01x\n" * 50
    found, faults, _ = read(world(tmp_path, data), HIVE)
    assert (len(found), list(faults)) == (50, [1])


def test_invalid_bytes_in_a_column_that_nobody_reads_cost_nothing(tmp_path):
    path = world(tmp_path, b"1\x01\xff\n2\x01y\n")
    assert read(path, HIVE, columns=["a"])[0] == [("1",), ("2",)]


def test_a_column_that_is_not_there_is_named_with_the_nearest_one(tmp_path):
    path = world(tmp_path, b"account,post\n1,2\n", "x.csv")
    with pytest.raises(
        ExtractError,
        match=r"x.csv: it lacks .*`acount`; it has `account`, `post`; did you mean `account`\?",
    ):
        read(path, CSV, columns=["acount"])


def test_the_first_row_of_a_csv_without_header_is_not_eaten_silently(tmp_path):
    path = world(tmp_path, b"u1,p1\nu2,p2\n", "x.csv")
    with pytest.raises(ExtractError, match="lacks the column `account`; it has `u1`, `p1`"):
        read(path, CSV, columns=["account"])


@pytest.mark.parametrize(
    ("form", "data", "note"),
    [
        (HIVE, b"", "the file is empty (0 bytes)"),
        (JSONL, b"", "the file is empty (0 bytes)"),
        (CSV, b"", "the file is empty (0 bytes)"),
        (CSV, b"a,b\n", "no rows beside the header"),
        (CSV, b"\xef\xbb\xbfa,b\n1,2\n", "a byte order mark was stripped"),
        (CSV, b"a,b\r\n1,2\r\n", "lines end in CR LF; the CR was stripped"),
        (CSV, b"a,b\n\n1,2\n\n", "2 blank lines are no rows"),
        (CSV_DECLARED, b"1,2\n", "no header: the columns are taken in the declared order"),
        (HIVE, b"a\x01b\n", "the first line holds the columns' names and was taken as a header"),
    ],
)
def test_what_is_no_fault_is_noted(tmp_path, form, data, note):
    assert note in read(world(tmp_path, data), form)[2]


def test_a_line_far_longer_than_memory_should_hold_is_one_fault(tmp_path):
    data = b"1\x01x\n2\x01" + b"y" * (20 * MIB) + b"\n3\x01z\n"
    found, faults, _ = read(world(tmp_path, data), HIVE)
    assert (found, list(faults)) == ([("1", "x"), ("3", "z")], [2])
