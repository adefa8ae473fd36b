"""What a run keeps on a scratch that machines share: its own, found again, told of, let go."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graph.engines import open_engine
from graph.engines.spark.checks import spark_checks
from graph.engines.spark.files import HadoopFiles
from graph.engines.spark.homes import ELSEWHERE, FORMAT
from graph.engines.spark.left_behind import LeftBehind, in_words
from graph.engines.spark.marks import ABOUT
from graph.schema import Column, Schema
from jobs.steps import Steps
from review.publish import RunWriter

SIZES = Schema("sizes", (Column("size", "BIGINT", "a size"),), key=("size",))
MANY = 60_000
"""More rows than are sorted in the driver's memory."""
DAY = 86_400


@pytest.fixture
def scratch(tmp_path):
    """A scratch that driver and workers share."""
    place = tmp_path / "shared scratch"
    place.mkdir()
    return place


@pytest.fixture
def shared(scratch, spark_in_tests):
    """`shared()`: an engine on the scratch, or on another one."""

    def opened(place=None):
        return open_engine(
            "spark",
            memory="2GB",
            threads=2,
            scratch=f"file://{scratch}" if place is None else place,
            spark=spark_in_tests,
        )

    return opened


def sizes(engine, *values):
    return engine.from_arrow(pa.table({"size": list(values)}), SIZES)


