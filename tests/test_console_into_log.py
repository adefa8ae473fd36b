"""`ringwatch simulate --into`: rings planted into a log, and evaluated from what it says."""

from __future__ import annotations

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from builders.simulation.kinds import ONE_TABLE
from console.cli import app
from console.commands import COMMANDS
from console.late import command_of

COMMAND = next(entry for entry in COMMANDS if entry.name == "simulate")
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


OF_A_LOG = {
    **dict.fromkeys(
        ("--account", "--object", "--time", "--action", "--object-kind", "--owner", "--text"), "who"
    ),
    "--content": "post",
    "--platform": "site",
    "--time-unit": "s",
    "--time-zone": "UTC",
    "--levels": "L0",
    "--follow-rings": "L0",
    "--least-acts": "3",
    "--most-accounts": "30",
    "--quarantine-share": "0.1",
}
OF_A_WORLD = {
    "--interactions": "100000",
    "--days": "14",
    "--format": "parquet",
    "--families": "own",
}


@pytest.mark.parametrize("option", OF_A_LOG)
@pytest.mark.parametrize(
    "world", [(), ("--flat",), ("--outside",)], ids=["platform", "flat", "outside"]
)
def test_what_tells_of_a_log_is_refused_where_none_is_named(tmp_path, option, world):
    told = run("simulate", tmp_path / "out", *world, option, OF_A_LOG[option])

    assert told.exit_code == 2
    assert f"`{option}` tells of a log" in told.stderr
    assert "name it with `--into`, or leave this out" in told.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", [*OF_A_WORLD, "--flat", "--outside"])
def test_what_tells_of_a_world_is_refused_beside_a_log(log, tmp_path, option):
    value = [OF_A_WORLD[option]] if option in OF_A_WORLD else []

    told = run("simulate", tmp_path / "out", "--into", log, *COLUMNS, option, *value)

    assert told.exit_code == 2
    assert f"`{option}` tells of a made-up world" in told.stderr
    assert "leave one of them out" in told.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("option", "value"), [("--families", "own"), ("--threads", "1")])
@pytest.mark.parametrize(
    ("kind", "world"), [("--flat", "a flat world"), ("--outside", "an outside world")]
)
def test_what_a_world_of_one_table_would_pass_over_is_refused(tmp_path, kind, world, option, value):
    told = run("simulate", tmp_path / "out", kind, option, value)

    assert told.exit_code == 2
    assert f"`{option}` has no effect on {world}: leave it out, or `{kind}`" in told.stderr
    assert not (tmp_path / "out").exists()


def test_every_option_belongs_to_worlds_or_to_logs_or_to_both():
    kinds = {f"--{kind}" for kind in ONE_TABLE}
    others = {"--into", "--seed", "--threads", "--quiet", "--json"}
    options = {
        max(one.opts, key=len)
        for one in command_of(COMMAND).params
        if one.param_type_name == "option"
    }

    assert options - {"--help"} == {*OF_A_LOG, *OF_A_WORLD, *kinds, *others}


def test_posts_platforms_and_the_zone_of_a_log_are_read_and_kept(tmp_path):
    path = tmp_path / "posts.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["who", "link", "when", "post", "site"])
        for act in range(400):
            when = f"2024-07-{1 + act % 28:02} {act % 24:02}:00:{act % 60:02}"
            rows.writerow([f"u{act % 50}", f"l{act % 37}", when, f"p{act}", "here"])

    told = run(
        "simulate", tmp_path / "out", "--into", path,
        *("--account", "who", "--object", "link", "--time", "when", "--content", "post"),
        *("--platform", "site", "--time-zone", "Europe/Berlin", "--levels", "L2"),
        *("--most-accounts", "9", "--json", "-q"),
    )  # fmt: skip

    assert told.exit_code == 0, told.stderr
    answer = json.loads(told.stdout)
    assert {"content", "platform"} <= set(answer["columns"])
    written = pq.read_table(answer["interactions_file"]).to_pylist()
    assert {row["platform"] for row in written} == {"here"}
    first = next(row for row in written if row["content"] == "p0")
    assert first["time"] == 1_719_784_800_000  # midnight in Berlin on 1 July 2024


def test_rings_told_in_no_known_way_are_refused(log, tmp_path):
    told = run("simulate", tmp_path / "out", "--into", log, *COLUMNS, "--levels", "L0=many")

    assert told.exit_code != 0
    assert "not `L0=many`" in " ".join(told.stderr.split())
