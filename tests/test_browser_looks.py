"""Every page in a real browser: axe finds nothing serious, and no page is wider than its window."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.browser_pages import chromium, come_in, faults_of, press, shoot, too_wide, watched
from tests.web_consoles import serving

pytestmark = [pytest.mark.browser, pytest.mark.local_only]

WIDTHS = {320: 720, 768: 1024, 1366: 768, 3840: 2160}


@pytest.fixture(scope="module")
def told(village_run):
    with serving(village_run.path.parents[1]) as (_, found):
        yield found


@pytest.fixture(scope="module")
def opened(told):
    with chromium() as browser, watched(browser, told, color_scheme="light") as shown:
        door = shown.page
        door.goto(told["link"])
        shown.at_door = faults_of(door)
        come_in(shown, told)
        yield shown


@pytest.fixture(scope="module")
def pages(opened):
    """Every kind of page by its name, as a path of this run."""
    page = opened.open("/")
    cluster = page.locator("[data-open]").first.get_attribute("href")
    opened.open(cluster)
    account = page.locator('#members ~ * a[href^="/account"], a[href^="/account"]').first
    pair = page.locator('a[href^="/pair"]').first.get_attribute("href")
    return {
        "queue": "/",
        "queue-filtered": "/?flagged=yes&state=open&sort=accounts",
        "queue-empty": "/?text=nobody-is-called-so",
        "cluster": cluster,
        "pair": pair,
        "account": account.get_attribute("href"),
        "runs": "/runs",
        "run": page.locator('a[href^="/runs"]').first.get_attribute("href").replace("runs", "run"),
        "compare": cluster.replace("/cluster", "/compare") + "&with_cluster=%232",
        "explore": account.get_attribute("href").replace("/account", "/explore"),
        "way": pair.replace("/pair", "/way"),
        "search": "/search?q=" + quote(account.text_content()[:4]),
        "deliveries": "/deliveries",
        "suppressions": "/suppressions",
        "audit": "/audit?verify=yes",
        "refused": "/cluster?cluster=nobody",
    }


KINDS = (
    "queue", "queue-filtered", "queue-empty", "cluster", "pair", "account", "search", "runs", "run",
    "compare", "explore", "way", "deliveries", "suppressions", "audit", "refused",
)  # fmt: skip


def test_the_way_in_is_without_serious_faults(opened):
    assert opened.at_door == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_serious(opened, pages, kind, scheme, screenshots):
    page = opened.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1366, "height": 900})
    opened.open(pages[kind])
    shoot(page, screenshots, f"{kind}-{scheme}")
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => each.open = true)")

    assert faults_of(page) == []


def test_the_list_of_keys_is_without_serious_faults(opened, pages, screenshots):
    page = opened.open(pages["cluster"])
    press(page, "?")
    shoot(page, screenshots, "keys")

    assert faults_of(page) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_is_wider_than_its_window(opened, pages, kind, screenshots):
    page = opened.open(pages[kind])
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => each.open = true)")
    wide = {}
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        wide[width] = too_wide(page)
        if width in {320, 3840}:
            shoot(page, screenshots, f"{kind}-{width}")

    assert wide == dict.fromkeys(WIDTHS, 0)
