"""The profile of an extract: what it guesses, what it warns of, and the job file it suggests."""

import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.column_facts import column_profile
from builders.extracts.read import read_extract
from builders.extracts.toml import extract_spec
from builders.files.formats import file_format
from builders.profile import profile, suggested_job
from graph.errors import ExtractError

pytestmark = pytest.mark.local_only

DAY_MS = 1_704_067_200_000
ROWS = 300


def interactions(shift: int = 0) -> pa.Table:
    return pa.table(
        {
            "user_id": pa.array([7 + i % 50 for i in range(ROWS)]),
            "post_id": [f"p{(i * 7) % 90}" for i in range(ROWS)],
            "ts": pa.array([DAY_MS + i * 60_000 + shift for i in range(ROWS)]),
            "comment": [f"what a fine day it is, {i}" for i in range(ROWS)],
            "client_ip": [f"10.0.{i % 9}.{i % 7}" for i in range(ROWS)],
        }
    )


@pytest.fixture
def extract(tmp_path) -> Path:
    for day in (1, 2):
        folder = tmp_path / "x" / f"dt=2024-01-0{day}"
        folder.mkdir(parents=True)
        pq.write_table(interactions((day - 1) * 86_400_000), folder / "000000_0")
    (tmp_path / "x" / "_SUCCESS").touch()
    return tmp_path / "x"


def test_a_profile_says_what_lies_there_and_how_far_it_looked(extract):
    found = profile(extract, rows=100)
    assert (found.files, found.format.kind, found.codecs) == (2, "parquet", {"plain": 2})
    assert found.partitions == ("dt=2024-01-01", "dt=2024-01-02")
    assert [one.name for one in found.skipped] == ["_SUCCESS"]
    assert (found.rows_sampled, found.rows_faulty, found.rejected) == (100, 0, ())
    assert "the first rows of 2 of 2 files; 100 rows read, 0 faulty" in found.says


def test_columns_are_guessed_with_reasons(extract):
    columns = {column.name: column for column in profile(extract).columns}
    assert {name: column.guess for name, column in columns.items()} == {
        "user_id": "account",
        "post_id": "object",
        "ts": "time",
        "comment": "text",
        "client_ip": "ip",
        "dt": "",
    }
    assert columns["ts"].unit == "ms"
    assert columns["ts"].because == "100% of its values are in the range of ms since 1970"
    user = columns["user_id"]
    assert (user.type, user.null_share, user.distinct, user.distinct_estimate) == (
        "int64",
        0.0,
        50,
        50,
    )
    assert (user.least, user.greatest, user.samples[:2]) == ("7", "56", ("7", "8"))


@pytest.mark.parametrize("kind", ["parquet", "text", "csv"])
def test_the_suggested_job_reads_the_extract_it_was_made_from(engine, tmp_path, kind):
    path = tmp_path / "x"
    path.mkdir()
    if kind == "parquet":
        pq.write_table(interactions(), path / "f")
    else:
        rows = [[str(value) for value in row.values()] for row in interactions().to_pylist()]
        mark = {"text": "\x01", "csv": ";"}[kind]
        head = [] if kind == "text" else [interactions().column_names]
        (path / "f").write_text("".join(mark.join(row) + "\n" for row in [*head, *rows]))
    found = profile(path)
    text = suggested_job(found)
    if kind == "text":
        # Nothing names the columns of a Hive text; the person who knows them does.
        for place, name in enumerate(interactions().column_names, 1):
            text = text.replace(f'"c{place}"', f'"{name}"')
        text = text.replace('# account = "..."', 'account = "user_id"')
        text = text.replace('# object = "..."', 'object = "post_id"')
    given = tomllib.loads(text)
    reading = read_extract(engine, extract_spec(given["extract"], base=tmp_path))
    assert reading.interactions.count() == ROWS
    assert reading.interactions.rows()[0]["account"] == "10"


def test_what_no_column_looks_like_is_left_open_in_the_suggestion(tmp_path):
    (tmp_path / "f.csv").write_text("x,y\nred,1\nblue,2\n")
    text = suggested_job(profile(tmp_path / "f.csv"))
    assert '# account = "..."  # needed, and no column looks like it' in text
    assert tomllib.loads(text)["extract"]["tables"][0]["map"] == {}


def test_a_hostile_column_name_stays_inside_its_quotes(tmp_path):
    name = 'user_id"\n[x]\n\x7f'
    pq.write_table(pa.table({name: ["a"], "b\U0001f600": ["10.0.0.1"]}), tmp_path / "f")
    text = suggested_job(profile(tmp_path / "f"))
    table = tomllib.loads(text)["extract"]["tables"][0]
    assert set(table) == {"name", "path", "format", "map", "attributes"}
    assert table["attributes"] == {"b": '"b\U0001f600"'}