def kept(engine, path, *values):
    """Keep a small table as the step of a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine.keep(sizes(engine, *values), path)


def found(engine, path):
    assert engine.holds(path)
    return engine.arrow(engine.kept(path, SIZES))["size"].to_pylist()


def homes(scratch):
    return sorted(scratch.glob("ringwatch-steps-*"))


def aged(folder, days):
    """Make a folder of the scratch look as if nobody had touched it for so long."""
    then = time.time() - days * DAY
    for path in (folder, *folder.iterdir()):
        os.utime(path, (then, then))


@pytest.mark.spark
def test_two_machines_whose_runs_lie_at_the_same_path_keep_their_steps_apart(
    shared, scratch, tmp_path
):
    work, one_disk = tmp_path / "work", tmp_path / "the disk of the other machine"
    with shared() as one:
        kept(one, work / "steps" / "a", 1, 2)
    work.rename(one_disk)
    with shared() as other:
        kept(other, work / "steps" / "a", 7)
        assert len(homes(scratch)) == 2
        other.let_go(work / "steps")
    (work / "steps" / "a").unlink()
    (work / "steps").rmdir()
    work.rmdir()
    one_disk.rename(work)

    with shared() as again:
        assert found(again, work / "steps" / "a") == [1, 2]
    assert len(homes(scratch)) == 1


@pytest.mark.spark
def test_a_run_that_goes_on_keeps_its_steps_in_one_place_and_leaves_nothing(
    shared, scratch, tmp_path
):
    steps = tmp_path / "steps"
    with shared() as first:
        kept(first, steps / "a", 1)
    with shared() as second:
        assert found(second, steps / "a") == [1]
        kept(second, steps / "b", 2)
    assert len(homes(scratch)) == 1
    with shared() as last:
        assert [found(last, steps / name) for name in ("a", "b")] == [[1], [2]]
        # The run is published: its folder of steps is gone, and then its parts go.
        for file in list(steps.iterdir()):
            file.unlink()
        steps.rmdir()
        last.let_go(steps)

    assert list(scratch.iterdir()) == []


@pytest.mark.spark
def test_a_run_that_goes_on_with_another_scratch_leaves_nothing_in_either(
    shared, scratch, tmp_path
):
    steps, other = tmp_path / "steps", tmp_path / "other"
    other.mkdir()
    with shared() as first:
        kept(first, steps / "a", 1)
    with shared(str(other)) as second:
        assert found(second, steps / "a") == [1]
        kept(second, steps / "b", 2)
        assert (len(homes(scratch)), len(homes(other))) == (1, 1)
        second.let_go(steps)

    assert (list(scratch.iterdir()), list(other.iterdir())) == ([], [])


@pytest.mark.spark
def test_a_run_that_is_given_up_lets_its_parts_go(shared, scratch, tmp_path):
    out = tmp_path / "runs"
    with shared() as engine, RunWriter.open(out, "forgotten") as writer:
        writer.keep(sizes(engine, 1), "a")
    with shared() as engine, RunWriter.open(out, "recent") as writer:
        writer.keep(sizes(engine, 2), "a")
    two_days_ago = time.time() - 2 * DAY
    os.utime(out / "staging-forgotten" / "ledger", (two_days_ago, two_days_ago))
    assert len(homes(scratch)) == 2

    with shared() as engine, RunWriter.open(out, "next") as writer:
        Steps.resumed(writer, engine)

    [left] = homes(scratch)
    assert json.loads((left / ABOUT).read_text())["folder"].endswith("staging-recent/steps")
    with shared() as engine, RunWriter.open(out, "recent") as writer:
        steps = Steps.resumed(writer, engine)
        assert engine.arrow(steps.kept("a", SIZES))["size"].to_pylist() == [2]


@pytest.mark.spark
def test_each_folder_in_the_scratch_says_whose_it_is(shared, scratch, tmp_path):
    with shared() as engine:
        kept(engine, tmp_path / "steps" / "a", 1)
        told = {path.parent: json.loads(path.read_text()) for path in scratch.glob(f"*/{ABOUT}")}

    assert told.keys() == {*homes(scratch), Path(engine.scratch.root.removeprefix("file:"))}
    [home] = homes(scratch)
    assert told[home]["folder"] == str(tmp_path / "steps")
    for each in told.values():
        assert (each["host"], each["process"]) == (socket.gethostname(), os.getpid())
        assert abs(datetime.fromisoformat(each["at"]).timestamp() - time.time()) < 600


@pytest.mark.spark
def test_old_folders_in_a_scratch_are_told_with_the_command_that_removes_them(
    shared, scratch, tmp_path, caplog
):
    with shared() as engine:
        kept(engine, tmp_path / "old" / "steps" / "a", 1)
    [old] = homes(scratch)
    aged(old, 9)
    with shared() as engine:
        kept(engine, tmp_path / "young" / "steps" / "a", 2)
    unmarked = scratch / "ringwatch-0123456789ab"
    unmarked.mkdir()
    aged(unmarked, 40)
    for name in ("ringwatch-$(touch hit)", "ringwatch-of-somebody", "others"):
        (scratch / name).mkdir()
        aged(scratch / name, 40)
    before = sorted(scratch.iterdir())

    with shared() as engine:
        # A session tells it once.
        engine.session.conf.unset("spark.ringwatch.told")
    caplog.clear()
    with shared():
        pass
    first, second = [r.getMessage() for r in caplog.records if "left in the" in r.getMessage()]
    caplog.clear()
    with shared():
        pass

    assert not caplog.records
    assert sorted(scratch.iterdir()) == before
    assert first == (
        "left in the scratch for 40 days; if nobody goes on with it:"
        f" rm -r '{scratch}/ringwatch-0123456789ab'"
    )
    assert second == (
        f'left in the scratch for 9 days by "{tmp_path}/old/steps" on "{socket.gethostname()}";'
        f" if nobody goes on with it: rm -r '{old}'"
    )
    for line in (first, second):
        subprocess.run(["/bin/sh", "-c", line.partition("with it: ")[2]], check=True)
    assert sorted(scratch.iterdir()) == [path for path in before if path not in (old, unmarked)]


@pytest.mark.spark
def test_the_doctor_counts_what_was_left_in_a_scratch(shared, scratch, spark_in_tests):
    with shared() as engine:
        master = engine.session.sparkContext.master
    left = scratch / "ringwatch-0123456789ab"
    left.mkdir()
    aged(left, 40)

    checks = spark_checks(master=master, scratch=f"file://{scratch}", conf=spark_in_tests)

    [said] = [check.says for check in checks if check.name == "scratch"]
    assert "left in the scratch for 40 days; if nobody goes on with it: rm -r" in said


@pytest.mark.parametrize(
    "about",
    [
        "",
        "[]",
        "{",
        '{"host": 1}',
        json.dumps({"host": "a" * 9_000, "folder": "b"}),
        "[" * 4_000,
        None,
    ],
    ids=["empty", "list", "half", "part", "long", "deep", "folder"],
)
@pytest.mark.spark
def test_a_folder_that_says_nothing_readable_is_told_without_an_owner(
    shared, scratch, spark_in_tests, about
):
    with shared() as engine:
        left = scratch / "ringwatch-0123456789ab"
        left.mkdir()
        if about is None:
            (left / ABOUT).mkdir()
        else:
            (left / ABOUT).write_text(about)
        aged(left, 8)
        engine.session.conf.unset("spark.ringwatch.told")
        master = engine.session.sparkContext.master
        checks = spark_checks(master=master, scratch=f"file://{scratch}", conf=spark_in_tests)
        [said] = [check.says for check in checks if check.name == "scratch"]

    assert "left in the scratch for 8 days; if nobody" in said


@pytest.mark.spark
def test_a_folder_of_another_user_silences_neither_jobs_nor_the_doctor(
    shared, scratch, spark_in_tests, monkeypatch, caplog
):
    closed, mine = scratch / "ringwatch-0123456789ab", scratch / "ringwatch-ba9876543210"
    for folder, days in ((closed, 40), (mine, 8)):
        folder.mkdir()
        aged(folder, days)
    facts = HadoopFiles.facts

    def refused(self, place):
        if closed.name in place.rpartition("/")[0]:
            message = f"`{place}`: Permission denied"
            raise PermissionError(message)
        return facts(self, place)

    monkeypatch.setattr(HadoopFiles, "facts", refused)
    with shared() as engine:
        master = engine.session.sparkContext.master
        engine.session.conf.unset("spark.ringwatch.told")
    caplog.clear()
    with shared():
        pass
    told = [record.getMessage().partition(";")[0] for record in caplog.records]
    checks = spark_checks(master=master, scratch=f"file://{scratch}", conf=spark_in_tests)
    [said] = [check.says for check in checks if check.name == "scratch"]

    assert told == [
        "left in the scratch for 40 days (whose it is could not be read)",
        "left in the scratch for 8 days",
    ]
    assert all(line in said for line in told)


def test_more_than_five_old_folders_are_counted():
    told = in_words([LeftBehind(f"hdfs://a/t/ringwatch-{n:012}", 9, "") for n in range(7)])

    assert told[0].endswith("hadoop fs -rm -r hdfs://a/t/ringwatch-000000000000")
    assert told[5:] == ["and 2 more such folders of `ringwatch-...`"]


@pytest.mark.spark
def test_nothing_but_kept_steps_is_removed_on_the_word_of_a_run_folder(shared, scratch, tmp_path):
    mine = scratch / "mine"
    mine.mkdir()
    steps = tmp_path / "steps"
    steps.mkdir()
    (steps / ELSEWHERE).write_text(json.dumps({"format": FORMAT, "places": [f"file:{mine}"]}))

    with shared() as engine:
        engine.let_go(steps)

    assert mine.is_dir()


@pytest.mark.spark
def test_parts_that_cannot_be_removed_are_told_and_the_run_is_not_lost(
    shared, scratch, tmp_path, monkeypatch, caplog
):
    def refused(_, place):
        message = f"`{place}`: no"
        raise OSError(message)

    with shared() as engine:
        kept(engine, tmp_path / "steps" / "a", 1)
        with monkeypatch.context() as patched:
            patched.setattr(type(engine.scratch.files), "remove", refused)
            engine.let_go(tmp_path / "steps")

    [home] = homes(scratch)
    assert re.search(rf"`file:{home}` could not be removed \(.* no\)", caplog.text)


@contextmanager
def hadoop_settings(session, settings):
    """The session's Hadoop with other settings."""
    conf = session._jsc.hadoopConfiguration()
    before = {name: conf.get(name) for name in settings}
    for name, value in settings.items():
        conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            conf.unset(name) if value is None else conf.set(name, value)


