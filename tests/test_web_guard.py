"""Nothing answers without a session, to another site, under another name, or with too much."""

from __future__ import annotations

import re

import pytest

from console.web.app import STATIC, console_of
from console.web.guard import FORM_BYTES_AT_MOST, HEADERS, is_for_programs
from console.web.permits import PUBLIC, ROUTES
from console.web.session import IDLE_SECONDS, LINK_SECONDS, LONGEST_SECONDS, Sessions
from graph.errors import ConfigError
from tests.web_consoles import (
    ADDRESS,
    HOSTS,
    console,
    enter,
    publish,
    routes_of,
    send,
    token_of,
    town,
)

pytestmark = pytest.mark.local_only

CLUSTER = "run=run&cluster=a001"
DECISION = {"outcome": "confirmed", "reason": "seen", "seen": "0"}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guard")
    publish(folder, "run", **town(3))
    return folder


@pytest.fixture
def site_and_browser(out):
    with console(out) as (site, browser):
        yield site, browser


@pytest.fixture
def site(site_and_browser):
    return site_and_browser[0]


@pytest.fixture
def stranger(site_and_browser):
    return site_and_browser[1]


@pytest.fixture
def browser(site, stranger):
    return enter(site, stranger)


def routes_of_console(site):
    return list(routes_of(console_of(site, address=ADDRESS, hosts=HOSTS).inner.routes))


def test_every_route_has_a_row_of_who_may_ask_for_it_and_every_row_a_route(site):
    assert set(routes_of_console(site)) == ROUTES.keys()


def test_no_route_but_the_public_ones_answers_without_a_session(site, stranger):
    for method, path in routes_of_console(site):
        if path in PUBLIC:
            continue
        answer = stranger.request(
            method,
            f"{path}?{CLUSTER}&account=a001&src=a001&dst=a001-friend",
            headers={"origin": ADDRESS},
        )

        assert answer.status_code == 401, (method, path)
        says = "Unauthorized" if is_for_programs(path) else "Not in"
        assert says in answer.text and "a001" not in answer.text


def test_what_is_public_is_the_way_in_the_style_and_the_probes(site):
    assert {"/enter", "/sign-in", "/link", "/static/{name}", "/healthz", "/readyz"} == PUBLIC
    assert {path for _, path in routes_of_console(site)} >= PUBLIC


def test_a_path_that_is_not_there_tells_a_stranger_nothing(stranger):
    assert stranger.get("/nothing").status_code == 401
    assert stranger.get("/static/../app.py").status_code in {401, 404}
    assert stranger.get("/static/..%2Fapp.py").status_code == 404
    assert stranger.get("/openapi.json").status_code == 401


def test_the_files_of_pages_are_served_and_no_others(stranger):
    for name in (*STATIC, "pages.css"):
        answer = stranger.get(f"/static/{name}")
        assert answer.status_code == 200 and answer.content
    assert stranger.get("/static/app.py").status_code == 404


def test_every_answer_bears_the_headers(site, browser):
    answers = [
        browser.get("/"),
        browser.get("/nothing"),
        browser.get("/?sort=plaice"),
        browser.get("/static/console.js"),
        browser.get(f"/cluster?{CLUSTER}"),
        browser.get("/", headers={"host": "evil.example"}),
        browser.put("/"),
        send(browser, f"/decide?{CLUSTER}", origin="http://evil.example"),
    ]

    assert [answer.status_code for answer in answers] == [200, 404, 400, 200, 200, 421, 405, 403]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = answers[0].headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy


def test_pages_hold_no_script_and_no_style_of_their_own(browser):
    for path in ("/", f"/cluster?{CLUSTER}", "/account?account=a001", "/search?q=a001"):
        html = browser.get(path).text
        assert re.findall(r"<script[^>]*>", html) == ['<script src="/static/console.js" defer>']
        assert "<style" not in html and not re.search(r'\s(style|on\w+)="', html)
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)[^\s\"<]*\"", html)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:80", "", "localhost"])
def test_another_name_that_points_to_this_machine_is_refused(browser, host):
    assert browser.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8472", "LOCALHOST:8472"])
def test_the_names_of_this_machine_are_let_through(stranger, host):
    assert stranger.get("/static/mark.svg", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1", "file://"],
)
def test_a_form_of_another_site_writes_nothing(site, browser, origin):
    token = token_of(browser.get(f"/cluster?{CLUSTER}").text)
    for path in ("/decide", "/undo", "/note", "/leave", "/enter", "/link"):
        answer = send(browser, f"{path}?{CLUSTER}", origin=origin, form_token=token, **DECISION)
        assert answer.status_code == 403, path
    assert site.store.history("run", "a001") == []


def test_a_form_that_the_browser_calls_foreign_is_refused(browser):
    token = token_of(browser.get("/").text)
    answer = browser.post(
        f"/decide?{CLUSTER}",
        data={**DECISION, "form_token": token},
        headers={"origin": ADDRESS, "sec-fetch-site": "cross-site"},
    )

    assert answer.status_code == 403


@pytest.mark.parametrize("token", [None, "", "x" * 43, "\u00e9"])
def test_a_form_without_the_sessions_token_writes_nothing(site, browser, token):
    told = {} if token is None else {"form_token": token}
    for path in ("/decide", "/undo", "/note", "/leave"):
        answer = send(browser, f"{path}?{CLUSTER}", **told, **DECISION, text="hello")
        assert answer.status_code == 403, path
    assert site.store.history("run", "a001") == []


