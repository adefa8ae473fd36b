"""Rows are numbered in order by the engine's own way: never in one task over everything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from algorithms.calibration import drawn_accounts
from algorithms.dealing_anew import accounts_anew
from graph.schemas import ACCOUNTS
from tests.test_object_groups import table_of

TREE = Path(__file__).parents[1]
WHOLE = re.compile(r"\bover\s*\(\s*(order by|\))")
"""A window without parts: Spark sorts all of its rows in a single task."""
FEW = {
    "algorithms/explain/super_users.py": "a row for each number of acts that an account may have",
    "graph/engines/chance.py": "the local engine's",
    "graph/engines/places.py": "the local engine's",
    "jobs/evaluation/cnt_peer.py": "another tool's way, measured on the local engine",
    "review/by_cluster.py": "the clusters of a published run, on the local engine",
    "review/search.py": "what a published run holds of a text, for a page, on the local engine",
}
"""Files that have such windows, and why they may."""


def test_no_window_of_a_job_is_over_a_whole_table():
    files = [
        path
        for package in ("algorithms", "builders", "graph", "jobs", "review")
        for path in (TREE / package).rglob("*.py")
    ]
    found = {str(p.relative_to(TREE)) for p in files if WHOLE.search(p.read_text(encoding="utf-8"))}

    assert found == FEW.keys()


@pytest.fixture
def plans(engine, monkeypatch):
    """The plans of what an engine on Spark is asked, as text."""
    seen = []
    asked = type(engine)._asked

    def heard(self, query, params, tables):
        frame = asked(self, query, params, tables)
        seen.append(frame._jdf.queryExecution().executedPlan().toString())
        return frame

    monkeypatch.setattr(type(engine), "_asked", heard)
    return seen


@pytest.mark.spark
@pytest.mark.parametrize("engine", ["spark"], indirect=True)
def test_nothing_of_all_accounts_goes_through_one_task(engine, plans, table):
    lines = ["account | name | created_at"] + [f"a{n} | n{n} | {n}" for n in range(40)]
    accounts = table(engine, ACCOUNTS, "\n".join(lines))
    acts = table_of(engine, [n % 40 for n in range(200)], [0] * 200, list(range(200)))

    accounts_anew(accounts, seed=1)
    drawn_accounts(acts, number=9, at_least=2, seed=1)

    assert len(plans) >= 5
    assert not [plan for plan in plans if "SinglePartition" in plan or "Window" in plan]
    # The same question in one window is seen, so that silence says something.
    engine.query("select account, row_number() over (order by account) from {a}", a=accounts)
    assert "SinglePartition" in plans[-1] and "Window" in plans[-1]
