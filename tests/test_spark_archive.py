"""The project as one archive, and what a driver or an executor makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app
from console.spark_driver import placed
from graph.engines.spark.archive import PACKAGES, code_digest, write_archive
from graph.engines.spark.submission import in_cluster, with_files

TREE = Path(__file__).parents[1]

AGAIN = """
import sys
from pathlib import Path
import graph
from graph.engines.spark.archive import code_digest, write_archive
assert str(graph.__file__).startswith(sys.argv[1]), graph.__file__
print(code_digest(), write_archive(Path(sys.argv[2])))
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("archive"))


def names_in(archive):
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_the_archive_holds_every_file_of_the_packages_and_nothing_compiled(archive):
    kinds = {".py", ".html", ".css", ".json", ".toml"}
    held = {
        path.relative_to(TREE).as_posix()
        for package in PACKAGES
        for path in (TREE / package).rglob("*")
        if path.suffix in kinds
    }

    names = set(names_in(archive))

    assert held <= names
    assert "review/report/templates/frame.html" in names
    assert any(name.startswith("review/migrations/") for name in names)
    assert not any("__pycache__" in name or name.endswith((".pyc", ".nbi")) for name in names)


def test_the_same_code_makes_the_same_bytes_from_the_archive_itself(archive, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, str(archive), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    digest, again = done.stdout.split()
    assert Path(again).name == archive.name
    assert digest in archive.name
    assert Path(again).read_bytes() == archive.read_bytes()


def test_the_digest_of_the_code_is_that_in_the_archives_name(archive):
    assert archive.stem.rpartition("-")[2] == code_digest()


def test_a_driver_that_has_the_archive_alone_makes_a_store_and_pages_from_it(
    archive, village_run, tmp_path
):
    out = village_run.path.parents[1]
    entry = TREE / "console/spark_driver.py"
    told = {"PYTHONPATH": str(archive), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    done = subprocess.run(
        # -P: not the folder of the script, which is our tree.
        [sys.executable, "-P", str(entry), "report", "pages", "--out", str(out), "--top", "1"],
        env={**os.environ, **told},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pages").is_dir()
    assert [path.name for path in (tmp_path / "cache/ringwatch").iterdir()] == [
        f"code-{archive.stem}"
    ]


def test_drivers_that_start_at_once_share_one_whole_folder_of_code(archive, tmp_path):
    with ThreadPoolExecutor(4) as starts:
        folders = set(starts.map(lambda _: placed(archive, tmp_path / "code"), range(4)))

    assert folders == {tmp_path / "code"}
    assert [path.name for path in tmp_path.iterdir()] == ["code"]
    assert len([path for path in (tmp_path / "code").rglob("*") if path.is_file()]) == len(
        names_in(archive)
    )


def test_lists_of_files_are_joined_as_spark_hears_only_the_last():
    ours = {"--py-files": [Path("/o.zip")], "--files": [Path("/job.toml")]}

    assert with_files(["--py-files", "/a.zip", "--num-executors", "4"], ours) == [
        *("--py-files", "/o.zip,/a.zip", "--files", "/job.toml", "--num-executors", "4")
    ]
    assert with_files(["--files=/b", "--verbose"], {"--py-files": [Path("/o.zip")]}) == [
        *("--py-files", "/o.zip", "--files", "/b", "--verbose")
    ]


@pytest.mark.parametrize(
    ("options", "conf", "away"),
    [
        ([], {}, False),
        (["--deploy-mode", "cluster"], {}, True),
        (["--deploy-mode=cluster"], {}, True),
        (["--conf", "spark.submit.deployMode=cluster"], {}, True),
        ([], {"spark.submit.deployMode": "cluster"}, True),
        (["--deploy-mode", "client"], {"spark.submit.deployMode": "cluster"}, False),
        (["--name", "cluster"], {}, False),
    ],
)
def test_where_the_driver_runs_is_known_from_the_options(options, conf, away):
    assert in_cluster(options, conf) is away


def test_a_driver_on_the_cluster_needs_a_place_that_outlives_it(tmp_path):
    job = tmp_path / "job.toml"
    job.write_text(
        """
[job]
out = "runs"
[[extract.tables]]
name = "likes"
path = "likes.csv"
format = "csv"
time_unit = "s"
map = {account = "who", object = "what", acted_at = "ts"}
"""
    )

    done = CliRunner().invoke(
        app, ["submit", str(job), "--master", "yarn", "--", "--deploy-mode", "cluster"]
    )

    assert done.exit_code == 2
    assert "give `--out` an absolute path that is mounted there and here" in done.stderr
