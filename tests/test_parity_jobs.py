"""Whole jobs give the same run on both engines, in this process, in others, and with losses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest

from graph.engines.spark import components, leiden
from graph.engines.spark.alone import SETTING as ONE_TASK
from jobs.config import job_from
from jobs.detect import detect
from jobs.detectors import DETECTORS
from jobs.quick import Changes, QuickTable, quick_job
from review.ledger import read_lines
from review.run import open_run
from review.sameness import compare

pytestmark = pytest.mark.spark

TREE = Path(__file__).parents[1]
DAY = 86_400_000
MEMBERSHIP = {
    "members",
    "also_in",
    "near_seeds",
    "clusters",
    "edges",
    "joint_acts",
    "evidence",
    "cluster_objects",
}
"""The tables of who is in which cluster and why."""

COMING_AND_GOING = {
    "spark.dynamicAllocation.enabled": "true",
    "spark.dynamicAllocation.minExecutors": "0",
    "spark.dynamicAllocation.maxExecutors": "2",
    "spark.dynamicAllocation.executorIdleTimeout": "10s",
    "spark.dynamicAllocation.shuffleTracking.enabled": "true",
    # What is shuffled keeps an executor for so long after the job that wrote it.
    "spark.dynamicAllocation.shuffleTracking.timeout": "10s",
}
"""No executor at first, two at most, and none that has had nothing to do for ten seconds."""

PROGRAM = """
import json, sys, time
from pathlib import Path
from jobs.config import job_from
from jobs.detect import detect
from jobs.detectors import DETECTORS
given, base, out = json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
rests = json.loads(sys.argv[4])
class Heard:
    def step(self, name, says):
        print("step", name, flush=True)
        time.sleep(rests.get(name, 0))
    def rows(self, done, total, unit): pass
    def note(self, says): print("note", says, flush=True)
