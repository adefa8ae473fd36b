"""Report pages: what a cluster was flagged for, and the index of all."""

import re
from dataclasses import replace

import pytest

from graph.errors import ConfigError, StoreError
from graph.schemas import (
    ALSO_IN,
    CLUSTERS,
    MEMBERS,
)
from review.report.page import report_html, write_report
from review.report.site import write_reports
from review.report.view import report_input
from tests.report_runs import MARCH, ORIGIN, Parsed, check_inert, read
from tests.report_runs import run as run

pytestmark = pytest.mark.local_only


def test_the_page_tells_the_score_its_parts_and_the_comparison(run):
    text = read(run)

    assert "Cluster a1" in text
    assert "3 accounts joined by 2 edges" in text
    assert "2026-03-01 00:00 to 2026-03-01 00:01 UTC" in text
    assert "0.87 of 1, place 1 in the run" in text
    assert "synchrony +0.90 news \N{MINUS SIGN}0.03" in text
    assert "91 % of posts" in text and "4 % of posts" in text
    assert "1 in 10^14" in text


def test_innocent_explanations_stand_in_a_section_of_their_own(run):
    text = read(run)

    checked = text.split("Innocent explanations checked")[1].split("Who is joined")[0]
    assert "news explain little of it" in checked
    assert "the extract covers 6 days" in checked
    assert "91 % of their posts came together" not in checked


def test_a_page_without_counter_evidence_says_that_none_was_checked(run):
    assert "None was checked in this run" in read(run, "b1")


def test_the_words_suspect_and_do_not_convict(run):
    text = read(run).lower()

    assert "a reason to look, not a verdict" in text
    assert not re.search(r"\b(guilty|fake|fraud|bots?|criminals?|culprits?|offenders?)\b", text)


def test_the_posts_behind_an_edge_stand_side_by_side_with_their_delay(run):
    text = read(run).split("Posts behind the strongest edges")[1]

    assert "a1 and a3: texts, weight 4" in text
    assert "12 s apart" in text
    assert "share this at once" in text and "share this, now" in text
    assert "2026-03-01 00:00:12 UTC, post p3" in text


def test_edges_that_leave_the_cluster_are_not_its_own(run):
    assert [row["dst"] for row in report_input(run, "a1").edges.to_pylist()] == ["a2", "a3"]


def test_members_are_numbered_by_pagerank(run):
    text = read(run).split("the highest PageRank first.")[-1]

    assert re.search(r"1 a1 Ann core .* 2 a3 Ben bridge .* 3 a2 none peripheral", text)


def test_accounts_of_two_clusters_are_told_on_both_pages_and_counted_on_one(run, engine, table):
    overlap = "cluster | account | home | score | partners\nb1 | a3 | a1 | 0.4 | 3"
    run = replace(run, also_in=table(engine, ALSO_IN, overlap))

    home, other = read(run), read(run, "b1")

    assert re.search(r"Also in 1 a1 Ann .* 2 a3 Ben bridge .* b1 3 a2 none", home)
    assert "Belong here too" not in home
    assert "Belong here too Showing 1 of 1 account of elsewhere" in other
    assert "a3 a1 0.4 3" in other
    assert "Showing 2 of 2 members" in other and "2 accounts joined by 1 edge" in other


def test_nearness_to_seeds_is_shown_where_there_are_any(run, engine, table):
    members = """
        cluster | account | role | pagerank | seed | nearness | seed_rank
        a1      | a1      | core | 0.6      | bad  | 1        | 40
        a1      | a2      | core | 0.4      | -    | 0.5      | 8
    """
    near = read(replace(run, members=table(engine, MEMBERS, members)))

    assert "Judged Nearness to seeds Rank from seeds" in near
    assert "bad 1 40 2 a2" in near
    assert "Nearness to seeds" not in read(run)


def test_the_same_input_gives_the_same_bytes(run, engine, tmp_path):
    view = report_input(run, "a1", origin=ORIGIN)
    turned = replace(
        view,
        **{
            name: getattr(view, name).take(list(range(getattr(view, name).num_rows))[::-1])
            for name in ("members", "edges", "evidence", "objects", "joint_acts", "interactions")
        },
    )

    one = write_report(view, tmp_path / "one.html")
    two = write_report(turned, tmp_path / "two.html")

    assert one.read_bytes() == two.read_bytes()


def test_a_decision_stands_on_the_page(run):
    decision = {
        "outcome": "confirmed",
        "reason": "same <vendor>",
        "decided_by": "j.doe",
        "decided_at": MARCH,
    }
    view = report_input(run, "a1", decision=decision)

    text = Parsed(report_html(view)).text
    assert "Decided confirmed by j.doe on 2026-03-01 00:00 UTC: same <vendor>" in text


def test_a_cluster_that_is_not_there_is_refused(run):
    with pytest.raises(ConfigError, match="no cluster `zz`"):
        report_input(run, "zz")


def test_a_page_takes_its_place_whole_or_not_at_all(run, tmp_path, monkeypatch):
    target = tmp_path / "page.html"
    target.write_text("old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graph.durable.Disk.sync_file", refuse)
    with pytest.raises(StoreError, match="No space left on device"):
        write_report(report_input(run, "a1"), target)

    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["page.html"]


def test_the_index_ranks_every_cluster_and_links_those_with_a_page(run, tmp_path):
    paths = write_reports(run, tmp_path / "reports", top=1, origin=ORIGIN)

    assert [path.name for path in paths] == ["index.html", "cluster-0001.html"]
    html = paths[0].read_text()
    check_inert(html)
    page = Parsed(html)
    assert [v for t, k, v in page.attributes if (t, k) == ("a", "href")] == [
        "#content",
        "cluster-0001.html",
    ]
    assert page.text.index("91 % of their posts") < page.text.index("few links")
    assert "Showing 2 of 2 clusters" in page.text
    assert ("a", "href", "index.html") in Parsed(paths[1].read_text()).attributes


def test_reports_for_no_cluster_are_refused(run, tmp_path):
    with pytest.raises(ConfigError, match="at least one cluster, not 0"):
        write_reports(run, tmp_path, top=0)


def test_a_run_without_clusters_gives_an_index_that_says_so(run, engine, table, tmp_path):
    empty = replace(run, clusters=table(engine, CLUSTERS, "cluster"))

    [index] = write_reports(empty, tmp_path / "reports")

    assert "The run found no cluster" in Parsed(index.read_text()).text
