"""The list of runs, one run against another, and two clusters side by side, as pages."""

from __future__ import annotations

import re

import pytest

from tests.test_changes import MONDAY, TUESDAY, run_of
from tests.web_consoles import console, enter, links_of, publish

pytestmark = pytest.mark.local_only


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    out = tmp_path_factory.mktemp("week")
    read = [
        {"source": "posts", "file": f"{n}.csv", "status": "read", "rows_read": 5, "rows_used": 4}
        for n in range(3)
    ]
    bounds = [
        {
            "layer": "links",
            "bound": "hub",
            "subject": f"hub-{n}",
            "pairs_not_counted": n,
            "says": "-",
        }
        for n in range(30)
    ]
    publish(out, "monday", **run_of(MONDAY))
    publish(out, "tuesday", at=1, **run_of(TUESDAY, reading=read, bounds=bounds))
    with console(out) as (site, browser):
        yield enter(site, browser), out


def test_every_run_is_listed_the_newest_first(week):
    html = week[0].get("/runs").text

    assert "Showing 2 of 2 runs" in html
    assert html.index("what is new in tuesday") < html.index("what is new in monday")
    assert {"/run?run=monday", "/run?run=tuesday"} <= set(links_of(html))


def test_a_damaged_run_is_told_of_and_the_others_are_listed(tmp_path):
    publish(tmp_path, "monday", **run_of(MONDAY))
    publish(tmp_path, "tuesday", at=1, **run_of(TUESDAY))
    (tmp_path / "runs" / "monday" / "members.parquet").write_bytes(b"cut")
    with console(tmp_path) as (site, browser):
        html = enter(site, browser).get("/runs").text

    assert re.search(r"members\.parquet.* has 3 bytes where \d+ were written", html)
    assert "/run?run=tuesday" in links_of(html)
    assert "/run?run=monday" not in links_of(html)


def test_a_run_is_held_against_the_one_before_it(week):
    html = week[0].get("/run?run=tuesday").text

    numbers = dict(re.findall(r"<dt>(new|continued|gone|split|merged)</dt><dd>(\d+)</dd>", html))
    assert numbers == {"new": "2", "continued": "5", "gone": "2", "split": "1", "merged": "1"}
    assert "Showing 2 of 2 clusters, by place" in html
    leads = links_of(html)
    assert "/cluster?run=monday&cluster=lost" in leads
    assert "/cluster?run=tuesday&cluster=y" in leads
    assert all(week[0].get(to).status_code == 200 for to in leads if to.startswith("/c"))


def test_the_first_run_has_none_before_it_and_may_be_held_against_a_later_one(week):
    assert "No run was published before this one" in week[0].get("/run?run=monday").text
    turned = week[0].get("/run?run=monday&against=tuesday").text
    assert re.search(r"<dt>new</dt><dd>2</dd>", turned)


def test_what_was_read_and_bounded_is_counted(week):
    html = week[0].get("/run?run=tuesday").text

    cells = re.search(r"<bdi>posts</bdi></th>(.*?)</tr>", html)[1]
    assert re.findall(r">(\d+)</td>", cells) == ["3", "15", "12", "0", "0", "0"]
    assert "Showing 25 of 30 bounds, those that left most pairs out first" in html
    assert html.index("hub-29") < html.index("hub-28")
    assert "hub-4<" not in html


def test_clusters_are_compared_by_name_place_or_member(week):
    for asked in ("cluster=parts", "place=3"):
        html = week[0].get(f"/compare?run=monday&{asked}&with_run=tuesday&with_cluster=i").text
        assert re.search(r"members of both</dt><dd>3<small>of 6 in either", html)
    assert "Neither run keeps objects of these two" in html


def test_a_cluster_that_is_not_there_is_said_to_be_missing(week):
    for asked in (
        "cluster=nobody&with_cluster=a",
        "cluster=a&with_cluster=nobody",
        "place=99&with_cluster=a",
    ):
        answer = week[0].get(f"/compare?run=monday&{asked}")
        assert answer.status_code == 404
    assert week[0].get("/compare?run=monday&cluster=a").status_code == 400
