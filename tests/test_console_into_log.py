"""`ringwatch simulate --into`: rings planted into a log, and evaluated from what it says."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from console.cli import app

START = 1_600_000_000


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A log of 400 accounts that share links at random, and one row without an account."""
    rng = np.random.default_rng(4)
    path = tmp_path_factory.mktemp("log") / "shares.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["who", "link", "when"])
        for account in range(400):
            for _ in range(int(rng.integers(3, 12))):
                at = START + int(rng.integers(0, 14 * 86_400))
                rows.writerow([f"u{account}", f"l{int(rng.integers(0, 300))}", at])
        rows.writerow(["", "l1", START])
    return path


COLUMNS = ("--account", "who", "--object", "link", "--time", "when", "--quarantine-share", "0.01")


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


def test_rings_are_planted_into_a_log_and_every_row_of_it_is_accounted_for(log, tmp_path):
    told = run(
        "simulate", tmp_path / "out", "--into", log, *COLUMNS, "--levels", "L2=2,L3", "--json"
    )

    assert told.exit_code == 0, told.stderr
    answer = json.loads(told.stdout)
    assert answer["rings"] == 3
    assert any("1 quarantined" in line for line in answer["accounting"])
    assert answer["columns"] == ["account", "action", "object", "object_kind", "time"]


def test_what_it_says_next_can_be_called(log, tmp_path):
    out = tmp_path / "out"
    told = run("simulate", out, "--into", log, *COLUMNS, "--levels", "L2", "--quiet")
    command = told.stdout.split("next: ringwatch ")[1].split()

    found = run(*command, "--json", "--quiet")

    assert found.exit_code == 0, found.stderr
    document = json.loads(found.stdout)
    assert document["labels"]["rings"] == 1
    assert document["labels"]["absent"] == 0


def test_the_same_seed_writes_the_same_bytes(log, tmp_path):
    files = []
    for name in ("a", "b"):
        told = run("simulate", tmp_path / name, "--into", log, *COLUMNS, "--levels", "L3", "--json")
        files.append(json.loads(told.stdout))

    for key in ("interactions_file", "labels_file"):
        a, b = ((tmp_path / one[key]).read_bytes() for one in files)
        assert a == b


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--account", "who"), "name it with `--into`"),
        (("--levels", "L0"), "name it with `--into`"),
    ],
)
def test_columns_without_a_log_are_refused(tmp_path, args, says):
    told = run("simulate", tmp_path / "out", *args)

    assert told.exit_code != 0
    assert says in " ".join(told.stderr.split())
    assert not (tmp_path / "out").exists()


def test_rings_told_in_no_known_way_are_refused(log, tmp_path):
    told = run("simulate", tmp_path / "out", "--into", log, *COLUMNS, "--levels", "L0=many")

    assert told.exit_code != 0
    assert "not `L0=many`" in " ".join(told.stderr.split())
