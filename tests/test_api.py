"""The programs' door: what it gives, who may ask it, and how it says no."""

from __future__ import annotations

import pytest

from console.web.access import Access
from console.web.api.asks import IDS_AT_MOST
from console.web.guard import PROGRAMS_BYTES_AT_MOST
from console.web.permits import API, ROUTES
from review.deliveries.proposing import propose
from review.people.roles import DECIDE, READ_ACCOUNTS, READ_CLUSTERS, ROLES
from tests.web_consoles import (
    ADDRESS,
    START,
    console,
    enter,
    publish,
    quick_passwords,
    settle,
    sign_in,
    token_for,
    town,
)

pytestmark = pytest.mark.local_only

CLUSTERS = 12
PROBLEM = "application/problem+json"
KEY = b"a key of sixteen and more"

# Roles in the order viewer, analyst, reviewer, lead, ops, data-scientist, admin:
# `+` gets an answer, `.` is told why not, `i` for accounts of deliveries alone.
DOORS = {
    ("GET", "/openapi.json"): "+++++++",
    ("GET", "/runs"): "+++++++",
    ("GET", "/clusters"): "+++++++",
    ("GET", "/cluster"): "+++++++",
    ("GET", "/evidence"): "+++++++",
    ("GET", "/members"): ".+++.++",
    ("GET", "/account"): ".+++i.+",
    ("POST", "/search"): ".+++..+",
    ("GET", "/deliveries"): "+++++++",
    ("GET", "/delivery"): ".++++.+",
    ("POST", "/decide"): "..++...",
    ("POST", "/undo"): "..++...",
    ("POST", "/note"): ".+++.++",
}
QUERIES = {
    "/cluster": "?cluster=a002",
    "/evidence": "?cluster=a002",
    "/members": "?cluster=a002",
    "/account": "?account=a002",
    "/delivery": "?delivery=DL-2026-000001",
}
BODIES = {
    "/search": {"ids": ["a002"]},
    "/decide": {"cluster": "a002", "outcome": "mixed", "reason": "two kinds"},
    "/undo": {"cluster": "a002", "reason": "not so"},
    "/note": {"cluster": "a002", "text": "seen"},
}


@pytest.fixture(scope="module")
def site_and_browser(tmp_path_factory):
    out = tmp_path_factory.mktemp("api")
    publish(out, "before", **town(2))
    publish(out, "run", at=1_000, **town(CLUSTERS))
    with quick_passwords(), console(out, access=Access(pseudonym_key=KEY)) as (site, browser):
        settle(site)
        yield site, browser


@pytest.fixture
def site(site_and_browser):
    return site_and_browser[0]


@pytest.fixture
def browser(site_and_browser):
    browser = site_and_browser[1]
    browser.cookies.clear()
    return browser


@pytest.fixture
def get(site, browser):
    bearer = token_for(site, "lead")

    def asked(path, status=200, **query):
        answer = browser.get(f"{API}{path}", params=query, headers=bearer)
        assert answer.status_code == status, answer.text
        return answer.json()

    return asked


@pytest.fixture
def post(site, browser):
    bearer = token_for(site, "lead")

    def sent(path, status=200, **body):
        answer = browser.post(f"{API}{path}", json=body, headers=bearer)
        assert answer.status_code == status, answer.text
        return answer.json()

    return sent


def test_every_door_stands_in_the_table_of_this_test():
    doors = {(method, path.removeprefix(API)) for method, path in ROUTES if path.startswith(API)}

    assert doors == DOORS.keys()


@pytest.mark.parametrize(("place", "role"), list(enumerate(ROLES)))
def test_every_role_gets_just_what_the_table_says(site, browser, place, role):
    bearer = token_for(site, role)
    got = {}
    for method, path in DOORS:
        if method == "GET":
            answer = browser.get(f"{API}{path}{QUERIES.get(path, '')}", headers=bearer)
        else:
            seen = max((each.seq for each in site.store.decisions("run", "a002")), default=0)
            body = {**BODIES[path], **({"seen": seen} if path in ("/decide", "/undo") else {})}
            answer = browser.post(f"{API}{path}", json=body, headers=bearer)
        if answer.status_code == 403:
            assert answer.headers["content-type"] == PROBLEM
            named = "no delivery names" in answer.json()["detail"]
            got[method, path] = "i" if named else "."
            assert named or " may" in answer.json()["detail"]
        else:
            got[method, path] = "+"
            # There is no delivery.
            assert answer.status_code == (404 if path == "/delivery" else 200), answer.text

    assert got == {each: row[place] for each, row in DOORS.items()}


