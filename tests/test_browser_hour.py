"""docs/first-hour.md in a real browser: what an investigator does with a fresh run."""

from __future__ import annotations

import shutil

import pytest

from review.store import Store
from tests.browser_pages import chromium, come_in, press, shoot, watched
from tests.web_consoles import serving

pytestmark = [pytest.mark.browser, pytest.mark.local_only]

WINDOW = {"width": 1140, "height": 680}


@pytest.fixture(scope="module")
def out(village_run, tmp_path_factory):
    """A folder of its own: what is decided here is nobody else's."""
    return shutil.copytree(
        village_run.path.parents[1], tmp_path_factory.mktemp("hour") / "out", symlinks=True
    )


def test_an_investigator_s_first_hour(out, screenshots):
    with (
        serving(out) as (_, told),
        chromium() as browser,
        watched(
            browser, told, color_scheme="light", viewport=WINDOW, reduced_motion="reduce"
        ) as shown,
    ):
        page = shown.page
        come_in(shown, told)
        page.click("text=Flagged, to decide")
        page.wait_for_url("**/?state=open&flagged=yes")
        flagged = page.locator("[data-open]").count()
        assert flagged >= 3
        shoot(page, screenshots, "hour-queue")

        press(page, "j", "Enter")
        page.wait_for_selector("[data-cluster]")
        name = page.locator("h1").inner_text()
        shoot(page, screenshots, "hour-cluster")
        for part in ("network", "together"):
            page.evaluate(f"() => document.getElementById('{part}').scrollIntoView()")
            page.wait_for_timeout(500)
            shoot(page, screenshots, f"hour-{part}")

        page.click("#network ~ details.twin summary, section:has(#network) details.twin summary")
        page.locator('section:has(#network) a[href^="/pair"]').first.click()
        page.wait_for_selector("h1#pair")
        shoot(page, screenshots, "hour-pair")
        page.go_back()

        page.wait_for_selector("[data-cluster]")
        press(page, "c")
        page.keyboard.type("same links within seconds, day after day")
        press(page, "Shift+Enter")
        page.wait_for_function(f"() => document.querySelector('h1').innerText !== '{name}'")
        page.goto(f"{shown.address}/?state=confirmed")
        assert page.locator("[data-open]").all_inner_texts() == [name]
        shoot(page, screenshots, "hour-decided")

    with Store.open(out / "review.sqlite") as store:
        [(_, state)] = store.states(page_run(store)).items()
    assert state == "confirmed"


def page_run(store):
    return store.runs()[0].run
