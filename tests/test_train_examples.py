"""What is learned from: decided clusters, each once, and all the others counted with a reason."""

from __future__ import annotations

import shutil

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.scorecard import ADDED, TERMS
from graph.engines import open_engine
from graph.errors import StoreError
from graph.schema import Schema
from graph.schemas import EVIDENCE, RUN_TABLES
from jobs.training.examples import AGAIN, EARLIER, EXCLUDED, GONE, Example, examples_in, values_of
from jobs.training.splits import FOLDS, campaigns_of, folds_of, split
from review.pointer import CURRENT, read_pointer, sealed_with
from review.store import Store
from tests.decided_runs import START, Found, publish

pytestmark = pytest.mark.local_only

VALUES = {term.name: float(place) for place, term in enumerate(TERMS)}


def found(name, outcome="confirmed", **changed):
    members = changed.pop("members", tuple(f"{name}-{n}" for n in range(4)))
    given = {"run": "run-a", "values": VALUES, "at": START, **changed}
    return Found(name=name, members=members, outcome=outcome, **given)


def examples(out):
    with Store.open(out / "review.sqlite") as store, open_engine("local", threads=1) as engine:
        return examples_in(out, store, engine)


def test_a_confirmed_cluster_is_a_ring_and_a_dismissed_one_is_not(tmp_path):
    publish(tmp_path, [found("a", at=START + 2), found("b", "dismissed", at=START + 1)])

    told = examples(tmp_path)

    assert [(each.cluster, each.confirmed) for each in told.used] == [("b", False), ("a", True)]
    assert told.used[0].members == {"b-0", "b-1", "b-2", "b-3"}
    assert (told.read, told.left_out) == (2, {})


def test_the_terms_are_read_in_their_order_and_what_is_not_known_stays_unknown(tmp_path):
    publish(tmp_path, [found("a", values={**VALUES, "loyalty": None})])

    (row,) = values_of(examples(tmp_path).used)

    names = [term.name for term in TERMS]
    assert np.isnan(row[names.index("loyalty")])
    assert [v for n, v in zip(names, row, strict=True) if n != "loyalty"] == [
        VALUES[n] for n in names if n != "loyalty"
    ]


def test_a_run_of_before_a_term_was_added_still_teaches_the_others(tmp_path):
    earlier = {name: value for name, value in VALUES.items() if name not in ADDED}
    publish(tmp_path, [found("a", values=earlier)])

    (row,) = values_of(examples(tmp_path).used)

    for term, value in zip(TERMS, row, strict=True):
        assert np.isnan(value) if term.name in ADDED else value == VALUES[term.name]


def test_a_run_with_terms_that_are_no_more_still_teaches_the_others(tmp_path):
    publish(tmp_path, [found("a", values={**VALUES, "looking": 3.0})])

    (row,) = values_of(examples(tmp_path).used)

    assert row.tolist() == [VALUES[term.name] for term in TERMS]


def test_every_other_decision_is_left_out_with_its_reason(tmp_path):
    lacking = {name: value for name, value in VALUES.items() if name != "leak"}
    publish(
        tmp_path,
        [
            found("a"),
            found("b", "mixed"),
            found("c", "needs-more"),
            found("d", values=lacking),
            found("e", values={**VALUES, "luck": 1.0}),
            found("f", excluded=("f-0", "f-1")),
            found("g", excluded=("g-0",)),
            found("h", "dismissed", excluded=("h-0", "h-1")),
            found("i", run="run-b"),
        ],
    )
    forget(tmp_path, "run-b")

    told = examples(tmp_path)

    assert [each.cluster for each in told.used] == ["a", "g", "h"]
    assert told.left_out == {
        "the outcome is `mixed`": 1,
        "the outcome is `needs-more`": 1,
        EARLIER: 2,
        EXCLUDED: 1,
        GONE: 1,
    }
    assert told.read == 9


def test_a_decision_that_was_taken_back_teaches_nothing(tmp_path):
    publish(tmp_path, [found("a"), found("b")])
    with Store.open(tmp_path / "review.sqlite") as store:
        store.undo("run-a", "a", reason="too soon", by="somebody")

    told = examples(tmp_path)

    assert ([each.cluster for each in told.used], told.read) == (["b"], 1)


def test_the_same_accounts_in_many_runs_are_one_example_with_the_newest_decision(tmp_path):
    nights = [
        found("a", run=f"run-{night}", at=START + night, outcome=outcome)
        for night, outcome in enumerate(("confirmed", "confirmed", "dismissed"))
    ]
    publish(tmp_path, [*nights, found("b", run="run-1")])

    told = examples(tmp_path)

    assert [(each.run, each.cluster, each.confirmed) for each in told.used] == [
        ("run-1", "b", True),
        ("run-2", "a", False),
    ]
    assert told.left_out == {AGAIN: 2}


