"""Deliveries, suppressions and the history on pages: what the commands do, and nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil

import pytest
from starlette.testclient import TestClient

from console.web.app import console_of
from console.web.site import opened_site
from review.anchor import drop_anchor
from review.second.rules import ReviewRules
from tests.test_web_lasting import day
from tests.web_consoles import (
    ADDRESS,
    HOSTS,
    console,
    enter,
    links_of,
    publish,
    send,
    token_of,
)

pytestmark = pytest.mark.local_only

RING = [f"a{n}" for n in range(8)]
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A published run that a console has taken in, to be copied."""
    out = tmp_path_factory.mktemp("made")
    publish(out, "monday", **day(a=RING, b=[f"b{n}" for n in range(4)]))
    with console(out):
        return out


@pytest.fixture
def place(made, tmp_path):
    """A site with a confirmed ring and a destination, and the browsers of two people."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True, symlinks=True)
    told = f'[destinations.ops]\nfolder = "{tmp_path / "there"}"\n'
    (tmp_path / "destinations.toml").write_text(told, encoding="utf-8")
    with console(tmp_path) as (site, _):
        guard = console_of(site, address=ADDRESS, hosts=HOSTS)
        browsers = [
            enter(site, TestClient(guard, base_url=ADDRESS, follow_redirects=False), name)
            for name in ("jo", "al")
        ]
        site.store.decide("monday", "a", "confirmed", reason="one vendor", by="jo", excluded=["a7"])
        yield (site, *browsers)


def act(browser, path, **form):
    return send(browser, path, form_token=token_of(browser.get("/runs").text), **form)


def propose(browser, **form):
    given = {"destination": "ops", "purpose": "look at them", "action": "review", "hold": "0"}
    return act(browser, "/deliver?run=monday", **{**given, **form})


def proposed(browser, **form):
    answer = propose(browser, **form)
    assert answer.status_code == 303, answer.text
    return re.search(r"DL-\d+-\d+", answer.headers["location"])[0]


def test_a_delivery_goes_from_its_proposal_to_its_recall_by_pages(place):
    site, jo, al = place
    name = proposed(jo)
    html = jo.get(f"/delivery?delivery={name}").text
    assert "You took one of its decisions: somebody else approves it." in html
    assert 'action="/approve' not in html
    assert "Showing 1 to 7 of 7 accounts" in html and "accounts.jsonl" in html
    assert "1 <bdi>accounts excluded by a decision</bdi>" in html

    refused = act(jo, f"/approve?delivery={name}")
    assert refused.status_code == 422 and "took a decision" in refused.text
    assert act(al, f"/approve?delivery={name}", reason="looked").status_code == 303
    assert act(al, f"/send?delivery={name}").status_code == 303
    assert (site.out / "there" / name / "manifest.json").exists()
    assert 'delivery-sent"' in al.get("/deliveries").text

    back = act(al, f"/recall?delivery={name}", reason="mistake", which="all")
    again = re.search(r"DL-\d+-\d+", back.headers["location"])[0]
    assert (
        f'takes back 7 accounts of <a href="/delivery?delivery={name}"'
        in al.get(back.headers["location"]).text
    )
    assert act(al, f"/send?delivery={again}").status_code == 303
    html = al.get(f"/delivery?delivery={name}").text
    assert 'delivery-recalled"' in html and "Nothing more is to be done with it." in html
    actions = [each.action for each in site.store.history()]
    assert actions.count("deliver") == 2 and "delivery" in actions


def test_a_delivery_is_cancelled_in_its_hold_and_not_sent_before_its_end(place):
    site, jo, al = place
    name = proposed(jo, hold="30")
    act(al, f"/approve?delivery={name}")
    assert "It is held until" in al.get(f"/delivery?delivery={name}").text
    early = act(al, f"/send?delivery={name}")
    assert early.status_code == 422 and "is held for 30 more minutes" in early.text
    blank = act(al, f"/cancel?delivery={name}", reason=" ")
    assert blank.status_code == 422 and "a reason is needed" in blank.text
    assert act(al, f"/cancel?delivery={name}", reason="wrong list").status_code == 303
    assert site.store.deliveries.get(name).state == "cancelled"
    late = act(al, f"/cancel?delivery={name}", reason="twice")
    assert late.status_code == 422 and "is cancelled" in late.text


def test_what_awaits_a_second_review_stays_and_the_page_says_so(place):
    site, jo, _ = place
    site.store.second.set_rules(ReviewRules(large=1), reason="all", by="lead", at=1)
    site.store.undo("monday", "a", reason="again", by="jo")
    site.store.decide("monday", "a", "confirmed", reason="one vendor", by="jo")
    refused = propose(jo)
    assert refused.status_code == 422
    assert "nothing is to leave" in refused.text and "1 clusters second-review" in refused.text


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"destination": "elsewhere"}, "allows no destination"),
        ({"purpose": "  "}, "a purpose is needed"),
        ({"hold": "-1"}, "held for 0 to"),
        ({"action": ""}, "a recommended action is needed"),
    ],
)
def test_a_proposal_that_will_not_do_comes_back_with_its_words(place, form, why):
    _, jo, _ = place
    answer = propose(jo, **{"purpose": "a long purpose", **form})
    assert answer.status_code == 422 and why in answer.text
    if "purpose" not in form:
        assert 'value="a long purpose"' in answer.text


def test_a_delivery_that_is_not_there_is_not_found(place):
    _, jo, _ = place
    assert jo.get(f"/delivery?delivery={EVIL}").status_code == 404
    assert act(jo, "/approve?delivery=nothing").status_code == 404


def test_lists_leave_as_files_and_the_history_knows_of_them(place):
    site, jo, _ = place
    name = proposed(jo)
    rows = act(jo, f"/take-items?delivery={name}", purpose="compare", format="csv").text
    assert [row["account"] for row in csv.DictReader(io.StringIO(rows))] == RING[:7]
    listed = act(jo, "/take-deliveries", purpose="compare", format="json").json()
    assert [row["delivery"] for row in listed["deliveries"]] == [name]
    entries = act(jo, "/take-audit?by=jo", purpose="compare", format="json").json()["history"]
    assert {row["by"] for row in entries} == {"jo"}
    exports = [each for each in site.store.history() if each.action == "export"]
    assert [each.details["file"] for each in exports] == [
        "items.csv", "deliveries.json", "history.json",
    ]  # fmt: skip
    assert act(jo, "/take-audit", purpose=" ", format="csv").status_code == 400


def test_what_never_leaves_is_added_with_owner_reason_and_day_and_ended(place):
    site, jo, al = place
    form = {"kind": "account", "subject": "a0", "reason": EVIL, "until": "2100-01-31"}
    assert act(jo, "/suppress", **form).status_code == 303
    [held] = site.store.deliveries.suppressions(at=1)
    assert (held.by, held.subject, held.reason) == ("jo", "a0", EVIL)
    html = al.get("/suppressions").text
    assert "Showing 1 of 1 entry in force" in html and EVIL not in html
    name = proposed(jo)
    assert "1 <bdi>accounts suppressed</bdi>" in jo.get(f"/delivery?delivery={name}").text

    assert act(al, "/lift", number=str(held.seq), reason=" ").status_code == 422
    assert act(al, "/lift", number=str(held.seq), reason="over").status_code == 303
    assert site.store.deliveries.suppressions(at=1) == []
    assert "Nothing is suppressed." in al.get("/suppressions").text


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"until": ""}, "name the day on which it ends"),
        ({"until": "soon"}, "is no day"),
        ({"until": "2001-01-01"}, "that day is past"),
        ({"reason": ""}, "a reason is needed"),
        ({"subject": " "}, "name what is not to leave"),
        ({"kind": "cluster"}, "no cluster has the id"),
        ({"kind": "planet"}, "suppress an account or a cluster"),
    ],
)
def test_a_suppression_that_will_not_do_comes_back_with_its_words(place, form, why):
    site, jo, _ = place
    given = {"kind": "account", "subject": "a0", "reason": "press", "until": "2100-01-31", **form}
    answer = act(jo, "/suppress", **given)
    assert answer.status_code == 422 and why in answer.text
    assert site.store.deliveries.suppressions(at=1) == []


def test_the_history_is_paged_narrowed_and_verified(place):
    site, jo, al = place
    for number in range(120):
        site.store.note("monday", "b", f"{EVIL} {number}", by="al" if number % 2 else EVIL)
    html = al.get("/audit").text
    known = len(site.store.history())
    assert f"Showing 1 to 100 of {known} entries, the newest first" in html and EVIL not in html
    [older] = links_of(html, '<a rel="next"')
    assert f"Showing 101 to {known} of {known}" in al.get(older).text
    assert "of 60 entries that fit" in al.get("/audit?by=al").text
    assert "of 120 entries that fit" in al.get("/audit?cluster=b").text
    html = jo.get("/audit?verify=yes").text
    assert "The history holds." in html and f"{known} entries hold" in html
    assert "No entry fits." in jo.get("/audit?by=nobody").text
    assert jo.get("/audit?before=x").status_code == 400


def test_the_history_tells_a_second_reviewer_nothing_of_the_first(place):
    site, jo, al = place
    site.store.second.set_rules(ReviewRules(large=1), reason="all", by="lead", at=1)
    site.store.decide("monday", "b", "dismissed", reason="fans of one band", by="jo")
    assert "fans of one band" in jo.get("/audit").text
    assert "fans of one band" not in al.get("/audit").text
    taken = act(al, "/take-audit", purpose="look", format="json")
    assert "fans of one band" not in taken.text
    site.store.second.review("monday", "b", "dismissed", reason="so", by="al", at=2)
    assert "fans of one band" in al.get("/audit").text


def test_anchors_are_shown_and_a_history_that_was_made_anew_is_found_out(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True, symlinks=True)
    anchors = tmp_path / "elsewhere" / "anchors.jsonl"
    anchors.parent.mkdir()
    with opened_site(tmp_path, anchors=anchors) as site:
        guard = console_of(site, address=ADDRESS, hosts=HOSTS)
        browser = enter(site, TestClient(guard, base_url=ADDRESS, follow_redirects=False))
        assert "cannot read" in browser.get("/audit").text
        line = drop_anchor(site.store, anchors, at=1_770_000_000_000)
        html = browser.get("/audit?verify=yes").text
        assert "Showing 1 of 1 anchor" in html and "against 1 anchors" in html
        anchors.write_text(json.dumps({**line, "hash": "0" * 64}) + "\n", encoding="utf-8")
        html = browser.get("/audit?verify=yes").text
        assert "The history does not hold." in html and "made anew" in html
