"""The decoy: acts dealt anew inside each hour, and what the job flags there."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from algorithms.dealing_anew import accounts_anew, drawn_anew
from graph.schemas import ACCOUNTS
from jobs.detect import detect
from tests.test_object_groups import HOUR, table_of


def acts(rows: int = 400, *, mixed: int | None = None):
    rng = np.random.default_rng(8)
    account, object_ = rng.integers(0, 20, rows), rng.integers(0, 15, rows)
    acted_at = rng.integers(-6 * HOUR, 6 * HOUR, rows)
    order = np.arange(rows) if mixed is None else np.random.default_rng(mixed).permutation(rows)
    # The topic is the object's.
    return account[order], object_[order], acted_at[order], object_[order]


def dealt(engine, *, seed, mixed=None):
    account, object_, acted_at, carried = acts(mixed=mixed)
    return drawn_anew(table_of(engine, account, object_, acted_at, topic=carried), seed=seed).rows()


def test_accounts_and_objects_keep_how_often_they_are_there_in_each_hour(engine):
    account, object_, acted_at, _ = acts()
    rows = dealt(engine, seed=0)
    hours = acted_at // HOUR
    for name, letter, before in (("account", "a", account), ("object", "o", object_)):
        found = Counter((row[name], row["acted_at"] // HOUR) for row in rows)
        assert found == Counter((f"{letter}{n}", h) for n, h in zip(before, hours, strict=True))
    assert sorted((r["object"], r["acted_at"]) for r in rows) == sorted(
        (f"o{o}", t) for o, t in zip(object_, acted_at, strict=True)
    )


def test_attributes_go_with_the_act(engine):
    assert all(row["topic"] == f"t{row['object'][1:]}" for row in dealt(engine, seed=0))


def test_what_is_known_of_accounts_is_dealt_among_them(engine, table):
    accounts = table(
        engine,
        ACCOUNTS,
        "\n".join(["account | name | created_at"] + [f"a{n} | n{n} | {n}" for n in range(30)]),
    )
    rows = accounts_anew(accounts, seed=1).rows()
    assert sorted(row["account"] for row in rows) == sorted(f"a{n}" for n in range(30))
    assert sorted(row["created_at"] for row in rows) == list(range(30))
    assert all(row["name"] == f"n{row['created_at']}" for row in rows)
    assert sum(row["name"][1:] == row["account"][1:] for row in rows) < 8


def test_who_met_whom_is_drawn_anew_by_the_seed_and_not_by_the_order_of_rows(engine):
    account, object_, acted_at, _ = acts()
    before = {(f"a{a}", f"o{o}", t) for a, o, t in zip(account, object_, acted_at, strict=True)}
    first = dealt(engine, seed=0)
    assert first == dealt(engine, seed=0, mixed=3)
    assert first != dealt(engine, seed=1)
    stayed = sum((r["account"], r["object"], r["acted_at"]) in before for r in first)
    assert stayed < 0.15 * len(first)


@pytest.mark.slow_on_spark
def test_a_job_flags_its_ring_and_nothing_in_the_decoy(engine, small_job, tmp_path):
    rng = np.random.default_rng(2)
    begin = 1_700_006_400_000
    account, object_ = rng.integers(0, 300, 6000), rng.integers(0, 200, 6000)
    acted_at = rng.integers(0, 5 * 24 * HOUR, 6000)
    crowd = [(f"u{a}", f"o{o}", int(t)) for a, o, t in zip(account, object_, acted_at, strict=True)]
    ring = [(f"r{m}", f"x{o}", o * 5 * HOUR + m * 1000) for o in range(20) for m in range(8)]
    rows = [
        {"account": a, "action": "like", "object": o, "object_kind": "post", "acted_at": begin + t}
        for a, o, t in crowd + ring
    ]
    plain = detect(small_job(rows), tmp_path / "out").run
    decoyed = detect(small_job(rows, engine=engine, job={"decoy": True}), tmp_path / "out").run

    assert plain.name != decoyed.name
    assert "decoy" not in plain.manifest.summary
    assert decoyed.manifest.summary["flagged"] == plain.manifest.summary["flagged"] == 1
    assert decoyed.manifest.summary["decoy"]["decoy_flagged"] == 0
    for name in ("clusters", "members", "edges"):
        assert plain.table_path(name).read_bytes() == decoyed.table_path(name).read_bytes()
