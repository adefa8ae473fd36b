"""`--created-at`: an extract whose own rows say when their accounts were made."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.marketplace.written import write_marketplace
from console.cli import app
from graph.errors import ConfigError
from jobs.evaluation.worlds import flat_job
from jobs.quick import Changes, QuickTable, quick_job
from review.run import open_run

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
