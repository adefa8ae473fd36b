"""The queue shows what the run's lists say, filtered, in order, page by page, and as a file."""

from __future__ import annotations

import csv
import hashlib
import io
import re

import pytest

from graph.errors import ConfigError
from review.export.csv import cell_as_it_was
from review.matching import SORTS
from review.paged import page_of_clusters
from review.queries import count_clusters, list_clusters
from tests.web_consoles import clusters_of, console, enter, links_of, publish, send, token_of, town

pytestmark = pytest.mark.local_only

CLUSTERS = 23


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    out = tmp_path_factory.mktemp("queue")
    publish(out, "older", **town(4))
    publish(out, "newer", at=1, **town(CLUSTERS))
    with console(out) as (site, browser):
        enter(site, browser)
        site.store.decide("newer", "a002", "confirmed", reason="one vendor", by="al")
        site.store.decide("newer", "a004", "dismissed", reason="=cmd()", by="+bo")
        site.store.undo("newer", "a004", reason="too soon", by="bo")
        site.store.decide("newer", "a005", "dismissed", reason="=cmd()", by="+bo")
        yield site, browser


def told(site, **asked):
    rows = list_clusters(site.run(), site.store, limit=None, engine=site.engine, **asked)
    return rows["cluster"].to_pylist()


def test_the_newest_run_is_shown_in_the_order_of_its_places(place):
    site, browser = place

    html = browser.get("/").text

    assert clusters_of(html) == told(site)
    assert f"Showing 1 to {CLUSTERS} of {CLUSTERS} clusters, ordered by place" in html


def test_a_row_tells_precision_with_its_interval_reason_layers_state_and_who_decided(place):
    html = place[1].get("/").text
    row = re.search(r'<tr role="row">(?:(?!</tr>).)*a002</bdi>.*?</tr>', html, re.DOTALL)[0]

    for part in ("92 %", "(82 % to 96 %)", "met 2 times, where chance would give 0.1", "links"):
        assert part in row
    assert "4 members" in row and "confirmed" in row and "<bdi>al</bdi>" in row


def test_a_decision_taken_back_leaves_its_cluster_open(place):
    html = place[1].get("/?state=open").text

    assert "a004" in clusters_of(html) and "a005" not in clusters_of(html)


def test_another_run_is_a_choice_away(place):
    html = place[1].get("/?run=older").text

    assert clusters_of(html) == ["a001", "a002", "a003", "a004"]
    assert all("run=older" in to for to in links_of(html, "<a data-open "))


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("state=dismissed", {"state": "dismissed"}),
        ("flagged=yes", {"flagged": True}),
        ("flagged=no", {"flagged": False}),
        ("layer=copied-text", {"layer": "copied-text"}),
        ("precision=50", {"min_precision": 0.5}),
        ("text=A007-FR", {"text": "a007-fr"}),
        ("text=x.org/a01", {"text": "x.org/a01"}),
        ("flagged=yes&layer=copied-text&precision=80&sort=name", {}),
    ],
)
def test_filters_in_the_address_are_those_of_the_lists(place, address, asked):
    site, browser = place
    asked = asked or {
        "flagged": True,
        "layer": "copied-text",
        "min_precision": 0.8,
        "sort": "name",
    }

    html = browser.get(f"/?{address}").text

    assert clusters_of(html) == told(site, **asked)
    asked.pop("sort", None)
    assert 0 < count_clusters(site.run(), site.store, **asked) < CLUSTERS


@pytest.mark.parametrize("sort", SORTS)
def test_pages_in_any_order_give_each_cluster_once_forwards_and_back(place, sort):
    site, browser = place
    address, forwards = f"/?sort={sort}&rows=5", []
    while address:
        html = browser.get(address).text
        forwards.append(clusters_of(html))
        address = next(iter(links_of(html, '<a rel="next"')), None)
    [address] = links_of(html, '<a rel="prev"')
    backwards = [forwards[-1]]
    while address:
        html = browser.get(address).text
        backwards.append(clusters_of(html))
        address = next(iter(links_of(html, '<a rel="prev"')), None)

    assert [name for page in forwards for name in page] == told(site, sort=sort)
    assert [len(page) for page in forwards] == [5, 5, 5, 5, 3]
    assert backwards[::-1] == forwards


def test_a_cluster_that_is_decided_on_meanwhile_makes_a_page_miss_no_other(tmp_path):
    publish(tmp_path, "run", **town(9))
    with console(tmp_path) as (site, browser):
        enter(site, browser)
        first = browser.get("/?state=open&rows=3").text
        for name in ("a001", "a003"):
            site.store.decide("run", name, "dismissed", reason="known", by="al")
        second = browser.get(links_of(first, '<a rel="next"')[0]).text

    assert clusters_of(second) == ["a004", "a005", "a006"]
    assert "Showing 2 to 4 of 7 clusters" in second


