"""What `ringwatch show` prints of whatever cluster is flagged: the reason, what chance would give,
the score without each signal, and what speaks for innocence."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict

import pytest
from typer.testing import CliRunner

from algorithms.explain import ALL as EXPLANATIONS
from algorithms.scorecard import TERMS
from console.cli import app

pytestmark = pytest.mark.local_only

AGAINST_CHANCE = ("chance would give", "not tested against chance", "without an expected count")


def ringwatch(*args):
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def shown(village_run, tmp_path_factory):
    """Every flagged cluster of a village with rings of three kinds: its document and its text."""
    out = tmp_path_factory.mktemp("show") / "runs"
    shutil.copytree(village_run.path.parents[1], out)
    listed = json.loads(ringwatch("clusters", "--out", out, "--json"))["clusters"]
    flagged = [row["cluster"] for row in listed if row["flagged"]]
    return [
        (json.loads(ringwatch("show", name, "--out", out, "--json")), text)
        for name in flagged
        for text in [ringwatch("show", name, "--out", out)]
    ]


def evidence_of(document):
    """The rows of its evidence by kind."""
    kinds = defaultdict(list)
    for row in document["evidence"]:
        kinds[row["kind"]].append(row)
    return kinds


def test_the_village_has_clusters_of_several_ways_of_being_joined(shown):
    layers = {name for document, _ in shown for name in document["cluster"]["layers"].split(",")}

    assert len(shown) >= 3
    assert {"copied-text", "shared-traits", "shared-objects"} <= layers


def test_one_sentence_tells_the_reason_beside_what_chance_would_give(shown):
    for document, text in shown:
        says = document["cluster"]["says"]
        [line] = [line for line in text.splitlines() if line.startswith("flagged: ")]
        assert line.startswith(f"flagged: {says}; of a hundred such clusters ")
        assert re.search(r"\d", says)
        assert any(words in says for words in AGAINST_CHANCE)


def test_the_sentence_begins_with_a_reason_whose_measured_number_is_stored(shown):
    for document, _ in shown:
        reasons = evidence_of(document)["for"]
        [strongest] = [
            row for row in reasons if document["cluster"]["says"].startswith(row["says"])
        ]
        assert strongest["part"] == max(row["part"] for row in reasons)
        assert strongest["value"] is not None


def test_the_score_without_each_signal_is_told_a_row_each(shown):
    for document, text in shown:
        rows = evidence_of(document)["layer"]
        assert {row["name"].removeprefix("layer:") for row in rows} == set(
            document["cluster"]["layers"].split(",")
        )
        below = text.split("Without one layer, the members being the same")[1]
        table = below.split("Innocent explanations checked:")[0]
        for row in rows:
            assert row["name"].removeprefix("layer:") in table
            # A layer that alone joins them leaves no score, and the table says so in words.
            assert (row["value"] is None) == (row["says"] == "nothing else joins them")
        terms = evidence_of(document)["term"]
        assert {row["name"] for row in terms} == {f"term:{term.name}" for term in TERMS}
        assert all(0 <= row["without"] <= 1 for row in terms)


def test_every_innocent_explanation_is_told_with_what_was_measured_or_what_lacks(shown):
    for document, text in shown:
        below = text.split("Innocent explanations checked:")[1]
        rows = evidence_of(document)["checked"]
        assert len(rows) == len(EXPLANATIONS)
        for row in rows:
            degree = "" if row["degree"] is None else f" ({row['degree']:.0%})"
            name = row["name"].removeprefix("explanation:")
            assert f"  {name}{degree}: {row['says']}" in below
