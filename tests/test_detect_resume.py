"""A run that was broken off goes on from its finished steps, and ends with the same bytes."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from graph.schemas import RUN_TABLES
from jobs.config import read_job
from jobs.detect import detect
from jobs.detectors import DETECTORS
from review.ledger import read_lines
from review.run import open_run

ON = tuple(name for name, each in DETECTORS.items() if each.enabled)
STEPS = ("read", *ON, "divide", "evidence", "measure", "publish")
PROGRAM = """
import sys
from pathlib import Path
from jobs.config import read_job
from jobs.detect import detect
detect(read_job(Path(sys.argv[1])), Path(sys.argv[2]))
"""
TREE = Path(__file__).parents[1]


class Dying:
    """Listens until a step begins, and breaks the run off there."""

    def __init__(self, at):
        self.at = at

    def step(self, name, says):
        if name == self.at:
            raise KeyboardInterrupt

    def rows(self, done, total, unit):
        pass

    def note(self, says):
        pass


@pytest.fixture
def job(village):
    """A job that differs from the village's published one, as a file."""
    text = (village / "job.toml").read_text()
    path = village / "other.toml"
    path.write_text(text + "\n[detectors.shared-traits]\nexpected_values = 0.1\n")
    assert tomllib.loads(path.read_text())["detectors"]
    return path


@pytest.fixture
def out(village_run, tmp_path):
    """A folder of runs in which another run is published."""
    shutil.copytree(village_run.path.parents[1], tmp_path / "runs")
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def unbroken(village, tmp_path_factory):
    """The tables of the same job, never broken off."""
    given = (village / "job.toml").read_text()
    path = village / "unbroken.toml"
    path.write_text(given + "\n[detectors.shared-traits]\nexpected_values = 0.1\n")
    return tables(detect(read_job(path), tmp_path_factory.mktemp("unbroken")).run)


def tables(run):
    return {name: run.table_path(name).read_bytes() for name in RUN_TABLES}


def finished(out):
    """The staged files of finished steps: file, inode and time of change."""
    found = {}
    for ledger in out.glob("staging-*/ledger"):
        for record in read_lines(ledger)[1:]:
            about = (ledger.parent / record["file"]).stat()
            found[record["step"]] = (about.st_ino, about.st_mtime_ns)
    return found


def test_a_run_broken_off_at_every_step_makes_no_finished_step_again(job, out, unbroken):
    current = (out / "CURRENT").read_bytes()
    before = {}
    for step in STEPS:
        with pytest.raises(KeyboardInterrupt):
            detect(read_job(job), out, progress=Dying(step))

        now = finished(out)
        assert before.items() <= now.items()
        assert (out / "CURRENT").read_bytes() == current
        assert not (out / "spill").exists()
        before = now
    assert {f"facts-{name}" for name in ON} < before.keys()
    assert {*RUN_TABLES, "interactions", "accounts", "clustering"} <= before.keys()

    done = detect(read_job(job), out)

    assert not done.already
    assert tables(done.run) == unbroken
    assert open_run(out).name == done.run.name
    assert list(out.glob("staging-*")) == []


def started(job, out):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(job), str(out)], cwd=TREE, stderr=subprocess.DEVNULL
    )


def wait_for_steps(process, out, number):
    """Wait until so many steps are finished, or the process has ended."""
    until = time.monotonic() + 120
    while len(finished(out)) < number and process.poll() is None:
        assert time.monotonic() < until, "the run does not come forward"
        time.sleep(0.02)


def test_a_run_killed_again_and_again_ends_with_the_same_bytes(job, out, unbroken):
    current = (out / "CURRENT").read_bytes()
    names = {path.name for path in out.iterdir()}
    toss = random.Random(11)
    killed = 0
    for number in sorted(toss.sample(range(1, 20), 3)):
        process = started(job, out)
        wait_for_steps(process, out, number)
        time.sleep(toss.random() / 2)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        if process.returncode:
            assert (out / "CURRENT").read_bytes() == current
            assert len(finished(out)) >= number
    assert killed >= 1

    done = detect(read_job(job), out)

    assert tables(done.run) == unbroken
    assert {path.name for path in out.iterdir()} == names


def test_ctrl_c_leaves_the_published_runs_as_they_were(job, out):
    current = (out / "CURRENT").read_bytes()
    process = started(job, out)
    wait_for_steps(process, out, 3)

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=60) != 0
    assert (out / "CURRENT").read_bytes() == current
    assert len(finished(out)) >= 3
    assert not (out / "spill").exists()
