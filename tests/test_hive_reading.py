"""Hive tables by name are read as their folders are: same rows, same accounts, same quarantine."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.extracts.read import read_extract
from builders.extracts.toml import extract_spec
from tests.hive_services import HiveServices

pytestmark = pytest.mark.spark

DAY = 1_767_225_600_000
"""2026-01-01 in milliseconds."""

STORED = {
    "parquet": "stored as parquet",
    "orc": "stored as orc",
    "text": (
        r"row format delimited fields terminated by '\001' collection items terminated by '\002'"
        r" map keys terminated by '\003' stored as textfile"
    ),
}
ROWS = [
    "'00123', 'post-1', {at}, array('x', 'y'), map('ip', '10.0.0.6')",
    "'00123', 'post-1', {at}, array('x', 'y'), map('ip', '10.0.0.6')",
    "'null', 'o''brien \"q\"', {at}, array('ünï', null), map('ip', null)",
    "'9007199254740993', 'post-3', {at}, array(), map()",
    "'NA', 'back\\\\slash', {at}, null, null",
    "null, 'post-2', {at}, array('x'), map('ip', '1')",
    "'', 'post-2', {at}, array('x'), map('ip', '1')",
    "'0', 'post-2', {at}, array('x'), map('ip', '1')",
    "'late', 'post-2', {at} + 400000000, array('x'), map('ip', '1')",
]
FIELDS = [
    ["who", "string"],
    ["what", "string"],
    ["at", "bigint"],
    ["tags", "array<string>"],
    ["facts", "map<string,string>"],
]
MAP = {"account": "who", "object": "what", "acted_at": "at", "text": "tags[1]"}
ATTRIBUTES = {"ip": "facts['ip']", "day": "dt"}


@pytest.fixture(scope="module")
def days(hive: HiveServices) -> HiveServices:
    """The same rows in `days.parquet`, `days.orc` and `days.text`, of three days."""
    hive.sql("create database days")
    rows = [
        f"({row.format(at=DAY + (day - 1) * 86_400_000)}, '2026-01-0{day}')"
        for day in (1, 2, 3)
        for row in ROWS
    ]
    for name, stored in STORED.items():
        columns = ", ".join(f"{column} {of}" for column, of in FIELDS)
        hive.sql(
            f"create external table days.{name} ({columns}) partitioned by (dt string) {stored}"
            f" location '{hive.place}/days/{name}'",
            f"insert into days.{name} partition (dt) values " + ", ".join(rows),
        )
    return hive


def read(engine, path, **keys):
    told = {key: keys.pop(key) for key in ("metastore", "hiveserver2") if key in keys}
    table = {"name": "t", "path": str(path), "time_unit": "ms", "map": MAP, **keys}
    spec = extract_spec(
        {
            "quarantine_share": 1.0,
            "tables": [{**table, "attributes": table.get("attributes", ATTRIBUTES)}],
            **told,
        },
        base=Path("/"),
    )
    return read_extract(engine, spec)


def by_folder(engine, hive, name, **keys):
    if name == "text":
        keys["columns"] = FIELDS
    return read(engine, hive.place / "days" / name, format=name, **keys)


def catalogue(hive, which):
    return {which: getattr(hive, which)}


def told(reading):
    """All that a reading says, but for what a folder holds beside its partitions."""
    return (
        list(reading.interactions.rows()),
        [row for row in reading.files.rows() if row["status"] != "skipped"],
        list(reading.quarantine.rows()),
        reading.fingerprint,
    )


@pytest.mark.parametrize("which", ["metastore", "hiveserver2"])
@pytest.mark.parametrize("name", STORED)
def test_a_table_is_read_as_its_folder_is(engine, days, name, which):
    found = read(engine, f"hive://days.{name}", **catalogue(days, which))

    assert told(found) == told(by_folder(engine, days, name))
    accounts = {row["account"] for row in found.interactions.rows()}
    assert accounts == {"00123", "null", "9007199254740993", "NA"}
    texts = {row["text"] for row in found.interactions.rows()}
    assert texts == {"x", "ünï", None}
