"""`--created-at`: an extract whose own rows say when their accounts were made."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.marketplace.written import write_marketplace
from console.cli import app
from graph.errors import ConfigError
from jobs.config import job_from
from jobs.detect import detect
from jobs.evaluation.worlds import flat_job
from jobs.quick import Changes, QuickTable, quick_job
from review.run import open_run
from review.sameness import compare

DAY = 86_400
START = 1_767_225_600
SWARM = {f"new-{member}" for member in range(12)}
COLUMNS = ["--account", "who", "--object", "what", "--time", "ts"]


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def launch(tmp_path_factory):
    """Two thousand accounts made over two years, and a dozen made in a day that like one post."""
    rows = ["who,what,ts,made"]
    for member in range(2_000):
        made = START - 30 * DAY - member * 30_000
        rows += [
            f"old-{member},post-{member * 7 % 900},{START + member * 97},{made}",
            f"old-{member},post-{member * 11 % 900},{START + member * 89 + 40_000},{made}",
        ]
    for member in range(0, 2_000, 100):
        made = START - 30 * DAY - member * 30_000
        rows.append(f"old-{member},launch,{START + DAY + member * 9},{made}")
    for member in range(len(SWARM)):
        made = START - 5 * DAY + member * 600
        rows += [
            f"new-{member},launch,{START + DAY + member * 20},{made}",
            f"new-{member},post-{member * 31},{START + 2 * DAY + member * 5_000},{made}",
        ]
    path = tmp_path_factory.mktemp("launch") / "likes.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def members_of(out):
    told = json.loads(run("show", "#1", "--out", out, "--json").stdout)
    return {row["account"] for row in told["members"]}


def test_a_swarm_is_found_by_when_its_accounts_were_made(launch, tmp_path):
    result = run(
        "detect", launch, *COLUMNS, "--created-at", "made", "--detector", "swarm", "--out", tmp_path
    )

    assert result.exit_code == 0, result.stderr
    assert "accounts of likes (1 file): 4,044 rows read = 2,012 used" in result.stdout
    assert "assumed: `made` is a time in s" in result.stderr
    assert members_of(tmp_path) == SWARM


def test_without_it_the_detector_is_left_out_with_the_reason(launch, tmp_path):
    result = run("detect", launch, *COLUMNS, "--detector", "swarm", "--out", tmp_path, "--json")

    assert "created_at" in json.dumps(json.loads(result.stdout)["left_out"])


def test_the_rows_of_an_account_are_one_account_and_the_rest_is_counted(launch, tmp_path):
    run("detect", launch, *COLUMNS, "--created-at", "made", "--out", tmp_path)

    files = pq.read_table(open_run(tmp_path).table_path("reading")).to_pylist()
    accounts = [row for row in files if row["source"] == "accounts of likes"]

    assert [row["rows_used"] for row in accounts] == [2_000 + len(SWARM)]
    assert all(row["rows_read"] == row["rows_used"] + row["rows_deduplicated"] for row in accounts)


def test_rows_of_accounts_that_are_set_aside_are_kept_with_their_reason(launch, tmp_path):
    accounts = ["account,created_at"]
    accounts += [f"old-{member},{START - member * 30_000}" for member in range(300)]
    (tmp_path / "accounts.csv").write_text("\n".join([*accounts, "old-300,never"]) + "\n")

    result = run(
        "detect", launch, *COLUMNS, "--accounts", tmp_path / "accounts.csv",
        "--quarantine-share", "0.01", "--out", tmp_path / "runs",
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    assert "accounts (1 file): 301 rows read = 300 used" in result.stdout
    aside = pq.read_table(open_run(tmp_path / "runs").table_path("quarantine")).to_pylist()
    assert [(row["source"], row["column"]) for row in aside] == [("accounts", "created_at")]


def test_a_unit_that_dates_do_not_show_is_that_of_the_acts(tmp_path):
    rows = ["who,what,ts,made"] + [f"a{n},o{n},0{n % 9 + 1}/01/2026,03/02/2025" for n in range(30)]
    (tmp_path / "likes.csv").write_text("\n".join(rows) + "\n")
    told = QuickTable(
        path=tmp_path / "likes.csv",
        mapping={"account": "who", "object": "what", "acted_at": "ts"},
        created_at="made",
        reading={"time_unit": "%d/%m/%Y", "time_zone": "UTC"},
    )

    job = quick_job(told, Changes(), said=lambda _: None)

    assert job.given["accounts"]["time_unit"] == "%d/%m/%Y"


@pytest.mark.spark
def test_spark_reads_the_same_dates_and_finds_the_same_swarm(launch, spark_in_small_jobs, tmp_path):
    told = QuickTable(
        path=launch,
        mapping={"account": "who", "object": "what", "acted_at": "ts"},
        created_at="made",
    )
    local = quick_job(told, Changes(threads=2, detectors=("swarm",)), said=lambda _: None)
    engine = {"job": {"engine": "spark", "threads": 2, "memory": "2GB"}}
    spark = job_from({**local.given, **engine, "spark": {"conf": spark_in_small_jobs}}, base=Path())

    one, other = detect(local, tmp_path / "local").run, detect(spark, tmp_path / "spark").run

    same = set(compare(one, other).identical)
    assert same >= {"clusters", "members", "reading", "quarantine"}
    assert one.manifest.input == other.manifest.input
    assert one.manifest.tables["clusters"].rows == 1


def test_accounts_are_told_once(launch):
    table = QuickTable(
        path=launch,
        mapping={"account": "who", "object": "what", "acted_at": "ts"},
        accounts=launch,
        created_at="made",
    )

    with pytest.raises(ConfigError, match="`--created-at made` tells of accounts, and so does"):
        quick_job(table, Changes(), said=lambda _: None)


def test_a_column_that_is_not_there_is_named(launch, tmp_path):
    result = run("detect", launch, *COLUMNS, "--created-at", "mode", "--out", tmp_path)

    assert result.exit_code == 2
    assert "has no column `mode` to read times from" in result.stderr


def test_it_goes_with_no_job_file_and_no_simulated_world(launch, tmp_path):
    (tmp_path / "job.toml").write_text("[extract]\n")

    beside = run("detect", tmp_path / "job.toml", "--created-at", "made")
    worlds = run("evaluate", "--simulate", "--flat", "--created-at", "made")

    assert "`--created-at` goes with an extract, not with a job file" in beside.stderr
    assert "makes its own extract and labels" in worlds.stderr


def test_a_marketplace_is_evaluated_with_the_dates_that_it_tells(tmp_path):
    write_marketplace(MarketplaceSpec(interactions=100_000, seed=3), tmp_path / "world")

    job = flat_job(tmp_path / "world", Changes())

    assert job.given["accounts"]["map"] == {"account": "account", "created_at": "joined"}
    assert "joined" not in job.given["extract"]["tables"][0]["attributes"]
