"""The Spark session's own catalogue, an embedded Derby, knows the tables that the session made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph.errors import ConfigError
from jobs.config import job_from
from jobs.detect import detect

pytestmark = pytest.mark.spark
TREE = Path(__file__).parents[1]

PROGRAM = """
import json, sys
from pathlib import Path
from builders.extracts.read import read_extract
from builders.extracts.toml import extract_spec
from builders.hive.address import hive_address
from builders.hive.resolve import list_table
from graph.engines import open_engine
from graph.engines.spark import catalogue

place = Path(sys.argv[1])
settings = {
    "spark.sql.catalogImplementation": "hive",
    "spark.hadoop.javax.jdo.option.ConnectionURL":
        f"jdbc:derby:;databaseName={place}/metastore_db;create=true",
    "spark.driver.extraJavaOptions":
        f"-XX:TieredStopAtLevel=1 -Dderby.stream.error.file={place}/derby.log",
    "spark.sql.warehouse.dir": f"{place}/warehouse",
    "spark.sql.shuffle.partitions": "1",
}
engine = open_engine("spark", memory="1GB", threads=1, spark=settings)
from pyspark.sql import SparkSession
spark = SparkSession.getActiveSession()

STORED = {
    "parquet": "stored as parquet",
    "orc": "stored as orc",
    "text": r"row format delimited fields terminated by '\\001'"
        r" collection items terminated by '\\002' map keys terminated by '\\003'",
}
COLUMNS = [["who", "string"], ["at", "bigint"], ["tags", "array<string>"],
           ["facts", "map<string,string>"]]
ROWS = ", ".join(
    f"('u{n}', {1767225600000 + n}, array('x', null), map('ip', 'a{n}'))" for n in range(3)
) + ", (null, 1767225600000, null, null)"

def read(path, **keys):
    table = {"name": "t", "path": str(path), "time_unit": "ms", **keys,
        "map": {"account": "who", "object": "tags[1]", "acted_at": "at"},
        "attributes": {"ip": "facts['ip']", "day": "dt"}}
    spec = extract_spec({"quarantine_share": 1.0, "late_days": "any", "tables": [table]},
        base=Path())
    found = read_extract(engine, spec)
    files = [row for row in found.files.rows() if row["status"] != "skipped"]
    return [list(found.interactions.rows()), files, list(found.quarantine.rows())], found.notes

def days(path):
    (rows, files, _), notes = read(path)
    used = [sum(row["day"] == f"2026-01-0{day}" for row in rows) for day in (1, 2, 3)]
    return used, [row["rows_quarantined"] for row in files], notes

told = {}
spark.sql("create database own")
for name, stored in STORED.items():
    location = place / name
    columns = ", ".join(f"{column} {of}" for column, of in COLUMNS)
    spark.sql(f"create external table own.{name} ({columns}) partitioned by (dt string) {stored}"
        f" location '{location}'")
    for day in (1, 2):
        spark.sql(f"insert into own.{name} partition (dt = '2026-01-0{day}') values {ROWS}")
    by_name, _ = read(f"hive://own.{name}")
    declared = {"columns": COLUMNS} if name == "text" else {}
    by_folder, _ = read(location, format=name, **declared)
    chosen, notes = read(f"hive://own.{name}", where="dt > '2026-01-01'")
    told[name] = {
        "same": by_name == by_folder,
        "used": len(by_name[0]),
        "chosen": sorted({row["day"] for row in chosen[0]}),
        "notes": notes,
    }
    spark.sql(f"alter table own.{name} add columns (Device string)")
    later = ROWS.replace("), (", ", 'phone'), (").removesuffix(")") + ", 'phone')"
    spark.sql(f"insert into own.{name} partition (dt = '2026-01-03') values {later}")
    told[name]["drifted"] = days(f"hive://own.{name}")

def unable(*asked):
    raise TypeError("another Spark")

