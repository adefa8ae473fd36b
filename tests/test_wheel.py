"""The wheel is the whole product: what it holds works away from the tree it was built in."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TREE = Path(__file__).parents[1]

USED = """
import sys
from pathlib import Path

import review.report.layout
from console.cli import main
from review.store import Store

here = Path(sys.argv[1])
assert Path(review.__file__).is_relative_to(here), review.__file__
with Store.open(here / "review.sqlite"):
    pass
sys.argv = ["ringwatch", "config", "show"]
main()
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=TREE, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_every_file_of_the_packages(unpacked):
    packages = ("algorithms", "builders", "console", "graph", "jobs", "review", "ringwatch")
    kinds = {".py", ".html", ".css", ".js", ".svg"}

    def held(root):
        return {
            str(path.relative_to(root))
            for package in packages
            for path in (root / package).rglob("*")
            if path.suffix in kinds
        }

    assert held(unpacked) == held(TREE)
    assert list(unpacked.glob("*.dist-info/licenses/LICENSE"))


def test_an_unpacked_wheel_makes_a_store_and_answers_commands(unpacked):
    done = subprocess.run(
        [sys.executable, "-P", "-c", USED, str(unpacked)],
        cwd=unpacked,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "engine" in done.stdout