def test_a_token_does_what_it_was_made_for_and_no_more(site, browser):
    bearer = token_for(site, "lead", READ_CLUSTERS)
    answers = {
        path: browser.get(f"{API}{path}", headers=bearer)
        for path in ("/clusters", "/members?cluster=a001", "/clusters?text=a001")
    }

    assert [each.status_code for each in answers.values()] == [200, 403, 403]
    assert "was not made to see accounts" in answers["/members?cluster=a001"].json()["detail"]
    wrote = browser.post(f"{API}/note", json={"cluster": "a001", "text": "x"}, headers=bearer)
    assert wrote.status_code == 403


def test_nothing_answers_without_a_token_in_force_and_no_cookie_is_one(site, browser):
    sign_in(browser, "lead")
    for method, path in DOORS:
        for headers in ({}, {"authorization": "Bearer rwt_0_0"}, {"authorization": "Basic eDp5"}):
            answer = browser.request(method, f"{API}{path}", headers=headers)
            assert answer.status_code == 401, (path, headers)
            assert answer.headers["content-type"] == PROBLEM
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert "set-cookie" not in answer.headers
    assert browser.get("/", headers=token_for(site, "lead")).status_code == 200
    browser.cookies.clear()
    assert browser.get("/", headers=token_for(site, "lead")).status_code == 401


def test_a_token_that_was_revoked_ends_at_once(site, browser):
    bearer = token_for(site, "lead")
    assert browser.get(f"{API}/runs", headers=bearer).status_code == 200
    site.store.people.revoke(bearer["authorization"].split("_")[1], by="admin", at=1)
    assert browser.get(f"{API}/runs", headers=bearer).status_code == 401


def test_a_store_without_people_has_no_tokens_and_says_what_to_do(tmp_path):
    publish(tmp_path, "run", **town(1))
    with console(tmp_path) as (site, browser):
        enter(site, browser)
        answer = browser.get(f"{API}/runs")
        assert answer.status_code == 401 and "ringwatch people token" in answer.json()["detail"]


@pytest.mark.parametrize("sort", ["place", "score", "accounts", "first", "name"])
@pytest.mark.parametrize("limit", [1, 5, 200])
def test_pages_hold_every_cluster_once_in_the_order_of_the_whole_list(get, sort, limit):
    whole = get("/clusters", sort=sort, limit=200)
    found, after = [], None
    while True:
        page = get("/clusters", sort=sort, limit=limit, **({"after": after} if after else {}))
        assert (page["passed"], page["of"]) == (len(found), CLUSTERS)
        assert page["showing"] == len(page["clusters"]) <= limit
        found += page["clusters"]
        after = page["next"]
        if after is None:
            break

    assert found == whole["clusters"] and len(found) == CLUSTERS


def test_filters_are_those_of_the_queue(get):
    assert get("/clusters", flagged=True)["of"] == CLUSTERS // 2
    assert get("/clusters", layer="copied-text")["of"] == CLUSTERS // 2
    assert get("/clusters", text="a003-friend")["of"] == 1
    assert get("/clusters", min_accounts=5)["of"] == CLUSTERS // 4
    assert get("/clusters", state="dismissed")["of"] == 0
    assert get("/clusters", run="before")["of"] == 2


def test_a_decision_that_came_meanwhile_is_a_conflict_and_nothing_is_written(get, post, site):
    seen = get("/cluster", cluster="#5")["seen"]
    told = {"cluster": "#5", "outcome": "confirmed", "reason": "one vendor", "seen": seen}
    taken = post("/decide", **told, excluded=["a005-friend"])
    late = post("/decide", 409, **told)

    assert (taken["by"], taken["excluded"]) == ("lead", ["a005-friend"])
    assert "was decided on meanwhile" in late["detail"] and late["status"] == 409
    assert len(site.store.decisions("run", "a005")) == 1
    assert get("/clusters", state="confirmed")["clusters"][0]["cluster"] == "a005"
    undone = post("/undo", cluster="a005", reason="not so", seen=taken["seq"])
    assert undone["undoes"] == taken["seq"]
    assert post("/undo", 422, cluster="a005", reason="x", seen=undone["seq"])["detail"]
    assert get("/cluster", cluster="a005")["seen"] == undone["seq"]
    assert site.store.verify_history()