detect(job_from(given, base=base), out, progress=Heard())
"""


def platform_given(folder, **sections):
    given = tomllib.loads((folder / "job.toml").read_text())
    given["detectors"] = {"shared-objects": {"acts_per_edge": 5}}
    return {**given, **sections}


def on_spark(given, conf, **spark):
    job = {**given["job"], "engine": "spark", "threads": 2, "memory": "2GB"}
    return {**given, "job": job, "spark": {**spark, "conf": conf}}


def the_same(one, other):
    found = compare(one, other)
    assert found.differing == {}
    return found


def test_a_platform_gives_the_same_run_byte_for_byte(
    village, village_run, spark_in_tests, tmp_path
):
    job = job_from(on_spark(platform_given(village), spark_in_tests), base=village)

    run = detect(job, tmp_path).run

    found = the_same(village_run, run)
    assert set(found.identical) >= MEMBERSHIP
    assert village_run.manifest.tables["clusters"].rows > 0
    # No detector was the same by finding nothing.
    layers = set(pq.read_table(run.table_path("edges"))["layer"].to_pylist())
    assert layers == {name for name, each in DETECTORS.items() if each.enabled} - {"seeded"}


@pytest.mark.slow
def test_a_platform_that_no_worker_holds_gives_the_same_run_byte_for_byte(
    village, village_run, spark_in_tests, tmp_path, monkeypatch
):
    # No graph is so small that one task is given the whole of it.
    conf = {**spark_in_tests, ONE_TASK: "0"}
    for verb in (components, leiden):
        monkeypatch.setattr(verb, "in_one_task", in_no_task)
    job = job_from(on_spark(platform_given(village), conf), base=village)

    run = detect(job, tmp_path).run

    assert set(the_same(village_run, run).identical) >= MEMBERSHIP
    assert village_run.manifest.tables["clusters"].rows > 0


def in_no_task(*_):
    pytest.fail("one task was given a whole graph")


@pytest.mark.slow
def test_seeds_bring_everybody_equally_near_on_both_engines(
    village, village_run, spark_in_small_jobs, tmp_path
):
    accounts = pq.read_table(village_run.table_path("members"))["account"].to_pylist()
    (tmp_path / "bad.txt").write_text("\n".join(sorted(accounts)[::3]) + "\n")
    (tmp_path / "good.txt").write_text(sorted(accounts)[1] + "\n")
    seeds = {name: str(tmp_path / f"{name}.txt") for name in ("bad", "good")}
    given = platform_given(village, seeds=seeds)
    local = detect(job_from(given, base=village), tmp_path / "local").run

    job = job_from(on_spark(given, spark_in_small_jobs), base=village)
    spark = detect(job, tmp_path / "spark").run

    assert set(the_same(local, spark).identical) >= MEMBERSHIP
    members = pq.read_table(local.table_path("members"))
    assert members["nearness"].null_count == members["seed_rank"].null_count == 0
    assert set(members["seed"].drop_null().to_pylist()) == {"bad", "good"}


@pytest.mark.parametrize(
    "interest", [{"topic": "subject"}, {"object_groups": 3}], ids=["given", "learned"]
)
def test_what_shared_interest_explains_gives_the_same_run(small_job, interest, tmp_path):
    rows = acts_of_three_subjects()
    off = {name: {"enabled": False} for name in DETECTORS if name != "shared-objects"}

    def found(name, settings, **sections):
        asked = {"at_least_objects": 2, "least_in_stratum": 30, **settings}
        job = small_job(rows, detectors={**off, "shared-objects": asked}, **sections)
        return detect(job, tmp_path / name).run

    local = found("local", interest)
    spark = found("spark", interest, engine=SimpleNamespace(name="spark"))

    assert set(the_same(local, spark).identical) >= MEMBERSHIP
    facts, also = (one.manifest.summary["layers"]["shared-objects"] for one in (local, spark))
    # Sums over all edges are rounded otherwise by each engine; the edges are the same bytes.
    assert facts == pytest.approx(also, rel=1e-9)
    assert facts.get("object groups learned", 3) == 3
    assert local.manifest.tables["clusters"].rows > 0
    # More is expected than the hours alone let expect.
    hours = found("hours", {}).manifest.summary["layers"]["shared-objects"]
    assert facts["expected within 3600 s"] > 1.05 * hours["expected within 3600 s"]


def acts_of_three_subjects():
    """Ninety people who keep to their own of three subjects, and a ring of six on all of them."""
    dice = np.random.default_rng(3)
    rows = [
        (person, f"p{subject}-{dice.integers(30)}", subject, int(dice.integers(4 * DAY)))
        for person in range(90)
        for subject in (person % 3 if dice.random() < 0.9 else dice.integers(3) for _ in range(60))
    ]
    for thing in range(12):
        at = int(dice.integers(4 * DAY))
        rows += [(member, f"x{thing}", thing % 3, at + 1000 * member) for member in range(6)]
    return [
        {
            "account": f"u{person:02}",
            "action": "like",
            "object": name,
            "object_kind": "post",
            "acted_at": 1_767_225_600_000 + at,
            "content": f"c{number}",
            "subject": f"s{subject}",
        }
        for number, (person, name, subject, at) in enumerate(rows)
    ]


def test_a_run_of_one_engine_is_the_run_of_the_other(village, village_run, spark_in_tests):
    job = job_from(on_spark(platform_given(village), spark_in_tests), base=village)

    again = detect(job, village_run.path.parents[1])

    assert again.already
    assert again.run.manifest_sha256 == village_run.manifest_sha256


def test_a_file_on_the_command_line_gives_the_same_run(ring_file, spark_in_small_jobs, tmp_path):
    table = QuickTable(
        path=ring_file,
        mapping={"account": "who", "object": "what", "acted_at": "ts", "content": "post"},
    )
    local = quick_job(table, Changes(threads=2), said=lambda _: None)
    spark = job_from(on_spark({**local.given, "job": {}}, spark_in_small_jobs), base=Path())

    one, other = detect(local, tmp_path / "local").run, detect(spark, tmp_path / "spark").run

    assert set(the_same(one, other).identical) >= MEMBERSHIP
    assert one.manifest.tables["clusters"].rows == 1


@pytest.mark.slow
def test_a_real_log_gives_the_same_run(shared, spark_in_small_jobs, tmp_path):
    path = TREE / "examples" / "russian_coord_tweets.toml"
    given = tomllib.loads(path.read_text())
    folder = shared / "data" / "real"
    local = detect(job_from(_rooted(given, folder), base=folder), tmp_path / "local").run

    job = job_from(on_spark(_rooted(given, folder), spark_in_small_jobs), base=folder)
    spark = detect(job, tmp_path / "spark").run

    assert set(the_same(local, spark).identical) >= MEMBERSHIP
    assert local.manifest.tables["clusters"].rows > 0


def _rooted(given, folder):
    """The job with each table's path below the folder of real logs."""
    tables = given["extract"]["tables"]
    moved = [{**table, "path": str(folder / Path(table["path"]).name)} for table in tables]
    return {
        **given,
        "job": {**given.get("job", {})},
        "extract": {**given["extract"], "tables": moved},
    }


