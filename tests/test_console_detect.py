"""`ringwatch detect`: from a file to ranked clusters, in one command."""

from __future__ import annotations

import json
import shutil

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from console.cli import app

COLUMNS = ["--account", "who", "--object", "what", "--time", "ts", "--content", "post"]
RING = {f"ring-{member}" for member in range(6)}

JOB = """
[job]
name = "likes"

[[extract.tables]]
name = "likes"
path = "likes.csv"
time_unit = "s"

[extract.tables.map]
account = "who"
object = "what"
acted_at = "ts"
content = "post"
"""


def ringwatch(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


def answer(*args):
    """What a command prints as JSON, once it has ended well."""
    result = ringwatch(*args, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def found(ring_file, tmp_path_factory):
    """A folder of runs, and what `detect` said of the run in it."""
    out = tmp_path_factory.mktemp("found")
    result = ringwatch("detect", ring_file, *COLUMNS, "--out", out)
    assert result.exit_code == 0, result.stderr
    return out, result


def test_a_file_and_its_columns_are_enough_to_find_the_ring(found):
    out, result = found

    rows = answer("clusters", "--out", out)["clusters"]
    members = answer("show", "#1", "--out", out)["members"]

    assert [row["cluster"] for row in rows] == ["ring-0"]
    assert {row["account"] for row in members} == RING
    assert "#1" in result.stdout and "ring-0" in result.stdout


def test_it_prints_the_accounts_of_every_row_the_reasons_and_what_to_do_next(found):
    out, result = found

    assert "3,180 rows read = 3,180 used + 0 deduplicated + 0 quarantined" in result.stdout
    assert "15 of 15 possible pairs are joined" in result.stdout
    assert "`copied-text` was left out: it needs interactions with `text`" in result.stdout
    assert f"ringwatch show '#1' --out {out}" in result.stdout


def test_what_was_assumed_is_said_beside_the_data(found):
    _, result = found

    assert "assumed: likes.csv is csv" in result.stderr
    assert "assumed: `ts` is a time in s" in result.stderr
    assert "assumed" not in result.stdout


def test_show_gives_the_posts_behind_an_edge(found):
    out, _ = found

    acts = answer("show", "ring-0", "--out", out, "--edge", "ring-1", "ring-4")["joint_acts"]

    assert len({act["object"] for act in acts} & {f"target-{n:02}" for n in range(20)}) == 20
    assert all(act["src_content"].startswith("like-") for act in acts)


def test_the_same_job_again_changes_nothing(ring_file, found):
    out, _ = found
    files = sorted(path for path in (out / "runs").rglob("*") if path.is_file())
    before = {path: path.read_bytes() for path in files}

    again = answer("detect", ring_file, *COLUMNS, "--out", out)

    assert again["already"] is True
    assert again["rows"]["rows_used"] == 3180
    assert {path: path.read_bytes() for path in files} == before


def test_a_job_file_finds_what_the_command_line_finds(ring_file, found, tmp_path):
    shutil.copy(ring_file, tmp_path / "likes.csv")
    (tmp_path / "job.toml").write_text(JOB)

    told = answer("detect", tmp_path / "job.toml", "--out", tmp_path / "runs")

    [cluster] = told["clusters"]
    [other] = answer("clusters", "--out", found[0])["clusters"]
    assert (cluster["cluster"], cluster["score"]) == (other["cluster"], other["score"])
    assert cluster["reasons"][0]["kind"] == "for"
    assert sum(cluster["activity"]) > 100


def test_a_run_is_in_the_store_when_detect_ends(found):
    out, _ = found

    decided = answer(
        "decide", "#1", "confirmed", "--reason", "in step", "--by", "ann", "--out", out
    )

    assert decided["state"] == "confirmed"
    assert answer("clusters", "--out", out, "--state", "confirmed")["matching"] == 1


def test_only_the_detectors_asked_for_run(ring_file, tmp_path):
    told = answer(
        "detect", ring_file, *COLUMNS, "--detector", "copied-text", "--out", tmp_path / "runs"
    )

    assert (told["matching"], list(told["layers"])) == (0, [])
    assert list(told["left_out"]) == ["copied-text"]


def test_seeds_bring_in_the_detector_that_needs_them(ring_file, tmp_path):
    (tmp_path / "bad.txt").write_text("ring-0\nring-1\n")

    told = answer(
        "detect", ring_file, *COLUMNS, "--seeds", tmp_path / "bad.txt", "--out", tmp_path / "runs"
    )

    assert "seeded" in told["layers"]


def test_accounts_beside_the_extract_give_names_and_ages(ring_file, tmp_path):
    names = ["\x1b[2Jgone", "<b>bold</b>", "=1+1", "[red]red[/red]", "a\u202eb", "null"]
    accounts = pa.table(
        {
            "account": sorted(RING),
            "name": names,
            "created_at": [1_767_000_000_000] * 6,
            "city": ["x"] * 6,
        }
    )
    pq.write_table(accounts, tmp_path / "accounts.parquet")

    result = ringwatch(
        "detect",
        ring_file,
        *COLUMNS,
        "--accounts",
        tmp_path / "accounts.parquet",
        "--out",
        tmp_path / "runs",
    )
    shown = ringwatch("show", "#1", "--out", tmp_path / "runs")

    assert "of accounts.parquet, `city` is not used" in result.stderr
    assert "\x1b" not in shown.stdout and "\u202e" not in shown.stdout
    assert "\\u001b[2Jgone" in shown.stdout
    assert "[red]red[/red]" in shown.stdout


def test_ids_that_look_like_markup_reach_the_terminal_as_they_are(tmp_path, ring_file):
    text = ring_file.read_text().replace("ring-0", "[red]=cmd()|'x'![/red]")
    (tmp_path / "likes.csv").write_text(text)

    result = ringwatch("detect", tmp_path / "likes.csv", *COLUMNS, "--out", tmp_path / "runs")

    assert result.exit_code == 0, result.stderr
    assert "[red]=cmd()|'x'![/red]" in result.stdout


def test_a_dry_run_counts_rows_and_pairs_and_writes_nothing(ring_file, tmp_path):
    told = answer("detect", ring_file, *COLUMNS, "--out", tmp_path / "runs", "--dry-run")

    assert told["how"] == "exact"
    assert (told["tables"][0]["table"], told["sampled_rows"]) == ("likes", 3180)
    by_window = {one["within_seconds"]: one for one in told["windows"]}
    assert by_window[60]["least"] == by_window[60]["most"] >= 15 * 20
    assert by_window[3600]["least"] > by_window[60]["least"]
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_of_much_says_that_it_looked_at_a_part(ring_file, tmp_path, monkeypatch):
    lines = ring_file.read_text().splitlines()
    for part in range(10):
        chosen = "\n".join([lines[0], *lines[1 + part :: 10]]) + "\n"
        (tmp_path / f"part-{part}.csv").write_text(chosen)
    monkeypatch.setattr("jobs.dry_run.CHEAP_ROWS", 1000)

    told = answer("detect", tmp_path, *COLUMNS, "--dry-run")
    said = ringwatch("detect", tmp_path, *COLUMNS, "--dry-run").stdout

    assert told["how"] == "sampled"
    assert 0 < told["sampled_files"] < 10
    assert all(one["most"] > one["least"] for one in told["windows"] if one["least"])
    assert f"scaled from {told['sampled_rows']:,} rows of {told['sampled_files']} files" in said


def test_a_unit_that_a_sample_does_not_show_is_asked_for(tmp_path):
    (tmp_path / "x.csv").write_text("who,what,ts\na,o,5\nb,o,6\n")

    result = ringwatch(
        "detect", tmp_path / "x.csv", "--account", "who", "--object", "what", "--time", "ts"
    )

    assert result.exit_code == 2
    assert "the unit of `ts` cannot be told from a sample (`5`, `6`); say `--time-unit`" in (
        result.stderr
    )


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (["1767225600", "1767225700"], "s"),
        (["1767225600000", "1767225700000"], "ms"),
        (["1767225600000000", "1767225700000000"], "us"),
        (["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"], "iso"),
    ],
)
def test_units_that_a_sample_shows_are_assumed_and_said(tmp_path, values, unit):
    lines = [f"{who},o,{value}" for who, value in zip("ab", values, strict=True)]
    (tmp_path / "x.csv").write_text("\n".join(["who,what,ts", *lines]) + "\n")

    result = ringwatch(
        "detect",
        tmp_path / "x.csv",
        "--account",
        "who",
        "--object",
        "what",
        "--time",
        "ts",
        "--dry-run",
    )

    assert result.exit_code == 0, result.stderr
    assert f"assumed: `ts` is a time in {unit}" in result.stderr


