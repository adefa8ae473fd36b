"""A run held open answers as one that is opened for each question, and follows the store."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from graph.engines import open_engine
from review.by_cluster import FOLDER, by_cluster
from review.held import held
from review.paged import page_of_clusters
from review.queries import list_clusters
from review.report.view import report_input
from review.run import open_run
from review.run_tables import READ, RunTables
from review.store import Store
from tests.web_consoles import START, publish, town

pytestmark = pytest.mark.local_only


@pytest.fixture
def place(tmp_path):
    rows = town(12)
    # Ids whose order is another than that of the clusters they are in.
    rows["edges"] += [
        {"src": "a001", "dst": "a002", "layer": "links", "weight": 9.0},
        {"src": "a003", "dst": "a003-friend", "layer": "copied-text", "weight": 1.0},
    ]
    told = {"layer": "links", "object_kind": "link", "object": "x", "src_at": START}
    rows["joint_acts"] = [
        {"src": name, "dst": f"{name}-friend", "cluster": name, **told, "dst_at": START + at}
        for at in (9, 5)
        for name in ("a003", "a001", "a002")
    ]
    publish(tmp_path, "run", **rows)
    run = open_run(tmp_path)
    with (
        open_engine("local", threads=1, again=True) as engine,
        Store.open(tmp_path / "s.sqlite") as store,
    ):
        store.import_run(run)
        yield run, engine, store


def test_lists_are_those_of_the_run_opened_anew(place):
    run, engine, store = place
    kept = held(run, engine, store)
    for asked in (
        {"text": "ANN A00"},
        {"text": "x.org/a007"},
        {"text": "%"},
        {"layer": "copied-text", "flagged": True},
        {"state": "open"},
        {"state": "confirmed"},
        {"min_precision": 0.5},
    ):
        anew = list_clusters(run, store, **asked)
        assert list_clusters(kept, store, engine=engine, **asked) == anew
        page = page_of_clusters(kept, store, engine=engine, limit=2, **asked)
        assert page.matching == anew.num_rows


def test_decisions_of_others_are_followed_and_so_is_their_undoing(place):
    run, engine, store = place
    kept = held(run, engine, store)
    assert kept.states(store) == {}

    for name, outcome in (("a001", "confirmed"), ("a002", "mixed")):
        store.decide("run", name, outcome, reason="seen", by="jo")
    assert kept.states(store) == store.states("run") == {"a001": "confirmed", "a002": "mixed"}
    before = kept.states(store)

    store.decide("run", "a001", "dismissed", reason="looked again", by="al")
    store.undo("run", "a002", reason="a slip", by="jo")
    assert kept.states(store) == store.states("run") == {"a001": "dismissed"}
    # Who asked before has what held before.
    assert before == {"a001": "confirmed", "a002": "mixed"}

    store.undo("run", "a001", reason="a slip", by="al")
    assert kept.states(store) == store.states("run") == {"a001": "confirmed"}
    rows = list_clusters(kept, store, engine=engine, state="confirmed")
    assert rows["cluster"].to_pylist() == ["a001"]
    assert rows["state"].to_pylist() == ["confirmed"]


def test_what_came_since_is_told_with_its_number(place):
    store = place[2]
    made = store.decide("run", "a001", "confirmed", reason="seen", by="jo")
    assert store.states_after("run", 0) == (made.seq, {"a001": "confirmed"})
    assert store.states_after("run", made.seq) == (made.seq, {})

    undone = store.undo("run", "a001", reason="a slip", by="jo")
    assert store.states_after("run", made.seq) == (undone.seq, {"a001": "open"})


def test_a_cluster_is_the_same_by_the_copies_in_its_order(place):
    run, engine, store = place
    with run.opened(engine, *READ) as tables:
        anew = {name: report_input(RunTables(**tables), name) for name in ("a001", "a003", "a012")}
    with held(run, engine, store).opened(engine, *READ, "edges_inside") as tables:
        for name, view in anew.items():
            copied = report_input(RunTables(**tables), name)
            for part in ("edges", "joint_acts", "members", "evidence", "objects"):
                one, other = getattr(view, part), getattr(copied, part)
                order = [(column, "ascending") for column in one.column_names]
                assert one.sort_by(order) == other.sort_by(order), (name, part)
            assert view.facts == copied.facts
    assert anew["a003"].edges.num_rows == 2 and anew["a003"].joint_acts.num_rows == 2


def test_copies_made_piece_by_piece_are_the_same(place, monkeypatch):
    run, engine, _ = place
    at_once = {name: pq.read_table(path) for name, path in by_cluster(run, engine).items()}
    for path in by_cluster(run, engine).values():
        path.unlink()
    monkeypatch.setattr("review.by_cluster.CLUSTERS_AT_ONCE", 5)

    pieces = {name: pq.read_table(path) for name, path in by_cluster(run, engine).items()}
    assert pieces == at_once
    assert at_once["edges_inside"]["cluster"].to_pylist().count("a003") == 2


def test_copies_are_made_once_and_again_where_somebody_removed_them(place):
    run, engine, _ = place
    paths = by_cluster(run, engine)
    bytes_before = {name: path.read_bytes() for name, path in paths.items()}
    made = {path: path.stat().st_mtime_ns for path in paths.values()}

    assert by_cluster(run, engine) == paths
    assert {path: path.stat().st_mtime_ns for path in paths.values()} == made
    assert all(FOLDER in path.parts for path in paths.values())

    paths["acts_inside"].unlink()
    assert {n: p.read_bytes() for n, p in by_cluster(run, engine).items()} == bytes_before


def test_another_engine_or_store_is_answered_for_the_question(place, tmp_path):
    run, engine, store = place
    kept = held(run, engine, store)
    with (
        open_engine("local", threads=1) as other,
        Store.open(tmp_path / "other.sqlite") as elsewhere,
    ):
        elsewhere.import_run(run)
        elsewhere.decide("run", "a004", "mixed", reason="seen", by="jo")
        rows = list_clusters(kept, elsewhere, engine=other, text="a004", state="mixed")
    assert rows["cluster"].to_pylist() == ["a004"]
    assert kept.states(store) == {}