@pytest.mark.spark
def test_a_scratch_without_a_scheme_is_of_the_sessions_default_file_system(
    shared, tmp_path, caplog, spark_in_tests
):
    disk = tmp_path / "mounted"
    disk.mkdir()
    mounted = {
        "fs.defaultFS": "viewfs://ringwatch/",
        "fs.viewfs.mounttable.ringwatch.link./shared": disk.as_uri(),
    }
    with (
        shared() as engine,
        hadoop_settings(engine.session, mounted),
        shared("/shared/tmp") as other,
    ):
        numbers = np.arange(MANY)
        table = other.from_arrow(pa.table({"size": numbers[::-1]}), SIZES)
        kept(other, tmp_path / "steps" / "a", 1, 2)

        assert other.scratch.root.startswith("viewfs://ringwatch/shared/tmp/ringwatch-")
        assert other.arrow(table)["size"].to_numpy().tolist() == numbers.tolist()
        assert found(other, tmp_path / "steps" / "a") == [1, 2]
        assert len(homes(disk / "tmp")) == 1
        other.let_go(tmp_path / "steps")
        assert homes(disk / "tmp") == []
        with shared("/shared/tmp"):
            pass
        checks = spark_checks(
            master=engine.session.sparkContext.master, scratch="/shared/tmp", conf=spark_in_tests
        )
        [doctor] = [check.says for check in checks if check.name == "scratch"]

    where = "the scratch `/shared/tmp` is `viewfs://ringwatch/shared/tmp`, on the session's default"
    told = [record.getMessage() for record in caplog.records if where in record.getMessage()]
    assert len(told) == 1
    assert told[0].endswith("mounted on every machine is `file:///shared/tmp`")
    assert told[0] in doctor
    assert not Path("/shared").exists()
    assert [path.name for path in (disk / "tmp").iterdir() if path.suffix != ".crc"] == []
