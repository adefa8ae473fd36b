"""The console in a real browser by the keyboard alone: in, through the queue, decide, undo, out."""

from __future__ import annotations

import re

import pytest

from review.store import Store
from tests.browser_pages import chromium, press, watched
from tests.web_consoles import publish, serving, town

pytestmark = [pytest.mark.browser, pytest.mark.local_only]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    publish(folder, "run", **town(60))
    return folder


@pytest.fixture(scope="module")
def told(out):
    with serving(out, "--as", "jo") as (_, found):
        yield found


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser, told, out):
    """A page of somebody who is in: one session for the module, by its cookie."""
    with watched(browser, told) as shown:
        if not KEPT:
            shown.page.goto(told["link"])
            press(shown.page, "Tab", "Tab", "Tab", "Enter")
            shown.page.wait_for_selector("[data-queue]")
            KEPT.extend(shown.page.context.cookies())
        shown.page.context.add_cookies(KEPT)
        shown.open("/")
        yield shown.page


KEPT: list = []


def focused(page):
    return page.evaluate("() => document.activeElement.textContent.trim()")


def heading(page):
    return page.locator("h1").inner_text()


def test_from_the_queue_to_a_decision_and_the_next_cluster(page, out):
    press(page, "j", "j", "k")
    assert focused(page) == "a001"
    press(page, "Enter")
    page.wait_for_selector("[data-cluster]")
    assert heading(page) == "a001"

    press(page, "c")
    page.keyboard.type("cdmnjkq: keys are text while one types")
    press(page, "Shift+Enter")
    page.wait_for_url(re.compile("cluster=a002"))

    with Store.open(out / "review.sqlite") as store:
        [held] = store.decisions("run", "a001")
    assert (held.outcome, held.by) == ("confirmed", "jo")
    assert held.reason == "cdmnjkq: keys are text while one types"


def test_a_decision_is_taken_back_by_keys(page, out):
    press(page, "j", "j", "j", "Enter")
    page.wait_for_selector("[data-cluster]")
    name = heading(page)
    press(page, "d")
    page.keyboard.type("a club")
    # Past the members that may be left out, to the button that stays.
    press(page, "Tab", "Tab", "Enter")
    page.wait_for_selector(".side-head .state-dismissed")

    press(page, "u")
    page.keyboard.type("it is no club")
    press(page, "Tab", "Enter")
    page.wait_for_selector(".side-head .state-open")

    with Store.open(out / "review.sqlite") as store:
        assert [each.outcome for each in store.decisions("run", name)] == ["dismissed", "undone"]


def test_the_queue_goes_on_to_its_next_page_and_back(page):
    press(page, "k")
    assert focused(page) == "a050"
    press(page, "j")
    page.wait_for_url(re.compile("after=a050"))
    press(page, "j")
    assert focused(page) == "a051"
    press(page, "k")
    page.wait_for_url(re.compile("before=a051"))


def test_one_cluster_leads_to_the_next_and_back_to_the_queue(page):
    press(page, "j", "Enter")
    page.wait_for_selector("[data-cluster]")
    press(page, "j")
    page.wait_for_url(re.compile("cluster=a002"))
    press(page, "k")
    page.wait_for_url(re.compile("cluster=a001"))
    press(page, "q")
    page.wait_for_selector("[data-queue]")


def test_a_slash_searches_and_escape_leaves_the_box(page):
    press(page, "/")
    page.keyboard.type("a007-friend")
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/search\?"))
    assert "a007-friend" in heading(page)
    press(page, "/", "Escape", "j")
    assert "/search" in page.url


def test_single_keys_can_be_turned_off_and_the_list_of_them_holds_the_focus(page):
    press(page, "?")
    assert page.locator("dialog[open]").count() == 1
    press(page, "j")
    assert page.evaluate("() => document.querySelector('dialog').contains(document.activeElement)")
    page.locator("#keys-on").focus()
    press(page, "Space", "Escape", "j")
    assert page.locator("dialog[open]").count() == 0
    assert focused(page) != "a001"
    press(page, "Tab")
    page.evaluate("() => localStorage.clear()")


def test_a_used_link_lets_nobody_else_in(browser, told, page):
    del page
    with watched(browser, told) as shown:
        answer = shown.page.goto(told["link"])
        assert answer.status == 401
        shown.open("/static/pages.css")
