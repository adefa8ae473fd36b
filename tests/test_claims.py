"""Claims are leases: they run out, are renewed by work, and never are two people's at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graph.errors import ConfigError, StoreError
from review.store import Store
from review.taking_in import take_in
from tests.lasting_runs import Day, publish

pytestmark = pytest.mark.local_only

RUN, NOW, MINUTE = "daily-000", 1_770_000_000_000, 60_000

RACE = """
import sys
from graph.errors import StoreError
from review.store import Store
path, by, clusters = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Store.open(path) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(clusters):
        try:
            store.claims.take("daily-000", f"k{number}", by=by, at=1_770_000_000_000)
        except StoreError:
            continue
        print(f"k{number}", flush=True)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("claims")
    publish(out, Day(0, {f"k{n}": [f"k{n}", f"{n}-a", f"{n}-b"] for n in range(40)}))
    with Store.open(out / "review.sqlite") as store:
        assert take_in(out, store) == []
    return out


@pytest.fixture
def path(made, tmp_path):
    return Path(shutil.copy(made / "review.sqlite", tmp_path))


@pytest.fixture
def store(path):
    with Store.open(path) as opened:
        yield opened


def take(store, by="jo", at=NOW, **given):
    return store.claims.take(RUN, "k1", by=by, at=at, **given)


def test_a_claim_keeps_others_out_until_it_runs_out_by_itself(store):
    assert take(store, minutes=10).until == NOW + 10 * MINUTE
    with pytest.raises(StoreError, match="`jo` is at work on cluster `k1` for 10 more minutes"):
        take(store, "al")
    assert list(store.claims.of_run(RUN, at=NOW + 9 * MINUTE)) == ["k1"]
    assert store.claims.of_run(RUN, at=NOW + 10 * MINUTE) == {}
    assert take(store, "al", NOW + 10 * MINUTE).by == "al"


def test_work_renews_ones_own_claim_and_nobody_elses(store):
    take(store)
    renewed = store.claims.renew(RUN, "k1", by="jo", at=NOW + 20 * MINUTE)
    assert (renewed.since, renewed.until) == (NOW, NOW + 50 * MINUTE)
    assert store.claims.renew(RUN, "k1", by="al", at=NOW + 20 * MINUTE) is None
    assert store.claims.renew(RUN, "k2", by="jo", at=NOW) is None
    assert store.claims.renew(RUN, "k1", by="jo", at=NOW + 51 * MINUTE) is None


def test_a_claim_is_let_go_of_by_its_holder(store):
    take(store)
    assert not store.claims.release(RUN, "k1", by="al", at=NOW)
    assert store.claims.release(RUN, "k1", by="jo", at=NOW)
    assert store.claims.of(RUN, "k1", at=NOW) is None
    assert take(store, "al").since == NOW


def test_no_decision_is_lost_to_a_claim(store):
    take(store, "al")
    store.decide(RUN, "k1", "confirmed", reason="begun before", by="jo", at=NOW, seen=0)
    with pytest.raises(StoreError, match="decided on meanwhile"):
        store.decide(RUN, "k1", "dismissed", reason="r", by="al", at=NOW, seen=0)


@pytest.mark.parametrize("minutes", [0, -1, 721])
def test_a_claim_has_a_length(store, minutes):
    with pytest.raises(ConfigError, match="lasts 1 to 720 minutes"):
        take(store, minutes=minutes)


def test_what_is_not_there_is_not_claimed(store):
    with pytest.raises(ConfigError, match="knows no cluster `nobody`"):
        store.claims.take(RUN, "nobody", by="jo", at=NOW)


def test_of_processes_that_race_one_gets_each_cluster(path, store):
    people = ["jo", "al", "lee", "zoe"]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(path), by, "40"],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for by in people
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    got = {by: racer.communicate()[0].split() for by, racer in zip(people, racers, strict=True)}

    assert sorted(name for names in got.values() for name in names) == sorted(
        f"k{n}" for n in range(40)
    )
    held = store.claims.of_run(RUN, at=NOW)
    assert {name: by for by, names in got.items() for name in names} == {
        name: claim.by for name, claim in held.items()
    }
