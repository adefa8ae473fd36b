"""Hive tables that lie on HDFS are read on Spark as their folders are on a disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders.files.remote import RemotePlace
from builders.hive.address import hive_address
from builders.hive.location import folder_of
from builders.hive.resolve import list_table
from builders.hive.table import HiveColumn, HiveTable, Storage
from graph.errors import ExtractError

PROGRAM = r"""
import json, sys
from pathlib import Path
import pyarrow as pa
from builders.extracts.estimate import estimate
from builders.extracts.read import read_extract
from builders.extracts.toml import extract_spec
from builders.files.remote_listing import list_remote, place_through
from builders.files.remote import remote_place
from builders.profile import profile
from builders.hive.address import hive_address
from graph.engines import open_engine
from graph.engines.spark import bringing
from graph.schema import Column, Schema

place, hdfs, blocks = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
settings = {
    "spark.sql.catalogImplementation": "hive",
    "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:elsewhere;create=true",
    "spark.driver.extraJavaOptions":
        f"-XX:TieredStopAtLevel=1 -Dderby.stream.error.file={place}/derby.log",
    "spark.sql.warehouse.dir": f"{place}/warehouse",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.hadoop.dfs.client.retry.window.base": "1",
}
engine = open_engine("spark", memory="1GB", threads=1, spark=settings)
local = open_engine("local", memory="1GB", threads=1)
spark, files = engine.session, engine.kernel("files")(engine)

STORED = {
    "parquet": "stored as parquet",
    "orc": "stored as orc",
    "text": r"row format delimited fields terminated by '\001'"
        r" collection items terminated by '\002' map keys terminated by '\003'",
}
COLUMNS = [["who", "string"], ["at", "bigint"], ["tags", "array<string>"],
           ["facts", "map<string,string>"]]
ROWS = ", ".join(
    f"('u{n}', {1767225600000 + n}, array('x', null), map('ip', 'a{n}'))" for n in range(3)
) + ", (null, 1767225600000, null, null)"

def spec_of(path, **keys):
    table = {"name": "t", "path": str(path), "time_unit": "ms", **keys,
        "map": {"account": "who", "object": "tags[1]", "acted_at": "at"},
        "attributes": {"ip": "facts['ip']", "day": "dt"}}
    rules = {"quarantine_share": 1.0, "rejected_files": 9, "late_days": "any"}
    return extract_spec({**rules, "tables": [table]}, base=Path())

def told(by, spec):
    found = read_extract(by, spec)
    return {
        "rows": list(found.interactions.rows()),
        "files": list(found.files.rows()),
        "quarantine": list(found.quarantine.rows()),
        "fingerprint": found.fingerprint,
    }

def put(data, where):
    (place / "given").write_bytes(data)
    files.upload(place / "given", where)

def copied(name):
    # What lies below a folder of HDFS, on this disk.
    for each, (is_file, *_) in files.below(f"{hdfs}/{name}"):
        target = place / "copies" / name / each
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_file:
            files.download(f"{hdfs}/{name}/{each}", target)
    return place / "copies" / name

out = {}
spark.sql("create database own")
for name, stored in STORED.items():
    columns = ", ".join(f"{column} {of}" for column, of in COLUMNS)
    spark.sql(f"create external table own.{name} ({columns}) partitioned by (dt string) {stored}"
        f" location '{hdfs}/w h%41/{name}'")
    for day in (1, 2):
        spark.sql(f"insert into own.{name} partition (dt = '2026-01-0{day}') values {ROWS}")
    day = f"{hdfs}/w h%41/{name}/dt=2026-01-01"
    put(b"", f"{day}/empty-of-bytes")
    put(b"hidden", f"{day}/_hidden")
    if name == "text":
        put(b"u9\x01not a time\x01x\x01ip\x03a\n\xff\xfe\x011767225600000\nshort\n", f"{day}/odd")
    else:
        put(b"no " + name.encode(), f"{day}/damaged")
    declared = {"columns": COLUMNS} if name == "text" else {}
    folder = copied(f"w h%41/{name}")
    by_name = told(engine, spec_of(f"hive://own.{name}"))
    on_local = told(local, spec_of(folder, format=name, **declared))
    (expected,) = estimate(engine, spec_of(f"hive://own.{name}"))
    out[name] = {
        "by_name": by_name, "on_local": on_local,
        "expected": [expected.files, expected.rows],
        "seen": profile(hive_address(f"hive://own.{name}"), None, engine=engine).codecs,
    }

