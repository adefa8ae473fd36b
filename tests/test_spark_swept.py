"""Killed jobs on Spark: what the next job and `ringwatch sweep` take away, and what they leave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from console.cli import app
from graph.engines import open_engine
from graph.engines.spark.marks import ABOUT
from graph.schema import Column, Schema

pytestmark = pytest.mark.spark

SIZES = Schema("sizes", (Column("size", "BIGINT", "a size"),), key=("size",))
TREE = Path(__file__).parents[1]
DAY = 86_400

JOB = """
import json, sys, time
from pathlib import Path
import pyarrow as pa
from graph.engines import open_engine
from tests.test_spark_swept import SIZES
scratch, out, conf = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
engine = open_engine(
    "spark", memory="1GB", threads=1, scratch=f"file://{scratch}", spill=out / "spill", spark=conf
)
path = out / "staging-night" / "steps" / "a"
path.parent.mkdir(parents=True)
engine.keep(engine.from_arrow(pa.table({"size": [1, 2]}), SIZES), path)
print("kept", flush=True)
time.sleep(900)
"""


@pytest.fixture
def scratch(tmp_path):
    """A scratch that driver and workers share."""
    place = tmp_path / "shared scratch"
    place.mkdir()
    return place


@pytest.fixture
def opened(scratch, spark_in_tests):
    """`opened(out)`: the engine of a job that writes into a folder of runs."""

    def open_for(out):
        return open_engine(
            "spark",
            memory="2GB",
            threads=2,
            scratch=f"file://{scratch}",
            spill=out / "spill",
            spark=spark_in_tests,
        )

    return open_for


def homes(scratch):
    return sorted(scratch.glob("ringwatch-steps-*"))


def test_a_killed_job_leaves_to_the_next_its_steps_and_nothing_else(
    scratch, opened, spark_in_tests, tmp_path
):
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-c", JOB, str(scratch), str(out), json.dumps(spark_in_tests)],
        cwd=TREE,
        env={**os.environ, "PYTHONPATH": str(TREE)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    try:
        assert "kept" in process.stdout.readline()
        tables = [path for path in scratch.iterdir() if path not in homes(scratch)]
        with opened(out):
            # It is at work: whoever opens beside it takes nothing away.
            assert tables[0].is_dir()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()

    with opened(out) as engine:
        assert len(tables) == 1 and not tables[0].exists()
        step = out / "staging-night" / "steps" / "a"
        assert engine.holds(step)
        assert engine.arrow(engine.kept(step, SIZES))["size"].to_pylist() == [1, 2]
        engine.let_go(out / "staging-night" / "steps")
    assert list(scratch.iterdir()) == []


def test_the_command_lists_what_is_old_and_removes_it_when_asked(scratch, opened, tmp_path):
    step = tmp_path / "old" / "steps" / "a"
    step.parent.mkdir(parents=True)
    with opened(tmp_path / "old") as engine:
        engine.keep(engine.from_arrow(pa.table({"size": [1]}), SIZES), step)
        master = engine.session.sparkContext.master
    [old] = homes(scratch)
    about = {**json.loads((old / ABOUT).read_text()), "world": "of another machine"}
    (old / ABOUT).write_text(json.dumps(about))
    (old / f".{ABOUT}.crc").unlink(missing_ok=True)
    then = time.time() - 9 * DAY
    for path in (*old.iterdir(), old):
        os.utime(path, (then, then))
    asked = ["sweep", f"file://{scratch}", "--master", master]

    listed = CliRunner().invoke(app, [*asked, "--json"])
    assert [each["state"] for each in json.loads(listed.stdout)["folders"]] == ["old"]
    later = CliRunner().invoke(app, [*asked, "--days", "10", "--remove", "--json"])
    assert json.loads(later.stdout)["folders"] == []
    assert old.is_dir()
    removed = CliRunner().invoke(app, [*asked, "--remove"])

    assert removed.exit_code == 0, removed.output
    assert "removed" in removed.stdout
    assert not old.exists()