def test_a_run_of_an_earlier_version_is_left_out_and_stops_nothing(tmp_path, monkeypatch):
    earlier = [column for column in EVIDENCE.columns if column.name != "log_odds"]
    with monkeypatch.context() as then:
        then.setitem(RUN_TABLES, "evidence", Schema("evidence", tuple(earlier), EVIDENCE.key))
        publish(tmp_path, [found("b", run="run-old")])
    publish(tmp_path, [found("a")])

    told = examples(tmp_path)

    assert ([each.cluster for each in told.used], told.left_out) == (["a"], {EARLIER: 1})


def test_a_damaged_run_is_refused_by_name(tmp_path):
    publish(tmp_path, [found("a")])
    (tmp_path / "runs" / "run-a" / "evidence.parquet").write_bytes(b"PAR1")

    with pytest.raises(StoreError, match=r"evidence.parquet` has 4 bytes"):
        examples(tmp_path)


def forget(out, run):
    """The run is published no more, and the store still knows it."""
    kept = [each for each in read_pointer(out) if each.run != run]
    (out / CURRENT).write_bytes(sealed_with(kept[0], kept[1:]))
    shutil.rmtree(out / "runs" / run)


# Accounts of a few campaigns, shared at random, so that chains and near misses both come up.
accounts = st.frozensets(st.integers(0, 11).map("a{}".format), min_size=3, max_size=6)
clusters = st.lists(st.tuples(accounts, st.integers(0, 9), st.booleans()), min_size=2, max_size=30)


def made(drawn):
    rows = [
        Example(
            run=f"run-{n}",
            cluster=f"c{n}",
            decided_at=START + at,
            decided_by="somebody",
            confirmed=confirmed,
            members=members,
            values=tuple(VALUES.values()),
        )
        for n, (members, at, confirmed) in enumerate(drawn)
    ]
    return sorted(rows, key=lambda one: (one.decided_at, one.run, one.cluster))


@settings(deadline=None)
@given(clusters)
def test_campaigns_are_the_components_of_clusters_that_share_three_accounts(drawn):
    members = [each for each, _, _ in drawn]
    graph = nx.Graph()
    graph.add_nodes_from(range(len(members)))
    graph.add_edges_from(
        (a, b) for a in range(len(members)) for b in range(a) if len(members[a] & members[b]) >= 3
    )

    campaigns = campaigns_of(members)

    expected = {frozenset(part) for part in nx.connected_components(graph)}
    assert {frozenset(np.flatnonzero(campaigns == one)) for one in set(campaigns)} == expected


@settings(deadline=None)
@given(clusters)
def test_nothing_that_is_tested_on_is_older_or_of_a_campaign_that_was_learned_from(drawn):
    rows = made(drawn)

    parted = split(rows)

    train, test = ([rows[n] for n in side] for side in (parted.train, parted.test))
    assert all(each.decided_at < parted.cut for each in train)
    assert all(each.decided_at >= parted.cut for each in test)
    assert all(len(a.members & b.members) < 3 for a in train for b in test)
    assert not set(parted.campaigns[parted.train]) & set(parted.campaigns[parted.test])
    assert len(train) + len(test) + parted.known == len(rows)
    assert train


@settings(deadline=None)
@given(clusters)
def test_the_test_begins_where_seventy_in_a_hundred_were_decided(drawn):
    rows = made(drawn)

    cut = split(rows).cut

    earlier = sum(each.decided_at < cut for each in rows)
    same = sum(each.decided_at == cut for each in rows)
    first = sum(each.decided_at == rows[0].decided_at for each in rows)
    assert earlier <= max(np.ceil(0.7 * len(rows)), first)
    assert earlier + max(same, 1) > 0.7 * len(rows)


@settings(deadline=None)
@given(clusters, st.integers(0, 5))
def test_folds_hold_campaigns_whole_and_each_kind_evenly(drawn, seed):
    rows = made(drawn)
    campaigns = campaigns_of([each.members for each in rows])
    confirmed = np.array([each.confirmed for each in rows])

    folds = folds_of(campaigns, confirmed, seed=seed)

    for campaign in set(campaigns):
        assert len(set(folds[campaigns == campaign])) == 1
    for kind in (set(campaigns[confirmed]), set(campaigns) - set(campaigns[confirmed])):
        sizes = [len({c for c in kind if folds[campaigns == c][0] == f}) for f in range(FOLDS)]
        assert max(sizes) - min(sizes) <= 1
