"""A card from a file is looked at value by value, and a job that names one is another job."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from algorithms.scorecard import ADDED, TERMS, Weight
from algorithms.scorecard_text import card_digest, card_text, default_card, read_card
from console.cli import app
from graph.errors import ConfigError
from jobs.config import job_from, read_job
from tests.decided_runs import other_mind

BINS = len(default_card().bins)
MAP = {"account": "who", "object": "what", "acted_at": "ts"}
EXTRACT = {"tables": [{"name": "likes", "path": "likes.csv", "time_unit": "s", "map": MAP}]}


def changed(*path, to):
    """The shipped card's JSON with one value changed."""
    given = json.loads(card_text(default_card()))
    inside = given
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = to
    return json.dumps(given)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", "a scorecard is an object with made_of, intercept, weights, bins, not []"),
        ("{}", "at odds: bins, intercept, made_of, weights"),
        (changed("made_of", to=7), "`made_of` is text, not 7"),
        (changed("intercept", to="1"), "`intercept` is a number, not '1'"),
        (changed("intercept", to=math.nan), "`intercept` is a number, not nan"),
        (changed("intercept", to=10**400), "`intercept` is a number, not 1000"),
        (changed("weights", to=[]), "`weights` is an object of terms, not []"),
        (changed("weights", "luck", to={}), "at odds: luck"),
        (changed("weights", "leak", to=1), "the weight of `leak` is an object with mean, scale"),
        (changed("weights", "leak", "scale", to=0), "`scale` in the weight of `leak` is above 0"),
        (changed("weights", "leak", "mean", to=True), "`mean` in the weight of `leak` is a number"),
        (changed("weights", "leak", "log_odds", to=2), "`leak` may only speak against a ring"),
        (changed("weights", "strength", "log_odds", to=-2), "`strength` may only speak for a ring"),
        (changed("bins", to=[]), "`bins` is a list with one bin at least"),
        (changed("bins", 0, "low", to=-0.1), f"bin 1 of {BINS} has an interval from -0.1"),
        (
            changed("bins", 0, "precision", to=1.5),
            f"`precision` in bin 1 of {BINS} is within [0, 1]",
        ),
        (
            changed("bins", 0, "clusters", to=1.5),
            f"`clusters` in bin 1 of {BINS} is a count, not 1.5",
        ),
        (changed("bins", 0, "up_to", to=None), "null in the last bin alone, and None in bin 1"),
        (changed("bins", 0, "up_to", to=99), "rises from bin to bin, and does not from bin 1"),
        (changed("bins", -1, "up_to", to=99), f"null in the last bin alone, and 99 in bin {BINS}"),
    ],
)
def test_what_a_card_may_not_say_is_refused_by_name(text, says):
    with pytest.raises(ValueError) as refused:
        read_card(text)

    assert says in str(refused.value)


def earlier():
    """The text of a card that was fitted before some terms were measured."""
    given = json.loads(card_text(default_card()))
    given["weights"] = {name: w for name, w in given["weights"].items() if name not in ADDED}
    return json.dumps(given)


def test_a_card_of_before_a_term_was_added_says_nothing_by_it():
    card = read_card(earlier())

    assert ADDED
    for name in ADDED:
        assert card.weights[name] == Weight(mean=0.0, scale=1.0, log_odds=0.0)
    assert read_card(card_text(card)) == card


def test_a_card_with_a_term_that_is_no_more_says_to_train_it_again():
    given = json.loads(card_text(default_card()))
    given["weights"]["looking"] = given["weights"]["watching"]

    with pytest.raises(ValueError, match="no longer are: looking; train it again"):
        read_card(json.dumps(given))


def test_an_added_term_is_held_to_its_sign():
    weight = {"mean": 0, "scale": 1, "log_odds": 0.5}

    with pytest.raises(ValueError, match="`watching` may only speak against a ring"):
        read_card(changed("weights", "watching", to=weight))


