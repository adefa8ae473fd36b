"""A run that is broken off: the store stays as it was, and the same command goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app
from review.ledger import read_lines
from review.pointer import read_pointer

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


def parquet_of(out):
    [run] = (out / "runs").iterdir()
    return {path.name: path.read_bytes() for path in sorted(run.glob("*.parquet"))}


@pytest.fixture(scope="module")
def unbroken(ring_file, tmp_path_factory):
    """The Parquet files of the same job, never broken off."""
    out = tmp_path_factory.mktemp("unbroken")
    detect(ring_file, out)
    return parquet_of(out)


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
