"""Columns that came later: days of before and after are read alike, whichever catalogue tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.extracts.read import read_extract
from builders.extracts.report import accounting
from builders.extracts.toml import extract_spec
from builders.files.older import OLDER
from graph.engines import open_engine
from tests.hive_services import HiveServices
from tests.hive_sessions import said_by_a_session

pytestmark = pytest.mark.spark

DAY = 1_767_225_600_000
"""2026-01-01 in milliseconds."""

STORED = {
    "parquet": "stored as parquet",
    "orc": "stored as orc",
    "text": (
        r"row format delimited fields terminated by '\001' collection items terminated by '\002'"
        r" map keys terminated by '\003'"
    ),
}
COLUMNS = "who string, what string, at bigint, tags array<string>, facts map<string,string>"
ROWS = [
    "'{day}-a', 'post', {at}, array('x', 'y'), map('ip', '10.0.0.{day}', 'os', null)",
    "'{day}-b', 'post', {at}, array('x', null), null",
    "'{day}-b', 'post', {at}, array('x', null), null",
    "null, 'post', {at}, null, map('ip', 'nobody')",
]
DAY_ONE = {
    ("1-a", "post", "10.0.0.1", "y"),
    ("1-b", "post", None, None),
}
DAY_TWO = {
    ("2-a", "post", "10.0.0.2", "y"),
    ("2-b", "post", None, None),
}
COUNTS = ("read", "used", "deduplicated", "quarantined", "rejected")

PROGRAM = """
import json, sys
from pathlib import Path
from builders.extracts.read import read_extract
from builders.extracts.toml import extract_spec
from graph.engines import open_engine

given = json.loads(sys.argv[1])
engine = open_engine("spark", memory="1GB", threads=1, spark=given["settings"])
said = {}
for name, written in given["specs"].items():
    found = read_extract(engine, extract_spec(written, base=Path()))
    tables = (found.interactions, found.files, found.quarantine)
    said[name] = [[list(table.rows()) for table in tables], found.notes, found.fingerprint]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def drift(hive: HiveServices) -> HiveServices:
    """`drift.parquet`, `drift.orc` and `drift.text`: `device` came between their two days.

    `drift.torn` is the text of before, with a line end inside one of its rows.
    """
    place = hive.place / "drift"
    hive.sql("create database drift")
    for name, stored in STORED.items():
        for day, device in ((1, ""), (2, ", 'phone'")):
            at = DAY + (day - 1) * 86_400_000
            rows = ", ".join(f"({row.format(day=day, at=at)}{device})" for row in ROWS)
            hive.sql(
                f"create external table drift.{name} ({COLUMNS}) partitioned by (dt string)"
                f" {stored} location '{place / name}'"
                if day == 1
                else f"alter table drift.{name} add columns (device string)",
                f"insert into drift.{name} partition (dt = '2026-01-0{day}') values {rows}",
            )
    torn = place / "torn" / "dt=2026-01-01"
    torn.mkdir(parents=True)
    lines = [f"u{n}\x01post\x01{DAY}\x01x\x02y\x01ip\x03a{n}" for n in range(3)]
    (torn / "part").write_text("\n".join([*lines, "torn\x01po", f"st\x01{DAY}\x01\\N\x01\\N\n"]))
    hive.sql(
        f"create external table drift.torn ({COLUMNS}) partitioned by (dt string)"
        f" {STORED['text']} location '{place / 'torn'}'",
        "alter table drift.torn add partition (dt = '2026-01-01')",
        "alter table drift.torn add columns (device string)",
    )
    return hive


def written(name, **keys):
    """An extract of `drift.NAME`, as a job file has it."""
    mapped = {"account": "who", "object": "what", "acted_at": "at", "text": "tags[2]"}
    attributes = {"ip": "facts['ip']"} | keys.pop("attributes", {})
    one = {"name": "t", "path": f"hive://drift.{name}", "time_unit": "ms", "map": mapped}
    rules = {"quarantine_share": 1.0, "rejected_files": 1}
    return {"tables": [{**one, "attributes": attributes}], **rules, **keys}


def read(engine, name, **keys):
    return read_extract(engine, extract_spec(written(name, **keys), base=Path()))


def locally(hive, spill, name, **keys):
    """What one machine reads by the metastore."""
    engine = open_engine("local", memory="1GB", threads=1, spill=spill)
    try:
        return told(read(engine, name, metastore=hive.metastore, **keys))
    finally:
        engine.close()


