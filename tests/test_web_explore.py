"""From an account outward, and the way from one account to another."""

from __future__ import annotations

import re
from html import unescape

import pytest

from graph.errors import ConfigError
from review.paths import edges_among, way_between
from review.run import open_run
from tests.web_consoles import console, enter, links_of, publish

pytestmark = pytest.mark.local_only

# a - b - c - d, a shorter way over the weak e, and an island; b has forty fans.
PAIRS = [("a", "b", 9.0), ("b", "c", 9.0), ("c", "d", 9.0), ("a", "e", 1.0), ("d", "e", 1.0)]
PAIRS += [("island", "shore", 1.0)]
PAIRS += [("b", f"fan-{number:02}", 1.0 - number / 100) for number in range(40)]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sea")
    edges = [
        {"src": src, "dst": dst, "layer": layer, "weight": weight, "objects": 1}
        for src, dst, weight in PAIRS
        for layer in (("links", "copied-text") if weight == 9.0 else ("links",))
    ]
    publish(
        folder,
        "run",
        clusters=[{"cluster": "a", "place": 1, "accounts": 2, "says": "met"}],
        members=[{"cluster": "a", "account": name, "role": "core"} for name in "ab"],
        edges=edges,
    )
    return folder


@pytest.fixture(scope="module")
def browser(out):
    with console(out) as (site, opened):
        yield enter(site, opened)


def table_of(html):
    rows = re.findall(r'<tr><td class="n">(\d+)</td><td class="id">.*?<bdi>(.*?)</bdi>', html)
    return [unescape(name) for _, name in rows]


def opening(html, account):
    found = re.search(rf'href="([^"]*)">(?:open|close) {account}</a>', html)
    return unescape(found[1])


def test_the_way_has_the_fewest_hops_and_bears_every_edge_of_each(out):
    found = way_between(open_run(out), "a", "d")

    assert found.accounts == ("a", "e", "d")
    assert [edges["layer"].to_pylist() for edges in found.edges] == [["links"], ["links"]]
    straight = way_between(open_run(out), "a", "c")
    assert straight.accounts == ("a", "b", "c")
    layers = [edges["layer"].to_pylist() for edges in straight.edges]
    assert layers == [["copied-text", "links"]] * 2
    assert not straight.bounded


def test_a_way_back_is_the_same_way(out):
    assert way_between(open_run(out), "d", "a").accounts == ("d", "e", "a")


def test_no_way_is_no_error_and_a_stranger_is_one(out):
    assert way_between(open_run(out), "a", "island").accounts == ()
    with pytest.raises(ConfigError, match="no account `fan-0` is in"):
        way_between(open_run(out), "a", "fan-0")
    with pytest.raises(ConfigError, match="these two are one"):
        way_between(open_run(out), "a", "a")


def test_a_hop_that_is_bounded_is_said_to_be(out, monkeypatch):
    monkeypatch.setattr("review.paths.ACCOUNTS_A_HOP", 2)

    assert way_between(open_run(out), "fan-00", "d").bounded


def test_the_edges_among_accounts_are_those_with_both_ends_there(out):
    found = edges_among(open_run(out), ["a", "b", "e"])

    pairs = [(row["src"], row["dst"], row["layer"]) for row in found.to_pylist()]
    assert pairs == [("a", "b", "copied-text"), ("a", "b", "links"), ("a", "e", "links")]


def test_an_account_is_opened_and_closed_by_links(browser):
    first = browser.get("/explore?account=a").text
    assert table_of(first) == ["a", "b", "e"]

    second = browser.get(opening(first, "b")).text
    names = table_of(second)
    assert names[:4] == ["a", "b", "e", "c"]
    # b knows forty and more; the strongest 25 that are shown hold no weak fan.
    assert len(names) == 3 + 24 and "fan-22" in names and "fan-23" not in names

    third = browser.get(opening(second, "c")).text
    assert table_of(third)[-1] == "d"
    assert table_of(browser.get(opening(third, "b")).text) == ["a", "b", "e", "d"]


def test_the_picture_says_how_much_of_it_is_shown(browser):
    html = browser.get("/explore?account=b&open=a").text

    assert "Showing 27 of 27 accounts" in html or "Showing 26 of 26 accounts" in html
    assert html.count("<svg") > 3


def test_too_many_open_accounts_and_strangers_are_refused(browser):
    many = "".join(f"&open=fan-{number:02}" for number in range(13))
    assert browser.get(f"/explore?account=a{many}").status_code == 400
    assert browser.get("/explore?account=nobody").status_code == 404
    assert browser.get("/explore?account=a&open=nobody").status_code == 404


def test_the_way_is_a_page_with_the_evidence_of_each_hop(browser):
    html = browser.get("/way?src=a&dst=c").text

    assert "2 hops" in html
    assert html.count("<bdi>copied-text</bdi>") == 2
    assert "/account?run=run&account=b" in links_of(html)
    assert "No way of six hops" in browser.get("/way?src=a&dst=island").text
    refused = browser.get("/way?src=a&dst=nobody")
    assert refused.status_code == 404 and "no account" in refused.text
    assert browser.get("/way?src=a").status_code == 200


def test_an_account_s_page_leads_outward(browser):
    leads = links_of(browser.get("/account?account=a").text)

    assert "/explore?run=run&account=a" in leads
    assert "/way?run=run&src=a" in leads
