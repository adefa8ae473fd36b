"""`ringwatch demo --engine spark --against`: the platform as Hive tables, and the same clusters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from review.run import open_run

pytestmark = [pytest.mark.slow, pytest.mark.spark]

TREE = Path(__file__).parents[1]
SAME_BYTES = {"clusters", "members", "edges", "joint_acts", "also_in"}
"""Who is in which cluster, in which order, and by which acts; evidence is sums of doubles."""


def demo(*args):
    """What a demo of 100,000 interactions prints, in a process of its own: its session has Hive."""
    told = [str(arg) for arg in (*args, "-n", 100_000, "--json", "--quiet")]
    return subprocess.run(
        [sys.executable, "-c", "from console.cli import main; main()", "demo", *told],
        capture_output=True,
        text=True,
        cwd=TREE,
        env={**os.environ, "PYTHONPATH": str(TREE)},
        timeout=7_200,
        check=False,
    )


def test_the_demo_on_spark_reads_hive_tables_and_finds_the_clusters_of_the_local_demo(tmp_path):
    here, there = tmp_path / "local", tmp_path / "spark"
    local = demo("--out", here)
    assert local.returncode == 0, local.stderr[-3000:]

    spark = demo("--out", there, "--engine", "spark", "--against", here)

    assert spark.returncode == 0, spark.stderr[-3000:]
    said = json.loads(spark.stdout)
    assert said["against"]["differing"] == {}
    assert set(said["against"]["identical"]) >= SAME_BYTES
    assert "evidence" in {*said["against"]["identical"], *said["against"]["equal"]}
    assert said["truth"] == json.loads(local.stdout)["truth"]
    # The command's word is not taken for it: the files themselves, and where the rows came from.
    one, other = open_run(here / "runs"), open_run(there / "runs")
    assert one.manifest.tables["clusters"].rows > 5
    for name in SAME_BYTES:
        assert one.table_path(name).read_bytes() == other.table_path(name).read_bytes()
    paths = [table["path"] for table in other.manifest.settings["extract"]["tables"]]
    assert paths and all(path.startswith("hive://ringwatch_demo.") for path in paths)
    assert other.manifest.summary["interactions"] == one.manifest.summary["interactions"]
    assert pq.read_metadata(other.table_path("members")).num_rows > 0
