"""A cluster's page over a real run: why, against what, who, what they did, and the decision."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from console.cli import app
from console.web.decide import WORDS_AT_MOST
from review.neighbours import edge_acts
from review.queries import show_cluster
from tests.report_runs import Parsed
from tests.web_consoles import ADDRESS, console, enter, links_of, seen_of, send, token_of

pytestmark = pytest.mark.local_only


@pytest.fixture(scope="module")
def place(ring_file, tmp_path_factory):
    """A ring of six that `detect` found, as the console shows it to somebody."""
    folder = tmp_path_factory.mktemp("found")
    told = ["--account", "who", "--object", "what", "--time", "ts", "--content", "post", "--quiet"]
    detected = CliRunner().invoke(app, ["detect", str(ring_file), *told, "--out", str(folder)])
    assert detected.exit_code == 0, detected.stderr
    with console(folder) as (site, browser):
        yield site, enter(site, browser)


@pytest.fixture(scope="module")
def ring(place):
    """The ring as the library shows it."""
    site, _ = place
    return show_cluster(site.run(), site.store, "#1", engine=site.engine)


@pytest.fixture
def undecided(place, ring):
    """The ring with no decision on it, and its page."""
    site, browser = place
    run, name = ring.run, ring.cluster["cluster"]
    while site.store.state(run, name) != "open":
        site.store.undo(run, name, reason="for the next test", by="tests")
    return site, browser, browser.get(f"/cluster?run={run}&cluster={name}").text


def posted(browser, html, path, **form):
    """Send the form of a page that goes to `path`, with its token and what it has seen."""
    [to] = {found for found in re.findall(r'action="([^"]+)"', html) if found.startswith(path)}
    told = {"form_token": token_of(html), "seen": seen_of(html), **form}
    return send(browser, to.replace("&amp;", "&"), **told)


def held_on(site, ring):
    return site.store.decisions(ring.run, ring.cluster["cluster"])


def test_the_page_tells_observed_against_expected_and_the_score_without_each_signal(
    undecided, ring
):
    text = Parsed(undecided[2]).text

    assert " ".join(ring.cluster["says"].split()) in text
    rows = ring.evidence.to_pylist()
    reasons = [row for row in rows if row["kind"] in {"for", "layer"}]
    terms = [row for row in rows if row["kind"] == "term" and row["log_odds"]]
    assert reasons and terms
    for row in (*reasons, *terms):
        assert " ".join(row["says"].split()) in text, row
    assert "without it" in text and "Without one layer" in text


def test_the_page_tells_every_innocent_explanation_that_was_checked(undecided, ring):
    section = re.search(r'aria-labelledby="innocent">.*?</section>', undecided[2], re.DOTALL)[0]
    checked = [row for row in ring.evidence.to_pylist() if row["kind"] == "checked"]

    assert len(checked) > 5
    for row in checked:
        assert row["name"].removeprefix("explanation:") in section


def test_the_page_lists_members_with_role_and_own_score_and_what_they_share(undecided, ring):
    html = undecided[2]
    members = re.search(r'aria-labelledby="members">.*?</section>', html, re.DOTALL)[0]
    for row in ring.members.to_pylist():
        assert f"<bdi>{row['account']}</bdi>" in members and row["role"] in members
    shared = re.search(r'aria-labelledby="objects">.*?</section>', html, re.DOTALL)[0]
    assert f"of {ring.objects.num_rows} objects" in shared
    for name in ring.objects["object"].to_pylist()[:5]:
        assert f"<bdi>{name}</bdi>" in shared
    assert f"of {len(ring.members)} members" in html


def test_the_pictures_are_drawn_by_the_server_and_have_twins_in_words(undecided):
    html = undecided[2]

    images = re.findall(r'<svg [^>]*role="img"[^>]*>', html)
    assert len(images) == 3 and html.count('<details class="twin">') == 3
    assert all(re.search(r'aria-label="[^"]{20,}"', image) for image in images)


def test_headings_labels_and_captions_are_in_order(undecided):
    page = Parsed(undecided[2])
    ids = [value for _, key, value in page.attributes if key == "id"]
    named = [v for _, key, v in page.attributes if key in {"aria-labelledby", "for"}]

    assert page.headings[0] == 1 and page.headings.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert len(ids) == len(set(ids)) and set(named) <= set(ids)
    assert {"header", "main", "nav", "aside", "footer"} <= set(page.tags)


def test_the_acts_behind_a_pair_are_a_link_away(place, ring, undecided):
    site, browser = place
    [first, *_] = [to for to in links_of(undecided[2]) if to.startswith("/pair")]
    src, dst = (re.search(rf"{end}=([^&]+)", first)[1] for end in ("src", "dst"))

    html = browser.get(first).text

    acts = edge_acts(site.run(), src, dst, engine=site.engine)
    known = re.findall(r"Showing (\d+) of ([\d,]+) joint acts", html)
    assert sum(int(total) for _, total in known) == acts.num_rows
    assert all(f"<bdi>{name}</bdi>" in html for name in acts["src_content"].to_pylist()[:50])
    assert browser.get(first.replace(f"dst={dst}", "dst=nobody")).status_code == 404


def test_a_cluster_that_is_not_there_is_not_found(place):
    answer = place[1].get("/cluster?cluster=nobody")

    assert answer.status_code == 404 and "no cluster" in answer.text
    assert place[1].get("/cluster").status_code == 400


def test_a_decision_is_kept_with_who_why_and_whom_it_leaves_out(undecided, ring):
    site, browser, html = undecided
    members = [row["account"] for row in ring.members.to_pylist()]

    answer = posted(
        browser, html, "/decide", outcome="mixed", reason=" two\r\nlines ", exclude=["2", "5"]
    )
    page = browser.get(answer.headers["location"]).text

    assert answer.status_code == 303
    held = held_on(site, ring)[-1]
    assert (held.outcome, held.reason, held.by) == ("mixed", "two\nlines", "jo")
    assert set(held.excluded) == {members[1], members[4]}
    assert "<bdi>two</bdi><br><bdi>lines</bdi>" in page and "Decided: mixed" in page
    assert seen_of(page) == str(held.seq)


def test_a_decision_can_lead_to_the_next_open_cluster(undecided, ring):
    site, browser, html = undecided

    answer = posted(browser, html, "/decide", outcome="confirmed", reason="seen", then="next")

    following = site.store.states(ring.run)
    assert answer.status_code == 303 and following[ring.cluster["cluster"]] == "confirmed"
    page = browser.get(answer.headers["location"])
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"outcome": "confirmed", "reason": " \r\n "}, "a reason is needed"),
        ({"outcome": "", "reason": "seen"}, "choose an outcome"),
        ({"outcome": "guilty", "reason": "seen"}, "unknown outcome"),
        ({"outcome": "confirmed", "reason": "a\x00b"}, "NUL"),
        ({"outcome": "confirmed", "reason": "x" * (WORDS_AT_MOST + 1)}, "at most 4,000"),
        ({"outcome": "mixed", "reason": "kept words", "exclude": ["99"]}, "no member number 99"),
    ],
)
def test_what_is_no_decision_is_refused_and_the_words_are_kept(undecided, ring, form, why):
    site, browser, html = undecided
    before = held_on(site, ring)

    answer = posted(browser, html, "/decide", **form)

    assert answer.status_code == 422
    assert why in answer.text and "Not decided" in answer.text
    assert held_on(site, ring) == before
    if form["reason"] == "kept words":
        assert ">kept words</textarea>" in answer.text


@pytest.mark.parametrize("form", [{"exclude": ["-1"]}, {"exclude": ["1.5"]}, {"seen": "x"}])
def test_a_form_that_the_page_did_not_make_is_refused(undecided, ring, form):
    site, browser, html = undecided
    before = held_on(site, ring)

    answer = posted(browser, html, "/decide", outcome="confirmed", reason="seen", **form)

    assert answer.status_code in {400, 422} and held_on(site, ring) == before


def test_two_who_decide_at_once_do_not_overwrite_one_another(undecided, ring):
    site, browser, html = undecided
    site.store.decide(ring.run, ring.cluster["cluster"], "dismissed", reason="fans", by="al")

    answer = posted(browser, html, "/decide", outcome="confirmed", reason="mine", exclude=["3"])

    assert answer.status_code == 409
    assert held_on(site, ring)[-1].by == "al"
    assert "decided on meanwhile" in answer.text and "<bdi>fans</bdi>" in answer.text
    assert ">mine</textarea>" in answer.text and 'value="3" checked' in answer.text
    assert re.search(r'value="confirmed"[^>]* checked', answer.text)
    again = posted(browser, answer.text, "/decide", outcome="confirmed", reason="mine")
    assert again.status_code == 303 and held_on(site, ring)[-1].by == "jo"


def test_a_form_sent_twice_decides_once(undecided, ring):
    site, browser, html = undecided
    form = {"outcome": "confirmed", "reason": "seen"}
    before = len(held_on(site, ring))

    answers = [posted(browser, html, "/decide", **form).status_code for _ in range(2)]

    assert answers == [303, 409] and len(held_on(site, ring)) == before + 1


def test_a_decision_is_taken_back_with_a_reason_and_what_stood_before_stands(undecided, ring):
    site, browser, html = undecided
    assert "/undo" not in html
    name = ring.cluster["cluster"]
    site.store.decide(ring.run, name, "dismissed", reason="fans", by="al")
    site.store.decide(ring.run, name, "confirmed", reason="vendor", by="jo")
    html = browser.get(f"/cluster?cluster={name}").text

    empty = posted(browser, html, "/undo", reason="")
    done = posted(browser, html, "/undo", reason="wrong cluster")
    late = posted(browser, html, "/undo", reason="wrong cluster")

    assert (empty.status_code, done.status_code, late.status_code) == (422, 303, 409)
    assert site.store.state(ring.run, name) == "dismissed"
    page = browser.get(done.headers["location"]).text
    assert "taken back since" in page and "<bdi>wrong cluster</bdi>" in page


def test_a_note_is_kept_and_an_empty_one_refused(undecided, ring):
    site, browser, html = undecided

    empty = posted(browser, html, "/note", text=" ")
    done = posted(browser, html, "/note", text="see also the March wave")

    assert (empty.status_code, done.status_code) == (422, 303)
    [note] = site.store.notes(ring.run, ring.cluster["cluster"])
    assert (note.text, note.by) == ("see also the March wave", "jo")
    assert "see also the March wave" in browser.get(done.headers["location"]).text
    site.store.verify_history()


def test_an_account_has_its_clusters_in_every_run_its_partners_and_its_acts(place, ring):
    _, browser = place
    account = ring.members["account"][0].as_py()

    html = browser.get(f"/account?account={account}").text

    text = Parsed(html).text
    assert "Its clusters in every run" in text and ring.run in text
    assert re.search(r"Showing \d+ of \d+ partners, the strongest first", text)
    assert re.search(r"Showing \d+ of \d+ acts", text)
    assert browser.get("/account?account=nobody").status_code == 404


def test_search_finds_a_cluster_by_place_an_account_by_id_and_objects_by_part(place, ring):
    _, browser = place
    name, account = ring.cluster["cluster"], ring.members["account"][1].as_py()

    by_place = browser.get("/search?q=%231").text
    by_account = browser.get(f"/search?q={account}").text
    by_part = browser.get("/search?q=RING-").text
    thing = ring.objects["object"][0].as_py()
    by_object = browser.get(f"/search?q={thing[:-1].upper()}").text
    nothing = browser.get("/search?q=there-is-none").text

    assert any(f"cluster={name}" in to for to in links_of(by_place))
    assert any(f"account={account}" in to for to in links_of(by_account))
    assert "Members of clusters" in by_part and account in by_part
    assert "Shared objects" in by_object and f"<bdi>{thing}</bdi>" in by_object
    assert "Nothing in this run" in nothing
    assert "Members of clusters" not in browser.get("/search?q=").text


def test_the_search_box_is_on_every_page(place):
    for path in ("/", "/search"):
        assert 'role="search"' in place[1].get(path).text
    assert place[1].base_url == ADDRESS
