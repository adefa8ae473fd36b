"""Senders die at every step, and race: a reader elsewhere sees whole runs, and none is lost."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pyarrow.fs as pafs
import pytest

from graph.engines import open_engine
from graph.errors import StoreError
from graph.schemas import RUN_TABLES
from review.arrow_files import ArrowFiles
from review.manifest import as_bytes, sha256_of
from review.pointer import CURRENT, from_bytes
from review.publish import RunFacts, RunWriter
from review.remote import fetch, remote_runs, send
from review.run import MANIFEST, SIDECAR, read_folder, sidecar_text, verify
from review.store import Store
from tests.breaking_disks import Death

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run of every table."""
    out = tmp_path_factory.mktemp("small")
    with open_engine("local", memory="1GB", threads=1) as engine, RunWriter.open(out, "a") as made:
        for schema in RUN_TABLES.values():
            made.add(engine.from_arrow(schema.arrow.empty_table(), schema))
        return made.publish(RunFacts(job="demo"))


@pytest.fixture(scope="module")
def spark_files(spark_in_tests):
    """File operations of a session of Spark."""
    engine = open_engine("spark", memory="1GB", threads=2, spark=spark_in_tests)
    yield engine.kernel("files")(engine)
    engine.close()


@pytest.fixture(
    params=["disk", pytest.param("hdfs", marks=[pytest.mark.spark, pytest.mark.slow])],
)
def elsewhere(request, tmp_path):
    """File operations, and a folder that is not there yet: on a disk by Arrow, on HDFS by Spark."""
    if request.param == "disk":
        return ArrowFiles(), (tmp_path / "there").as_uri()
    base = f"{request.getfixturevalue('hdfs')}/there-{next(NUMBERS)}"
    return request.getfixturevalue("spark_files"), base


def named(run, name, place, **changed):
    """The same run by another name, as another job would have made it."""
    folder = place / name
    shutil.copytree(run.path, folder)
    (folder / MANIFEST).write_bytes(
        as_bytes(dataclasses.replace(run.manifest, run=name, **changed))
    )
    (folder / SIDECAR).write_bytes(sidecar_text(sha256_of(folder / MANIFEST)))
    return read_folder(folder)


class Mortal:
    """Files whose user dies at one operation, before it or after it; the dead do nothing."""

    WRITES = ("make_folder", "upload", "move_new", "put_new", "write", "remove")

    def __init__(self, files, at, when):
        self.files, self.at, self.when = files, at, when
        self.count = 0

    def __getattr__(self, name):
        if name not in self.WRITES:
            return getattr(self.files, name)
        return lambda *given: self._do(name, *given)

    def _do(self, name, *given):
        self.count += 1
        if self.count > self.at or (self.count == self.at and self.when == "before"):
            raise Death
        answer = getattr(self.files, name)(*given)
        if self.count == self.at:
            raise Death
        return answer


class Overtaken:
    """Files of a sender that stops before it compares; meanwhile another publishes, and sweeps."""

    def __init__(self, files, base, other, swept):
        self.files, self.base, self.other, self.swept = files, base, other, swept
        self.happened = False

    def __getattr__(self, name):
        return getattr(self.files, name)

    def sizes(self, folder):
        if "/arriving-" not in folder or self.happened:
            return self.files.sizes(folder)
        self.happened = True
        if self.swept == "part":
            self.files.remove(f"{folder}/{min(self.files.sizes(folder))}")
        found = self.files.sizes(folder)
        if self.other is not None:
            send(self.other, self.files, self.base)
        return found if self.swept == "part" else self.files.sizes(folder)


def test_a_run_comes_back_byte_for_byte_and_the_store_takes_it_over(elsewhere, run, tmp_path):
    files, base = elsewhere
    assert send(run, files, base)

    found = fetch(files, base, None, tmp_path / "here")

    assert contents(found) == contents(run)
    assert verify(found)
    with Store.open(tmp_path / "here" / "review.sqlite") as store:
        store.import_run(found)


def test_sending_again_changes_nothing(elsewhere, run):
    files, base = elsewhere
    send(run, files, base)
    before = everything(files, base)

    assert not send(run, files, base)

    assert everything(files, base) == before
    assert f"{CURRENT}" in {name for name, *_ in before}


def test_a_sender_that_dies_anywhere_shows_a_whole_run_or_none_and_the_next_one_mends_it(
    elsewhere, run, tmp_path
):
    files, base = elsewhere
    counted = Mortal(files, 10**9, "after")
    send(run, counted, f"{base}-counted")
    steps, seen = range(1, counted.count + 1), set()
    if not isinstance(files, ArrowFiles):
        # One upload is like the other, and each step here takes a while.
        steps = [2, *steps[-7:]]
    for at, when in itertools.product(steps, ("before", "after")):
        place, here = f"{base}-{at}-{when}", tmp_path / f"{at}-{when}"
        with pytest.raises(Death):
            send(run, Mortal(files, at, when), place)

        listed = [entry.run for entry in remote_runs(files, place)]
        assert listed in ([], ["a"])
        seen.add(len(listed))
        if listed:
            assert contents(fetch(files, place, None, here / "died")) == contents(run)

        assert send(run, files, place) is (not listed)
        assert contents(fetch(files, place, None, here / "mended")) == contents(run)
        current = files.read(f"{place}/{CURRENT}")
        assert [entry.run for entry in from_bytes(current, of=place)] == ["a"]
        assert files.folders(f"{place}/runs") == ["a"]
    assert seen == {0, 1}


