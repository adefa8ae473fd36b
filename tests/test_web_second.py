"""Second reviews, claims and kept views in the console: who is shown what, and what is refused."""

from __future__ import annotations

import time

import pytest
from starlette.testclient import TestClient

from console.web.app import console_of
from review.second.rules import ReviewRules
from tests.web_consoles import (
    ADDRESS,
    HOSTS,
    clusters_of,
    console,
    enter,
    links_of,
    publish,
    seen_of,
    send,
    token_of,
    town,
)

pytestmark = pytest.mark.local_only

SECRET = "vendor-of-the-first"


@pytest.fixture
def place(tmp_path):
    """A site, and the browsers of three people."""
    publish(tmp_path, "run", **town(6))
    with console(tmp_path) as (site, _):
        site.store.second.set_rules(ReviewRules(large=1), reason="all", by="lead", at=1)
        guard = console_of(site, address=ADDRESS, hosts=HOSTS)
        browsers = {
            name: enter(site, TestClient(guard, base_url=ADDRESS, follow_redirects=False), name)
            for name in ("jo", "al", "lee")
        }
        yield site, browsers


def page(browser, cluster="a001"):
    return browser.get(f"/cluster?run=run&cluster={cluster}").text


def act(browser, path, cluster="a001", **form):
    html = page(browser, cluster)
    given = {"form_token": token_of(html), "seen": seen_of(html), "reason": "so it seems", **form}
    return send(browser, f"{path}?run=run&cluster={cluster}", **given)


def decide(browser, cluster="a001", outcome="confirmed", **form):
    return act(browser, "/decide", cluster, outcome=outcome, reason=SECRET, **form)


def test_the_second_reviewer_reads_nowhere_what_the_first_decided(place):
    site, browsers = place
    site.store.note("run", "a001", f"note of {SECRET}", by="jo")
    site.store.note("run", "a001", "note of somebody else", by="zoe")
    assert decide(browsers["jo"], exclude="2").status_code == 303

    for path in (
        "/cluster?run=run&cluster=a001", "/", "/?state=second-review",
        "/account?run=run&account=a001", "/search?q=a001", "/run?run=run",
        "/compare?run=run&cluster=a001&with_cluster=%232",
    ):  # fmt: skip
        html = browsers["al"].get(path).text
        assert SECRET not in html, path
        assert 'state-confirmed"' not in html, path
        assert "Decided: confirmed" not in html and "Leaves out" not in html, path
    html = page(browsers["al"])
    assert "is 1 note" in html and "note of somebody else" in html
    assert clusters_of(browsers["al"].get("/?state=second-review").text) == ["a001"]
    assert clusters_of(browsers["al"].get("/?state=confirmed").text) == []
    taken = send(
        browsers["al"], "/take?run=run", form_token=token_of(html), format="csv", purpose="look"
    )
    assert "second-review" in taken.text and SECRET not in taken.text
    assert SECRET in page(browsers["jo"])


def test_two_who_agree_are_both_told_and_the_cluster_counts(place):
    site, browsers = place
    decide(browsers["jo"])
    assert act(browsers["al"], "/second", outcome="confirmed").status_code == 303
    html = page(browsers["lee"])
    assert "Decided: confirmed" in html and SECRET in html
    assert "reviewed it without knowing it, and agrees" in html
    assert site.store.state("run", "a001") == "confirmed"
    row = browsers["lee"].get("/run?run=run").text.partition("all pairs")[2].partition("</tr>")[0]
    assert ">1<" in row and "100 %" in row and "not defined" in row


def test_one_s_own_decision_has_no_form_for_a_second_review_and_none_is_taken(place):
    site, browsers = place
    decide(browsers["jo"])
    assert 'action="/second?' not in page(browsers["jo"])
    refused = act(browsers["jo"], "/second", outcome="confirmed")
    assert refused.status_code == 422 and "knows decision" in refused.text
    assert site.store.state("run", "a001") == "second-review"


