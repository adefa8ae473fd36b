"""Who signs in to the console, what each role gets there, and what it does not."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from console.web.access import Access, Proxy, networks
from console.web.app import console_of
from console.web.guard import is_for_programs
from console.web.permits import ROUTES
from console.web.tries import AT_MOST, WITHIN_SECONDS, Tries
from review.deliveries.folder import FOLDER
from review.deliveries.proposing import propose
from review.people.roles import READ_CLUSTERS, ROLES
from review.second.rules import ReviewRules
from tests.web_consoles import (
    ADDRESS,
    HOSTS,
    PASSWORD,
    START,
    browser_of,
    console,
    enter,
    links_of,
    publish,
    quick_passwords,
    seen_of,
    send,
    settle,
    sign_in,
    token_for,
    token_of,
    town,
)

pytestmark = pytest.mark.local_only

DELIVERY = "DL-2026-000001"
ASKED = (
    "run=run&cluster=a001&account=a001&src=a001&dst=a001-friend&with_cluster=a002&q=a001"
    f"&delivery={DELIVERY}"
)
FORM = {
    "outcome": "needs-more",
    "reason": "seen",
    "text": "seen",
    "purpose": "p",
    "format": "csv",
    "name": "mine",
    "kind": "account",
    "subject": "a001",
    "until": "2099-12-31",
    "destination": "ops",
    "action": "review",
    "hold": "0",
    "number": "999",
}

# Roles in the order viewer, analyst, reviewer, lead, ops, data-scientist, admin:
# `+` gets an answer, `.` is told why not.
PAGES = {
    ("GET", "/"): "+++++++",
    ("GET", "/cluster"): "+++++++",
    ("GET", "/runs"): "+++++++",
    ("GET", "/run"): "+++++++",
    ("GET", "/pair"): ".+++..+",
    ("GET", "/account"): ".+++..+",
    ("GET", "/search"): ".+++..+",
    ("GET", "/compare"): ".+++..+",
    ("GET", "/explore"): ".+++..+",
    ("GET", "/way"): ".+++..+",
    ("POST", "/take"): "..++...",
    ("POST", "/decide"): "..++...",
    ("POST", "/undo"): "..++...",
    ("POST", "/note"): ".+++.++",
    ("POST", "/second"): "..++...",
    ("POST", "/second-undo"): "..++...",
    ("POST", "/settle"): "...+...",
    ("POST", "/claim"): "..++...",
    ("POST", "/view"): "+++++++",
    ("GET", "/deliveries"): "+++++++",
    ("GET", "/delivery"): ".++++.+",
    ("POST", "/take-deliveries"): "..++...",
    ("POST", "/take-items"): "..++...",
    ("POST", "/deliver"): "..++...",
    ("POST", "/approve"): "...++..",
    ("POST", "/cancel"): "...++..",
    ("POST", "/send"): "...++..",
    ("POST", "/receipts"): "...++..",
    ("POST", "/recall"): "...++..",
    ("GET", "/suppressions"): ".+++..+",
    ("POST", "/suppress"): "...+...",
    ("POST", "/lift"): "...+...",
    ("POST", "/take-suppressions"): "..++...",
    ("GET", "/audit"): "...+..+",
    ("POST", "/take-audit"): "...+..+",
    ("POST", "/leave"): "+++++++",
}

# What the page behind it refuses where nothing awaits it, whoever asks.
NOTHING_TO_DO = {
    "/second", "/second-undo", "/settle", "/claim", "/deliver", "/approve", "/cancel", "/send",
    "/receipts", "/recall", "/lift",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def quick():
    with quick_passwords():
        yield


@pytest.fixture
def out(tmp_path):
    publish(tmp_path, "run", **town(3))
    return tmp_path


@pytest.fixture(scope="module")
def site(tmp_path_factory, quick):
    """A site that many tests look at; what they add to it is their own."""
    out = tmp_path_factory.mktemp("people")
    publish(out, "run", **town(3))
    with console(out) as (opened, _):
        settle(opened)
        held_delivery(opened)
        yield opened


def held_delivery(site):
    """A destination, and a delivery to it that the lead proposed, of what the lead decided."""
    allowed = f'[destinations.ops]\nfolder = "{site.out / "there"}"\n'
    (site.out / "destinations.toml").write_text(allowed, encoding="utf-8")
    site.store.decide("run", "a003", "confirmed", reason="one vendor", by="lead")
    made = propose(
        site.store, site.run(), site.engine, site.out / FOLDER,
        destination="ops", purpose="p", by="lead", at=START,
    )  # fmt: skip
    assert made.delivery == DELIVERY


@pytest.fixture
def own_site(out):
    """A site whose people a test changes."""
    with console(out) as (opened, _):
        settle(opened)
        yield opened


@pytest.fixture
def browser(site):
    return browser_of(console_of(site, address=ADDRESS, hosts=HOSTS))


@pytest.fixture
def own_browser(own_site):
    return browser_of(console_of(own_site, address=ADDRESS, hosts=HOSTS))


def test_every_page_that_is_not_public_stands_in_the_table_of_this_test():
    pages = {each for each, row in ROUTES.items() if not (row.public or is_for_programs(each[1]))}

    assert pages == PAGES.keys()


@pytest.mark.parametrize(("place", "role"), list(enumerate(ROLES)))
def test_every_role_gets_just_what_the_table_says(site, browser, place, role):
    assert sign_in(browser, role).status_code == 303
    token = token_of(browser.get("/").text)
    got = {}
    for method, path in PAGES:
        if method == "GET":
            answer = browser.get(f"{path}?{'' if path == '/' else ASKED}")
        else:
            seen = max((each.seq for each in site.store.decisions("run", "a001")), default=0)
            form = {**FORM, "seen": str(seen), "form_token": token}
            # A view has no cluster.
            to = "run=run" if path in {"/take", "/view"} else ASKED
            answer = send(browser, f"{path}?{to}", **form)
        got[method, path] = "." if answer.status_code == 403 else "+"
        if got[method, path] == ".":
            assert " may" in answer.text and "a001" not in answer.text
        else:
            refused = {409, 422} if path in NOTHING_TO_DO else set()
            assert answer.status_code in {200, 303} | refused, (path, answer.text)

    assert got == {each: row[place] for each, row in PAGES.items()}
    wrote = role in {"reviewer", "lead"}
    decisions = [each for each in site.store.decisions("run", "a001") if each.by == role]
    assert [each.outcome for each in decisions] == (["needs-more", "undone"] if wrote else [])


def test_a_route_without_a_row_is_not_there(site):
    guard = console_of(site, address=ADDRESS, hosts=HOSTS)
    guard.inner.add_api_route("/secret", lambda: "told", methods=["GET"])
    browser = browser_of(guard)
    sign_in(browser, "lead")

    assert browser.get("/secret").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "ops", "data-scientist"])
def test_who_sees_no_accounts_sees_none_on_a_clusters_page(site, browser, role):
    site.store.decide(
        "run", "a002", "mixed", reason="two kinds", by="lead", excluded=["a002-friend"]
    )
    sign_in(browser, role)
    html = browser.get("/cluster?run=run&cluster=a002").text

    assert "two kinds" in html and "Shared" in html and "leaves out 1 account" in html.lower()
    assert "a002-friend" not in html and "Ann a002" not in html
    assert "/account?" not in html and 'action="/search"' not in html
    assert browser.get("/?text=a002-friend").status_code == 403
    sign_in(browser, "lead")
    html = browser.get("/cluster?run=run&cluster=a002").text
    assert "a002-friend" in html and "Ann a002" in html


def test_a_page_offers_no_form_that_its_reader_may_not_send(own_site, own_browser):
    held_delivery(own_site)
    own_site.store.deliveries.suppress(
        account="a001", reason="a choir", by="lead", at=START, expires_at=4 * START
    )
    offered = {}
    for role in ROLES:
        sign_in(own_browser, role)
        pages = [
            own_browser.get(f"{path}?{'' if path == '/' else ASKED}").text
            for method, path in PAGES
            if method == "GET"
        ]
        offered[role] = set(re.findall(r'action="(/[a-z-]+)[^>]*method="post"', "".join(pages)))

    everybody = {"/view", "/leave"}
    reviewer = {"/decide", "/claim", "/note", "/take", "/take-deliveries", "/take-items"}
    reviewer |= {"/take-suppressions", "/deliver"}
    assert {role: found - everybody for role, found in offered.items()} == {
        "viewer": set(),
        "analyst": {"/note"},
        "reviewer": reviewer,
        # The lead took its decision, and does not approve the delivery.
        "lead": reviewer | {"/cancel", "/suppress", "/lift", "/take-audit"},
        "ops": {"/approve", "/cancel"},
        "data-scientist": {"/note"},
        "admin": {"/note", "/take-audit"},
    }
    assert all(found >= everybody for found in offered.values())
    for place, role in enumerate(ROLES):
        assert all(PAGES["POST", path][place] == "+" for path in offered[role]), role


def test_no_page_links_to_one_that_its_reader_may_not_see(browser):
    for place, role in enumerate(ROLES):
        sign_in(browser, role)
        readable = [path for (method, path), row in PAGES.items() if method == "GET" and
                    row[place] == "+"]  # fmt: skip
        for path in readable:
            html = browser.get(f"{path}?{'' if path == '/' else ASKED}").text
            led = {urlsplit(to).path for to in links_of(html) if to.startswith("/")}
            assert led - {"/static/mark.svg"} <= {*readable}, (role, path)


def test_who_decided_does_not_approve_and_who_did_not_does(own_site, own_browser):
    held_delivery(own_site)
    sign_in(own_browser, "lead")
    token = token_of(own_browser.get("/").text)
    own = send(own_browser, f"/approve?delivery={DELIVERY}", form_token=token, reason="")
    assert own.status_code == 422 and "somebody else approves it" in own.text
    sign_in(own_browser, "reviewer")
    token = token_of(own_browser.get("/").text)
    refused = send(own_browser, f"/approve?delivery={DELIVERY}", form_token=token, reason="")
    assert refused.status_code == 403
    assert own_site.store.deliveries.get(DELIVERY).state == "held"

    sign_in(own_browser, "ops")
    html = own_browser.get(f"/delivery?delivery={DELIVERY}").text
    assert "a003-friend" in html and "/account?" not in html
    told = {"form_token": token_of(html), "reason": ""}
    assert send(own_browser, f"/approve?delivery={DELIVERY}", **told).status_code == 303
    assert own_site.store.deliveries.get(DELIVERY).events[-1].by == "ops"


def test_only_who_may_review_is_asked_for_a_second_review_and_only_a_third_settles(
    own_site, own_browser
):
    secret = "vendor-of-the-first"
    own_site.store.second.set_rules(ReviewRules(large=1), reason="all", by="lead", at=1)
    own_site.store.decide("run", "a001", "confirmed", reason=secret, by="reviewer")
    own_site.store.note("run", "a001", secret, by="reviewer")
    page = "/cluster?run=run&cluster=a001"
    for role in ROLES:
        sign_in(own_browser, role)
        html = own_browser.get(page).text
        assert (secret in html) == (role == "reviewer"), role
        assert ('action="/second?' in html) == (role == "lead"), role
        program = own_browser.get(
            "/api/v1/cluster?cluster=a001", headers=token_for(own_site, role, READ_CLUSTERS)
        )
        assert program.status_code == 200, program.text
        assert (secret in program.text) == (role == "reviewer"), role
        assert program.json()["notes_hidden"] == (role != "reviewer")

    sign_in(own_browser, "lead")
    html = own_browser.get(page).text
    told = {"outcome": "dismissed", "reason": "a choir", "form_token": token_of(html)}
    late = send(own_browser, "/second?run=run&cluster=a001", seen="0", **told)
    assert late.status_code == 409 and "was decided on meanwhile" in late.text
    done = send(own_browser, "/second?run=run&cluster=a001", seen=seen_of(html), **told)
    assert done.status_code == 303
    settles = 'action="/settle?'
    own_site.store.people.add("lee", "lead", PASSWORD, by="admin", at=START)
    for name in (*ROLES, "lee"):
        sign_in(own_browser, name)
        assert (settles in own_browser.get(page).text) == (name == "lee"), name


def test_a_kept_view_that_asks_for_a_text_is_for_who_sees_accounts(own_site, own_browser):
    sign_in(own_browser, "lead")
    told = {"name": "the ring", "shared": "yes"}
    token = token_of(own_browser.get("/").text)
    to = "/view?run=run&text=a002-friend"
    assert send(own_browser, to, form_token=token, **told).status_code == 303
    for role in ROLES:
        sign_in(own_browser, role)
        html = own_browser.get("/").text
        sees = PAGES["GET", "/account"][[*ROLES].index(role)] == "+"
        assert ("a002-friend" in html) == sees, role
        answer = send(own_browser, to, form_token=token_of(html), name="my own")
        assert answer.status_code == (303 if sees else 403)


def test_a_decision_bears_the_name_of_who_signed_in(own_site, own_browser):
    sign_in(own_browser, "reviewer")
    html = own_browser.get("/cluster?run=run&cluster=a001").text
    told = {"outcome": "confirmed", "reason": "one vendor", "seen": seen_of(html)}
    token = token_of(html)
    answer = send(
        own_browser,
        "/decide?run=run&cluster=a001",
        form_token=token,
        **told,
        name="lead",
        by="lead",
    )

    assert answer.status_code == 303
    assert [each.by for each in own_site.store.decisions("run", "a001")] == ["reviewer"]


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("lead", "guessed it all"),
        ("lead", ""),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("le\x00ad", PASSWORD),
        ("lead", PASSWORD + " "),
        ("' or 1=1 --", PASSWORD),
        ("x" * 5_000, PASSWORD),
    ],
)
def test_whoever_gives_a_wrong_name_or_password_is_told_the_same(browser, name, password):
    answer = sign_in(browser, name, password)

    assert answer.status_code == 401 and "set-cookie" not in answer.headers
    assert "The name or the password is wrong" in answer.text
    assert browser.get("/").status_code == 401


def test_after_five_wrong_tries_the_right_password_waits_too(own_site, own_browser):
    for _ in range(5):
        assert sign_in(own_browser, "lead", "guessed it all").status_code == 401
    late = sign_in(own_browser, "lead")

    assert late.status_code == 429 and "wait a minute" in late.text
    assert sign_in(own_browser, "reviewer").status_code == 303


def test_one_address_tries_twenty_names_a_minute_and_no_more(site):
    guard = console_of(site, address=ADDRESS, hosts=HOSTS)
    here, there = browser_of(guard, at="10.0.0.1"), browser_of(guard, at="10.0.0.2")
    told = [sign_in(here, f"name {number}").status_code for number in range(AT_MOST + 1)]

    assert told == [401] * AT_MOST + [429]
    assert sign_in(there, "lead").status_code == 303


def test_tries_are_forgotten_after_a_minute():
    now = [0.0]
    tries = Tries(clock=lambda: now[0])
    assert all(tries.may("a") for _ in range(AT_MOST)) and not tries.may("a")
    now[0] = WITHIN_SECONDS
    assert tries.may("a")


def test_a_session_is_another_one_after_each_sign_in_and_the_one_before_ends(site, browser):
    sign_in(browser, "viewer")
    planted = dict(browser.cookies)
    sign_in(browser, "lead")
    own = dict(browser.cookies)
    stranger = browser_of(console_of(site, address=ADDRESS, hosts=HOSTS))
    stranger.cookies.update(planted)

    assert planted != own
    assert stranger.get("/").status_code == 401 and browser.get("/").status_code == 200


def test_whoever_leaves_is_out_whatever_they_kept(browser):
    sign_in(browser, "lead")
    kept = dict(browser.cookies)
    left = send(browser, "/leave", form_token=token_of(browser.get("/").text))
    browser.cookies.update(kept)

    assert left.status_code == 200 and "Sign in" in left.text
    assert browser.get("/").status_code == 401


def test_who_is_kept_out_is_out_at_once_and_a_new_role_counts_at_once(own_site, own_browser):
    sign_in(own_browser, "lead")
    assert own_browser.get("/account?run=run&account=a001").status_code == 200
    own_site.store.people.change("lead", role="viewer", by="admin", at=1)
    assert own_browser.get("/account?run=run&account=a001").status_code == 403
    own_site.store.people.change("lead", disabled=True, by="admin", at=2)
    assert own_browser.get("/").status_code == 401


def test_links_let_nobody_in_once_the_store_has_people(out):
    with console(out) as (site, browser):
        held = site.sessions.new_link()
        enter(site, browser)
        assert browser.get("/").status_code == 200
        settle(site)
        assert browser.get("/").status_code == 401
        assert send(browser, "/enter", link=held, name="jo").status_code == 401
        assert send(browser, "/link", please="").status_code == 401
        assert 'name="password"' in browser.get("/enter").text


def test_behind_tls_the_cookie_is_for_this_host_and_for_tls_alone(out):
    with console(out, address="https://rings.example") as (site, browser):
        settle(site, ["lead"])
        answer = send(
            browser, "/sign-in", origin="https://rings.example", name="lead", password=PASSWORD
        )
        cookie = answer.headers["set-cookie"]

        assert cookie.startswith("__Host-ringwatch-https=")
        assert "; Secure" in cookie and "; HttpOnly" in cookie and "; Path=/" in cookie
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert browser.get("/").status_code == 200


HEADER = "x-remote-user"
BEHIND = Access(proxy=Proxy(HEADER, networks(["10.0.0.0/24"])))


def test_a_proxy_names_who_it_is_and_its_sessions_are_safe_from_other_sites(own_site):
    guard = console_of(own_site, address=ADDRESS, hosts=HOSTS, access=BEHIND)
    browser = browser_of(guard, at="10.0.0.9")
    browser.headers[HEADER] = "reviewer"
    html = browser.get("/cluster?run=run&cluster=a001").text
    told = {"outcome": "confirmed", "reason": "one vendor", "seen": seen_of(html)}
    to = "/decide?run=run&cluster=a001"

    assert send(browser, to, **told).status_code == 403
    assert send(browser, to, **told, form_token=token_of(html)).status_code == 303
    assert [each.by for each in own_site.store.decisions("run", "a001")] == ["reviewer"]
    kept = dict(browser.cookies)
    assert browser.get("/").status_code == 200 and dict(browser.cookies) == kept
    browser.headers[HEADER] = "viewer"
    assert "viewer" in browser.get("/").text and dict(browser.cookies) != kept
    assert send(browser, to, **told, form_token=token_of(html)).status_code == 403


@pytest.mark.parametrize(
    ("at", "named", "status"),
    [
        ("10.0.0.9", "lead", 200),
        ("10.0.1.9", "lead", 403),
        ("127.0.0.1", "lead", 403),
        ("::1", "lead", 403),
        ("10.0.0.9", "nobody", 403),
        ("10.0.0.9", "", 403),
        ("10.0.0.9", None, 403),
        ("10.0.1.9", None, 401),
    ],
)
def test_the_word_of_the_named_proxy_counts_and_no_others(site, at, named, status):
    guard = console_of(site, address=ADDRESS, hosts=HOSTS, access=BEHIND)
    browser = browser_of(guard, at=at)

    told = {} if named is None else {HEADER: named}
    assert browser.get("/", headers=told).status_code == status


def test_without_a_proxy_its_header_is_a_header_like_any_other(browser):
    assert browser.get("/", headers={HEADER: "lead"}).status_code == 401


def test_a_proxy_that_names_two_names_nobody(site):
    guard = console_of(site, address=ADDRESS, hosts=HOSTS, access=BEHIND)
    answer = browser_of(guard, at="10.0.0.9").get(
        "/", headers=[(HEADER, "viewer"), (HEADER, "lead")]
    )

    assert answer.status_code == 403 and "came 2 times" in answer.text


def test_roles_grow_from_viewer_to_lead(browser):
    pages = list(zip(*PAGES.values(), strict=True))[:4]
    for less, more in pairwise(pages):
        assert all(here == "." or there == "+" for here, there in zip(less, more, strict=True))