place_of_text = f"{hdfs}/w h%41/text"
out["by_place"] = told(engine, spec_of(place_of_text, format="text", columns=COLUMNS))
chosen = told(engine, spec_of("hive://own.orc", where="dt > '2026-01-01'"))
out["chosen"] = sorted({row["day"] for row in chosen["rows"]})

# A partition without its folder, two that share one, and a table without partitions.
spark.sql(f"create external table own.gone (who string) partitioned by (dt string)"
    f" stored as parquet location '{hdfs}/gone'")
spark.sql(f"alter table own.gone add partition (dt = '1') location '{hdfs}/gone/a'")
files.remove(f"{hdfs}/gone/a")
from builders.hive.resolve import list_table
out["gone"] = list(list_table(hive_address("hive://own.gone"), engine=engine).notes)
for day, at in ((2, "b"), (3, "b/c")):
    spark.sql(f"alter table own.gone add partition (dt = '{day}') location '{hdfs}/gone/{at}'")
put(b"x", f"{hdfs}/gone/b/c/x")
try:
    list_table(hive_address("hive://own.gone"), engine=engine)
except Exception as error:
    out["shared"] = f"{type(error).__name__}: {error}"
spark.sql(f"create external table own.plain (who string, at bigint, tags array<string>,"
    f" facts map<string,string>, dt string) stored as parquet location '{hdfs}/plain'")
spark.sql(f"insert into own.plain values ('u', 1767225600000, array('x'), map('ip', 'a'), 'd')")
out["plain"] = told(engine, spec_of("hive://own.plain"))["rows"]

# A file whose only block is lost on the data node.
lost = b"u5\x011767225600000\x01x\x01ip\x03lost\n"
put(lost, f"{hdfs}/w h%41/text/dt=2026-01-02/lost.txt")
[block] = [path for path in blocks.rglob("blk_*") if path.read_bytes() == lost]
block.unlink()
out["lost"] = told(engine, spec_of("hive://own.text", where="dt > '2026-01-01'"))

# Between listing and reading a file vanishes, one is written again, and one is too large.
COUNTED = Schema("counted", (Column("name", "VARCHAR", "n"), Column("bytes", "BIGINT", "b")),
    key=("name",))
def work(item):
    yield pa.RecordBatch.from_pylist([{"name": item[0], "bytes": item[1]}], schema=COUNTED.arrow)
def brought(item, copy, size, written):
    return item[0], len(copy.read_bytes())
for name, data in (("a", b"abc"), ("b", b""), ("large", b"x" * 99), ("c._COPYING_", b"c")):
    put(data, f"{hdfs}/lot/{name}")
bringing.LARGEST = 50
items = [("a", f"{hdfs}/lot/a"), ("near", None), ("gone", f"{hdfs}/lot/gone"),
    ("b", f"{hdfs}/lot/b"), ("large", f"{hdfs}/lot/large"), ("again", f"{hdfs}/lot/a"),
    ("copying", f"{hdfs}/lot/c._COPYING_")]
near = [("near", 7) if item[1] is None else item for item in items]
table, left = engine.kernel("spread-files")(engine, near, work, COUNTED,
    place=lambda item: item[1] if isinstance(item[1], str) else None, brought=brought)