def test_timestamps_need_no_unit_and_those_without_a_zone_are_taken_as_utc(tmp_path):
    at = pa.array([1_767_225_600_000, 1_767_225_601_000], pa.timestamp("ms"))
    rows = {"who": ["a", "b"], "what": ["o", "o"]}
    with_zone = at.cast(pa.timestamp("ms", "UTC"))
    pq.write_table(pa.table({**rows, "at": at}), tmp_path / "naive.parquet")
    pq.write_table(pa.table({**rows, "at": with_zone}), tmp_path / "utc.parquet")
    told = ["--account", "who", "--object", "what", "--time", "at", "--dry-run"]

    naive = ringwatch("detect", tmp_path / "naive.parquet", *told)
    zoned = ringwatch("detect", tmp_path / "utc.parquet", *told)

    assert (naive.exit_code, zoned.exit_code) == (0, 0)
    assert "assumed: `at` names no zone: its times are UTC" in naive.stderr
    assert "assumed" not in zoned.stderr


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (["--account", "who", "--object", "what"], 2, "say `--time`, the column of the time"),
        (["--account", "whoo", "--object", "what", "--time", "ts"], 2, "did you mean `who`?"),
        (["--account", "who", "--object", "what", "--time", "tz"], 2, "did you mean `ts`?"),
        ([*COLUMNS, "--detector", "shared-object"], 2, "did you mean `shared-objects`?"),
        ([*COLUMNS, "--attribute", "device"], 2, "`--attribute` is NAME=COLUMN"),
        ([*COLUMNS, "--format", "parqet"], 2, "did you mean `parquet`?"),
        ([*COLUMNS, "--memory", "lots"], 2, "memory `lots` is no size"),
        ([*COLUMNS, "--seeds", "nowhere.txt"], 3, "nowhere.txt"),
    ],
)
def test_what_is_wrong_with_a_command_is_said_with_the_mend(ring_file, tmp_path, given, code, says):
    result = ringwatch("detect", ring_file, *given, "--out", tmp_path / "runs")

    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr


