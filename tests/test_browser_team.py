"""Two people in a real browser by the keyboard alone: review twice, undo, deliver, recall."""

from __future__ import annotations

import base64
import os
import re
import sqlite3
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from review.second.rules import ReviewRules
from review.store import Store
from review.taking_in import take_in
from tests.browser_pages import chromium, press, shoot, watched
from tests.listening import free_port, running
from tests.test_web_lasting import day
from tests.web_consoles import publish, serving

pytestmark = [pytest.mark.browser, pytest.mark.local_only]

RECEIVER = Path(__file__).parents[1] / "examples" / "receiver" / "receiver.py"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
RING = [f"a{n}" for n in range(8)]
WINDOW = {"width": 1140, "height": 760}
SECRET_WORDS = "links within seconds"
STEPS_AT_MOST = 90


@pytest.fixture(scope="module")
def received(tmp_path_factory):
    """A receiver at work; the file of what it keeps, and its address."""
    folder, port = tmp_path_factory.mktemp("receiver"), free_port()
    command = [sys.executable, str(RECEIVER), str(folder / "state.sqlite"), "--port", str(port)]
    with running(
        command, port, log=folder / "log", within=folder,
        environment={"RINGWATCH_OPS_SECRET": SECRET},
    ):  # fmt: skip
        yield folder / "state.sqlite", port


@pytest.fixture(scope="module")
def out(tmp_path_factory, received):
    folder = tmp_path_factory.mktemp("team")
    publish(folder, "monday", **day(a=RING, b=[f"b{n}" for n in range(5)]))
    (folder / "destinations.toml").write_text(
        f'[destinations.ops]\nurl = "http://127.0.0.1:{received[1]}/"\n'
        f'receipts_url = "http://127.0.0.1:{received[1]}/receipts"\n'
        'secret_env = "RINGWATCH_OPS_SECRET"\n',
        encoding="utf-8",
    )
    with Store.open(folder / "review.sqlite") as store:
        assert take_in(folder, store) == []
        store.second.set_rules(ReviewRules(large=6), reason="large ones", by="lee", at=1)
    return folder


@pytest.fixture(scope="module")
def people(out):
    """The pages of jo and al, who are in, each in a console of their own over one store."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setitem(os.environ, "RINGWATCH_OPS_SECRET", SECRET)
        browser = stack.enter_context(chromium())
        pages = []
        for name in ("jo", "al"):
            _, told = stack.enter_context(serving(out, "--as", name))
            shown = stack.enter_context(
                watched(
                    browser, told, color_scheme="light", viewport=WINDOW, reduced_motion="reduce"
                )
            )
            shown.page.goto(told["link"])
            press(shown.page, "Tab", "Tab", "Tab", "Enter")
            shown.page.wait_for_selector("[data-queue]")
            pages.append(shown.page)
        yield pages


def tab_to(page, selector):
    """Press Tab until what a selector means has the focus."""
    page.wait_for_load_state("load")
    for _ in range(STEPS_AT_MOST):
        press(page, "Tab")
        if page.evaluate("(which) => document.activeElement.matches(which)", selector):
            return
    pytest.fail(f"no Tab of {STEPS_AT_MOST} came to {selector}")


def follow(page, name):
    """Open a page by its link in the bar."""
    tab_to(page, f'nav a[href^="/{name}"]')
    press(page, "Enter")
    page.wait_for_selector(f"h1#{name}")


def decide(page, key, words):
    press(page, key)
    page.keyboard.type(words)
    # Past the members that may be left out, to the button that stays.
    press(page, "Tab", "Tab", "Enter")


def marked(received):
    with closing(sqlite3.connect(received[0])) as database:
        rows = database.execute("select account from marked order by account").fetchall()
    return [account for (account,) in rows]


def test_from_triage_over_a_second_review_to_the_receiver_and_back(people, received, screenshots):
    jo, al = people

    press(jo, "j", "Enter")
    jo.wait_for_selector("[data-cluster]")
    press(jo, "h")
    jo.wait_for_selector("text=You are at work on it until")
    decide(jo, "c", SECRET_WORDS)
    jo.wait_for_selector(".side-head .state-second-review")
    press(jo, "u")
    jo.keyboard.type("too soon")
    press(jo, "Tab", "Enter")
    jo.wait_for_selector(".side-head .state-open")
    decide(jo, "c", f"{SECRET_WORDS}, looked again")
    jo.wait_for_selector(".side-head .state-second-review")

    tab_to(al, 'a[href="/?state=second-review"]')
    press(al, "Enter")
    al.wait_for_url(re.compile("state=second-review"))
    press(al, "j", "Enter")
    al.wait_for_selector("[data-cluster]")
    assert "kept from view until you have said" in al.inner_text("main")
    assert SECRET_WORDS not in al.content()
    shoot(al, screenshots, "ops-second-review")
    decide(al, "c", "the same template")
    al.wait_for_selector(".side-head .state-confirmed")
    assert SECRET_WORDS in al.content()

    follow(jo, "deliveries")
    tab_to(jo, "#purpose")
    jo.keyboard.type("for review by ops")
    tab_to(jo, "#hold")
    press(jo, "Control+a")
    jo.keyboard.type("0")
    shoot(jo, screenshots, "ops-propose")
    press(jo, "Enter")
    jo.wait_for_selector("h1#delivery")
    assert "somebody else approves it" in jo.inner_text("main")

    follow(al, "deliveries")
    press(al, "j", "Enter")
    al.wait_for_selector("h1#delivery")
    tab_to(al, 'form[action^="/approve"] button')
    press(al, "Enter")
    tab_to_when(al, 'form[action^="/send"] button')
    assert marked(received) == []
    press(al, "Enter")
    al.wait_for_selector(".lead .delivery-acknowledged")
    assert marked(received) == RING
    shoot(al, screenshots, "ops-delivery")

    tab_to(al, "#recall-reason")
    al.keyboard.type("a mistake of ours")
    press(al, "Enter")
    al.wait_for_selector("text=takes back 8 accounts")
    tab_to_when(al, 'form[action^="/send"] button')
    press(al, "Enter")
    al.wait_for_selector(".lead .delivery-acknowledged")
    assert marked(received) == []
    follow(al, "audit")
    tab_to(al, 'button[name="verify"]')
    press(al, "Enter")
    al.wait_for_selector("text=The history holds.")
    shoot(al, screenshots, "ops-history")


def tab_to_when(page, selector):
    """As `tab_to`, once the page has it."""
    page.wait_for_selector(selector)
    tab_to(page, selector)


def test_what_never_leaves_is_added_and_ended_by_keys(people, out):
    jo, _ = people
    follow(jo, "suppressions")
    tab_to(jo, "#subject")
    jo.keyboard.type("a0")
    press(jo, "Tab")
    jo.keyboard.type("a newspaper")
    press(jo, "Tab")
    # A date's parts are typed in the order of the browser's language.
    jo.keyboard.type("01312100")
    press(jo, "Enter")
    jo.wait_for_selector("text=Showing 1 of 1 entry in force")
    with Store.open(out / "review.sqlite") as store:
        [held] = store.deliveries.suppressions(at=1)
    assert (held.subject, held.reason, held.by) == ("a0", "a newspaper", "jo")

    tab_to(jo, "td summary")
    press(jo, "Enter", "Tab")
    jo.keyboard.type("no newspaper")
    press(jo, "Enter")
    jo.wait_for_selector("text=Nothing is suppressed.")
