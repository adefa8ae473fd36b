"""A run that is broken off: the store stays as it was, and the same command goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app
from review.ledger import read_lines
from review.pointer import read_pointer
from review.run import open_run
from review.sameness import compare

ROOT = Path(__file__).parents[1]
COLUMNS = ["--account", "who", "--object", "what", "--time", "ts", "--content", "post"]


def detect(ring_file, out, *more):
    command = ["detect", str(ring_file), *COLUMNS, "--out", str(out), *more]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.stderr
    return result


def stopped(ring_file, out, *more, step, how):
    """`ringwatch detect` in a process of its own, which gets a signal when `step` begins."""
    script = "from console.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "detect", ring_file, *COLUMNS, "--out", out, *more],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if f"] {step}: " in line:
            process.send_signal(how)
            break
    _, said = process.communicate(timeout=120)
    return process.returncode, said


def stopped_on_spark(ring_file, out, conf, *, step, after):
    """As `stopped`, on Spark: Ctrl-C goes to all processes, as a terminal sends it.

    It is pressed `after` so many seconds of the step, while Spark is at work; so many processes
    are left a while after the end.
    """
    given = [word for name, value in conf.items() for word in ("--spark", f"{name}={value}")]
    script = "from console.cli import main; main()"
    engine = ("--engine", "spark", "--threads", "2", "--memory", "2GB", *given)
    process = subprocess.Popen(
        [sys.executable, "-c", script, "detect", ring_file, *COLUMNS, "--out", out, *engine],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        before = []
        for line in process.stderr:
            before.append(line)
            if f"] {step}: " in line:
                break
        time.sleep(after)
        assert process.poll() is None, "".join(before)[-3000:]
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=120)
        until = time.monotonic() + 30
        while (left := in_group(process.pid)) and time.monotonic() < until:
            time.sleep(0.2)
        return process.returncode, said, left
    finally:
        if in_group(process.pid):
            os.killpg(process.pid, signal.SIGKILL)


def in_group(number):
    """The commands of the processes of a group that are alive."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            group = os.getpgid(int(folder.name))
        except OSError:
            continue
        if words and group == number:
            found.append(words.replace(b"\0", b" ").decode(errors="replace")[:200])
    return found


def parquet_of(out):
    [run] = (out / "runs").iterdir()
    return {path.name: path.read_bytes() for path in sorted(run.glob("*.parquet"))}


@pytest.fixture(scope="module")
def unbroken_out(ring_file, tmp_path_factory):
    """The folder of runs of the same job, never broken off."""
    out = tmp_path_factory.mktemp("unbroken")
    detect(ring_file, out)
    return out


@pytest.fixture(scope="module")
def unbroken(unbroken_out):
    """The Parquet files of that run."""
    return parquet_of(unbroken_out)


@pytest.mark.parametrize(
    ("step", "how", "code"),
    [("shared-objects", signal.SIGINT, 130), ("measure", signal.SIGKILL, -9)],
    ids=["Ctrl-C", "a kill"],
)
def test_a_run_that_was_broken_off_goes_on_and_ends_alike(
    ring_file, tmp_path, unbroken, step, how, code
):
    ended, said = stopped(ring_file, tmp_path, step=step, how=how)

    assert ended == code
    assert ("interrupted; what was published stays" in said) == (how == signal.SIGINT)
    assert read_pointer(tmp_path) == []
    [staging] = tmp_path.glob("staging-*")
    begun, *steps = read_lines(staging / "ledger")
    assert {"interactions", "reading"} <= {line["step"] for line in steps}

    detect(ring_file, tmp_path)

    # A run that goes on keeps the time at which it began; one begun anew has another.
    [entry] = read_pointer(tmp_path)
    assert entry.created_at == begun["created_at"]
    assert parquet_of(tmp_path) == unbroken
    assert not list(tmp_path.glob("staging-*"))


def test_what_was_published_before_is_served_while_another_run_lies_broken(ring_file, tmp_path):
    detect(ring_file, tmp_path)
    before = read_pointer(tmp_path)

    ended, _ = stopped(
        ring_file, tmp_path, "--seed", "5", step="shared-objects", how=signal.SIGTERM
    )
    told = CliRunner().invoke(app, ["runs", "--verify", "--json", "--out", str(tmp_path)])

    assert ended == 130
    assert read_pointer(tmp_path) == before
    runs = json.loads(told.stdout)
    assert [run["run"] for run in runs["runs"]] == [before[0].run]
    assert len(runs["broken_off"]) == 1


@pytest.mark.spark
@pytest.mark.slow
def test_ctrl_c_on_spark_ends_plainly_and_the_same_command_goes_on(
    ring_file, unbroken_out, spark_in_tests, tmp_path
):
    ended, said, left = stopped_on_spark(
        ring_file, tmp_path, spark_in_tests, step="shared-objects", after=4
    )

    assert ended == 130, said[-3000:]
    last = "ringwatch: interrupted; what was published stays, finished steps are kept for a resume"
    assert said.splitlines()[-1] == last
    for word in ("Traceback", "py4j", "Exception", "java."):
        assert word not in said
    assert left == []
    assert read_pointer(tmp_path) == []
    assert not list(tmp_path.glob("runs/*"))
    [staging] = tmp_path.glob("staging-*")
    begun, *steps = read_lines(staging / "ledger")
    assert {"interactions", "reading"} <= {line["step"] for line in steps}

    conf = [f"{name}={value}" for name, value in spark_in_tests.items()]
    given = [word for setting in conf for word in ("--spark", setting)]
    detect(ring_file, tmp_path, "--engine", "spark", "--threads", "2", "--memory", "2GB", *given)

    [entry] = read_pointer(tmp_path)
    assert entry.created_at == begun["created_at"]
    assert not list(tmp_path.glob("staging-*"))
    found = compare(open_run(unbroken_out), open_run(tmp_path))
    assert found.differing == {}
    assert {"clusters", "members", "edges"} <= set(found.identical)
