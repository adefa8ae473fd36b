"""A job that publishes elsewhere too, and one whose files are written to while it begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from graph.errors import ExtractError, StoreError
from jobs.config import job_from
from jobs.detect import detect
from review.run import open_run

pytestmark = pytest.mark.local_only


@pytest.fixture
def job_of(ring_file, tmp_path):
    """`job_of(**job)`: a job over a copy of likes with a ring, `likes.csv`."""
    shutil.copy(ring_file, tmp_path / "likes.csv")
    columns = {"account": "who", "object": "what", "acted_at": "ts", "action": "'like'"}
    table = {"name": "likes", "path": "likes.csv", "time_unit": "s", "map": columns}

    def made(**job):
        given = {"job": {"name": "likes", **job}, "extract": {"tables": [table]}}
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


class Writing:
    """Writes to a file of the extract once the job has looked at it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def step(self, name: str, says: str) -> None:
        if name == "read":
            with self._path.open("a") as file:
                file.write("late,post-001,1767225700,like-late\n")

    def rows(self, done: int, total: int | None, unit: str) -> None:
        pass

    def note(self, says: str) -> None:
        pass


def test_files_that_change_between_look_and_reading_are_refused(job_of, tmp_path):
    job = job_of()
    with pytest.raises(ExtractError, match="files of the extract changed while the job began"):
        detect(job, tmp_path / "here", progress=Writing(tmp_path / "likes.csv"))

    run = detect(job, tmp_path / "here").run

    assert run.manifest.input["rows_read"] == (tmp_path / "likes.csv").read_text().count("\n") - 1
