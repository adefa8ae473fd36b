"""The job files in `examples/` run on real logs, and show the posts behind what they find."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app

EXAMPLES = Path(__file__).parents[1] / "examples"


def answer(*args):
    result = CliRunner().invoke(app, [*(str(arg) for arg in args), "--json"])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def detected(name, shared, folder):
    """The run of an example, its paths led to where the data lies here."""
    job = folder / f"{name}.toml"
    text = (EXAMPLES / job.name).read_text()
    assert '"../../shared/' in text
    job.write_text(text.replace('"../../shared/', f'"{shared.resolve()}/'))
    return answer("detect", job, "--out", folder / "runs", "--quiet")


@pytest.fixture(scope="module")
def german(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("german")
    return folder / "runs", detected("german_elections", shared, folder)


def test_every_example_is_run_here():
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == {
        "amazon_arts_reviews",
        "german_elections",
        "pokec_follows",
        "russian_coord_tweets",
    }


def test_real_reposts_give_pairs_and_the_posts_behind_them(shared, tmp_path):
    told = detected("russian_coord_tweets", shared, tmp_path)

    assert told["rows"] == told["rows"] | {"rows_read": 35_125, "rows_quarantined": 0}
    shown = answer("show", "#1", "--out", tmp_path / "runs")
    acts = shown["joint_acts"]
    assert len({act["object"] for act in acts}) >= 3
    assert all(act["src_content"] and act["dst_content"] for act in acts)
    together = [act for act in acts if act["layer"] == "shared-objects"]
    assert all(abs(act["src_at"] - act["dst_at"]) <= 3_600_000 for act in together)


def test_reviews_with_dates_for_times_are_looked_at_by_days_and_the_run_says_so(shared, tmp_path):
    told = detected("amazon_arts_reviews", shared, tmp_path)

    assert told["rows"] == told["rows"] | {"rows_read": 27_980, "rows_quarantined": 0}
    facts = told["layers"]["shared-objects"]
    assert (facts["clock step, s"], facts["windows left out"]) == (86_400, 2)
    assert "the extract's times are steps of 86,400 s" in facts["note"]
    assert "expected within 86400 s" in facts
    # Reviews of one day that stand under several variants of a product are one act.
    assert told["matching"] == 0


def test_follows_without_times_are_joined_by_whom_they_follow_alone(shared, tmp_path):
    told = detected("pokec_follows", shared, tmp_path)

    assert told["rows"] == told["rows"] | {"rows_read": 94_065, "rows_quarantined": 14}
    assert told["left_out"]["shared-objects"].startswith("times that tell acts apart")
    assert set(told["layers"]) == {"mutual-ring", "rare-objects"}
    reasons = [reason["says"] for row in told["clusters"] for reason in row["reasons"]]
    assert reasons
    assert not [says for says in reasons if "apart at the median" in says]


def test_four_kinds_of_object_are_read_and_every_row_is_accounted_for(german):
    _, told = german

    lines = told["accounting"]
    kinds = ("domains", "hashtags", "images", "links")
    assert all(any(line.startswith(f"{kind} (1 file): ") for line in lines) for kind in kinds)
    assert told["rows"]["rows_read"] == 195_261
    assert told["matching"] > 0


def test_clusters_are_joined_by_several_kinds_and_show_their_posts(german):
    out, _ = german
    shown = [answer("show", f"#{place}", "--out", out) for place in range(1, 4)]

    assert {one["object_kind"] for each in shown for one in each["objects"]} > {"link", "domain"}
    assert all(each["joint_acts"] for each in shown)


def test_pairs_across_platforms_are_counted_as_their_members_say(german):
    out, _ = german
    clusters = answer("clusters", "--out", out, "--limit", 1000)["clusters"]
    across = [row for row in clusters if row["cross_platform_edges"]]

    assert sum(row["cross_platform_edges"] for row in across) > 10
    for row in across[:5]:
        edges = answer("show", row["cluster"], "--out", out)["edges"]
        pairs = {(edge["src"], edge["dst"]) for edge in edges}
        turned = {pair for pair in pairs if pair[0][:2] != pair[1][:2]}
        assert row["cross_platform_edges"] == len(turned), row["cluster"]