def test_a_path_that_is_not_there_is_named(tmp_path):
    result = ringwatch("detect", tmp_path / "nothing.csv", *COLUMNS)

    assert result.exit_code == 3
    assert "nothing.csv" in result.stderr


def test_columns_beside_a_job_file_are_refused(tmp_path):
    (tmp_path / "job.toml").write_text(JOB)

    result = ringwatch("detect", tmp_path / "job.toml", "--account", "who")

    assert result.exit_code == 2
    assert "`--account` goes with an extract, not with a job file" in result.stderr


def test_a_mistake_in_a_job_file_names_the_nearest_setting(tmp_path):
    (tmp_path / "job.toml").write_text(JOB + "\n[detectors.shared-objects]\nwithin_second = [60]\n")

    result = ringwatch("detect", tmp_path / "job.toml")

    assert result.exit_code == 2
    assert "did you mean `within_seconds`?" in result.stderr


def test_too_much_set_aside_stops_the_run_and_leaves_the_quarantine(ring_file, tmp_path):
    lines = ring_file.read_text().splitlines()
    (tmp_path / "likes.csv").write_text(
        "\n".join([*lines, "=cmd(),target-00,soon,like-x"] * 1) + "\n"
    )
    out = tmp_path / "runs"
    strict = ["--quarantine-share", "0"]

    result = ringwatch("detect", tmp_path / "likes.csv", *COLUMNS, *strict, "--out", out)

    assert result.exit_code == 4
    [folder] = (out / "quarantine").iterdir()
    assert str(folder) in result.stderr
    assert "likes.csv row 3181 `acted_at`: `soon`" in result.stderr
    [row] = pq.read_table(folder / "quarantine.parquet").to_pylist()
    assert (row["row"], row["column"], row["raw"]) == (3181, "acted_at", "soon")
    assert pa_csv.read_csv(folder / "quarantine.csv").num_rows == 1
    assert pa_csv.read_csv(folder / "reading.csv")["rows_quarantined"].to_pylist() == [1]
    assert ringwatch("clusters", "--out", out).exit_code == 2
