"""On a real cluster, a master and a worker of Spark on this machine: a job, and what is refused."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import igraph
import pyspark
import pytest

from jobs.config import read_job
from jobs.detect import detect
from review.run import open_run
from tests.listening import free_port

pytestmark = [pytest.mark.spark, pytest.mark.slow]

RINGWATCH = Path(sys.executable).parent / "ringwatch"
SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
DEPLOY = "org.apache.spark.deploy"
SMALL = {
    "spark.executor.memory": "1g",
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
}
JOB = """
[job]
name = "tiny"

[[extract.tables]]
name = "likes"
path = "likes.csv"
format = "csv"
time_unit = "s"
map = {account = "who", object = "what", acted_at = "ts", action = "'like'"}

[detectors]
copied-text.enabled = false
shared-traits.enabled = false
mutual-ring.enabled = false
seeded.enabled = false
"""


def started(folder, name, *arguments):
    """A process of Spark in a session of its own, so that it ends with all it started."""
    told = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [SPARK_CLASS, f"{DEPLOY}.{name}", "--host", "127.0.0.1", *arguments],
            env=told,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def alive_workers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/", timeout=5) as answer:
            return json.load(answer)["aliveworkers"]
    except OSError:
        return 0


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    """The address of a cluster with one worker of two cores."""
    folder = tmp_path_factory.mktemp("cluster")
    port, pages = free_port(), free_port()
    address = f"spark://127.0.0.1:{port}"
    processes = []
    try:
        places = ("--port", str(port), "--webui-port", str(pages))
        processes.append(started(folder, "master.Master", *places))
        size = ("--cores", "2", "--memory", "2g", "--webui-port", "0")
        work = ("--work-dir", str(folder / "work"))
        processes.append(started(folder, "worker.Worker", *size, *work, address))
        waited = time.monotonic() + 180
        while not alive_workers(pages):
            assert time.monotonic() < waited, (folder / "worker.Worker.log").read_text()[-2000:]
            time.sleep(0.5)
        yield address
    finally:
        for process in reversed(processes):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


@pytest.fixture
def job(tmp_path):
    """A job over a file of likes: a hundred accounts as they please, and five in step."""
    draw = random.Random(7)
    start, week = 1_767_225_600, 7 * 86_400
    rows = [
        (f"user-{draw.randrange(100)}", f"post-{draw.randrange(60)}", start + draw.randrange(week))
        for _ in range(600)
    ]
    for target in range(12):
        at = start + draw.randrange(week)
        rows += [
            (f"ring-{member}", f"target-{target}", at + draw.randrange(20)) for member in range(5)
        ]
    with (tmp_path / "likes.csv").open("w", newline="") as opened:
        lines = csv.writer(opened, lineterminator="\n")
        lines.writerows([("who", "what", "ts"), *rows])
    (tmp_path / "job.toml").write_text(JOB)
    return tmp_path / "job.toml"


def ran(arguments, folder, **told):
    """The command in a folder, with Spark's settings for a small machine."""
    small = [part for name, value in SMALL.items() for part in ("--spark", f"{name}={value}")]
    return subprocess.run(
        [RINGWATCH, arguments[0], *small, *arguments[1:]],
        cwd=folder,
        env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", **told},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


def python_with(folder, *, without=()):
    """A Python with this one's packages, but for some; Ringwatch is not among them."""
    packages = folder / "packages"
    packages.mkdir()
    for package in Path(pyspark.__file__).parents[1].iterdir():
        if not package.name.startswith(("ringwatch", "_editable", *without)):
            (packages / package.name).symlink_to(package)
    program = folder / "python"
    program.write_text(
        f'#!/bin/sh\nexport PYTHONPATH="$PYTHONPATH:{packages}"\nexec {sys.executable} -S "$@"\n'
    )
    program.chmod(0o755)
    return str(program)


def test_a_submitted_job_publishes_the_run_that_this_machine_would(master, job, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    at = ("--master", master, "--scratch", str(scratch), "--out", "there")

    done = ran(["submit", str(job), *at, "--", "--total-executor-cores", "2"], tmp_path)

    assert done.returncode == 0, done.stderr[-3000:]
    assert "Run tiny-" in done.stdout
    # PySpark hands on both streams of its driver as one.
    assert f"Spark {pyspark.__version__} on {master}, Java " in done.stdout
    there = open_run(tmp_path / "there")
    here = detect(read_job(job), tmp_path / "here").run
    assert there.name == here.name
    for table in ("clusters", "members", "edges"):
        assert (there.path / f"{table}.parquet").read_bytes() == (
            here.path / f"{table}.parquet"
        ).read_bytes()
    assert list(scratch.iterdir()) == []


def test_a_job_that_fails_on_the_cluster_ends_with_its_own_exit_code(master, job, tmp_path):
    (tmp_path / "likes.csv").unlink()

    done = ran(["submit", str(job), "--master", master, "--scratch", str(tmp_path)], tmp_path)

    assert done.returncode == 3, done.stderr[-3000:]
    assert "likes.csv" in done.stdout


def test_executors_without_our_code_get_it_and_a_scratch_that_is_not_shared_is_refused(
    master, tmp_path
):
    # Every process sees a folder of its own there: that in which it was started.
    scratch = "file:///proc/self/cwd/scratch"
    asked = ["doctor", "--engine", "spark", "--master", master, "--scratch", scratch, "--json"]

    done = ran(asked, tmp_path, PYSPARK_PYTHON=python_with(tmp_path))

    assert done.returncode == 1, done.stderr[-3000:]
    found = {each["check"]: each for each in json.loads(done.stdout)["findings"]}
    assert found["executors"]["says"] == "1, as the driver; our code was sent to them"
    named = found[f"executor on {socket.gethostname()}"]["says"]
    assert f"igraph {igraph.__version__}" in named
    assert found["scratch"]["state"] == "bad"
    assert "executors wrote 2 rows there and the driver found 0" in found["scratch"]["says"]
    assert "give `--scratch` on a file system that driver and" in found["scratch"]["mend"]


def test_an_executor_that_lacks_a_library_is_refused_by_its_host(master, tmp_path):
    asked = ["doctor", "--engine", "spark", "--master", master, "--json"]

    done = ran(asked, tmp_path, PYSPARK_PYTHON=python_with(tmp_path, without=("igraph",)))

    assert done.returncode == 1, done.stderr[-3000:]
    found = {each["check"]: each for each in json.loads(done.stdout)["findings"]}
    assert found["executors"]["says"] == (
        f"executors differ from the driver: {socket.gethostname()} has igraph not at all and not"
        f" {igraph.__version__}"
    )
    assert "docs/spark.md" in found["executors"]["mend"]
