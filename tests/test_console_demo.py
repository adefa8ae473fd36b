"""`ringwatch demo`: one command from nothing to ranked clusters, compared with the truth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app


def demo(*args):
    return CliRunner().invoke(app, ["demo", *(str(arg) for arg in args), "--quiet"])


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The folder of a demo of 100,000 interactions, and what it showed."""
    out = tmp_path_factory.mktemp("demo")
    result = demo("--out", out, "-n", 100_000)
    assert result.exit_code == 0, result.stderr
    return out, result.stdout


def test_it_ends_with_clusters_reasons_pages_the_truth_and_what_to_do_next(shown):
    out, text = shown

    assert "#1 " in text and "accounts" in text
    assert "Against what was planted" in text
    assert "precision" in text and "recall" in text
    assert f"the pages open offline: {out / 'report' / 'index.html'}" in text
    assert (out / "report" / "index.html").is_file()
    assert f"ringwatch show '#1' --out {out / 'runs'}" in text
    assert f"ringwatch serve --out {out / 'runs'}" in text


def test_run_again_it_changes_nothing_and_tells_the_truth_as_numbers(shown):
    out, _ = shown
    extract = {path: path.stat().st_mtime_ns for path in (out / "extract").rglob("*")}

    again = json.loads(demo("--out", out, "-n", 100_000, "--json").stdout)

    assert again["already"] is True
    assert {path: path.stat().st_mtime_ns for path in (out / "extract").rglob("*")} == extract
    rings = {one["kind"]: one for one in again["truth"]["rings"]}
    assert rings["L0"]["found"] == rings["L0"]["groups"] == 1
    assert rings["L0"]["named"] <= rings["L0"]["accounts"]
    assert 0 < again["truth"]["precision"] <= 1
    assert Path(again["report"]).is_file()


def test_another_platform_in_the_same_folder_is_refused(shown):
    out, _ = shown

    result = demo("--out", out, "-n", 100_000, "--seed", 2)

    assert result.exit_code == 2
    assert "holds another platform (100,000 interactions, seed 1)" in result.stderr


def test_the_same_demo_elsewhere_is_said_to_be_the_same_and_another_platform_to_differ(
    shown, tmp_path
):
    out, _ = shown
    again, other = tmp_path / "again", tmp_path / "other"

    same = demo("--out", again, "-n", 100_000, "--against", out, "--json")
    differs = demo("--out", other, "-n", 100_000, "--seed", 2, "--against", out)

    assert same.exit_code == 0, same.stderr
    found = json.loads(same.stdout)["against"]
    assert found["differing"] == {} and "clusters" in found["identical"]
    assert differs.exit_code != 0
    assert f"the run differs from that in `{out}`: table `" in differs.stderr