out["lot"] = [[list(row.values()) for row in table.rows()], left]
print(json.dumps(out, default=str))
"""


@pytest.fixture(scope="module")
def told(hdfs, hdfs_place, tmp_path_factory):
    """What the program above prints; one session of Spark serves all tests."""
    place = tmp_path_factory.mktemp("elsewhere")
    blocks = hdfs_place / "data"
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(place), hdfs, str(blocks)],
        capture_output=True,
        text=True,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert found.returncode == 0, found.stderr[-5000:]
    return json.loads(found.stdout.splitlines()[-1])


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize("name", ["parquet", "orc", "text"])
def test_a_table_on_hdfs_is_read_with_the_accounts_of_a_folder_on_a_disk(told, name):
    seen = told[name]

    assert len(seen["by_name"]["rows"]) == 6
    statuses = {row["file"].split("/")[-1]: row["status"] for row in seen["by_name"]["files"]}
    assert statuses["_hidden"] == "skipped"
    if name == "text":
        assert statuses["empty-of-bytes"] == "empty"
        odd = [row for row in seen["by_name"]["files"] if row["file"].endswith("/odd")]
        assert [row["rows_quarantined"] for row in odd] == [3]
    else:
        assert statuses["damaged"] == statuses["empty-of-bytes"] == "rejected"
    assert seen["on_local"] == seen["by_name"]


@pytest.mark.spark
@pytest.mark.slow
def test_a_folder_on_hdfs_is_read_as_the_table_in_it_and_where_chooses_partitions(told):
    assert told["by_place"] == told["text"]["by_name"]
    assert told["chosen"] == ["2026-01-02"]


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize(("name", "rows"), [("parquet", 8), ("orc", 8), ("text", 11)])
def test_a_table_on_hdfs_is_estimated_and_looked_at_by_the_driver(told, name, rows):
    assert told[name]["expected"] == [4, rows]
    # A file without a byte is not looked at.
    assert sum(told[name]["seen"].values()) == 3


@pytest.mark.spark
@pytest.mark.slow
def test_partitions_without_a_folder_are_noted_and_those_that_share_one_refused(told):
    assert [note for note in told["gone"] if "has no folder hdfs://" in note]
    assert "ExtractError: the partitions dt=2 and dt=3 share the folder hdfs://" in told["shared"]


@pytest.mark.spark
@pytest.mark.slow
def test_a_table_without_partitions_is_read_too(told):
    [row] = told["plain"]
    assert (row["account"], row["object"], row["ip"]) == ("u", "x", "a")


@pytest.mark.spark
@pytest.mark.slow
def test_a_file_whose_block_is_lost_is_rejected_by_name_and_the_others_count(told):
    [lost] = [row for row in told["lost"]["files"] if row["file"].endswith("/lost.txt")]

    assert lost["status"] == "rejected"
    assert "cannot be read" in lost["note"]
    assert "Could not obtain block" in lost["note"]
    assert len(told["lost"]["rows"]) == 3


@pytest.mark.spark
@pytest.mark.slow
def test_what_cannot_be_brought_is_left_out_with_the_reason(told):
    worked, left = told["lot"]

    assert worked == [["a", 3], ["again", 3], ["b", 0], ["near", 7]]
    assert set(left) == {"2", "4", "6"}
    assert "vanished" in left["2"]
    assert "it has 99 bytes, and Spark hands over 50 at most" in left["4"]
    assert "still being copied" in left["6"]


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("s3a://bucket/a b%41", RemotePlace("s3a", "bucket", "/a b%41")),
        ("S3A://bucket", RemotePlace("s3a", "bucket", "")),
        ("hdfs://nn:8020/t", RemotePlace("hdfs", "nn:8020", "/t")),
        ("hdfs:/t", RemotePlace("hdfs", "", "/t")),
    ],
)
def test_a_location_on_another_file_system_is_a_place_whose_percent_signs_are_names(
    location, place
):
    assert folder_of(location, of="a.b") == place


def test_a_file_system_that_nobody_here_reaches_is_refused_with_the_way_out():
    with pytest.raises(ExtractError, match=r"a\.b lies at `ofs://om/v`.* `--engine spark` reads"):
        folder_of("ofs://om/v", of="a.b")
    with pytest.raises(ExtractError, match="the session of Spark has no file system `ofs:` either"):
        folder_of("ofs://om/v", of="a.b", client=Knowing(()))
    assert folder_of("ofs://om/v", of="a.b", client=Knowing(("ofs",))).client is not None


def test_the_local_engine_says_what_hdfs_needs_and_that_spark_has_it(tmp_path, monkeypatch):
    monkeypatch.setenv("HADOOP_HOME", str(tmp_path))
    monkeypatch.setenv("ARROW_LIBHDFS_DIR", str(tmp_path))
    text = "org.apache.hadoop.mapred.TextInputFormat"
    serde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    columns = (HiveColumn("who", "string"),)
    storage = Storage(location="hdfs://nn/t", serde=serde, input_format=text, columns=columns)
    table = HiveTable(database="a", name="b", kind="EXTERNAL_TABLE", storage=storage)
    monkeypatch.setattr("builders.hive.catalogues.Metastore", lambda _: Knowing((), table))

    with pytest.raises(ExtractError, match=r"hdfs://nn/t cannot be read: .*`--engine spark`"):
        list_table(hive_address("hive://a.b", metastore="127.0.0.1:1"))


class Knowing:
    """A client that knows some schemes, or a catalogue that knows one table."""

    def __init__(self, schemes, table=None):
        self.schemes, self.table = schemes, table

    def knows(self, scheme):
        return scheme in self.schemes

    def describe(self, database, table):
        return self.table

    def close(self):
        pass