class Apart:
    """A job in a process of its own, in a folder of its own.

    `rests`: the seconds for which nothing is done as a step begins, by its name.
    """

    def __init__(self, given, base, tmp_path, *, rests=None):
        self.out = tmp_path / "out"
        self.log = tmp_path / "log.txt"
        self.started = time.monotonic()
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "PYTHONPATH": str(TREE),
            "SPARK_WORKER_DIR": str(tmp_path / "workers"),
        }
        told = [json.dumps(given), str(base), str(self.out), json.dumps(rests or {})]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *told],
                cwd=elsewhere,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def reached(self, step):
        """Wait until a step has begun."""
        while f"step {step}" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.2)

    def executors(self):
        """The numbers of the executors' processes."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                group = os.getpgid(int(folder.name))
            except OSError:
                continue
            ours = group == os.getpgid(self.process.pid)
            if ours and b"org.apache.spark.executor.CoarseGrainedExecutorBackend" in words:
                found.append(int(folder.name))
        return found

    def finished(self):
        """The steps that the ledger calls finished, in order, as often as it says so."""
        (ledger,) = self.out.glob("staging-*/ledger")
        return [line["step"] for line in read_lines(ledger)[1:]]

    def done(self):
        """The run, when the process has ended well."""
        assert self.process.wait(1500) == 0, self.log.read_text()[-3000:]
        return open_run(self.out)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def cluster(village, spark_in_tests, tmp_path):
    """`cluster()`: the village's job on two worker processes of one core and 1 GB each."""
    begun = []

    def begin(**sections):
        given = on_spark(
            platform_given(village, **sections),
            {**spark_in_tests, "spark.task.maxFailures": "4"},
            master="local-cluster[2,1,1024]",
            scratch=f"file://{tmp_path}/scratch",
        )
        begun.append(Apart(given, village, tmp_path))
        return begun[-1]

    yield begin
    for one in begun:
        one.end()


@pytest.mark.slow
def test_with_nothing_set_as_tests_set_it_it_is_the_same_run(village, village_run, tmp_path):
    # In a process of its own: the session of this one was told what suits small tables.
    running = Apart(on_spark(platform_given(village), {}), village, tmp_path)
    try:
        assert set(the_same(village_run, running.done()).identical) >= MEMBERSHIP
    finally:
        running.end()


@pytest.mark.slow
def test_two_worker_processes_give_the_same_run_and_leave_nothing(cluster, village_run, tmp_path):
    run = cluster().done()

    assert set(the_same(village_run, run).identical) >= MEMBERSHIP
    assert list((tmp_path / "scratch").iterdir()) == []
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_time_and_no_answer(cluster, village_run):
    running = cluster()
    running.reached("shared-objects")
    before = running.executors()
    assert len(before) == 2
    # Some way into the step, so that both have written what others will ask them for.
    time.sleep(4)
    os.kill(before[0], signal.SIGKILL)
    while not set(running.executors()) - set(before):
        assert running.process.poll() is None, "it ended before the worker was replaced"
        time.sleep(0.1)

    run = running.done()

    assert set(the_same(village_run, run).identical) >= MEMBERSHIP


@pytest.mark.slow
def test_executors_that_come_and_go_by_dynamic_allocation_give_the_same_run(
    ring_file, spark_in_small_jobs, tmp_path
):
    table = QuickTable(
        path=ring_file,
        mapping={"account": "who", "object": "what", "acted_at": "ts", "content": "post"},
    )
    changes = Changes(threads=2, detectors=("shared-objects",))
    given = {"job": {}, **quick_job(table, changes, said=lambda _: None).given}
    local = detect(job_from(given, base=Path("/")), tmp_path / "local").run
    conf = {**spark_in_small_jobs, **COMING_AND_GOING}
    there = on_spark(
        given, conf, master="local-cluster[2,1,1024]", scratch=f"file://{tmp_path}/scratch"
    )
    running = Apart(there, Path("/"), tmp_path, rests={"shared-objects": 30, "measure": 30})
    try:
        counted, numbers = watched_executors(running)
        run = running.done()
    finally:
        running.end()

    assert set(the_same(local, run).identical) >= MEMBERSHIP
    assert local.manifest.tables["clusters"].rows == 1
    # None at first; in each rest all that were there were given back; then others came.
    assert counted[0] == 0
    assert sum(one == 0 < next_one for one, next_one in pairwise(counted)) >= 3
    assert len(numbers) >= 3


def watched_executors(running):
    """How many executors a job had, each time that it changed, and the numbers of them all."""
    counted, numbers = [], set()
    while running.process.poll() is None:
        here = running.executors()
        numbers.update(here)
        if counted[-1:] != [len(here)]:
            counted.append(len(here))
        time.sleep(0.3)
    return counted, numbers


@pytest.mark.slow
def test_a_job_that_is_killed_goes_on_from_its_finished_steps(cluster, village_run):
    first = cluster()
    first.reached("shared-traits")
    first.end()
    before = first.finished()
    assert {"interactions", "facts-shared-objects"} <= set(before)

    second = cluster()
    second.reached("evidence")
    assert [step for step in second.finished() if step in before] == before

    assert set(the_same(village_run, second.done()).identical) >= MEMBERSHIP