def test_a_version_that_two_would_write_is_written_by_one_and_the_other_is_told(elsewhere):
    files, base = elsewhere
    files.make_folder(base)
    for turn in range(5):
        told = at_once(
            *(lambda n=n, t=turn: files.put_new(f"{base}/{t}", b"by %d" % n) for n in range(4))
        )

        assert sorted(told) == [False, False, False, True]
        assert files.read(f"{base}/{turn}") == b"by %d" % told.index(True)
    assert set(files.sizes(base)) == {str(turn) for turn in range(5)}


def test_of_senders_of_different_runs_at_once_none_loses_its_run(elsewhere, run, tmp_path):
    files, base = elsewhere
    others = [named(run, f"run-{n}", tmp_path) for n in range(4)]

    sent = at_once(*(lambda one=one: send(one, files, base) for one in others))

    assert sent == [True] * 4
    assert sorted(entry.run for entry in remote_runs(files, base)) == [one.name for one in others]
    assert files.read(f"{base}/{CURRENT}") == files.read(f"{base}/pointers/000004")
    for one in others:
        assert contents(fetch(files, base, one.name, tmp_path / "here")) == contents(one)


def test_of_senders_of_one_run_at_once_one_publishes_it_and_the_others_are_told(
    elsewhere, run, tmp_path
):
    files, base = elsewhere
    # Two machines made it, each at its own time.
    made = [named(run, "a", tmp_path / str(n), created_at=n) for n in range(3)]

    sent = at_once(*(lambda one=one: send(one, files, base) for one in made))

    assert sorted(sent) == [False, False, True]
    [entry] = remote_runs(files, base)
    found = fetch(files, base, None, tmp_path / "here")
    assert verify(found) == verify(run)
    assert entry.created_at in range(3)
    assert files.folders(f"{base}/runs") == ["a"]


@pytest.mark.parametrize("swept", ["all", "part"])
def test_a_slow_sender_whose_files_are_swept_as_they_arrive_is_told_that_the_run_is_there(
    elsewhere, run, tmp_path, swept
):
    files, base = elsewhere
    slow = Overtaken(files, base, named(run, "a", tmp_path, created_at=1), swept)

    assert not send(run, slow, base)

    assert slow.happened
    [entry] = remote_runs(files, base)
    assert entry.created_at == 1
    assert files.folders(f"{base}/runs") == ["a"]


def test_a_run_that_arrives_in_part_is_not_published_and_the_error_says_which_file(elsewhere, run):
    files, base = elsewhere

    with pytest.raises(StoreError, match=r"bytes here and none in .* nothing was published there"):
        send(run, Overtaken(files, base, None, "part"), base)

    assert remote_runs(files, base) == []
    assert files.folders(f"{base}/runs") == []


def test_a_reader_goes_on_from_a_pointer_that_a_slow_sender_set_back(elsewhere, run, tmp_path):
    files, base = elsewhere
    send(run, files, base)
    earlier = files.read(f"{base}/{CURRENT}")
    send(named(run, "b", tmp_path), files, base)

    files.write(f"{base}/{CURRENT}", earlier)

    assert [entry.run for entry in remote_runs(files, base)] == ["b", "a"]


def test_a_folder_that_was_published_to_before_there_were_versions_is_gone_on_with(
    elsewhere, run, tmp_path
):
    files, base = elsewhere
    send(run, files, base)
    files.remove(f"{base}/pointers")

    assert send(named(run, "b", tmp_path), files, base)

    assert [entry.run for entry in remote_runs(files, base)] == ["b", "a"]


def test_another_run_that_stands_under_the_name_is_left_alone(elsewhere, run, tmp_path):
    files, base = elsewhere
    send(named(run, "a", tmp_path, basis="other"), files, base)
    for gone in (CURRENT, "pointers"):
        files.remove(f"{base}/{gone}")

    with pytest.raises(StoreError, match="is another run of this name, of other input"):
        send(run, files, base)

    assert remote_runs(files, base) == []


def contents(run):
    return {path.name: path.read_bytes() for path in run.path.iterdir()}


def everything(files, base):
    """Every file and folder with its time of writing."""
    if hasattr(files, "below"):
        return files.below(base)
    selector = pafs.FileSelector(base.removeprefix("file://"), recursive=True)
    found = pafs.LocalFileSystem().get_file_info(selector)
    return [(one.path.removeprefix(selector.base_dir + "/"), one.size, one.mtime) for one in found]


def at_once(*works):
    """What each gives; all begin together."""
    gate = threading.Barrier(len(works))

    def begun(work):
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(begun, works))