def test_a_plain_decision_by_another_is_refused_and_its_words_come_back(place):
    _, browsers = place
    decide(browsers["jo"])
    refused = act(browsers["al"], "/decide", outcome="dismissed", reason="my long reason")
    assert refused.status_code == 422
    assert SECRET not in refused.text
    assert "Not decided" in refused.text and ">my long reason</textarea>" in refused.text


def test_two_who_differ_are_shown_side_by_side_and_a_third_settles(place):
    site, browsers = place
    decide(browsers["jo"])
    act(browsers["al"], "/second", outcome="dismissed", reason="fans of one band")
    html = page(browsers["lee"])
    assert "Two people differ" in html and SECRET in html and "fans of one band" in html
    assert 'action="/settle?' not in page(browsers["al"])
    assert act(browsers["al"], "/settle", outcome="dismissed").status_code == 422
    assert act(browsers["lee"], "/settle", outcome="mixed").status_code == 303
    assert site.store.state("run", "a001") == "mixed"
    assert "It settles what" in page(browsers["jo"])


def test_a_second_review_is_taken_back_from_the_page(place):
    site, browsers = place
    decide(browsers["jo"])
    act(browsers["al"], "/second", outcome="dismissed")
    assert 'action="/second-undo?' not in page(browsers["lee"])
    assert act(browsers["al"], "/second-undo").status_code == 303
    assert site.store.state("run", "a001") == "second-review"
    html = page(browsers["al"])
    assert "You know this decision already" in html and SECRET not in html


def test_the_next_of_a_second_reviewer_is_one_that_they_may_review(place):
    _, browsers = place
    decide(browsers["jo"], "a001")
    decide(browsers["al"], "a002")
    decide(browsers["jo"], "a004")
    answer = act(browsers["al"], "/second", outcome="confirmed", then="next")
    assert "cluster=a004" in answer.headers["location"]


def test_a_claim_is_seen_by_others_and_next_passes_it_over(place):
    site, browsers = place
    act(browsers["al"], "/claim", "a002")
    queue = browsers["jo"].get("/").text
    assert "<bdi>al</bdi> is at work on it until" in queue
    assert "you are at work on it until" in browsers["al"].get("/").text
    refused = act(browsers["jo"], "/claim", "a002")
    assert refused.status_code == 409 and "is at work on cluster" in refused.text

    assert "cluster=a003" in links_of(page(browsers["jo"]), '<a rel="next"')[0]
    assert "cluster=a002" in links_of(page(browsers["al"]), '<a rel="next"')[0]
    answer = decide(browsers["jo"], "a001", then="next")
    assert "cluster=a003" in answer.headers["location"]

    act(browsers["al"], "/claim", "a002", turn="release")
    assert site.store.claims.of_run("run", at=2_000_000_000_000) == {}
    assert "at work on it" not in browsers["jo"].get("/").text


def test_a_decision_lets_go_of_one_s_claim(place):
    site, browsers = place
    act(browsers["jo"], "/claim", "a002")
    decide(browsers["jo"], "a002")
    assert site.store.claims.of_run("run", at=time.time_ns() // 1_000_000) == {}


def test_a_view_is_kept_under_a_name_shared_and_removed(place):
    _, browsers = place
    html = browsers["jo"].get("/?state=open&flagged=yes").text
    form = {"form_token": token_of(html), "name": "<b>mine</b>"}
    path = "/view?state=open&flagged=yes&run=run"
    assert send(browsers["jo"], path, **form).status_code == 303
    assert "&lt;b&gt;mine" in browsers["jo"].get("/").text
    assert "&lt;b&gt;mine" not in browsers["al"].get("/").text

    send(browsers["jo"], path, shared="yes", **form)
    [to] = links_of(browsers["al"].get("/").text, '<a class="kept"')
    assert to == "/?state=open&flagged=yes"
    assert clusters_of(browsers["al"].get(to).text) == ["a001", "a002", "a003"]
    foreign = {"form_token": token_of(browsers["al"].get("/").text), "name": "<b>mine</b>"}
    assert send(browsers["al"], "/view", turn="remove", **foreign).status_code == 400
    assert send(browsers["jo"], "/view", turn="remove", **form).status_code == 303
    assert links_of(browsers["al"].get("/").text, '<a class="kept"') == []
