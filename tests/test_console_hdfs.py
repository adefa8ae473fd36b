"""The console: from a Hive table on HDFS, by the session's catalogue, to a run on HDFS and back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph.engines import hive_catalogue_in
from review.run import open_run, verify

pytestmark = [pytest.mark.slow, pytest.mark.spark]

TREE = Path(__file__).parents[1]
QUICK = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
MADE = """
import json, sys
from graph.engines import open_engine
settings, csv, place = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
engine = open_engine("spark", memory="1GB", threads=1, spark=settings)
spark = engine.session
columns = "who string, what string, ts bigint, post string"
rows = spark.read.csv(f"file://{csv}", header=True, schema=columns)
parted = rows.selectExpr("*", "if(ts < 1767500000, 'early', 'late') as part")
parted.createOrReplaceTempView("given")
spark.sql("create database social")
spark.sql("create external table social.likes (" + columns + ")"
    f" partitioned by (part string) stored as orc location '{place}'")
spark.conf.set("hive.exec.dynamic.partition.mode", "nonstrict")
spark.sql("insert into social.likes partition (part) select * from given")
print(spark.sql("select * from social.likes").count())
"""


def ringwatch(*args):
    """What a command prints; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-c", "from console.cli import main; main()", *map(str, args)],
        capture_output=True,
        text=True,
        cwd=TREE,
        env={**os.environ, "PYTHONPATH": str(TREE)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_a_table_of_the_sessions_catalogue_becomes_a_run_on_hdfs_that_is_taken_over(
    hdfs, ring_file, tmp_path
):
    conf = {**hive_catalogue_in(tmp_path / "hive"), **QUICK}
    given = [json.dumps(conf), str(ring_file), f"{hdfs}/warehouse/likes"]
    made = subprocess.run(
        [sys.executable, "-c", MADE, *given],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TREE)},
    )
    assert made.returncode == 0, made.stderr[-3000:]
    rows = int(made.stdout.splitlines()[-1])
    there, settings = f"{hdfs}/lists", [f"--spark={name}={value}" for name, value in conf.items()]
    on_spark = ["--engine", "spark", "--master", "local[1]", "--memory", "1GB", *settings]
    columns = ["--account", "who", "--object", "what", "--time", "ts", "--content", "post"]
    wanted = ["hive://social.likes", *columns, "--time-unit", "s", "--publish-to", there, "--json"]

    told = json.loads(ringwatch("detect", *wanted, *on_spark, "--out", tmp_path / "out"))
    fetched = json.loads(
        ringwatch(
            "runs", "--from", there, "--engine", "spark", "--out", tmp_path / "here", "--json"
        )
    )

    run = open_run(tmp_path / "out")
    assert run.manifest.input["rows_read"] == rows
    assert run.manifest.tables["clusters"].rows == 1
    assert not told["already"]
    assert [one["run"] for one in fetched["runs"]] == [run.name]
    here = open_run(tmp_path / "here")
    assert verify(here) and contents(here) == contents(run)
    shown = json.loads(ringwatch("clusters", "--out", tmp_path / "here", "--json"))
    assert len(shown["clusters"]) == 1

    again = json.loads(ringwatch("detect", *wanted, *on_spark, "--out", tmp_path / "elsewhere"))

    assert again["already"]
    assert contents(open_run(tmp_path / "elsewhere")) == contents(run)


def contents(run):
    return {path.name: path.read_bytes() for path in run.path.iterdir()}