def test_the_token_of_one_session_is_none_of_another(site, stranger):
    first = token_of(enter(site, stranger).get("/").text)
    stranger.cookies.clear()
    enter(site, stranger, "al")

    assert send(stranger, f"/decide?{CLUSTER}", form_token=first, **DECISION).status_code == 403


def test_reading_by_get_changes_nothing_and_writing_is_no_get(site, browser):
    for path in ("/decide", "/undo", "/note", "/leave"):
        assert browser.get(f"{path}?{CLUSTER}").status_code == 405
    assert site.store.history("run", "a001") == []


def test_a_form_has_a_most_of_bytes_and_of_fields(browser):
    token = token_of(browser.get("/").text)
    large = send(browser, f"/note?{CLUSTER}", form_token=token, text="x" * FORM_BYTES_AT_MOST)
    many = send(browser, f"/note?{CLUSTER}", form_token=token, exclude=["1"] * 1_000)
    other = browser.post(
        f"/note?{CLUSTER}", json={"form_token": token}, headers={"origin": ADDRESS}
    )

    assert (large.status_code, many.status_code, other.status_code) == (413, 400, 415)


def test_a_body_without_a_length_is_cut_off_too(browser):
    def without_end():
        for _ in range(10):
            yield b"x" * FORM_BYTES_AT_MOST

    form = "application/x-www-form-urlencoded"
    answer = browser.post(
        "/note", content=without_end(), headers={"origin": ADDRESS, "content-type": form}
    )

    assert answer.status_code == 413


def test_what_goes_wrong_within_shows_no_detail(site, browser, monkeypatch, capsys):
    def broken(self, name=None):
        raise RuntimeError("secret \x1b[31m detail")

    monkeypatch.setattr(type(site), "run", broken)
    answer = browser.get("/")

    assert answer.status_code == 500 and "secret" not in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    told = capsys.readouterr().err
    assert "secret \\u001b[31m detail" in told and "\x1b" not in told


def test_a_link_lets_one_person_in_once(site, stranger):
    token = site.sessions.new_link()
    looked = [stranger.get(f"/enter?link={token}") for _ in range(3)]
    entered = send(stranger, "/enter", link=token, name="jo")
    again = send(stranger, "/enter", link=token, name="al")

    assert [answer.status_code for answer in looked] == [200, 200, 200]
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert again.status_code == 401 and stranger.get(f"/enter?link={token}").status_code == 401


def test_the_cookie_is_for_this_site_and_not_for_scripts(site, stranger):
    answer = send(stranger, "/enter", link=site.sessions.new_link(), name="jo")
    cookie = answer.headers["set-cookie"]

    assert cookie.startswith("ringwatch-8472=")
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b"])
def test_a_name_that_is_none_does_not_use_the_link_up(site, stranger, name):
    token = site.sessions.new_link()

    assert send(stranger, "/enter", link=token, name=name).status_code == 422
    assert send(stranger, "/enter", link=token, name="jo").status_code == 303


def test_where_the_name_is_given_nobody_is_asked(out):
    with console(out, person="Jo Park") as (site, browser):
        token = site.sessions.new_link()
        assert 'name="name"' not in browser.get(f"/enter?link={token}").text
        enter(site, browser, "somebody else")
        assert "<bdi>Jo Park</bdi>" in browser.get("/").text


def test_leaving_ends_the_session_for_whoever_has_its_cookie(site, browser):
    kept = dict(browser.cookies)
    left = send(browser, "/leave", form_token=token_of(browser.get("/").text))
    browser.cookies.update(kept)

    assert left.status_code == 200
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize("cookie", ["x", "ringwatch-8472=", "ringwatch-8472=guess", "=;;=\x7f"])
def test_a_made_up_cookie_is_no_session(stranger, cookie):
    assert stranger.get("/", headers={"cookie": cookie}).status_code == 401


def test_a_new_link_is_printed_where_the_console_runs_and_not_shown(site, stranger, capsys):
    asked = send(stranger, "/link", please="")
    again = send(stranger, "/link", please="")
    told = capsys.readouterr().err
    [token] = re.findall(rf"{ADDRESS}/enter\?link=(\S+)", told)

    assert (asked.status_code, again.status_code) == (200, 429)
    assert token not in asked.text
    assert send(stranger, "/enter", link=token, name="jo").status_code == 303


def test_links_and_sessions_end_with_time():
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    late, link, other = (sessions.new_link() for _ in range(3))
    idle, busy = sessions.enter(link, "jo"), sessions.enter(other, "al")
    now[0] = LINK_SECONDS
    assert not sessions.link_holds(late) and sessions.enter(late, "jo") is None
    while now[0] < IDLE_SECONDS:
        now[0] += IDLE_SECONDS / 4
        assert sessions.of(busy).person == "al"
    assert sessions.of(idle) is None
    while now[0] < LONGEST_SECONDS - IDLE_SECONDS / 2:
        now[0] += IDLE_SECONDS / 2
        assert sessions.of(busy)
    now[0] += IDLE_SECONDS / 2
    assert sessions.of(busy) is None


def test_what_is_kept_in_memory_opens_nothing():
    sessions = Sessions()
    link = sessions.new_link()
    kept = repr(vars(sessions))
    session = sessions.enter(link, "jo")

    assert link not in kept and session not in repr(vars(sessions))
    assert sessions.of(next(iter(sessions._sessions))) is None


def test_a_blank_name_for_everybody_is_refused():
    with pytest.raises(ConfigError, match="a name is needed"):
        Sessions(person=" ")
