"""A Spark session whose catalogue is a metastore service reads its tables and pushes `where` down.

The service is a real one, over Thrift. That the filter reaches it is seen in what the service is
asked, and in Spark's physical plan, which chooses the same files as the reading.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builders.extracts.read import read_extract
from builders.extracts.toml import extract_spec
from graph.engines import open_engine
from tests.hive_services import HiveServices
from tests.hive_sessions import said_by_a_session
from tests.overhearing import overheard

pytestmark = pytest.mark.spark

DAY = 1_767_225_600_000
"""2026-01-01 in milliseconds."""

WHERE = "dt > '2026-01-02' and hr = 7"
STORED = {
    "parquet": "stored as parquet",
    "text": r"row format delimited fields terminated by '\001'",
}
PUSHED = rb"get_partitions_by_filter.{11}hours.{7}(\w+).{7}([ -~]+)"
"""The call as Thrift sends it: between two texts stand the next one's type, number and length."""

PROGRAM = """
import json, sys
from pathlib import Path
from builders.extracts.read import read_extract
from builders.extracts.toml import extract_spec
from graph.engines import open_engine

given = json.loads(sys.argv[1])
engine = open_engine("spark", memory="1GB", threads=1, spark=given["settings"])
told = {}
for name, tables in given["tables"].items():
    found = read_extract(engine, extract_spec({"tables": [tables]}, base=Path()))
    told[name] = {
        "rows": list(found.interactions.rows()),
        "files": list(found.files.rows()),
        "notes": found.notes,
    }
# What the service is asked from here on is not the reading's.
engine.session.catalog.databaseExists("all_is_read")
for name, tables in given["tables"].items():
    frame = engine.session.table(f"hours.{name}").where(tables["where"])
    told[name]["plan"] = frame._jdf.queryExecution().executedPlan().toString()
    told[name]["plans_files"] = sorted(frame.inputFiles())
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def hours(hive: HiveServices) -> HiveServices:
    """`hours.parquet` and `hours.text`: three days of two hours, two rows each."""
    hive.sql("create database hours")
    rows = [
        f"('u{day}{hour}{row}', 'post', {DAY + (day * 24 + hour) * 3_600_000},"
        f" '2026-01-0{day + 1}', {hour})"
        for day in range(3)
        for hour in (6, 7)
        for row in range(2)
    ]
    for name, stored in STORED.items():
        hive.sql(
            f"create external table hours.{name} (who string, what string, at bigint)"
            f" partitioned by (dt string, hr int) {stored}"
            f" location '{hive.place}/hours/{name}'",
            f"insert into hours.{name} partition (dt, hr) values " + ", ".join(rows),
        )
    return hive


def table(name, **keys):
    return {
        "name": "t",
        "path": f"hive://hours.{name}",
        "time_unit": "ms",
        "map": {"account": "who", "object": "what", "acted_at": "at"},
        "where": WHERE,
        **keys,
    }


def test_where_is_pushed_down_to_a_metastore_service_and_stands_in_the_plan(
    hours, spark_in_tests, tmp_path
):
    with overheard(hours.metastore_port) as service:
        told = said_by_a_session(
            PROGRAM,
            metastore=service.port,
            settings=spark_in_tests,
            place=tmp_path,
            tables={name: table(name) for name in STORED},
        )
    asked, marker, _ = service.so_far().partition(b"all_is_read")

    assert marker, "the session asked the service at all"
    filters = re.findall(PUSHED, asked, re.DOTALL)
    assert sorted(filters) == sorted(
        (name.encode(), b'(dt > "2026-01-02" and hr = 7)') for name in STORED
    )
    for name in STORED:
        spark = told[name]
        # The rows and the accounts that one machine gets from the same service, without a JVM.
        assert (spark["rows"], spark["files"]) == locally(hours, name, tmp_path / name)
        assert sorted(row["account"] for row in spark["rows"]) == ["u270", "u271"]
        notes = "\n".join(spark["notes"])
        assert "`where` chooses 1 of 6 partitions" in notes
        assert "`where` was pushed down to the session's metastore" in notes
        chosen = partition_filters(spark["plan"])
        assert "dt#0 > 2026-01-02" in chosen and "hr#0 = 7" in chosen, spark["plan"]
    # Hive's own reader of text names no files.
    parquet = told["parquet"]
    read = [row["file"] for row in parquet["files"] if row["status"] == "read"]
    place = f"file://{hours.place}/hours/parquet"
    assert parquet["plans_files"] == [f"{place}/{name}" for name in read]
    # Nothing was made beside: no catalogue of the session's own.
    assert not (tmp_path / "metastore_db").exists()


def partition_filters(plan):
    """What a physical plan holds against the names of partitions, with columns numbered alike."""
    [scan] = [line for line in plan.splitlines() if "Scan" in line]
    by_spark = re.search(r"PartitionFilters: \[(.*?)\], PushedFilters: \[\]", scan)
    by_hive = re.search(r"HiveTableRelation \[.*\], \[(.*)\]$", scan)
    found = by_spark or by_hive
    assert found is not None, plan
    return re.sub(r"#\d+", "#0", found[1])


def locally(hive, name, spill):
    """The rows and accounts of the same table on one machine."""
    engine = open_engine("local", memory="1GB", threads=1, spill=spill)
    try:
        spec = {"tables": [table(name)], "metastore": hive.metastore}
        found = read_extract(engine, extract_spec(spec, base=Path()))
        return list(found.interactions.rows()), list(found.files.rows())
    finally:
        engine.close()
