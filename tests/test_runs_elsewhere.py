"""Runs on another file system arrive whole, are never written over, and come back checked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from graph.engines import open_engine
from graph.errors import ConfigError, StoreError
from review.arrow_files import ArrowFiles
from review.remote import fetch, remote_runs, send
from review.run import open_run, verify
from review.store import Store


@pytest.fixture(params=["arrow", pytest.param("hadoop", marks=pytest.mark.spark)])
def files(request):
    """File operations by URI: Arrow's, and those of Spark's Hadoop."""
    if request.param == "arrow":
        yield ArrowFiles()
        return
    engine = open_engine("spark", memory="2GB", threads=2)
    yield engine.kernel("files")(engine)
    engine.close()


@pytest.fixture
def there(tmp_path):
    """A folder by its URI."""
    return (tmp_path / "there").as_uri()


class Cutting:
    """Files of which the largest arrives cut short."""

    def __init__(self, files):
        self.files = files

    def __getattr__(self, name):
        return getattr(self.files, name)

    def upload(self, path, place):
        if path.name == "edges.parquet":
            short = path.parent.parent / "short"
            short.write_bytes(path.read_bytes()[:-1])
            path = short
        self.files.upload(path, place)


def test_a_run_that_was_sent_comes_back_byte_for_byte_and_the_store_takes_it(
    files, there, village_run, tmp_path
):
    assert send(village_run, files, there)

    found = fetch(files, there, None, tmp_path / "here")

    assert verify(found) == verify(village_run)
    assert found.manifest_sha256 == village_run.manifest_sha256
    assert open_run(tmp_path / "here").name == village_run.name
    with Store.open(tmp_path / "here" / "review.sqlite") as store:
        store.import_run(found)


def test_sending_twice_changes_nothing(files, there, village_run, tmp_path):
    send(village_run, files, there)
    before = {
        path: path.stat().st_mtime_ns for path in (tmp_path / "there").rglob("*") if path.is_file()
    }

    assert not send(village_run, files, there)

    after = {
        path: path.stat().st_mtime_ns for path in (tmp_path / "there").rglob("*") if path.is_file()
    }
    assert after == before


def test_a_file_that_arrives_cut_short_is_not_published(files, there, village_run, tmp_path):
    copy = tmp_path / "copy" / village_run.name
    shutil.copytree(village_run.path, copy)
    cut = type(village_run)(copy, village_run.manifest, village_run.manifest_sha256)

    with pytest.raises(StoreError, match=r"`edges\.parquet` has .* nothing was published there"):
        send(cut, Cutting(files), there)

    assert remote_runs(files, there) == []
    assert list((tmp_path / "there" / "runs").iterdir()) == []


def test_a_leftover_of_a_sender_that_died_stands_in_nobodys_way(
    files, there, village_run, tmp_path
):
    leftover = tmp_path / "there" / "runs" / village_run.name
    leftover.mkdir(parents=True)
    (leftover / "edges.parquet").write_bytes(b"half")

    send(village_run, files, there)

    assert verify(fetch(files, there, village_run.name, tmp_path / "here"))


def test_an_altered_run_is_refused_and_what_is_here_stays(files, there, village_run, tmp_path):
    send(village_run, files, there)
    altered = tmp_path / "there" / "runs" / village_run.name / "members.parquet"
    data = bytearray(altered.read_bytes())
    data[len(data) // 2] ^= 1
    altered.write_bytes(data)

    with pytest.raises(StoreError, match="members"):
        fetch(files, there, None, tmp_path / "here")

    with pytest.raises(ConfigError, match="no run is published"):
        open_run(tmp_path / "here")
    assert list((tmp_path / "here" / "runs").iterdir()) == []


def test_a_run_that_is_not_there_is_named_with_those_that_are(files, there, village_run, tmp_path):
    send(village_run, files, there)

    with pytest.raises(ConfigError, match=f"no run `other`; .*`{village_run.name}`"):
        fetch(files, there, "other", tmp_path / "here")


def test_a_place_without_runs_says_so(files, there, tmp_path):
    with pytest.raises(ConfigError, match="published there: none"):
        fetch(files, there, None, tmp_path / "here")
    assert not Path(tmp_path / "there").exists()
