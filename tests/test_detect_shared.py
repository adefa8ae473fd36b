"""A job that publishes elsewhere too, and one whose files are written to while it begins."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from builders.files.unchanged import digest_of
from graph.errors import ConfigError, FileChanged, FileUnreadable, StoreError
from jobs.config import job_from
from jobs.detect import detect
from review.run import open_run

pytestmark = pytest.mark.local_only


@pytest.fixture
def job_of(ring_file, tmp_path):
    """`job_of(**job)`: a job over a copy of likes with a ring, `likes.csv`.

    `rejected_files` belongs to `[extract]`, `seeds` is a section of its own.
    """
    shutil.copy(ring_file, tmp_path / "likes.csv")
    columns = {"account": "who", "object": "what", "acted_at": "ts", "action": "'like'"}
    table = {"name": "likes", "path": "likes.csv", "time_unit": "s", "map": columns}

    def made(rejected_files=0, seeds=None, **job):
        extract = {"tables": [table], "rejected_files": rejected_files}
        given = {"job": {"name": "likes", **job}, "extract": extract, "seeds": seeds or {}}
        return job_from(given, base=tmp_path)

    return made


def test_a_run_that_did_not_arrive_elsewhere_arrives_when_the_job_is_run_again(job_of, tmp_path):
    there = tmp_path / "there"
    there.write_text("a file where a folder should be")
    job = job_of(publish_to=there.as_uri())
    with pytest.raises(StoreError, match="could not be sent"):
        detect(job, tmp_path / "here")
    made = open_run(tmp_path / "here")
    there.unlink()

    again = detect(job, tmp_path / "here")

    assert again.already and again.run.name == made.name
    assert {path.name for path in (there / "runs" / made.name).iterdir()} >= {"members.parquet"}


class Meanwhile:
    """Does something once the job has looked at its files."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act

    def step(self, name: str, says: str) -> None:
        if name == "read":
            self._act()

    def rows(self, done: int, total: int | None, unit: str) -> None:
        pass

    def note(self, says: str) -> None:
        pass


def longer(path):
    with path.open("a") as file:
        file.write("late,post-001,1767225700,like-late\n")


def other_with_the_same_facts(path):
    """As many other bytes, and the time of writing as before."""
    facts, text = path.stat(), path.read_text()
    path.write_text(text.replace("ring-0", "ring-9"))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_size == facts.st_size


def as_many_other_bytes(path):
    path.write_text(path.read_text().replace("ring-0", "ring-9"))
    os.utime(path, (0, 0))


def of_other_columns(path):
    path.write_text(path.read_text().replace("who,", "whoever,", 1))


@pytest.mark.parametrize(
    "change",
    [longer, other_with_the_same_facts, as_many_other_bytes, of_other_columns, Path.unlink],
)
@pytest.mark.parametrize("rejected_files", [0, 5])
def test_files_that_change_between_look_and_reading_are_refused(
    job_of, tmp_path, change, rejected_files
):
    job = job_of(rejected_files=rejected_files)
    path = tmp_path / "likes.csv"
    meanwhile = Meanwhile(lambda: change(path))
    with pytest.raises(FileChanged, match=r"files of `likes` \(.*changed while the job began"):
        detect(job, tmp_path / "here", progress=meanwhile)

    with pytest.raises(ConfigError, match="no run"):
        open_run(tmp_path / "here")


def test_after_the_refusal_the_job_runs_over_what_is_there_then(job_of, tmp_path):
    path = tmp_path / "likes.csv"
    with pytest.raises(FileChanged):
        detect(job_of(), tmp_path / "here", progress=Meanwhile(lambda: longer(path)))

    run = detect(job_of(), tmp_path / "here").run

    assert run.manifest.input["rows_read"] == path.read_text().count("\n") - 1


def with_other_rights(path):
    path.chmod(0o600)


def delivered_once_more(path):
    again = shutil.copyfile(path, path.with_suffix(".again"))
    again.replace(path)


@pytest.mark.parametrize("touch", [with_other_rights, delivered_once_more])
def test_a_file_that_is_only_touched_meanwhile_is_the_same_file(job_of, tmp_path, touch):
    path = tmp_path / "likes.csv"

    run = detect(job_of(), tmp_path / "here", progress=Meanwhile(lambda: touch(path))).run

    assert run.manifest.input["rows_read"] == path.read_text().count("\n") - 1


@pytest.mark.parametrize("rejected_files", [0, 5])
@pytest.mark.parametrize(
    ("number", "says"), [(errno.EACCES, "may not be read"), (errno.EIO, "input/output error")]
)
def test_a_file_that_is_not_handed_over_after_the_look_stops_the_job_and_is_not_called_changed(
    job_of, tmp_path, monkeypatch, rejected_files, number, says
):
    path = tmp_path / "likes.csv"

    def refused(*_args, **_more):
        raise OSError(number, os.strerror(number), str(path))

    def fail():
        path.chmod(0)
        # Who has every right reads the file all the same.
        monkeypatch.setattr("builders.files.reading.open_delimited", refused)
        monkeypatch.setattr("builders.files.unchanged.digest_of", refused)

    job = job_of(rejected_files=rejected_files)
    with pytest.raises(FileUnreadable, match=rf"`likes` \(.*{says}.*could be read when") as told:
        detect(job, tmp_path / "here", progress=Meanwhile(fail))

    assert "changed" not in str(told.value)
    with pytest.raises(ConfigError, match="no run"):
        open_run(tmp_path / "here")


def test_lists_of_known_accounts_that_change_meanwhile_are_refused(job_of, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text("ring-0\n")
    meanwhile = Meanwhile(lambda: bad.write_text("ring-1\n"))
    with pytest.raises(FileChanged, match="lists of known accounts changed"):
        detect(job_of(seeds={"bad": str(bad)}), tmp_path / "here", progress=meanwhile)


def test_a_job_hashes_a_file_once(job_of, tmp_path, monkeypatch):
    path = tmp_path / "likes.csv"
    day = 86_400 * 10**9
    hashed = []

    def counted(content):
        hashed.append(content.name)
        return digest_of(content)

    monkeypatch.setattr("builders.extracts.digests.digest_of", counted)
    monkeypatch.setattr("builders.files.unchanged.digest_of", counted)
    # By the clock of this look, nobody has done anything to the file for a day.
    later = time.time_ns() + day
    monkeypatch.setattr("builders.extracts.survey.time", SimpleNamespace(time_ns=lambda: later))

    detect(job_of(), tmp_path / "here")

    assert hashed == [str(path)]
