"""What killed jobs left in a shared scratch goes; what a living one uses never does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graph.engines.spark import processes
from graph.engines.spark.engine_scratch import EngineScratch
from graph.engines.spark.homes import ELSEWHERE, FORMAT, Homes
from graph.engines.spark.marks import ABOUT, mark
from graph.engines.spark.processes import Process
from graph.engines.spark.scratch import meant_by
from graph.engines.spark.sweeping import (
    AT_WORK,
    CAME_FORWARD,
    OLD,
    REMOVED,
    UNMARKED,
    sweep_old,
    sweep_own,
)
from tests.test_scratch_owners import DAY, DiskFiles

pytestmark = pytest.mark.local_only

TREE = Path(__file__).parents[1]
JOB = """
import sys, time
from pathlib import Path
from graph.engines.spark.homes import Homes
from graph.engines.spark.marks import mark
from tests.test_scratch_owners import DiskFiles
scratch, out = map(Path, sys.argv[1:])
mark(DiskFiles(), str(scratch / "ringwatch-00000000000a"), "tables", out / "spill")
steps = out / "staging-night" / "steps"
steps.mkdir(parents=True, exist_ok=True)
print(Homes(DiskFiles(), str(scratch)).of(steps), flush=True)
time.sleep(600)
"""


@pytest.fixture
def scratch(tmp_path):
    place = tmp_path / "scratch"
    place.mkdir()
    return place


@pytest.fixture
def job(scratch, tmp_path):
    """A job at work: `job.tables`, `job.home`, `job.out`, and `job.killed()`."""

    class Job:
        out = tmp_path / "out"
        tables = scratch / "ringwatch-00000000000a"

        def __init__(self):
            self.process = subprocess.Popen(
                [sys.executable, "-c", JOB, str(scratch), str(self.out)],
                cwd=TREE,
                env={**os.environ, "PYTHONPATH": str(TREE)},
                stdout=subprocess.PIPE,
                text=True,
            )
            self.home = Path(self.process.stdout.readline().strip())

        def killed(self):
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process.stdout.close()

    running = Job()
    yield running
    running.killed()


def there(scratch):
    return sorted(scratch.iterdir())


def swept(scratch, out):
    return sweep_own(DiskFiles(), str(scratch), out / "spill")


def aged(folder, days):
    then = time.time() - days * DAY
    for path in (*folder.iterdir(), folder):
        os.utime(path, (then, then))


def test_the_next_job_of_a_folder_removes_the_tables_of_a_killed_one_and_keeps_its_steps(
    job, scratch
):
    assert swept(scratch, job.out) == []
    assert there(scratch) == [job.tables, job.home]
    job.killed()

    assert swept(scratch, job.out) == [str(job.tables)]
    # The run can still go on from its steps: its folder names them.
    assert there(scratch) == [job.home]


def test_steps_that_no_folder_of_runs_names_any_more_go_with_it(job, scratch):
    shutil.rmtree(job.out / "staging-night")
    assert swept(scratch, job.out) == []
    assert job.home.is_dir()
    job.killed()

    assert set(swept(scratch, job.out)) == {str(job.tables), str(job.home)}
    assert there(scratch) == []


def test_steps_of_a_run_that_names_others_go_and_those_of_a_file_that_cannot_be_read_stay(
    job, scratch
):
    job.killed()
    names = job.out / "staging-night" / "steps" / ELSEWHERE
    names.write_text("{")
    swept(scratch, job.out)
    assert there(scratch) == [job.home]

    names.write_text(json.dumps({"format": FORMAT, "places": ["hdfs://other/ringwatch-steps-1"]}))
    swept(scratch, job.out)
    assert there(scratch) == []


def test_another_folder_of_runs_and_another_machine_remove_nothing(
    job, scratch, tmp_path, monkeypatch
):
    shutil.rmtree(job.out / "staging-night")
    job.killed()

    assert swept(scratch, tmp_path / "other") == []
    with monkeypatch.context() as patched:
        patched.setattr("socket.gethostname", lambda: "pod-8")
        assert swept(scratch, job.out) == []
    assert there(scratch) == [job.tables, job.home]
    assert len(swept(scratch, job.out)) == 2


def test_of_another_container_of_the_same_name_nothing_is_sure(job, scratch, monkeypatch):
    job.killed()
    with monkeypatch.context() as patched:
        patched.setattr(processes, "_world", lambda: "another boot, another count of processes")
        assert swept(scratch, job.out) == []
        assert not Process.told(json.loads((job.tables / ABOUT).read_text())).is_at_work()
    for unknown in ({"process": 1}, {"process": 2**22, "began": "", "world": ""}):
        told = {**json.loads((job.tables / ABOUT).read_text()), "began": None, **unknown}
        (job.tables / ABOUT).write_text(json.dumps(told))
        assert swept(scratch, job.out) == []


def test_a_number_that_another_process_has_now_is_not_the_process():
    here = Process.here()

    assert here.is_at_work() and not here.is_gone()
    assert Process(here.number, "1", here.world).is_gone()
    assert not Process(here.number, here.began, "").is_gone()


def test_a_process_that_ended_and_was_not_asked_for_is_gone():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    number, began = child.pid, processes._state_and_began(child.pid)[1]
    told = Process(number, began, Process.here().world)
    assert told.is_at_work()
    child.stdin.close()
    waited = time.monotonic() + 60
    while processes._state_and_began(number)[0] != "Z":
        assert time.monotonic() < waited
        time.sleep(0.05)

    assert told.is_gone()
    child.wait()


def test_an_engine_that_opens_sweeps_for_its_folder_and_for_no_other(
    job, scratch, tmp_path, monkeypatch
):
    class Session:
        conf = type("Conf", (), {"get": lambda *_: str(scratch), "set": lambda *_: None})()

    monkeypatch.setattr("graph.engines.spark.engine_scratch.check_cluster", lambda *_: None)
    job.killed()
    own = scratch / "ringwatch-00000000000b"
    lies = EngineScratch(
        type("S", (), {"files": DiskFiles(), "base": str(scratch), "root": str(own)})(), None
    )

    lies.check(Session(), None)
    assert there(scratch) == [job.tables, own, job.home]
    lies.check(Session(), job.out / "spill")
    assert there(scratch) == [own, job.home]


def test_what_is_old_is_listed_and_removed_when_asked_but_never_what_is_at_work(
    job, scratch, tmp_path
):
    mark(DiskFiles(), str(scratch / "ringwatch-00000000000b"), "tables", tmp_path / "b")
    dead = scratch / "ringwatch-00000000000b"
    told = json.loads((dead / ABOUT).read_text())
    (dead / ABOUT).write_text(json.dumps({**told, "world": "elsewhere", "host": "pod-7"}))
    unmarked, young = scratch / "ringwatch-00000000000c", scratch / "ringwatch-00000000000d"
    unmarked.mkdir()
    mark(DiskFiles(), str(young), "tables", tmp_path / "d")
    (scratch / "somebody else's").mkdir()
    for folder in (dead, unmarked, job.tables, job.home, scratch / "somebody else's"):
        aged(folder, 9)
    aged(young, 5)
    before = there(scratch)
    expected = {job.tables: AT_WORK, job.home: AT_WORK, unmarked: UNMARKED}

    listed = sweep_old(DiskFiles(), str(scratch), days=7, remove=False)
    assert {Path(each.place): each.state for each in listed} == {**expected, dead: OLD}
    assert {each.days for each in listed} == {9}
    assert f'{json.dumps(str(tmp_path / "b"))} on "pod-7"' in [each.whose for each in listed]
    assert there(scratch) == before

    removed = sweep_old(DiskFiles(), str(scratch), days=7, remove=True)
    assert {Path(each.place): each.state for each in removed} == {**expected, dead: REMOVED}
    assert there(scratch) == [path for path in before if path != dead]

    job.killed()
    sweep_old(DiskFiles(), str(scratch), days=7, remove=True)
    assert not job.home.exists() and not job.tables.exists() and young.is_dir()


def test_a_run_that_is_taken_up_again_comes_forward_before_its_next_step(job, scratch):
    job.killed()
    aged(job.home, 9)
    steps = job.out / "staging-night" / "steps"

    Homes(DiskFiles(), str(scratch)).taken_up(steps)

    aged(job.tables, 9)
    found = sweep_old(DiskFiles(), str(scratch), days=7, remove=True)
    assert [Path(each.place) for each in found] == [job.tables]
    assert job.home.is_dir()


def test_steps_that_are_taken_up_while_they_are_swept_stay(job, scratch, monkeypatch):
    job.killed()
    shutil.rmtree(job.tables)
    aged(job.home, 9)
    state = "graph.engines.spark.sweeping._state"

    def slowly(files, place):
        mark(files, place, "steps", job.out / "staging-night" / "steps")
        return OLD

    monkeypatch.setattr(state, slowly)
    [found] = sweep_old(DiskFiles(), str(scratch), days=7, remove=True)

    assert found.state == CAME_FORWARD
    assert job.home.is_dir()


@pytest.mark.parametrize(
    ("given", "base", "says"),
    [
        ("/tmp/x", "hdfs://nn:8020/tmp/x", "the scratch `/tmp/x` is `hdfs://nn:8020/tmp/x`, on"),
        ("x", "hdfs://nn:8020/user/me/x", "the scratch `x` is `hdfs://nn:8020/user/me/x`, on"),
        ("/tmp/x", "file:/tmp/x", ""),
        ("hdfs:///tmp/x", "hdfs://nn:8020/tmp/x", ""),
        ("file:///tmp/x", "file:/tmp/x", ""),
    ],
)
def test_a_path_that_is_not_on_this_disk_is_told_with_where_it_lies(given, base, says):
    told = meant_by(given, base)

    assert told.startswith(says) and bool(told) == bool(says)