def told(reading):
    """All that a reading says, as JSON has it."""
    tables = (reading.interactions, reading.files, reading.quarantine)
    return [[list(table.rows()) for table in tables], list(reading.notes), reading.fingerprint]


def without_notes(told):
    """The same without what is said of files and of the whole."""
    (rows, files, quarantine), _, fingerprint = told
    return rows, [{**row, "note": ""} for row in files], quarantine, fingerprint


def by_way(hive, which):
    return {which: getattr(hive, which)}


def used(reading):
    return {
        (row["account"], row["object"], row["ip"], row["text"])
        for row in reading.interactions.rows()
    }


def counts(reading):
    """By file that was looked at: what became of its rows."""
    return [
        tuple(row[f"rows_{name}"] for name in COUNTS)
        for row in reading.files.rows()
        if row["status"] != "skipped"
    ]


@pytest.mark.parametrize("which", ["metastore", "hiveserver2"])
@pytest.mark.parametrize("name", STORED)
def test_a_column_added_later_is_no_matter_until_it_is_mapped(engine, drift, tmp_path, name, which):
    found = read(engine, name, **by_way(drift, which))

    assert used(found) == DAY_ONE | DAY_TWO
    assert counts(found) == [(4, 2, 1, 1, 0), (4, 2, 1, 1, 0)]
    assert without_notes(told(found)) == without_notes(locally(drift, tmp_path / "a", name))
    guessed = [note for note in found.notes if OLDER in note]
    assert len(guessed) == ((name, which) == ("text", "hiveserver2"))

    mapped = {"attributes": {"device": "device"}}
    found = read(engine, name, **mapped, **by_way(drift, which))

    assert used(found) == DAY_TWO
    assert {row["device"] for row in found.interactions.rows()} == {"phone"}
    assert counts(found) == [(0, 0, 0, 0, 0), (4, 2, 1, 1, 0)]
    [lacking] = [row for row in found.files.rows() if row["status"] == "rejected"]
    assert lacking["partition"] == "dt=2026-01-01"
    assert "`device`" in lacking["note"]
    assert told(found) == locally(drift, tmp_path / "b", name, **mapped)


@pytest.mark.local_only
def test_what_is_taken_for_older_without_a_catalogues_word_is_counted_and_said(engine, drift):
    found = read(engine, "text", hiveserver2=drift.hiveserver2)

    [older] = [row for row in found.files.rows() if OLDER in row["note"]]
    assert older["partition"] == "dt=2026-01-01"
    assert "all of its rows (4) have 5 fields" in older["note"]
    printed = "\n".join(accounting(found))
    assert (
        "note: t: 1 file was taken for older than its table (4 rows), since every row of theirs"
        " ends before the last columns and the catalogue tells the table's columns alone"
    ) in printed


def test_a_torn_row_of_before_is_set_aside_alone_where_the_catalogue_tells_columns(engine, drift):
    found = read(engine, "torn", metastore=drift.metastore)

    assert {row["account"] for row in found.interactions.rows()} == {"u0", "u1", "u2"}
    assert counts(found) == [(5, 3, 0, 2, 0)]

    # One row is enough that nothing is guessed of the others.
    found = read(engine, "torn", hiveserver2=drift.hiveserver2)

    assert counts(found) == [(5, 0, 0, 5, 0)]
    [file] = [row for row in found.files.rows() if row["status"] != "skipped"]
    assert "its first row has 5 of the table's 6 columns" in file["note"]
    assert "only 3 of its 5 rows do: it was not taken for older" in file["note"]


def test_a_sessions_catalogue_tells_each_partitions_columns_as_a_metastore_does(
    drift, spark_in_tests, tmp_path
):
    mapped = {"attributes": {"device": "device"}}
    asked = {
        **{name: written(name) for name in (*STORED, "torn")},
        "text, mapped": written("text", **mapped),
        "text, chosen": written("text"),
    }
    asked["text, chosen"]["tables"][0]["where"] = "dt < '2026-01-02'"

    said = said_by_a_session(
        PROGRAM,
        metastore=drift.metastore_port,
        settings=spark_in_tests,
        place=tmp_path,
        specs=asked,
    )

    for name in (*STORED, "torn"):
        assert said[name] == locally(drift, tmp_path / name, name)
    assert said["text, mapped"] == locally(drift, tmp_path / "mapped", "text", **mapped)
    (rows, _, _), notes, _ = said["text, chosen"]
    assert {row["account"] for row in rows} == {"1-a", "1-b"}
    assert "t: `where` was pushed down to the session's metastore" in notes
