"""Networks of frames and files, jobs of files and mappings, and the names that are public."""

from __future__ import annotations

import dataclasses
import inspect
import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ringwatch as rw
from console.commands import COMMANDS

PUBLIC = [
    "Account",
    "BudgetExceeded",
    "Cluster",
    "ConfigError",
    "Console",
    "ExtractError",
    "Graph",
    "NotOnThisEngine",
    "RingwatchError",
    "Run",
    "SchemaError",
    "Simulated",
    "StoreError",
    "connect",
    "detect",
    "inspect",
    "network",
    "open",
    "runs",
    "simulate",
]
METHODS = [
    "account",
    "already",
    "clusters",
    "decide",
    "expand",
    "export",
    "graph",
    "joint_acts",
    "members",
    "name",
    "near",
    "notes",
    "out",
    "published",
    "report",
    "show",
    "table",
]


def test_the_public_names_are_these_and_each_says_what_it_is():
    assert sorted(rw.__all__) == PUBLIC
    assert all(inspect.getdoc(getattr(rw, name)) for name in PUBLIC)
    assert sorted(name for name in dir(rw.Run) if not name.startswith("_")) == METHODS
    fields = {field.name for field in dataclasses.fields(rw.Run)}
    assert all(inspect.getdoc(getattr(rw.Run, name)) for name in set(METHODS) - fields)


def test_a_command_is_a_verb_of_the_notebook_too():
    """What only a terminal needs is not: a demo, settings, the installation, an evaluation.

    Lasting ids, deliveries, people, second reviews, claims and the audit are those of the store
    (`review.store.Store`).
    """
    elsewhere = {"demo", "config", "doctor", "submit", "sweep", "evaluate", "train", "serve"}
    delivered = {"deliver", "approve", "cancel", "send", "receipts", "recall", "deliveries"}
    reviewed = {"second", "settle", "reviews", "claim"}
    of_the_store = {"identity", "suppress", "people", "audit", *delivered, *reviewed}
    verbs = {entry.name for entry in COMMANDS} - elsewhere - of_the_store

    assert verbs <= set(PUBLIC) | set(METHODS)


def frame(**changed) -> pd.DataFrame:
    columns = {
        "who": ["ann", "bob", "ann", "bob", "cat"],
        "link": ["a", "a", "b", "b", "b"],
        "when": [0, 20, 100, 130, 900],
    }
    return pd.DataFrame({**columns, **changed})


def network(given, **settings) -> pd.DataFrame:
    told = {"account": "who", "object": "link", "time": "when", "window": 60, "time_unit": "s"}
    return rw.network(given, **{**told, **settings})


def pairs(edges: pd.DataFrame) -> list[tuple[str, str, float]]:
    return list(edges[["src", "dst", "weight"]].itertuples(index=False, name=None))


def test_a_frame_gives_the_network_of_the_file_it_would_be(tmp_path):
    file = tmp_path / "posts.csv"
    frame().to_csv(file, index=False)

    held, read = network(frame()), network(file)

    assert pairs(held) == pairs(read) == [("ann", "bob", 2.0)]
    pd.testing.assert_frame_equal(held, read)
    assert held.attrs["directed"] is False
    assert "5 rows read = 5 used" in held.attrs["accounting"][0]


def test_what_was_assumed_is_told():
    edges = network(frame(when=pd.to_datetime(frame()["when"], unit="s")), time_unit=None)

    assert pairs(edges) == [("ann", "bob", 2.0)]
    assert any("its times are UTC" in note for note in edges.attrs["notes"])


@pytest.mark.parametrize(
    "who",
    [
        pd.array([7, 8, 7, 8, 9], dtype="Int64"),
        np.array([7, 8, 7, 8, 9], dtype=np.uint64),
        ["7", "8", "7", "8", "9"],
        pd.Categorical(["7", "8", "7", "8", "9"]),
    ],
    ids=["Int64", "uint64", "text", "category"],
)
def test_ids_are_text_or_whole_numbers(who):
    assert pairs(network(frame(who=who))) == [("7", "8", 2.0)]


def test_ids_beyond_what_a_double_holds_stay_apart():
    big = 2**53
    edges = network(frame(who=[big, big + 1, big, big + 1, big + 2]))

    assert pairs(edges) == [(str(big), str(big + 1), 2.0)]


def test_leading_zeros_and_words_for_nothing_are_ids():
    edges = network(frame(who=["007", "null", "007", "null", "7"]), window=1000)

    assert set(edges["src"]) | set(edges["dst"]) == {"007", "null", "7"}


