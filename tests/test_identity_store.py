"""Lasting ids in the store and on the command line: decisions follow them, people correct them."""

from __future__ import annotations

import json
import sqlite3

import pytest
from typer.testing import CliRunner

from console.cli import app
from graph.errors import ConfigError, StoreError
from review.run import open_run, runs
from review.store import Store
from review.taking_in import take_in
from tests.lasting_runs import Day, publish

pytestmark = pytest.mark.local_only

RING = [f"r{n}" for n in range(8)]
PAIR = [f"p{n}" for n in range(6)]
OTHER = [f"q{n}" for n in range(5)]


@pytest.fixture
def told(tmp_path):
    """Days in a folder, taken into the store beside it; give the store."""
    opened = []

    def tell(*days):
        publish(tmp_path, *days)
        store = Store.open(tmp_path / "review.sqlite")
        opened.append(store)
        assert take_in(tmp_path, store) == []
        return store

    yield tell
    for store in opened:
        store.close()


def command(tmp_path, *args, fails=0):
    result = CliRunner().invoke(app, [*args, "--out", str(tmp_path)])
    assert result.exit_code == fails, result.stderr
    return result.stderr if fails else result.stdout


def id_of(store, run, cluster):
    return store.identities.of_cluster(run, cluster).identity


def test_runs_go_in_in_the_order_of_their_time_whichever_is_asked_for(tmp_path):
    days = [Day(n, {"r0": [*RING, *PAIR[:n]]}) for n in range(3)]
    publish(tmp_path, days[2], days[0], days[1])

    shown = json.loads(command(tmp_path, "show", "r0", "--run", "daily-001", "--json"))

    assert [entry.run for entry in runs(tmp_path)] == ["daily-001", "daily-000", "daily-002"]
    assert shown["identity"]["version"] == 2
    assert shown["identity"]["gained"] == 1


def test_a_grown_cluster_shows_who_is_new_and_they_inherit_no_verdict(told, tmp_path):
    store = told(Day(0, {"r0": [*RING, "~w"]}), Day(1, {"r0": [*RING[1:], *PAIR, "w"]}))
    store.decide("daily-000", "r0", "confirmed", reason="r", by="jo", excluded=["r7"])

    seen = store.identities.of_cluster("daily-001", "r0")

    assert seen.carried.says == "confirmed (run daily-000), 7 new since the decision, 1 gone"
    assert seen.carried.fresh == (*PAIR, "w")
    assert seen.carried.verdicts["r7"] == ("excluded", 2 + 1)
    assert {seen.carried.verdicts[account][0] for account in RING[1:7]} == {"confirmed"}
    assert store.state("daily-001", "r0") == "grown"
    listed = json.loads(command(tmp_path, "clusters", "--json"))["clusters"][0]
    assert listed["before"].startswith("confirmed (run daily-000), 7 new")
    assert listed["id"] == seen.identity


def test_the_newest_decision_that_speaks_of_an_account_counts(told):
    store = told(
        Day(0, {"r0": RING}), Day(1, {"r0": [*RING[2:], *PAIR[:2]]}), Day(2, {"r0": [*RING, *PAIR]})
    )
    store.decide("daily-001", "r0", "dismissed", reason="fans", by="al")
    store.decide("daily-000", "r0", "confirmed", reason="ring", by="jo")
    later = store.decide("daily-001", "r0", "mixed", reason="looked again", by="al")

    held = store.identities.of_cluster("daily-002", "r0").carried

    assert held.decision.seq == later.seq
    assert held.verdicts["r0"][0] == "confirmed"
    assert held.verdicts["r5"][0] == held.verdicts["p1"][0] == "mixed"
    assert held.fresh == tuple(PAIR[2:])
    store.undo("daily-001", "r0", reason="mistake", by="al")
    held = store.identities.of_cluster("daily-002", "r0").carried
    assert held.verdicts["r5"][0] == "confirmed"
    assert held.verdicts["p1"][0] == "dismissed"


def test_a_merged_id_leads_to_the_one_it_went_into_for_ever(told, tmp_path):
    both = [*RING, *PAIR]
    store = told(Day(0, {"r0": RING, "p0": PAIR}), Day(1, {"p0": both}), Day(2, {"p0": both}))
    big, small = id_of(store, "daily-000", "r0"), "CL-2026-000002"

    assert big == id_of(store, "daily-002", "p0")
    assert store.identities.biography(small).identity == big
    assert "CL-2026-000001" in command(tmp_path, "show", small)
    says = command(tmp_path, "identity", small)
    assert f"{small} went into {big} (6 accounts, run daily-001)" in " ".join(says.split())


def test_a_merge_that_a_person_takes_back_is_not_made_again(told, tmp_path):
    both = [*RING, *PAIR]
    days = [Day(0, {"r0": RING, "p0": PAIR}), Day(1, {"p0": both})]
    store = told(*days)
    command(tmp_path, "identity", "CL-2026-000002", "--undo", "1", "--reason", "two vendors")
    told(Day(2, {"p0": both}), Day(3, {"r0": RING, "p0": PAIR}))

    assert store.identities.biography("CL-2026-000002").names == ("CL-2026-000002",)
    assert id_of(store, "daily-003", "p0") == "CL-2026-000002"
    assert id_of(store, "daily-003", "r0") == id_of(store, "daily-002", "p0") == "CL-2026-000001"
    kinds = [
        (each.kind, each.stands) for each in store.identities.biography("CL-2026-000002").events
    ]
    assert kinds == [("merge", False), ("undo", True)]
    with pytest.raises(ConfigError, match="taken back already"):
        store.identities.undo(1, reason="r", by="jo", at=1)
    store.identities.undo(2, reason="they are one", by="jo", at=1)
    assert store.identities.biography("CL-2026-000002").identity == "CL-2026-000001"
    assert store.verify_history() == 4 + 2