def test_who_may_not_see_accounts_is_told_how_many_are_left_out(site, browser, post, get):
    seen = get("/cluster", cluster="a006")["seen"]
    post("/decide", cluster="a006", outcome="mixed", reason="so", seen=seen, excluded=["a006"])
    answer = browser.get(f"{API}/cluster?cluster=a006", headers=token_for(site, "viewer"))
    decision = answer.json()["decisions"][-1]

    assert (decision["excluded"], decision["excluded_known"]) == (None, 1)


def test_accounts_come_under_pseudonyms_where_the_role_says_so(site, browser):
    bearer = token_for(site, "data-scientist")
    first, again, other = (
        browser.get(f"{API}/members?cluster={name}", headers=bearer).json()
        for name in ("a001", "a001", "a002")
    )

    assert first["pseudonyms"] and first == again
    accounts = {row["account"] for row in first["members"]}
    assert len(accounts) == 2 and all(each.startswith("p-") for each in accounts)
    assert not accounts & {row["account"] for row in other["members"]}
    assert all(row["name"] is None for row in first["members"])


def test_ops_see_the_accounts_of_deliveries_and_no_others(tmp_path):
    publish(tmp_path, "run", **town(3))
    with quick_passwords(), console(tmp_path) as (site, browser):
        settle(site)
        bearer = token_for(site, "ops")
        site.store.decide("run", "a001", "confirmed", reason="so", by="lead")
        made = propose(
            site.store,
            site.run(),
            site.engine,
            tmp_path / "deliveries",
            destination="partner",
            purpose="p",
            by="lead",
            at=START,
        )
        told = browser.get(f"{API}/deliveries", headers=bearer).json()
        items = browser.get(f"{API}/delivery?delivery={made.delivery}", headers=bearer).json()
        sent = {row["account"] for row in items["items"]}

        assert [each["delivery"] for each in told["deliveries"]] == [made.delivery]
        assert sent == {"a001", "a001-friend"} and items["of"] == 2
        for account, status in (("a001-friend", 200), ("a002", 403)):
            answer = browser.get(f"{API}/account?account={account}", headers=bearer)
            assert answer.status_code == status, answer.text


def test_without_a_key_nobody_is_shown_a_pseudonym(tmp_path):
    publish(tmp_path, "run", **town(1))
    with quick_passwords(), console(tmp_path) as (site, browser):
        settle(site, ["data-scientist"])
        answer = browser.get(
            f"{API}/members?cluster=a001", headers=token_for(site, "data-scientist")
        )
        assert answer.status_code == 403
        assert "--pseudonym-key-env" in answer.json()["detail"] and "a001" not in answer.text


def test_ten_thousand_pasted_ids_are_looked_up_and_one_more_is_refused(post):
    known = [f"a{number:03}" for number in range(1, CLUSTERS + 1)]
    ids = [*known, "CL-2026-000001", *(f"nobody {n}" for n in range(IDS_AT_MOST - CLUSTERS - 1))]
    found = post("/search", ids=ids)

    assert (found["of"], found["unknown"]) == (IDS_AT_MOST, IDS_AT_MOST - CLUSTERS - 1)
    assert [each["id"] for each in found["found"]] == ids
    assert found["found"][0]["memberships"] == [
        {"run": "before", "cluster": "a001", "role": "core"},
        {"run": "run", "cluster": "a001", "role": "core"},
    ]
    assert [each["run"] for each in found["found"][CLUSTERS]["clusters"]] == ["before", "run"]
    many = post("/search", 422, ids=[*ids, "one more"])
    assert "10000" in many["detail"] and many["faults"][0]["where"] == "body.ids"
    assert post("/search", ids=["a001"] * 5)["of"] == 1