@pytest.mark.parametrize("column", ["who", "link"])
def test_floating_point_ids_are_refused_with_the_reason(column):
    for values in ([1.0, 2, 1, 2, 3], [1, None, 1, 2, 3], np.array([1, 2, 1, 2, 3], np.float32)):
        with pytest.raises(
            rw.ConfigError, match=rf"`{column}` holds floating-point numbers.*2\^53.*'str'"
        ):
            network(frame(**{column: values}))


def test_other_columns_than_ids_are_refused_by_name():
    with pytest.raises(rw.ConfigError, match="column `who` is bool; ids are text"):
        network(frame(who=[True, False, True, False, True]))
    with pytest.raises(rw.ConfigError, match="mixes types"):
        network(frame(who=["7", 7, "7", 7, 8.5]))
    with pytest.raises(rw.ConfigError, match="two columns of one name"):
        network(pd.concat([frame(), frame()], axis=1))


def test_a_column_that_is_not_asked_for_may_hold_anything():
    odd = frame(other=[object(), 1, "x", None, 2.5])

    assert pairs(network(odd)) == [("ann", "bob", 2.0)]


def test_a_missing_column_is_named_with_the_nearest():
    with pytest.raises(rw.RingwatchError, match=r"`whoo`.*did you mean `who`"):
        network(frame(), account="whoo")


def test_times_that_are_none_stop_the_network_and_are_shown():
    with pytest.raises(rw.BudgetExceeded, match="`acted_at`: `soon`"):
        network(frame(when=["soon", "1", "2", "3", "4"]))

    kept = network(frame(when=["soon", "20", "100", "130", "900"]), quarantine_share=0.5)
    assert "1 quarantined" in kept.attrs["accounting"][0]


def test_the_toolkits_networks_are_there_too():
    directed = network(frame(), compat="cnt")

    assert directed.attrs["directed"] is True
    assert pairs(directed) == [("ann", "bob", 2.0), ("bob", "ann", 2.0)]


@settings(max_examples=8, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz"), st.integers(0, 200)),
        min_size=1,
        max_size=25,
    )
)
def test_a_frames_network_is_what_comparing_every_pair_gives(rows):
    expected: dict[tuple[str, str], int] = {}
    for place, (a, link, at) in enumerate(rows):
        for b, other, then in rows[place + 1 :]:
            if a != b and link == other and abs(at - then) <= 60:
                pair = (min(a, b), max(a, b))
                expected[pair] = expected.get(pair, 0) + 1

    edges = network(pd.DataFrame(rows, columns=["who", "link", "when"]))

    assert {(src, dst): weight for src, dst, weight in pairs(edges)} == expected


@pytest.fixture(scope="module")
def platform(tmp_path_factory) -> rw.Simulated:
    return rw.simulate(tmp_path_factory.mktemp("simulated") / "platform", interactions=100_000)


def test_a_platform_is_simulated_with_its_job(platform):
    about = json.loads((platform.out / "simulation.json").read_text())

    assert platform.interactions == about["interactions"]
    assert tomllib.loads(platform.job.read_text())["job"]["name"] == "simulated"


def test_columns_are_inspected_before_a_run(platform):
    columns = rw.inspect(platform.out / "shares").set_index("name")

    assert columns.loc["user_id", "guess"] == "account"
    assert columns.loc["url", "guess"] == "object"
    assert columns.attrs["says"]


def test_columns_are_not_told_beside_a_job(platform, tmp_path):
    with pytest.raises(rw.ConfigError, match="`mapping` goes with an extract, not with a job"):
        rw.detect(platform.job, account="user_id", out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_job_may_be_a_mapping(tmp_path: Path):
    ring = [
        {"who": f"r{place}", "link": f"s{n}", "when": 100_000 * n + place}
        for n in range(9)
        for place in range(4)
    ]
    random = np.random.default_rng(1)
    ordinary = {
        "who": [f"u{n}" for n in random.integers(0, 90, 2000)],
        "link": [f"l{n}" for n in random.integers(0, 200, 2000)],
        "when": random.integers(0, 900_000, 2000),
    }
    file = tmp_path / "posts.parquet"
    pd.concat([pd.DataFrame(ordinary), pd.DataFrame(ring)]).to_parquet(file, index=False)
    table = {
        "name": "posts",
        "path": str(file),
        "format": "parquet",
        "time_unit": "s",
        "map": {"account": "who", "action": "'post'", "object": "link", "acted_at": "when"},
    }
    extract = {"platform_start": "1970-01-01", "tables": [table]}

    run = rw.detect(
        {"job": {"name": "mapped"}, "extract": extract},
        out=tmp_path / "out",
        detectors=["shared-objects"],
        quiet=True,
    )

    assert run.published.manifest.job == "mapped"
    assert run.members("#1")["account"].tolist() == ["r0", "r1", "r2", "r3"]