@given(st.text(max_size=30) | st.binary(max_size=30).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_card_or_a_value_error(text):
    with pytest.raises(ValueError):
        read_card(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(["made_of", "intercept", "weights", "bins"]), json_values)
def test_any_value_in_a_place_of_a_card_is_read_or_refused(key, value):
    try:
        read = read_card(changed(key, to=value))
    except ValueError:
        return

    assert read_card(card_text(read)) == read


def test_a_card_has_one_digest_however_it_is_written():
    compact = json.dumps(json.loads(card_text(default_card())), sort_keys=True)

    assert card_digest(read_card(compact)) == card_digest(default_card())
    assert card_digest(other_mind(days=1.0)) != card_digest(default_card())


def job(folder, **flags):
    return job_from({"extract": EXTRACT, "flags": flags}, base=folder)


def test_a_job_without_a_card_has_the_shipped_one(tmp_path):
    assert job(tmp_path).card == default_card()
    assert job(tmp_path, scorecard="none").card == default_card()


def test_a_job_takes_the_card_that_lies_beside_it(tmp_path):
    mine = other_mind(days=2.0)
    (tmp_path / "card.json").write_text(card_text(mine))

    assert job(tmp_path, scorecard="card.json").card == mine


def test_what_a_card_says_names_the_run_and_where_it_lies_does_not(tmp_path):
    for name, card in (("a", other_mind(days=2.0)), ("b", other_mind(days=2.5))):
        (tmp_path / f"{name}.json").write_text(card_text(card))
    shutil.copy(tmp_path / "a.json", tmp_path / "moved.json")
    (tmp_path / "shipped.json").write_text(card_text(default_card()))

    said = {
        name: job(tmp_path, scorecard=f"{name}.json").settings()
        for name in ("a", "b", "moved", "shipped")
    }

    assert said["a"] == said["moved"]
    assert said["a"] != said["b"]
    assert said["shipped"] == job(tmp_path).settings()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot read the scorecard"),
        ("{", "cannot be used: it is no JSON"),
        (changed("weights", "leak", "log_odds", to=2), "`leak` may only speak against a ring"),
        (changed("weights", "luck", to={}), "at odds: luck"),
    ],
)
def test_a_card_that_cannot_be_used_is_refused_with_the_file_and_the_mend(tmp_path, text, says):
    if text is not None:
        (tmp_path / "card.json").write_text(text)

    with pytest.raises(ConfigError) as refused:
        job(tmp_path, scorecard="card.json")

    assert str(tmp_path / "card.json") in str(refused.value)
    assert says in str(refused.value)
    assert text is None or "leave `scorecard` out of [flags]" in str(refused.value)


@pytest.mark.parametrize("name", ["\x00", "a" * 5000, "."])
def test_a_name_that_cannot_be_a_file_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot read the scorecard"):
        job(tmp_path, scorecard=name)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "card.json").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="is no text"):
        job(tmp_path, scorecard="card.json")


@pytest.fixture(scope="module")
def runs(ring_file, tmp_path_factory):
    """The same extract under the shipped card, and under one that believes in nothing."""
    folder = tmp_path_factory.mktemp("cards")
    doubter = replace(other_mind(days=0.5), intercept=-30.0)
    (folder / "doubter.json").write_text(card_text(doubter))
    told = ["--account", "who", "--object", "what", "--time", "ts", "--content", "post", "--quiet"]
    names = []
    for more in ([], ["--scorecard", str(folder / "doubter.json")]):
        args = ["detect", str(ring_file), *told, *more, "--out", str(folder / "out"), "--json"]
        result = CliRunner().invoke(app, args)
        assert result.exit_code == 0, result.stderr
        names.append(json.loads(result.stdout)["run"])
    return folder / "out" / "runs", doubter, names


@pytest.mark.local_only
def test_another_card_is_another_run_and_judges_by_its_own_terms(runs):
    folder, doubter, (shipped, other) = runs
    assert shipped != other

    terms = pq.read_table(folder / other / "evidence.parquet")
    days = terms.filter(pc.equal(terms["name"], "term:days")).to_pylist()[0]
    weight = doubter.weights["days"]
    expected = weight.log_odds * min((days["value"] - weight.mean) / weight.scale, 4.0)
    assert days["log_odds"] == pytest.approx(expected, abs=1e-5)
    names = {name for name in terms["name"].to_pylist() if name.startswith("term:")}
    assert names == {f"term:{term.name}" for term in TERMS}


@pytest.mark.local_only
def test_what_a_card_does_not_believe_in_is_not_flagged(runs):
    folder, doubter, (shipped, other) = runs

    before, after = (
        pq.read_table(folder / name / "clusters.parquet").to_pylist() for name in (shipped, other)
    )

    assert before[0]["flagged"]
    assert not any(row["flagged"] for row in after)
    assert after[0]["explained"] == "unlikely"
    manifest = json.loads((folder / other / "manifest.json").read_text())
    assert manifest["settings"]["flags"]["scorecard"] == card_digest(doubter)
    assert manifest["summary"]["scorecard"] == doubter.made_of


@pytest.mark.local_only
def test_a_job_file_names_its_card_relative_to_itself(tmp_path, ring_file):
    (tmp_path / "card.json").write_text(card_text(other_mind(days=2.0)))
    (tmp_path / "job.toml").write_text(
        f"""
        [[extract.tables]]
        name = "likes"
        path = {json.dumps(str(ring_file))}
        time_unit = "s"
        map = {{ account = "who", object = "what", acted_at = "ts" }}
        [flags]
        scorecard = "card.json"
        """
    )

    assert read_job(tmp_path / "job.toml").card == other_mind(days=2.0)