@pytest.mark.parametrize(
    ("method", "path", "kind", "status", "says"),
    [
        ("GET", "/clusters?limit=0", None, 422, "`query.limit`"),
        ("GET", "/clusters?limit=201", None, 422, "less than or equal to 200"),
        ("GET", "/clusters?sort=plaice", None, 422, "one of place, score"),
        ("GET", "/clusters?lmit=5", None, 422, "nothing of this name is asked for"),
        ("GET", "/clusters?after=99", None, 404, "there is no cluster #99"),
        ("GET", "/clusters?min_score=nan", None, 422, "`query.min_score`"),
        ("GET", "/clusters?run=nowhere", None, 404, "nowhere"),
        ("GET", "/cluster", None, 422, "`query.cluster`"),
        ("GET", "/cluster?cluster=a0001", None, 404, "did you mean `a001`"),
        ("GET", "/account?account=%00", None, 404, "no account"),
        ("GET", "/decide", None, 405, "asked for by POST"),
        ("PUT", "/decide", None, 405, "written to by POST"),
        ("GET", "/nothing", None, 404, "nothing at this address"),
        ("POST", "/search", {"ids": []}, 422, "`body.ids`"),
        ("POST", "/note", {"cluster": "#1", "text": " "}, 422, "not blank"),
        ("POST", "/note", {"cluster": "#1", "text": "a\x00b"}, 422, "no NUL"),
        ("POST", "/decide", {"cluster": "#1", "outcome": "x", "reason": "y", "seen": 0}, 422,
         "one of confirmed, dismissed"),
    ],
)  # fmt: skip
def test_whatever_is_wrong_is_a_problem_with_the_mend(
    site, browser, method, path, kind, status, says
):
    bearer = token_for(site, "lead")
    answer = browser.request(method, f"{API}{path}", json=kind, headers=bearer)
    told = answer.json()

    assert answer.status_code == status == told["status"], answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert says in told["detail"]
    if status == 405:
        assert answer.headers["allow"] == "POST"


def test_what_is_sent_is_json_and_not_too_large(site, browser):
    bearer = token_for(site, "lead")
    form = browser.post(f"{API}/note", data={"cluster": "#1", "text": "x"}, headers=bearer)
    broken = browser.post(
        f"{API}/note", content=b"{", headers={**bearer, "content-type": "application/json"}
    )
    large = browser.post(
        f"{API}/search",
        content=b" " * (PROGRAMS_BYTES_AT_MOST + 1),
        headers={**bearer, "content-type": "application/json"},
    )

    assert [each.status_code for each in (form, broken, large)] == [415, 422, 413]
    assert {each.headers["content-type"] for each in (form, broken, large)} == {PROBLEM}


def test_another_site_reads_and_writes_nothing(site, browser):
    answer = browser.options(
        f"{API}/clusters",
        headers={"origin": "http://evil.example", "access-control-request-method": "GET"},
    )

    assert answer.status_code == 405 and "access-control-allow-origin" not in answer.headers
    host = browser.get(
        f"{API}/clusters", headers={**token_for(site, "lead"), "host": "evil.example"}
    )
    assert host.status_code == 421


def test_the_description_names_every_door_and_loads_nothing_from_elsewhere(site, browser):
    told = browser.get(f"{API}/openapi.json", headers=token_for(site, "viewer")).json()
    doors = {(method.upper(), path) for path, each in told["paths"].items() for method in each}

    assert doors == DOORS.keys() - {("GET", "/openapi.json")}
    assert told["servers"] == [{"url": API}]
    for each in told["paths"].values():
        for operation in each.values():
            for status, answer in operation["responses"].items():
                assert list(answer["content"]) == [
                    "application/json" if status == "200" else PROBLEM
                ]
    for path in ("/docs", "/redoc", f"{API}/docs", f"{API}/redoc"):
        assert browser.get(path, headers=token_for(site, "lead")).status_code in {401, 404}


def test_hostile_names_go_in_and_out_byte_for_byte(tmp_path):
    names = ["=1+1", "a/../b", "<script>", "\u202eevil", "a b\n", "x\u0000y", "#1", "?&="]
    rows = {
        "clusters": [
            {"cluster": name, "place": place, "layers": "links", "accounts": 1}
            for place, name in enumerate(names, start=1)
        ],
        "members": [{"cluster": name, "account": name, "role": "core"} for name in names],
    }
    publish(tmp_path, "run", **rows)
    with quick_passwords(), console(tmp_path) as (site, browser):
        settle(site, ["lead"])
        bearer = token_for(site, "lead", READ_CLUSTERS, READ_ACCOUNTS, DECIDE)
        for name in names:
            told = browser.get(f"{API}/members", params={"cluster": name}, headers=bearer).json()
            assert [row["account"] for row in told["members"]] == [name]
            taken = browser.post(
                f"{API}/decide",
                json={"cluster": name, "outcome": "mixed", "reason": name + ".", "seen": 0},
                headers=bearer,
            )
            assert taken.status_code == (422 if "\x00" in name else 200), taken.text
        found = browser.post(f"{API}/search", json={"ids": names}, headers=bearer).json()
        assert [each["kind"] for each in found["found"]] == ["account"] * len(names)
        assert browser.get(f"{ADDRESS}{API}/clusters", headers=bearer).json()["of"] == len(names)
