"""A cluster's page over time: its lasting id, what stands on it, who is new, what went into it."""

from __future__ import annotations

import pytest

from graph.errors import ConfigError
from tests.web_consoles import (
    clusters_of,
    console,
    enter,
    links_of,
    publish,
    send,
    token_of,
)

pytestmark = pytest.mark.local_only

HOSTILE = "<img src=x onerror=alert(1)>"


def day(**clusters):
    """A run of these clusters, each of these accounts."""
    return {
        "clusters": [
            {
                "cluster": name,
                "place": place,
                "flagged": True,
                "expected_precision": 0.9,
                "precision_low": 0.8,
                "precision_high": 1.0,
                "accounts": len(accounts),
                "layers": "links",
                "says": "they met",
            }
            for place, (name, accounts) in enumerate(clusters.items(), start=1)
        ],
        "members": [
            {"cluster": name, "account": account, "role": "core", "pagerank": 0.1}
            for name, accounts in clusters.items()
            for account in accounts
        ],
    }


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    out = tmp_path_factory.mktemp("lasting")
    ring, other = [f"a{n}" for n in range(8)], [f"b{n}" for n in range(5)]
    publish(out, "monday", **day(a=ring, b=other))
    publish(out, "tuesday", at=1, **day(a=[*ring, "new", HOSTILE], b=other))
    publish(out, "wednesday", at=2, **day(a=[*ring, "new", HOSTILE, *other]))
    with console(out) as (site, browser):
        site.store.decide("monday", "a", "confirmed", reason="one vendor", by="jo")
        yield site, enter(site, browser)


def lasting(week, run, cluster="a"):
    html = week[1].get(f"/cluster?run={run}&cluster={cluster}").text
    return html.partition('aria-labelledby="lasting"')[2].partition("</section>")[0]


def test_a_cluster_shows_the_id_that_it_keeps_and_every_run_that_showed_it(week):
    monday, tuesday = lasting(week, "monday"), lasting(week, "tuesday")

    assert "Over time: CL-2026-000001" in monday
    assert "Over time: CL-2026-000001" in tuesday
    assert "grown: 2 came, 0 went" in tuesday
    runs = ("monday", "tuesday", "wednesday")
    assert {f"/cluster?run={run}&cluster=a" for run in runs} <= set(links_of(tuesday))


def test_a_grown_cluster_tells_who_has_no_verdict_whatever_stood_before(week):
    tuesday = lasting(week, "tuesday")

    assert "confirmed (run monday), 2 new since the decision" in tuesday
    assert "Showing 2 of 2, by id" in tuesday
    assert "without a verdict" not in lasting(week, "monday").lower()


def test_what_went_into_a_cluster_is_told(week):
    wednesday = lasting(week, "wednesday")

    assert "CL-2026-000002 went into CL-2026-000001 (5 accounts, run wednesday)" in wednesday


def test_names_of_accounts_run_no_script(week):
    assert "<img" not in lasting(week, "tuesday")
    assert "&lt;img" in lasting(week, "tuesday")


def test_a_lasting_id_is_found_by_search_and_leads_on_after_a_merge(week):
    _, browser = week

    html = browser.get("/search?run=wednesday&q=CL-2026-000002").text

    assert "/cluster?run=wednesday&cluster=a" in links_of(html)


def test_the_queue_asks_for_clusters_that_grew_and_not_for_what_stands(week):
    site, browser = week
    assert site.store.states("tuesday") == {"a": "grown"}
    assert site.run("tuesday").states(site.store) == {"a": "grown"}
    assert clusters_of(browser.get("/?run=tuesday&state=open").text) == ["b"]
    assert clusters_of(browser.get("/?run=tuesday&state=grown").text) == ["a"]
    assert "Who is new?" in browser.get("/cluster?run=tuesday&cluster=a").text


def test_a_cluster_that_shows_nobody_new_is_not_asked_for_again(tmp_path):
    ring = [f"a{n}" for n in range(8)]
    publish(tmp_path, "monday", **day(a=ring))
    publish(tmp_path, "tuesday", at=1, **day(a=ring))
    with console(tmp_path) as (site, browser):
        enter(site, browser)
        held = site.run("tuesday")
        assert held.states(site.store) == {}
        site.store.decide("monday", "a", "dismissed", reason="a club", by="jo")
        assert held.states(site.store) == {"a": "stands"}
        assert site.store.state("tuesday", "a") == "stands"
        assert clusters_of(browser.get("/?state=open").text) == []
        site.store.undo("monday", "a", reason="no club", by="jo")
        assert held.states(site.store) == {}
        assert clusters_of(browser.get("/?state=open").text) == ["a"]


def test_a_decision_on_the_new_leaves_the_others_their_verdicts(tmp_path):
    ring = [f"a{n}" for n in range(8)]
    publish(tmp_path, "monday", **day(a=ring))
    publish(tmp_path, "tuesday", at=1, **day(a=[*ring, "new", "newer"]))
    publish(tmp_path, "wednesday", at=2, **day(a=[*ring, "new", "newer", "newest"]))
    with console(tmp_path) as (site, browser):
        enter(site, browser)
        store = site.store
        store.decide("monday", "a", "confirmed", reason="r", by="jo", excluded=["a3"])
        html = browser.get("/cluster?run=tuesday&cluster=a").text
        assert "the 2 members who are new; the others keep their verdict" in html
        form = {"form_token": token_of(html), "seen": "0", "outcome": "dismissed", "reason": "fans"}
        to = "/decide?run=tuesday&cluster=a"
        assert send(browser, to, about="new", **form).status_code == 303

        [made] = store.decisions("tuesday", "a")
        assert made.kept == tuple(ring) and made.excluded == ()
        held = store.identities.of_cluster("wednesday", "a").carried
        assert held.fresh == ("newest",)
        assert {account: verdict for account, (verdict, _) in held.verdicts.items()} == {
            **dict.fromkeys(ring, "confirmed"),
            "a3": "excluded",
            "new": "dismissed",
            "newer": "dismissed",
        }
        html = browser.get("/cluster?run=tuesday&cluster=a").text
        assert "8 others keep the verdict of an earlier run" in html


def test_nobody_decides_on_the_new_where_nobody_is(tmp_path):
    ring = [f"a{n}" for n in range(8)]
    publish(tmp_path, "monday", **day(a=ring))
    publish(tmp_path, "tuesday", at=1, **day(a=ring))
    with console(tmp_path) as (site, _):
        site.run("tuesday")
        with pytest.raises(ConfigError, match="nothing was decided before"):
            site.store.decide("tuesday", "a", "confirmed", reason="r", by="jo", only_new=True)
        site.store.decide("monday", "a", "confirmed", reason="r", by="jo")
        with pytest.raises(ConfigError, match="no account of cluster `a` is new"):
            site.store.decide("tuesday", "a", "confirmed", reason="r", by="jo", only_new=True)