catalogue.own_columns = unable
told["untold"] = days("hive://own.text")
spark.sql("create table own.acid (who string, at bigint) clustered by (who) into 1 buckets"
    " stored as orc tblproperties ('transactional' = 'true')")
for name in ("own.texts", "owns.text", "own.acid"):
    try:
        list_table(hive_address(f"hive://{name}"), engine=engine)
    except Exception as error:
        told[name] = f"{type(error).__name__}: {error}"
told["settings"] = [f"{name}={value}" for name, value in settings.items()]
print(json.dumps(told))
"""


def test_tables_of_the_sessions_derby_are_read_as_their_folders_are(tmp_path):
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TREE)},
    )
    assert found.returncode == 0, found.stderr[-3000:]

    told = json.loads(found.stdout.splitlines()[-1])

    for name in ("parquet", "orc", "text"):
        assert told[name]["same"], name
        assert told[name]["used"] == 6
        assert told[name]["chosen"] == ["2026-01-02"]
        notes = "\n".join(told[name]["notes"])
        assert "`where` chooses 1 of 2 partitions" in notes
        assert "`where` was pushed down to the session's metastore" in notes
        # The days before the column came, and the day after, each with one row without an account.
        assert told[name]["drifted"] == [[3, 3, 3], [1, 1, 1], []], name
    used, quarantined, notes = told["untold"]
    assert (used, quarantined) == ([3, 3, 3], [1, 1, 1])
    assert notes == [
        "t: the session's catalogue tells no partition's own columns: another Spark",
        "t: 2 files were taken for older than its table (8 rows), since every row of theirs ends"
        " before the last columns and the catalogue tells the table's columns alone",
    ]
    missing = "ConfigError: the database `own` has no table `texts`; did you mean `text`?"
    assert told["own.texts"] == missing
    assert told["owns.text"] == "ConfigError: the catalogue has no database `owns`" + (
        "; did you mean `own`?"
    )

    acid = told["own.acid"]
    assert acid.startswith("ExtractError: own.acid is transactional (ACID): its files also hold")
    assert "insert overwrite directory ... stored as parquet select * from own.acid" in acid

    by_spark = [word for setting in told["settings"] for word in ("--spark", setting)]
    looked = subprocess.run(
        [
            *(sys.executable, "-c", "from console.cli import main; main()"),
            *("inspect", "hive://own.orc", "--engine", "spark", "--master", "local[1]"),
            *(*by_spark, "--json"),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TREE)},
    )
    assert looked.returncode == 0, looked.stderr[-3000:]
    profile = json.loads(looked.stdout)
    assert (profile["files"], profile["rows_sampled"]) == (3, 12)
    names = [each["name"] for each in profile["columns"]]
    assert names == ["who", "at", "tags", "facts", "dt", "Device"]


@pytest.mark.parametrize("engine", ["spark"], indirect=True)
def test_a_session_whose_catalogue_is_in_memory_says_so(engine, tmp_path, monkeypatch):
    for folder in ("HIVE_CONF_DIR", "SPARK_CONF_DIR"):
        monkeypatch.delenv(folder, raising=False)
    # What such a catalogue holds is no table of Hive's.
    engine.session.sql("create or replace temporary view likes as select 'u' as who")
    table = {
        "name": "likes",
        "path": "hive://default.likes",
        "time_unit": "ms",
        "map": {"account": "who", "object": "who", "acted_at": "at", "action": "'like'"},
    }
    job = job_from({"job": {"engine": "spark"}, "extract": {"tables": [table]}}, base=tmp_path)

    with pytest.raises(ConfigError) as refused:
        detect(job, tmp_path / "out")

    engine.session.catalog.dropTempView("likes")
    says = str(refused.value)
    assert says.startswith("nothing says where the Hive catalogue is: write `metastore` =")
    assert says.endswith(
        'start the Spark session with `spark.sql.catalogImplementation` = "hive": this one has a'
        " catalogue in its memory alone, and a session that runs cannot be given another"
    )
