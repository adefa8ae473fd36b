"""`ringwatch train`: from decisions to a card that is written if it is better, or to a refusal."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from algorithms.scorecard import FEW, TERMS
from algorithms.scorecard_text import card_digest, default_card, read_card
from console.cli import app
from tests.decided_runs import DAY, START, Found, Mind, found_by, other_mind, publish

pytestmark = pytest.mark.local_only

MIND = other_mind(intercept=-1.0, days=5.0, strength=2.0, text=2.5, leak=-0.3)
NOT_BETTER = r"It is (no better|worse) than the shipped card"
HOSTILE = [
    "x'; drop table decisions; --",
    '<script>alert("1")</script>',
    "| a | row | of | its | own |",
    "\x1b[31mred\x1b[0m",
    "line\nbreak",
    "\u202egnp.exe",
    "{braces} %s $1",
    "](javascript:alert(1))",
]


def ringwatch(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


def trained(out, *args):
    result = ringwatch("train", "--out", out, "--json", *args)
    assert result.exit_code in (0, 4), result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """Runs with 250 and more decisions of somebody who thinks otherwise, in hostile words."""
    out = tmp_path_factory.mktemp("decided")
    mind = Mind(card=MIND, campaigns=300, again=0.2, says=lambda n: HOSTILE[n % len(HOSTILE)])
    found = [replace(each, by=f"{each.by} {HOSTILE[3]}") for each in found_by(mind)]
    publish(out, found)
    return out


@pytest.fixture(scope="module")
def agreed(tmp_path_factory):
    """Runs whose decisions are drawn from the shipped card itself."""
    out = tmp_path_factory.mktemp("agreed")
    publish(out, found_by(Mind(card=default_card(), campaigns=190, again=0.2, seed=8)))
    return out


@pytest.fixture(scope="module")
def document(decided):
    return trained(decided)


def test_what_was_read_is_what_was_used_and_what_was_left_out(document):
    told = document["decisions"]

    assert told["read"] == told["used"] + sum(told["left_out"].values())
    assert told["used"] == told["confirmed"] + told["dismissed"] >= 200
    split = document["split"]
    sides = [split[side]["decisions"] for side in ("train", "test")]
    assert sum(sides) + split["later_of_known_campaigns"] == told["used"]
    assert told["campaigns"] == 300
    assert (told["runs"], told["deciders"]) == (6, 3)


def test_a_card_of_another_mind_is_better_than_the_shipped_one_and_is_written(decided, tmp_path):
    told = trained(decided, "--model-out", tmp_path / "card.json")

    assert told["outcome"] == "better"
    assert told["written"] == {
        "model": str(tmp_path / "card.json"),
        "card": str(tmp_path / "card.md"),
    }
    card = read_card((tmp_path / "card.json").read_text())
    assert card_digest(card) == told["card"]["sha256"]
    assert told["test"]["difference"]["brier"]["high"] < 0
    assert told["test"]["trained"]["brier"]["value"] < told["test"]["shipped"]["brier"]["value"]


def test_the_taught_card_is_nearer_to_the_mind_than_the_shipped_one(document):
    terms = {row["name"]: row for row in document["terms"]}

    # In direction: how sure a card is of all it says is another matter.
    there = [MIND.weights[name].log_odds for name in terms]
    trained, shipped = (
        np.corrcoef(there, [row[side] for row in terms.values()])[0, 1]
        for side in ("trained", "shipped")
    )
    assert trained > 0.95
    assert 1 - trained < (1 - shipped) / 2
    assert list(terms) == [term.name for term in TERMS]


def test_the_same_decisions_give_the_same_bytes(decided, document, tmp_path):
    trained(decided, "--model-out", tmp_path / "a.json")
    trained(decided, "--model-out", tmp_path / "b.json")

    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert trained(decided) == document


def test_small_clusters_that_were_decided_on_have_intervals_of_their_own(tmp_path):
    """Every other campaign has twelve members more; all others have five."""
    found = [
        replace(each, members=each.members + tuple(f"{each.name[:4]}-more-{n}" for n in range(12)))
        if int(each.name[1:4]) % 2
        else each
        for each in found_by(Mind(card=MIND, campaigns=300, again=0.2))
    ]
    publish(tmp_path / "out", found)

    told = trained(tmp_path / "out", "--model-out", tmp_path / "card.json")

    card = read_card((tmp_path / "card.json").read_text())
    small = sum(each.clusters for each in card.few_bins)
    learned = told["split"]["train"]["decisions"]
    assert {len(each.members) for each in found} == {5, 17}
    assert 5 < FEW < 17
    assert sum(each.clusters for each in card.bins) == learned
    assert 0.35 * learned < small < 0.65 * learned


def test_a_card_that_is_no_better_is_said_to_be_so_and_not_written(agreed, tmp_path):
    result = ringwatch("train", "--out", agreed, "--model-out", tmp_path / "card.json")

    assert result.exit_code == 4
    assert re.search(NOT_BETTER, result.stdout)
    assert "was not written; `--anyway`" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_is_written_all_the_same_when_told_so(agreed, tmp_path):
    told = trained(agreed, "--model-out", tmp_path / "card.json", "--anyway")

    assert told["outcome"] != "better"
    assert read_card((tmp_path / "card.json").read_text()).made_of == told["card"]["made_of"]
    assert re.search(NOT_BETTER, (tmp_path / "card.md").read_text())


def test_without_a_file_it_reports_and_ends_well(agreed):
    result = ringwatch("train", "--out", agreed)

    assert result.exit_code == 0
    assert "average precision" in result.stdout
    assert re.search(NOT_BETTER, result.stdout)


def test_the_model_card_holds_every_measure_term_and_count(decided, document, tmp_path):
    ringwatch("train", "--out", decided, "--card-out", tmp_path / "about.md")

    text = (tmp_path / "about.md").read_text()
    for name in ("average precision", "Brier score", "calibration slope", "prevalence"):
        assert f"| {name}" in text
    for term in TERMS:
        assert f"| `{term.name}` |" in text
    assert document["card"]["sha256"] in text
    assert f"{document['decisions']['used']:,} are used" in text
    assert "## Limits" in text


def test_no_word_of_a_reviewer_gets_into_what_is_written(decided, tmp_path):
    result = ringwatch("train", "--out", decided, "--model-out", tmp_path / "card.json")

    told = [path.read_text() for path in tmp_path.iterdir()] + [result.stdout]
    assert len(told) == 3
    for text in told:
        assert not any(words in text for words in (*HOSTILE, "reviewer 1"))
        assert re.fullmatch(r"[^\x00-\x09\x0b-\x1f\u202e]*", text)


def test_the_tables_of_the_model_card_have_as_many_cells_as_headings(decided, tmp_path):
    ringwatch("train", "--out", decided, "--card-out", tmp_path / "about.md")

    lines = (tmp_path / "about.md").read_text().splitlines()
    tables = re.findall(r"(?:^\|.*\n?)+", "\n".join(lines) + "\n", flags=re.MULTILINE)
    assert len(tables) >= 4
    for table in tables:
        assert len({line.count(" | ") for line in table.splitlines()}) == 1


def test_too_few_decisions_are_refused_with_how_many_lack(tmp_path):
    values = {term.name: 0.0 for term in TERMS}
    found = [
        Found(
            run="run-a",
            name=f"c{n}",
            members=tuple(f"c{n}-{m}" for m in range(4)),
            values=values,
            outcome=outcome,
            at=START + n,
        )
        for n, outcome in enumerate(["confirmed", "dismissed", "mixed"])
    ]
    publish(tmp_path, found)

    result = ringwatch("train", "--out", tmp_path)

    assert result.exit_code == 2
    assert "taught by 200 decisions or more, and there are 2: 198 lack" in result.stderr
    assert "1 left out: the outcome is `mixed`" in result.stderr
    assert "--least" in result.stderr


def test_too_few_campaigns_of_one_kind_are_refused_on_either_side(tmp_path):
    values = {term.name: 0.0 for term in TERMS}

    def clusters(*outcomes):
        return [
            Found(
                run="run-a",
                name=f"c{n:02}",
                members=tuple(f"c{n:02}-{m}" for m in range(4)),
                values=values,
                outcome=outcome,
                at=START + n * DAY,
            )
            for n, outcome in enumerate(outcomes)
        ]

    early, late = ["confirmed", "dismissed"] * 14, ["confirmed"] * 12
    publish(tmp_path / "late", clusters(*early, *late))
    publish(tmp_path / "early", clusters(*["dismissed"] * 28, *["confirmed"] * 6, *["mixed"] * 6))

    late_result = ringwatch("train", "--out", tmp_path / "late", "--least", 10)
    early_result = ringwatch("train", "--out", tmp_path / "early", "--least", 10)

    assert (late_result.exit_code, early_result.exit_code) == (2, 2)
    assert "first decided on from 2026-01-29" in late_result.stderr
    assert "12 are confirmed and 0 dismissed, and 5 of each" in late_result.stderr
    assert "decided on before 2026-01-25" in early_result.stderr
    assert "0 are confirmed and 24 dismissed" in early_result.stderr


def test_a_folder_without_runs_is_refused_and_stays_empty(tmp_path):
    result = ringwatch("train", "--out", tmp_path)

    assert result.exit_code == 2
    assert "no run is published" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["--model-out", "nowhere/card.json"], "its folder is not there"),
        (["--model-out", "."], "it is a folder"),
        (["--model-out", "card.md"], "cannot hold the card and the model card"),
        (["--model-out", "a.json", "--card-out", "a.json"], "cannot hold the card and"),
    ],
)
def test_what_could_not_be_written_is_refused_before_the_work(
    decided, asked, says, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)

    result = ringwatch("train", "--out", decided, *asked)

    assert result.exit_code == 2
    assert says in result.stderr
    assert list(tmp_path.iterdir()) == []