def test_a_page_before_the_first_and_after_the_last_is_empty_and_says_so(place):
    site, browser = place

    before = page_of_clusters(site.run(), site.store, before="a001", engine=site.engine)
    html = browser.get(f"/?after=a{CLUSTERS:03}").text

    assert before.rows.num_rows == 0
    assert clusters_of(html) == [] and f"Showing 0 of {CLUSTERS} clusters" in html


@pytest.mark.parametrize(
    "address",
    [
        "state=opn",
        "sort=plaice",
        "flagged=maybe",
        "precision=high",
        "precision=101",
        "precision=nan",
        "rows=0",
        "rows=201",
        "rows=\u0661",
        "after=nobody",
        "after=a001&before=a002",
        "colour=red",
    ],
)
def test_what_no_view_has_is_refused_with_the_reason(place, address):
    answer = place[1].get(f"/?{address}")

    assert answer.status_code == 400
    assert "That does not go" in answer.text


def test_a_run_that_is_not_there_is_refused_with_those_that_are(place):
    answer = place[1].get("/?run=newr")

    assert answer.status_code == 400 and "`newer`" in answer.text


def test_a_page_has_at_least_one_cluster_and_one_edge(place):
    site, _ = place
    with pytest.raises(ConfigError, match="at least one"):
        page_of_clusters(site.run(), site.store, limit=0)
    with pytest.raises(ConfigError, match="one of the two"):
        page_of_clusters(site.run(), site.store, after="a001", before="a002")


def take(place, to, kind="csv", purpose="a look"):
    """A view as a file."""
    token = token_of(place[1].get("/").text)
    return send(place[1], to, form_token=token, format=kind, purpose=purpose)


def test_whoever_takes_a_view_along_says_what_for_and_the_history_keeps_it(place):
    site = place[0]
    before = len(site.store.exports("newer"))

    refused = [
        take(place, "/take?run=newer", purpose=" "),
        take(place, "/take?run=newer", purpose="x" * 401),
        take(place, "/take?run=newer", "exe"),
        take(place, "/take"),
    ]
    assert [answer.status_code for answer in refused] == [400] * 4
    assert len(site.store.exports("newer")) == before

    answer = take(place, "/take?run=newer&state=confirmed", purpose="for the Monday round")
    kept = site.store.exports("newer")[-1]
    assert (kept.file, kept.rows, kept.by) == ("clusters.csv", 1, "jo")
    assert kept.purpose == "for the Monday round"
    assert kept.sha256 == hashlib.sha256(answer.content).hexdigest()


def test_the_view_leaves_as_json_with_its_filters(place):
    answer = take(place, "/take?run=newer&flagged=yes&sort=name", "json")
    document = answer.json()

    assert answer.headers["content-disposition"] == 'attachment; filename="clusters.json"'
    assert (document["run"], document["filters"]) == ("newer", {"flagged": True})
    assert document["matching"] == len(document["clusters"]) == CLUSTERS // 2
    decided = {row["cluster"]: (row["state"], row["decided_by"]) for row in document["clusters"]}
    assert decided["a002"] == ("confirmed", "al") and decided["a004"] == ("open", None)


def test_the_view_leaves_as_a_csv_in_which_nothing_is_a_formula(place):
    site, _ = place
    text = take(place, "/take?run=newer&state=dismissed").text
    [row] = csv.DictReader(io.StringIO(text, newline=""))

    assert row["cluster"] == "a005"
    assert (row["reason"], row["decided_by"]) == ("'=cmd()", "'+bo")
    assert cell_as_it_was(row["reason"]) == "=cmd()"
    everything = list(csv.DictReader(io.StringIO(take(place, "/take?run=newer").text, newline="")))
    assert [row["cluster"] for row in everything] == told(site)


def test_a_form_kept_open_over_a_new_run_decides_on_the_run_it_shows(tmp_path):
    publish(tmp_path, "monday", **town(2))
    with console(tmp_path) as (site, browser):
        enter(site, browser)
        html = browser.get("/cluster?run=monday&cluster=a001").text
        publish(tmp_path, "tuesday", at=1, **town(2))
        assert browser.get("/").text.count("tuesday") > 0
        [to] = re.findall(r'action="(/decide[^"]*)"', html)
        form = {"outcome": "confirmed", "reason": "seen", "seen": "0"}
        answer = send(browser, to.replace("&amp;", "&"), form_token=token_of(html), **form)

        assert answer.status_code == 303
        assert site.store.state("monday", "a001") == "confirmed"
        assert site.store.decisions("tuesday", "a001") == []
        assert site.store.state("tuesday", "a001") == "stands"