def test_a_suggested_attribute_has_a_name_that_a_job_may_use(engine, tmp_path):
    names = ["deviceId", "DEVICE ID", "device_id", "\u30c7\u30d0\u30a4\u30b9 ip", "9_ip", "IP" * 40]
    columns = {name: [f"10.0.0.{place}"] * 5 for place, name in enumerate(names)}
    rows = interactions().slice(0, 5).drop_columns(["client_ip"]).to_pydict()
    pq.write_table(pa.table(rows | columns), tmp_path / "f")

    given = tomllib.loads(suggested_job(profile(tmp_path / "f")))
    reading = read_extract(engine, extract_spec(given["extract"], base=tmp_path))

    found = given["extract"]["tables"][0]["attributes"]
    assert list(found) == ["device_id", "device_id_2", "device_id_3", "ip", "ip_2", "ip_3"]
    assert [reading.interactions.rows()[0][name][-1] for name in found] == list("012345")


WARNINGS = {
    "sentinels": ("user_id", ["-1", "a", "b", "unknown"], "50.0% of the rows have `-1`, `unknown`"),
    "beyond 2^53": ("user_id", [2**53 + 1, 5], "ids beyond 2^53"),
    "leading zeros": ("user_id", ["00123", "123"], "leading zeros"),
    "scientific": ("user_id", ["1.23E+18", "5"], "scientific notation"),
    "floating point": ("user_id", [1.0, 2.0], "stored as floating point"),
    "spaces": ("user_id", [" a", "a"], "spaces around them"),
    "a hub": ("post_id", ["hot"] * 30 + [str(i) for i in range(70)], "`hot` alone is 30.0%"),
    "mixed units": ("ts", [DAY_MS, DAY_MS + 1, DAY_MS // 1000], "several units since 1970"),
    "no zone": ("created_at", ["2024-01-01 10:00:00", "2024-01-01T10:00:00Z"], "without a zone"),
    "what does not print": ("user_id", ["a\u202eb", "c"], "do not print"),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_what_would_go_wrong_later_is_warned_of(case):
    name, values, warning = WARNINGS[case]
    found = column_profile(name, pa.chunked_array([pa.array(values)]))
    assert [one for one in found.warnings if warning in one]


def test_sound_columns_are_not_warned_of(extract):
    assert [column.warnings for column in profile(extract).columns] == [()] * 6


@pytest.mark.parametrize(
    ("data", "kind", "delimiter", "columns"),
    [
        (b"u1\x01p1\x0117040\nu2\x01\\N\x0117041\n", "text", "\x01", ["c1", "c2", "c3"]),
        (b"a,b\n1,2\n", "csv", ",", []),
        (b"1,2\n3,4\n", "csv", ",", ["c1", "c2"]),
        (b"a\tb\n1\t2,3\n", "tsv", "\t", []),
        (b"a;b\n1;2,5\n", "csv", ";", []),
        (b'{"a":1}\n{"a":2}\n', "jsonl", "\x01", []),
    ],
)
def test_the_format_of_a_text_is_guessed_for_a_look(tmp_path, data, kind, delimiter, columns):
    (tmp_path / "000000_0").write_bytes(data)
    found = profile(tmp_path)
    assert (found.format.kind, found.format.delimiter) == (kind, delimiter)
    assert [column.name for column in found.format.columns] == columns
    assert found.rows_sampled == 2 - bool(data[:1] == b"a")


def test_hives_lists_and_maps_are_guessed_as_such(tmp_path):
    (tmp_path / "f").write_bytes(b"u1\x01a\x02b\x01k\x03v\nu2\x01\\N\x01\\N\n")
    types = [column.type for column in profile(tmp_path).format.columns]
    assert types == ["string", "array<string>", "map<string,string>"]


def test_faulty_rows_and_refused_files_are_shown_and_do_not_stop_it(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"x,y\n1,2\n1,2,3\n")
    (tmp_path / "b.csv").write_bytes("x,y\n1,2\n".encode("utf-16"))
    found = profile(tmp_path, file_format("csv"))
    assert (found.rows_sampled, found.rows_faulty) == (1, 1)
    assert [(name, fault.row) for name, fault in found.faults] == [("a.csv", 2)]
    assert found.rejected[0][0] == "b.csv" and "UTF-16" in found.rejected[0][1]


def test_of_many_files_a_spread_is_sampled(tmp_path):
    for number in range(50):
        (tmp_path / f"{number:02}.csv").write_text(f"a,b\n{number},x\n")
    found = profile(tmp_path)
    assert (found.files, found.files_sampled, found.rows_sampled) == (50, 20, 20)
    assert (found.columns[0].least, found.columns[0].greatest) == ("0", "49")


def test_an_extract_without_content_cannot_be_guessed(tmp_path):
    (tmp_path / "a.csv").touch()
    with pytest.raises(ExtractError, match="no file has content"):
        profile(tmp_path)
