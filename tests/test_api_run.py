"""A run in a notebook: the review commands as methods, frames and pages out."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pytest

import ringwatch as rw

RING = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "=cmd|'/c calc'!A1",
    "'; drop table members; --",
    "</td></table>evil &amp; co",
    "0007",
]
LINK = "https://x.example/<b>{n}</b>?a=1&b=2"
HOUR = 3_600_000
BEGIN = 1_767_225_600_000


def posts() -> pd.DataFrame:
    """300 ordinary accounts over two days, and six of hostile names that share 12 links."""
    random = np.random.default_rng(7)
    rows = 6000
    ordinary = pd.DataFrame(
        {
            "who": [f"u{n:03}" for n in random.integers(0, 300, rows)],
            "link": [f"l{n:03}" for n in random.integers(0, 400, rows)],
            "posted": BEGIN + random.integers(0, 48 * HOUR, rows),
        }
    )
    ring = [
        {"who": who, "link": LINK.format(n=n), "posted": BEGIN + n * 3 * HOUR + 7_000 * place}
        for n in range(12)
        for place, who in enumerate(RING)
    ]
    return pd.concat([ordinary, pd.DataFrame(ring)], ignore_index=True)


@pytest.fixture(scope="module")
def extract(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("extract") / "posts.parquet"
    posts().to_parquet(file, index=False)
    return file


def detected(extract: Path, out: Path) -> rw.Run:
    return rw.detect(
        extract,
        account="who",
        object="link",
        time="posted",
        time_unit="ms",
        out=out,
        detectors=["shared-objects"],
        quiet=True,
    )


@pytest.fixture(scope="module")
def run(extract, tmp_path_factory) -> rw.Run:
    return detected(extract, tmp_path_factory.mktemp("runs") / "out")


def test_the_ring_is_first_and_holds_its_members_byte_for_byte(run):
    listed = run.clusters()

    assert listed["place"].tolist()[0] == 1
    assert sorted(run.members("#1")["account"]) == sorted(RING)
    assert listed["state"].tolist() == ["open"] * len(listed)


def test_times_are_moments_and_whole_numbers_stay_whole(run):
    listed = run.clusters()

    assert str(listed["first_at"].dtype) == "datetime64[ms, UTC]"
    assert listed["first_at"].iloc[0] == pd.Timestamp(BEGIN, unit="ms", tz="UTC")
    assert str(run.members("#1")["partners"].dtype) == "Int64"


def test_a_cluster_is_found_by_name_by_place_and_by_member(run):
    name = run.show("#1").name

    assert [run.show(each).name for each in (name, RING[0], "0007")] == [name] * 3
    with pytest.raises(rw.ConfigError, match="no cluster and no member is named `0008`"):
        run.show("0008")


class Tags(HTMLParser):
    """The tags of a page, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def test_pages_hold_what_hostile_accounts_are_called_as_text_alone(run):
    hostile = "<iframe src=javascript:alert(3)>\u202e"
    run.decide("#1", "needs-more", reason=hostile, by="\x1b[31m<b>ann</b>")
    pages = [
        run._repr_html_(),
        run.show("#1")._repr_html_(),
        *(run.account(account)._repr_html_() for account in RING),
    ]
    run.decide("#1", "undo", reason="that was a test", by="ann")

    allowed = {"div", "p", "b", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
    for page in pages:
        found = Tags(page)
        assert found.tags <= allowed
        assert found.attributes <= {"style"}
        assert "\u202e" not in page
        assert "\x1b" not in page
    shown = Tags(pages[1]).text
    assert all(account in shown for account in RING)
    assert "<iframe src=javascript:alert(3)>\\u202e" in shown
    assert LINK.format(n=0) in shown


def test_a_page_says_why_and_that_a_person_decides(run):
    first = run.show("#1")
    shown = Tags(first._repr_html_()).text

    assert "suspect, not convicted" in shown
    assert all(says in shown for says in first.reasons["says"])


def test_one_line_stands_for_a_run_a_cluster_and_an_account(run):
    lines = [repr(run), repr(run.show("#1")), repr(run.account(RING[4]))]

    assert all("\n" not in line and line.isprintable() for line in lines)
    assert "evil &amp; co" in lines[2]
    assert "6,072 interactions" in lines[0]


def test_the_posts_behind_an_edge_are_told_from_either_end(run):
    acts = run.joint_acts(RING[0], RING[5])

    assert len(acts) == 12
    assert acts.equals(run.joint_acts(RING[5], RING[0]))
    assert (acts["dst_at"] - acts["src_at"]).abs().max() == pd.Timedelta(seconds=35)
    with pytest.raises(rw.ConfigError, match="no edge joins"):
        run.joint_acts(RING[0], "nobody")


def test_an_account_is_told_with_its_partners(run):
    account = run.account("0007")

    assert account.clusters["place"].tolist() == [1]
    assert len(account.interactions) == 12
    assert set(run.expand("0007")["partner"]) == set(RING) - {"0007"}
    # The job names no known-bad accounts.
    assert run.near().empty
    with pytest.raises(rw.ConfigError, match="hops are 1 to 10"):
        run.expand("0007", hops=0)


def test_the_graph_of_a_cluster_is_the_same_in_every_form(run):
    graph = run.graph("#1")
    edges, accounts = graph.to_pandas()
    there = graph.to_networkx()
    other = graph.to_igraph()

    assert sorted(accounts["account"]) == sorted(there.nodes) == sorted(other.vs["name"])
    assert len(edges) == there.number_of_edges() == other.ecount() == 15
    assert isinstance(there, networkx.MultiGraph)
    assert set(run.graph().to_networkx().nodes) >= set(RING)


@pytest.fixture
def fresh(run, tmp_path) -> rw.Run:
    """The same run in a folder of its own, nothing decided."""
    shutil.copytree(run.out / "runs", tmp_path / "out" / "runs")
    shutil.copy(run.out / "CURRENT", tmp_path / "out")
    return rw.open(tmp_path / "out")


def test_a_decision_is_kept_and_taken_back(fresh):
    run = fresh
    page = run.show("#1")
    made = run.decide(page, "confirmed", reason="same second", by="ann", exclude=["0007"])
    assert (made.outcome, made.by, made.excluded) == ("confirmed", "ann", ("0007",))
    assert run.clusters(state="confirmed")["place"].tolist() == [1]

    with pytest.raises(rw.StoreError, match="was decided on meanwhile"):
        run.decide(page, "dismissed", reason="I saw an older page", by="bob")
    with pytest.raises(rw.ConfigError, match="did you mean `confirmed`"):
        run.decide("#1", "confirmd", reason="x", by="ann")

    run.decide("#1", "undo", reason="too early", by="ann")
    assert run.show("#1").facts["state"] == "open"
    assert [each.outcome for each in run.show("#1").decisions] == ["confirmed", "undone"]


def test_what_is_confirmed_is_exported_with_its_manifest(fresh, tmp_path):
    run = fresh
    run.decide("#1", "confirmed", reason="same second", by="ann", exclude=["0007"])

    manifest = run.export(tmp_path / "list.csv", purpose="a test", by="ann")

    written = pd.read_csv(tmp_path / "list.csv", dtype=str)
    beside = json.loads((tmp_path / "list.csv.manifest.json").read_text())
    assert manifest.rows == len(written) == beside["rows"] == 5
    assert beside["exported_by"] == "ann"
    assert not written["account"].str.startswith("=").any()
    index = run.report(tmp_path / "pages", top=1)
    assert index.is_file() and (index.parent / "cluster-0001.html").is_file()


def test_tables_of_the_run_come_whole_and_unknown_ones_are_named(run):
    assert run.table("reading")["rows_used"].sum() == 6072
    with pytest.raises(rw.ConfigError, match="no table `member`; did you mean `members`"):
        run.table("member")


def test_the_same_job_over_the_same_input_is_the_same_run(run, extract):
    again = detected(extract, run.out)

    assert (run.already, again.already) == (False, True)
    assert again.name == run.name
    listed = rw.runs(run.out)
    assert listed["run"].tolist() == [run.name] == [rw.open(run.out).name]
    assert listed["current"].tolist() == [True]


def test_no_run_is_said_with_the_mend(tmp_path):
    assert rw.runs(tmp_path).empty
    with pytest.raises(rw.ConfigError, match="no run is published"):
        rw.open(tmp_path)
