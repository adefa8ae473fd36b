"""`ringwatch network`: one co-action network of a file, also as other tools count it."""

from __future__ import annotations

import csv
import gzip
import json

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from console.cli import app
from review.export.manifest import verify_export

COLUMNS = ["--account", "account_id", "--object", "object_id", "--time", "timestamp_share"]

COORTWEET = {
    "boundary": (10, 1),
    "multipost": (10, 1),
    "dupcontent": (10, 1),
    "objectiscontent": (10, 1),
    "minpart_or": (10, 2),
    "tie": (0, 1),
    "order_desc": (10, 1),
    "percentile": (10, 1),
    "symmetry_bug": (10, 1),
    "symmetry_counterexample": (5, 1),
}
"""Case to window in seconds and least participation."""


def network(*args):
    return CliRunner().invoke(app, ["network", *(str(arg) for arg in args)])


def rows(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def expected(path):
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    edges = csv.DictReader(text.splitlines())
    return {(*sorted((row["from"], row["to"])), int(row["weight"])) for row in edges}


def undirected(path):
    return {(row["src"], row["dst"], int(row["weight"])) for row in rows(path)}


@pytest.mark.parametrize("case", COORTWEET)
def test_coortweet_cases_come_out_of_the_command_as_out_of_the_tool(shared, tmp_path, case):
    folder = shared / "conformance" / "coortweet"
    window, participation = COORTWEET[case]
    out = tmp_path / "edges.csv"

    result = network(
        folder / f"coortweet_{case}_input.csv",
        *COLUMNS,
        "--content",
        "content_id",
        "--window",
        window,
        "--min-participation",
        participation,
        "--compat",
        "coortweet",
        "--out",
        out,
    )

    assert result.exit_code == 0, result.stderr
    assert undirected(out) == expected(folder / f"coortweet_{case}_edges.csv")
    assert all(row["src"] < row["dst"] for row in rows(out))


def test_coortweet_on_real_reposts_needs_no_more_than_the_window(shared, tmp_path):
    out = tmp_path / "edges.csv"

    result = network(
        shared / "data" / "real" / "russian_coord_tweets.parquet",
        *COLUMNS,
        "--content",
        "content_id",
        "--window",
        10,
        "--compat",
        "coortweet",
        "--out",
        out,
    )

    theirs = shared / "conformance" / "coortweet" / "coortweet_russian_w10_mp2_edges.csv.gz"
    assert result.exit_code == 0, result.stderr
    assert undirected(out) == expected(theirs)
    assert out.read_text().startswith("src,dst,weight,")


def test_every_case_of_the_toolkit_comes_out_of_its_own_file(shared, tmp_path):
    folder = shared / "conformance" / "coordination_network_toolkit"
    cases = json.loads((folder / "cnt_coretweet_test_expected_head.json").read_text())
    tried = [case for case in cases if not case["loops"]]

    for number, case in enumerate(tried):
        out = tmp_path / f"{number}.csv"
        result = network(
            folder / "cnt_coretweet_test_input.csv",
            "--account",
            "user_id",
            "--object",
            "repost_id",
            "--time",
            "timestamp",
            "--content",
            "message_id",
            "--row-where",
            "repost_id <> ''",
            "--window",
            case["time_window"],
            "--min-weight",
            case["min_edge_weight"],
            "--compat",
            "cnt",
            "--out",
            out,
        )
        assert result.exit_code == 0, result.stderr
        assert {tuple(edge) for edge in case["edges"]} == {
            (row["src"], row["dst"], int(row["weight"])) for row in rows(out)
        }
    assert len(tried) >= 3


WORLD = """who,what,at
b,o1,1767225600
a,o1,1767225605
a,o1,1767225609
c,o1,1767229999
a,o2,1767225700
b,o2,1767225700
0,o2,1767225700
0,o2,1767225700
"""


@pytest.fixture
def world(tmp_path):
    path = tmp_path / "world.csv"
    path.write_text(WORLD)
    return path


TOLD = ["--account", "who", "--object", "what", "--time", "at", "--window", 10]


@pytest.mark.parametrize(
    ("settings", "edges"),
    [
        ([], {("0", "a", 2), ("0", "b", 2), ("a", "b", 3)}),
        (["--count", "objects"], {("0", "a", 1), ("0", "b", 1), ("a", "b", 2)}),
        (["--count", "own-posts"], {("0", "a", 1), ("0", "b", 1), ("a", "b", 2)}),
        (["--count", "objects", "--min-weight", 2], {("a", "b", 2)}),
        (["--min-participation", 3], set()),
    ],
    ids=["posts", "objects", "own posts", "two objects or more", "three interactions or more"],
)
def test_accounts_are_joined_by_what_is_counted(world, tmp_path, settings, edges):
    out = tmp_path / "edges.csv"

    result = network(world, *TOLD, *settings, "--out", out)

    assert result.exit_code == 0, result.stderr
    assert undirected(out) == edges


def test_no_row_is_taken_for_a_repetition_and_no_id_for_nobody(world, tmp_path):
    result = network(world, *TOLD, "--out", tmp_path / "edges.csv")

    assert "8 rows read = 8 used + 0 deduplicated + 0 quarantined + 0 rejected" in result.stderr


@pytest.mark.parametrize("suffix", ["parquet", "graphml", "gexf", "jsonl", "csv"])
def test_every_format_leaves_with_a_manifest_that_vouches_for_it(world, tmp_path, suffix):
    out = tmp_path / f"edges.{suffix}"

    told = network(world, *TOLD, "--out", out, "--by", "ann", "--json")

    manifest = json.loads(told.stdout)
    assert (manifest["rows"], manifest["accounts"], manifest["directed"]) == (3, 3, False)
    assert manifest["exported_by"] == "ann"
    assert verify_export(out).rows == 3


def test_parquet_edges_have_the_weight_third(world, tmp_path):
    network(world, *TOLD, "--out", tmp_path / "edges.parquet")

    assert pq.read_schema(tmp_path / "edges.parquet").names[:3] == ["src", "dst", "weight"]


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        (["--compat", "cnt", "--count", "posts"], 2, "`cnt` counts `own-posts`, not `posts`"),
        (["--compat", "coornet"], 2, "coornet"),
        (["--out", "edges.xlsx"], 2, "xlsx"),
        (["--time", "att"], 2, "did you mean `at`?"),
        (["--object", "whut"], 2, "did you mean `what`?"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused_and_nothing_written(world, tmp_path, settings, code, says):
    result = network(world, *TOLD, "--out", tmp_path / "edges.csv", *settings)

    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["world.csv"]


def test_rows_that_cannot_be_used_stop_it_and_are_written_beside(world, tmp_path):
    world.write_text(WORLD + ",o3,1767225600\n")

    result = network(world, *TOLD, "--out", tmp_path / "edges.csv")
    allowed = network(world, *TOLD, "--out", tmp_path / "edges.csv", "--quarantine-share", 0.2)

    assert result.exit_code == 4
    assert (tmp_path / "edges.csv.quarantine" / "quarantine.csv").is_file()
    assert allowed.exit_code == 0
    assert "1 quarantined" in allowed.stderr
