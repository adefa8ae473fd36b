"""Two hundred hostile names, texts and notes in a real browser: nothing of them runs or loads."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from graph.engines import open_engine
from review.deliveries.proposing import propose
from review.run import open_run
from review.store import Store
from tests.browser_pages import chromium, come_in, too_wide, watched
from tests.report_runs import HOSTILE
from tests.web_consoles import START, publish, serving

pytestmark = [pytest.mark.browser, pytest.mark.local_only]

# What ends one context and begins another, put before each of the known payloads.
BEFORE = ("", "'\"><", "--></title></textarea></style>", "]]></text></svg>", "\u202e\\")
NAMES = [f"{before}{payload}" for before in BEFORE for payload in HOSTILE if payload.strip()][:200]
HOME = NAMES[0]
NOW = 1_770_000_000_000

# Events that a reader causes without wanting to: passing over, coming to, opening, loading.
EVENTS = """() => {
  for (const each of document.querySelectorAll("*")) {
    for (const name of ["mouseover", "mouseenter", "focus", "toggle", "load", "error", "click"]) {
      if (name === "click" && each.closest("a, button, form, summary, label, input")) continue;
      each.dispatchEvent(new Event(name));
    }
    if (each.tagName === "DETAILS") each.open = true;
  }
  return document.querySelectorAll("script, iframe, object, embed, base, meta[http-equiv]").length;
}"""


def rows():
    """A cluster whose members, texts and objects are all of them, and one cluster for each."""
    assert len(set(NAMES)) == len(NAMES) == 200
    told = {"layer": "links", "object_kind": "link"}
    clusters = [
        {
            "cluster": name,
            "place": place,
            "flagged": place % 2 == 1,
            "explained": name,
            "accounts": 200 if name == HOME else 1,
            "layers": "links",
            "says": name,
            "first_at": START,
            "last_at": START + 5_000,
        }
        for place, name in enumerate(NAMES, start=1)
    ]
    pairs = [(min(HOME, name), max(HOME, name), name) for name in NAMES if name != HOME]
    return {
        "clusters": clusters,
        "members": [
            {
                "cluster": HOME,
                "account": name,
                "role": "core",
                "pagerank": 1 / place,
                "name": name,
                "platform": name,
            }
            for place, name in enumerate(NAMES, start=1)
        ],
        "edges": [
            {"src": src, "dst": dst, "layer": "links", "weight": 1.0, "objects": 1, "post_pairs": 1}
            for src, dst, _ in pairs
        ],
        "evidence": [
            {"cluster": HOME, "name": name, "kind": kind, "says": name, "part": 0.1, "unit": name}
            for place, name in enumerate(NAMES)
            for kind in (("for", "against", "context", "checked")[place % 4],)
        ],
        "cluster_objects": [
            {"cluster": HOME, **told, "object": name, "members": 2} for name in NAMES
        ],
        "joint_acts": [
            {
                "src": src,
                "dst": dst,
                "cluster": HOME,
                **told,
                "action": name,
                "object": name,
                "src_content": name,
                "dst_content": name,
                "src_at": START,
                "dst_at": START + 5_000,
            }
            for src, dst, name in pairs
        ],
        "member_interactions": [
            {
                "cluster": HOME,
                "account": name,
                "action": name,
                "object_kind": name,
                "object": name,
                "content": name,
                "text": name,
                "acted_at": START + place * 60_000,
                "joint": place % 2 == 0,
            }
            for place, name in enumerate(NAMES)
        ],
    }


def deliver_them(out, store):
    """A delivery of them all, suppressions and views with their names."""
    store.decide("run", HOME, "confirmed", reason=NAMES[1], by="jo")
    with open_engine("local", threads=1) as engine:
        made = propose(
            store, open_run(out), engine, out / "deliveries",
            destination=NAMES[2], purpose=NAMES[3], action=NAMES[4], by=NAMES[5], at=NOW,
        )  # fmt: skip
    assert made.delivery == "DL-2026-000001"
    store.deliveries.cancel(made.delivery, by=NAMES[5], at=NOW, reason=NAMES[6])
    for name in NAMES[:60]:
        if "\x00" not in name and len(name) < 400:
            until = NOW + 10**12
            store.deliveries.suppress(account=name, reason=name, by=name, at=NOW, expires_at=until)
            store.views.save(name[:80], "state=open", by=name, at=NOW, shared=True)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    out = tmp_path_factory.mktemp("hostile")
    publish(out, "run", **rows())
    with (
        serving(out) as (_, told),
        Store.open(out / "review.sqlite") as store,
        chromium() as browser,
        watched(browser, told) as page,
    ):
        for name in NAMES:
            if "\x00" not in name and len(name) < 4_000:
                store.note("run", HOME, name, by=name)
        deliver_them(out, store)
        come_in(page, told, "<script>alert(1)</script>")
        yield page


def said(name):
    return quote(name, safe="")


PAGES = {
    "queue": "/?rows=200",
    "cluster": f"/cluster?cluster={said(HOME)}",
    "search": f"/search?q={said('script')}",
    **{f"cluster {n}": f"/cluster?cluster={said(NAMES[n])}" for n in range(5, 200, 39)},
    **{f"account {n}": f"/account?account={said(NAMES[n])}" for n in range(1, 200, 23)},
    **{
        f"pair {n}": f"/pair?cluster={said(HOME)}&src={said(HOME)}&dst={said(NAMES[n])}"
        for n in range(2, 200, 23)
    },
    **{f"search {n}": f"/search?q={said(NAMES[n])}" for n in range(3, 200, 39)},
    **{f"explore {n}": f"/explore?account={said(NAMES[n])}&open={said(HOME)}" for n in (7, 77)},
    **{f"way {n}": f"/way?src={said(NAMES[n])}&dst={said(NAMES[n + 1])}" for n in (8, 88)},
    "compare": f"/compare?cluster={said(HOME)}&with_cluster={said(NAMES[9])}",
    "run": "/run?run=run",
    "runs": "/runs",
    "deliveries": "/deliveries",
    "delivery": "/delivery?delivery=DL-2026-000001",
    "suppressions": "/suppressions",
    "audit": "/audit",
    **{f"audit {n}": f"/audit?by={said(NAMES[n])}" for n in (6, 66)},
    **{f"refused {n}": f"/?state={said(NAMES[n])}" for n in range(4, 200, 39)},
}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_and_nothing_else_is_loaded(shown, name):
    page = shown.open(PAGES[name])

    # The console's own script is the one that a page may have.
    assert page.evaluate(EVENTS) == 1
    assert page.url.startswith(shown.address)
    assert too_wide(page) <= 0
    assert shown.faults == []


def test_every_one_of_them_is_seen_on_the_cluster_s_page(shown):
    page = shown.open(PAGES["cluster"])

    assert page.locator(".history li").count() >= 180
    assert page.locator("#members").count() == 1
    ticks = page.locator(".leave-out input[type=checkbox]").count()
    assert ticks == len(NAMES)
