"""Whose a folder of a shared scratch is: what jobs do on the word of files that may be broken."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from graph.durable import Disk
from graph.engines.spark import engine_scratch
from graph.engines.spark.checks import _looked
from graph.engines.spark.engine_scratch import EngineScratch
from graph.engines.spark.homes import ELSEWHERE, FORMAT, Homes
from graph.engines.spark.left_behind import left_behind, lines_of
from graph.engines.spark.marks import ABOUT, mark
from graph.errors import RingwatchError
from review.publish import RunWriter

pytestmark = pytest.mark.local_only

DAY = 86_400


class DiskFiles:
    """A shared file system played by a folder; places in `closed` refuse, as another user's do."""

    def __init__(self):
        self.closed: set[str] = set()
        self.uploaded: list[str] = []

    def _path(self, place):
        if any(place.startswith(f"{each}/") or place == each for each in self.closed):
            message = f"`{place}`: Permission denied"
            raise PermissionError(message)
        return Path(place)

    def facts(self, place):
        path = self._path(place)
        if not path.exists():
            return None
        known = path.stat()
        return not path.is_dir(), known.st_size, known.st_mtime_ns

    def entries(self, folder):
        names = sorted(path.name for path in self._path(folder).iterdir())
        known = [(name, (Path(folder) / name).stat()) for name in names]
        return [
            (name, (not (Path(folder) / name).is_dir(), one.st_size, one.st_mtime_ns))
            for name, one in known
        ]

    def opened(self, place):
        path = self._path(place)
        assert path.is_file(), f"`{place}` is no file, and opening it may wait for ever"
        return io.BufferedReader(io.FileIO(path))

    def upload(self, path, place):
        target = self._path(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        self.uploaded.append(place)

    def remove(self, place):
        shutil.rmtree(self._path(place))


@pytest.fixture
def files():
    return DiskFiles()


@pytest.fixture
def scratch(tmp_path):
    place = tmp_path / "scratch"
    place.mkdir()
    return place


@pytest.fixture
def steps(tmp_path):
    place = tmp_path / "out" / "staging-night" / "steps"
    place.mkdir(parents=True)
    return place


def homes(scratch):
    return sorted(str(path) for path in scratch.glob("ringwatch-steps-*"))


def old(scratch, name, about=None, days=9):
    """A folder of the scratch that nobody touched for so long."""
    folder = scratch / name
    folder.mkdir()
    if about is not None:
        (folder / ABOUT).write_text(about)
    then = time.time() - days * DAY
    for path in (*folder.iterdir(), folder):
        os.utime(path, (then, then))
    return folder


def words(files, scratch):
    return [line.partition(";")[0] for line in lines_of(files, str(scratch))]


# The file that names the homes


def test_a_home_is_written_down_durably_before_anything_stands_there(
    files, scratch, steps, monkeypatch
):
    done = []

    def noted(name):
        original = getattr(Disk, name)

        def note(self, path, *others):
            original(self, path, *others)
            done.append((name, path.name, list(files.uploaded)))

        monkeypatch.setattr(Disk, name, note)

    for name in ("sync_file", "rename", "sync_folder"):
        noted(name)
    home = Homes(files, str(scratch)).of(steps)

    beside = f"{ELSEWHERE}.tmp"
    assert done == [
        ("sync_file", beside, []),
        ("rename", beside, []),
        ("sync_folder", "steps", []),
    ]
    assert files.uploaded == [f"{home}/{ABOUT}"]


BROKEN = {
    "empty": b"",
    "half": b'{"format": "ringwatch-else',
    "list": b"[]",
    "text": b'"places"',
    "deep": b"[" * 100_000,
    "binary": b"\xff\xfe\x00",
    "nothing": json.dumps({"format": FORMAT}).encode(),
    "number": json.dumps({"format": FORMAT, "places": 1}).encode(),
    "numbers": json.dumps({"format": FORMAT, "places": [1]}).encode(),
    "null": json.dumps({"format": FORMAT, "places": None}).encode(),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_names_no_homes_is_told_once_and_stops_nothing(
    files, scratch, steps, caplog, data
):
    (steps / ELSEWHERE).write_bytes(data)
    kept = Homes(files, str(scratch))

    assert (kept.known(steps), kept.known(steps)) == ((), ())
    [told] = [record.getMessage() for record in caplog.records]
    assert told.startswith(f"`{steps / ELSEWHERE}` cannot be used (")

    home = kept.of(steps)
    assert Homes(files, str(scratch)).known(steps) == (home,)
    Homes(files, str(scratch)).let_go(steps)
    assert (homes(scratch), list(steps.iterdir())) == ([], [])


def test_a_file_of_another_format_is_not_believed(files, scratch, steps, caplog):
    home = Homes(files, str(scratch)).of(steps)
    said = {"format": "ringwatch-elsewhere-2", "places": [home]}
    (steps / ELSEWHERE).write_text(json.dumps(said))

    Homes(files, str(scratch)).let_go(steps)

    assert homes(scratch) == [home]
    assert "it does not say that its format is `ringwatch-elsewhere-1`" in caplog.text


def test_a_folder_in_the_place_of_the_file_is_no_file(files, scratch, steps, caplog):
    (steps / ELSEWHERE).mkdir()
    kept = Homes(files, str(scratch))

    assert kept.known(steps) == ()
    kept.let_go(steps)
    assert "cannot be used" in caplog.text


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_runs_that_were_given_up_are_swept_whatever_stands_in_them(files, scratch, tmp_path, data):
    out = tmp_path / "out"
    with RunWriter.open(out, "forgotten") as writer:
        (writer.steps / ELSEWHERE).write_bytes(data)
        ledger = writer.staging / "ledger"
    os.utime(ledger, (time.time() - 2 * DAY,) * 2)

    with RunWriter.open(out, "next") as writer:
        writer.sweep(Homes(files, str(scratch)).let_go)

    assert not ledger.parent.exists()


def test_nothing_is_raised_when_a_home_is_let_go_of_and_the_cluster_is_gone(
    files, scratch, steps, monkeypatch, caplog
):
    kept = Homes(files, str(scratch))
    home = kept.of(steps)

    def gone(place):
        raise RuntimeError("the answer of the JVM is empty\nand its stack")

    monkeypatch.setattr(files, "remove", gone)
    kept.let_go(steps)

    assert f"`{home}` could not be removed (the answer of the JVM is empty);" in caplog.text


# Copies of runs


def test_a_copy_of_a_run_that_is_swept_leaves_the_homes_of_the_original(
    files, scratch, tmp_path, caplog
):
    out, copy = tmp_path / "runs", tmp_path / "copy of runs"
    with RunWriter.open(out, "night") as writer:
        home = Homes(files, str(scratch)).of(writer.steps)
        ledger, steps = writer.staging / "ledger", writer.steps
    os.utime(ledger, (time.time() - 2 * DAY,) * 2)
    # Times are kept, as `cp -a` keeps them.
    shutil.copytree(out, copy)

    with RunWriter.open(copy, "next") as writer:
        writer.sweep(Homes(files, str(scratch)).let_go)

    assert not (copy / "staging-night").exists()
    assert homes(scratch) == [home]
    assert f"`{home}` was not removed: it says that it is for {json.dumps(str(steps))} on" in (
        caplog.text
    )
    with RunWriter.open(out, "next") as writer:
        writer.sweep(Homes(files, str(scratch)).let_go)
    assert homes(scratch) == []


def test_a_copy_that_is_gone_on_with_has_a_home_of_its_own(files, scratch, steps, tmp_path):
    home = Homes(files, str(scratch)).of(steps)
    copy = tmp_path / "copy"
    shutil.copytree(steps, copy)

    going_on = Homes(files, str(scratch))
    its_own = going_on.of(copy)
    assert (going_on.of(copy), len(homes(scratch))) == (its_own, 2)
    going_on.let_go(copy)

    assert homes(scratch) == [home]
    assert Homes(files, str(scratch)).of(steps) == home


def test_a_copy_at_the_same_path_of_another_machine_leaves_the_original(
    files, scratch, steps, monkeypatch, caplog
):
    home = Homes(files, str(scratch)).of(steps)
    monkeypatch.setattr("socket.gethostname", lambda: "restored")

    Homes(files, str(scratch)).let_go(steps)

    assert homes(scratch) == [home]
    assert 'and not that it is for "' in caplog.text
    assert 'on "restored"' in caplog.text


def test_a_run_that_goes_on_in_another_pod_takes_its_home_over(files, scratch, steps, monkeypatch):
    home = Homes(files, str(scratch)).of(steps)
    monkeypatch.setattr("socket.gethostname", lambda: "pod-8")

    going_on = Homes(files, str(scratch))
    assert going_on.of(steps) == home
    going_on.let_go(steps)

    assert homes(scratch) == []


def test_a_folder_is_the_same_by_another_name(files, scratch, steps, tmp_path):
    home = Homes(files, str(scratch)).of(steps)
    (tmp_path / "link").symlink_to(tmp_path / "out")
    kept = Homes(files, str(scratch))

    assert kept.of(tmp_path / "link" / "staging-night" / ".." / "staging-night" / "steps") == home
    kept.let_go(tmp_path / "link" / "staging-night" / "steps")
    assert homes(scratch) == []


@pytest.mark.parametrize("about", [None, "", "[" * 4_000])
def test_a_home_that_does_not_say_whose_it_is_is_left_and_told(
    files, scratch, steps, caplog, about
):
    home = Path(Homes(files, str(scratch)).of(steps))
    (home / ABOUT).unlink() if about is None else (home / ABOUT).write_text(about)

    Homes(files, str(scratch)).let_go(steps)

    assert home.is_dir()
    assert f"`{home}` was not removed: it says nothing of whose it is," in caplog.text


def test_a_home_that_is_gone_already_is_not_told(files, scratch, steps, caplog):
    shutil.rmtree(Homes(files, str(scratch)).of(steps))

    Homes(files, str(scratch)).let_go(steps)

    assert (caplog.text, list(steps.iterdir())) == ("", [])


# What is told of a scratch


def test_a_folder_that_may_not_be_looked_into_is_told_and_hides_no_other(files, scratch):
    closed = old(scratch, "ringwatch-0123456789ab", days=40)
    mine = old(scratch, "ringwatch-ba9876543210")
    mark(files, str(mine), "tables", scratch)
    os.utime(mine / ABOUT, (time.time() - 8 * DAY,) * 2)
    old(scratch, "ringwatch-000000000000", days=1)
    files.closed.add(f"{closed}")

    first, second = words(files, scratch)

    assert first == "left in the scratch for 40 days (whose it is could not be read)"
    assert second.startswith(f'left in the scratch for 8 days by "{scratch}" on "')


def test_a_mark_that_alone_may_not_be_read_is_told(files, scratch):
    folder = old(scratch, "ringwatch-0123456789ab", about="{}")
    files.closed.add(f"{folder}/{ABOUT}")

    assert words(files, scratch) == [
        "left in the scratch for 9 days (whose it is could not be read)"
    ]


@pytest.mark.parametrize("about", ["[" * 4_000, '{"a":' * 800, "[" * 100_000, "\0" * 4_000])
def test_no_mark_that_a_stranger_writes_breaks_anything(files, scratch, about):
    old(scratch, "ringwatch-0123456789ab", about=about)

    assert words(files, scratch) == ["left in the scratch for 9 days"]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_a_mark_that_is_no_file_is_not_opened(files, scratch, make):
    folder = old(scratch, "ringwatch-0123456789ab")
    make(folder / ABOUT)
    then = time.time() - 9 * DAY
    for path in (folder / ABOUT, folder):
        os.utime(path, (then, then))

    [found] = left_behind(files, str(scratch))

    assert (found.place, found.days, found.whose) == (str(folder), 9, "")


def test_a_scratch_that_cannot_be_listed_is_told(files, scratch):
    files.closed.add(str(scratch))

    assert lines_of(files, str(scratch)) == [
        f"what older jobs left in the scratch could not be listed (`{scratch}`: Permission denied)"
    ]


def test_what_a_file_system_refuses_the_doctor_is_a_finding():
    def look():
        raise PermissionError("`hdfs:///tmp`: Permission denied\nand a stack")

    found = _looked("scratch", look)

    assert type(found.error) is RingwatchError
    assert str(found.error) == "`hdfs:///tmp`: Permission denied"


# The folder of an engine on one machine


def test_an_engine_that_cannot_open_its_scratch_leaves_no_folder(tmp_path, monkeypatch):
    seen = []

    def refused(session, base):
        seen.append(list(tmp_path.iterdir()))
        raise OSError("no")

    monkeypatch.setattr(engine_scratch, "Scratch", refused)
    session = SimpleNamespace(sparkContext=SimpleNamespace(master="local[2]"))

    with pytest.raises(OSError, match="no"):
        EngineScratch.opened(session, None, tmp_path)

    assert len(seen[0]) == 1
    assert list(tmp_path.iterdir()) == []
