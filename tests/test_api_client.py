"""`ringwatch.connect`: a console that is truly served, asked from Python."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pandas as pd
import pytest

import ringwatch as rw
from graph.errors import ConfigError, StoreError
from review.decisions import Overtaken
from review.people.roles import ROLES
from review.store import Store
from tests.web_consoles import PASSWORD, START, publish, serving, town

pytestmark = pytest.mark.local_only

CLUSTERS = 230
DOCS = Path(__file__).parents[1] / "docs" / "api.md"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of a console and the token of a lead."""
    out = tmp_path_factory.mktemp("client")
    publish(out, "run", **town(CLUSTERS))
    now = time.time_ns() // 1_000_000
    with Store.open(out / "review.sqlite") as store:
        store.people.add("ann", "admin", PASSWORD, by="root", at=START)
        store.people.add("jo", "lead", PASSWORD, by="ann", at=START)
        token = store.people.make_token(
            "jo", tuple(ROLES["lead"]), by="ann", at=now, expires_at=now + 3_600_000
        )
    with serving(out) as (_, told):
        yield told["address"], token


@pytest.fixture
def console(served):
    return rw.connect(served[0], token=served[1])


def test_all_pages_of_a_list_are_one_frame_of_text_ids_and_moments(console):
    found = console.clusters()

    assert len(found) == CLUSTERS and found["cluster"].is_unique
    assert list(found["place"]) == list(range(1, CLUSTERS + 1))
    assert pd.api.types.is_string_dtype(found["cluster"])
    assert str(found["first_at"].dtype) == "datetime64[ms, UTC]"
    assert set(found["state"]) == {"open"}
    assert len(console.clusters(limit=201)) == 201
    assert len(console.clusters(flagged=True)) == CLUSTERS // 2
    nothing = console.clusters(text="nobody")
    assert len(nothing) == 0 and list(nothing.columns) == list(found.columns)


def test_a_cluster_is_read_decided_on_noted_and_taken_back(console):
    seen = console.cluster("#7")["seen"]
    taken = console.decide(
        "#7", "confirmed", reason="one vendor", seen=seen, excluded=["a007-friend"]
    )
    with pytest.raises(Overtaken, match="was decided on meanwhile"):
        console.decide("#7", "dismissed", reason="no", seen=seen)
    console.note("a007", "see \u2603 too")
    told = console.cluster("a007")

    assert told["decisions"][-1]["by"] == "jo" == told["notes"][-1]["by"]
    assert told["notes"][-1]["text"] == "see \u2603 too"
    assert console.clusters(state="confirmed")["cluster"].to_list() == ["a007"]
    console.undo("a007", reason="not so", seen=taken["seq"])
    assert len(console.clusters(state="confirmed")) == 0


def test_members_objects_and_reasons_are_frames(console):
    assert console.members("#1")["account"].to_list() == ["a001", "a001-friend"]
    assert console.objects("#1")["object"].to_list() == ["x.org/a001"]
    assert list(console.reasons("#1").columns)[:2] == ["cluster", "name"]
    assert console.account("a001-friend")["memberships"][0]["cluster"] == "a001"
    assert console.deliveries() == [] and [each["run"] for each in console.runs()] == ["run"]


def test_more_ids_than_one_request_holds_are_looked_up(console):
    found = console.search(["a001", "007", *(f"x{n}" for n in range(10_000))])

    assert len(found) == 10_002
    assert found["id"].to_list()[:2] == ["a001", "007"]
    assert found["kind"].to_list()[:2] == ["account", "unknown"]


def test_what_the_console_refuses_is_told_in_its_words(served, console):
    with pytest.raises(ConfigError, match="one of place, score"):
        console.clusters(sort="plaice")
    with pytest.raises(ConfigError, match="no cluster and no member is named"):
        console.cluster("nobody at all")
    with pytest.raises(ConfigError, match="not in force"):
        rw.connect(served[0], token="rwt_0_0").runs()
    with pytest.raises(ConfigError, match="begins with `rwt_`"):
        rw.connect(served[0], token="password")
    with pytest.raises(ConfigError, match="no address of a console"):
        rw.connect("file:///etc/passwd", token=served[1])
    with pytest.raises(StoreError, match="does not answer as one"):
        rw.connect("http://127.0.0.1:1", token=served[1]).runs()
    assert served[1] not in repr(console)


def test_the_example_of_the_page_runs(served, monkeypatch, capsys):
    text = DOCS.read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.+?)```", text, re.DOTALL)
    monkeypatch.setenv("RINGWATCH_TOKEN", served[1])

    exec(example.replace("http://127.0.0.1:8472", served[0]), {})

    assert os.environ["RINGWATCH_TOKEN"] not in capsys.readouterr().out


def test_the_curl_example_asks_for_what_is_there(console):
    text = DOCS.read_text(encoding="utf-8")
    asked = re.findall(r"/api/v1/(clusters\?[^'\s]+)", text)

    assert asked
    for each in asked:
        path, _, query = each.partition("?")
        told = dict(part.split("=") for part in query.split("&"))
        assert json.dumps(console.ask(path, **told))