def test_a_split_that_a_person_takes_back_joins_the_pieces_from_then_on(told, tmp_path):
    store = told(Day(0, {"r0": RING}), Day(1, {"r0": RING[:5], "r5": RING[5:]}))
    assert id_of(store, "daily-001", "r5") == "CL-2026-000002"

    store.identities.undo(1, reason="one vendor", by="jo", at=1)
    told(Day(2, {"r0": RING[:5], "r5": RING[5:]}))

    assert store.identities.clusters_of("CL-2026-000001", "daily-002") == ["r0", "r5"]
    assert id_of(store, "daily-002", "r5") == "CL-2026-000001"
    says = command(tmp_path, "show", "CL-2026-000001", fails=2)
    assert "has 2 clusters in this run: `r0`, `r5`" in says


def test_a_cluster_that_is_gone_goes_stale_and_is_kept(told, tmp_path):
    store = told(Day(0, {"r0": RING, "q0": OTHER}), *(Day(n, {"q0": OTHER}) for n in (1, 2)))

    assert store.identities.biography("CL-2026-000001").stale == 2
    assert "not seen in 2 runs since" in command(tmp_path, "identity", "CL-2026-000001")
    says = command(tmp_path, "show", "CL-2026-000001", fails=2)
    assert "it was seen last in `daily-000`: ask with `--run daily-000`" in says
    assert "no cluster has the id `CL-2026-000009`" in command(
        tmp_path, "identity", "CL-2026-000009", fails=2
    )


THINGS = [
    ("r0", "device", "d-77", 8, 9),
    ("r0", "link", "http://known.example/everybody", 8, 4000),
    ("r0", "link", "http://own.example/?q=<script>", 5, 6),
]


def test_a_confirmed_ring_with_other_accounts_is_told_with_what_it_shares(told, tmp_path):
    fresh = [f"x{n}" for n in range(6)]
    store = told(Day(0, {"r0": RING, "q0": OTHER}, things=THINGS))
    store.decide("daily-000", "r0", "confirmed", reason="r", by="jo")
    things = [
        ("x0", "device", "d-77", 6, 6),
        ("x0", "link", "http://known.example/everybody", 6, 4000),
        ("q0", "device", "d-77", 3, 4),
    ]
    told(Day(1, {"x0": fresh, "q0": OTHER}, things=things))

    (back,) = store.identities.of_cluster("daily-001", "x0").returns
    assert (back.identity, back.objects) == ("CL-2026-000001", 1)
    assert back.evidence == (
        {
            "kind": "device", "object": "d-77", "members": 6, "population": 6,
            "members_then": 8, "population_then": 9,
        },
    )  # fmt: skip
    assert store.identities.of_cluster("daily-001", "q0").returns == ()
    shown = " ".join(command(tmp_path, "show", "x0").split())
    assert "possible return of CL-2026-000001: 1 things were mostly its own" in shown


@pytest.mark.parametrize("outcome", ["dismissed", "undone", None])
def test_nobody_returns_of_a_ring_that_is_not_confirmed(told, outcome):
    store = told(Day(0, {"r0": RING}, things=THINGS))
    if outcome:
        store.decide("daily-000", "r0", "confirmed", reason="r", by="jo")
    if outcome == "dismissed":
        store.decide("daily-000", "r0", "dismissed", reason="r", by="jo")
    if outcome == "undone":
        store.undo("daily-000", "r0", reason="r", by="jo")
    told(Day(1, {"x0": ["x0", "x1", "x2"]}, things=[("x0", "device", "d-77", 3, 3)]))

    assert store.identities.of_cluster("daily-001", "x0").returns == ()


def test_what_was_assigned_stands_in_the_history_and_an_altered_id_is_found_out(told, tmp_path):
    store = told(Day(0, {"r0": RING}), Day(1, {"r0": RING}))
    assert store.identities.verify() == 2
    kept = [entry.details["identities"] for entry in store.history()]
    assert [(each["new"], each["kept"]) for each in kept] == [(1, 0), (0, 1)]

    raw = sqlite3.connect(tmp_path / "review.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="sightings is append-only"):
        raw.execute("update sightings set version = 7")
    raw.execute("drop trigger sightings_no_update")
    raw.execute("update sightings set version = 7 where run = 'daily-001'")
    raw.commit()
    raw.close()

    with pytest.raises(StoreError, match="the ids of run `daily-001` were altered"):
        store.identities.verify()


def test_runs_that_an_earlier_version_took_in_get_ids_when_one_is_opened_next(told, tmp_path):
    store = told(Day(0, {"r0": RING}), Day(1, {"r0": RING}))
    raw = sqlite3.connect(tmp_path / "review.sqlite")
    for table in ("identified", "sightings", "identities"):
        raw.execute(f"drop trigger {table}_no_delete")
    for table in ("fronts", "identified", "sightings", "identities"):
        raw.execute(f"delete from {table}")
    raw.commit()
    raw.close()
    assert store.identities.of_run("daily-001") == {}

    assert not store.import_run(open_run(tmp_path))

    assert id_of(store, "daily-001", "r0") == "CL-2026-000001"
    told(Day(2, {"r0": RING}))

    assert id_of(store, "daily-000", "r0") == id_of(store, "daily-002", "r0") == "CL-2026-000001"
    assert [entry.action for entry in store.history()][-3:] == ["identify", "identify", "import"]
    assert store.identities.verify() == 3
    assert open_run(tmp_path).name == "daily-002"
