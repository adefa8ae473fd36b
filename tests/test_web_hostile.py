"""Names, texts, notes and reasons from outside stay text on every page of the console."""

from __future__ import annotations

import csv
import html as entities
import io
import re
from urllib.parse import quote

import pytest

from tests.report_runs import ALLOWED_TAGS, HOSTILE, Parsed
from tests.web_consoles import START, console, enter, links_of, publish, send, token_of

pytestmark = pytest.mark.local_only

TAGS = ALLOWED_TAGS | set(
    re.findall(
        r"\w+",
        "link script nav form label input button aside textarea select option fieldset legend"
        " kbd dialog br ol",
    )
)
UNSEEN = set("\u202e\u2066\u2067\u2069\u200b\x1b\x00\u2028\ufffe")
NAMES = [name for name in HOSTILE if name.strip()]


def rows_of(number, payload):
    """Two clusters in which whatever came from outside is the payload."""
    ids = [f"{payload}{member}" for member in range(4)]
    clusters = [
        {
            "cluster": ids[place],
            "place": 2 * number + place // 2 + 1,
            "flagged": not place,
            "explained": payload,
            "accounts": 2,
            "layers": "links",
            "says": payload,
            "first_at": START,
            "last_at": START + 5_000,
        }
        for place in (0, 2)
    ]
    told = {"layer": "links", "object_kind": payload, "object": payload}
    return {
        "clusters": clusters,
        "members": [
            {
                "cluster": ids[member - member % 2],
                "account": ids[member],
                "role": "core",
                "pagerank": 0.5,
                "name": payload,
                "platform": payload,
            }
            for member in range(4)
        ],
        "also_in": [
            {"cluster": ids[2], "account": ids[0], "home": ids[0], "score": 0.5},
        ],
        "edges": [
            {"src": min(pair), "dst": max(pair), "layer": "links", "weight": 1.0, "objects": 1}
            for pair in (ids[:2], ids[2:])
        ],
        "evidence": [
            {"cluster": ids[0], "name": payload, "kind": kind, "says": payload, "part": 0.1}
            for kind in ("for", "against", "context", "checked")
        ],
        "cluster_objects": [{"cluster": ids[0], **told, "members": 2}],
        "joint_acts": [
            {
                "src": min(ids[:2]),
                "dst": max(ids[:2]),
                "cluster": ids[0],
                **told,
                "action": payload,
                "src_content": payload,
                "dst_content": payload,
                "src_at": START,
                "dst_at": START + 5_000,
            }
        ],
        "member_interactions": [
            {
                "cluster": ids[0],
                "account": account,
                "action": payload,
                "object_kind": payload,
                "object": payload,
                "content": payload,
                "text": payload,
                "acted_at": START,
                "joint": True,
            }
            for account in ids[:2]
        ],
    }


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A run with clusters of every payload, as it is shown to somebody with a hostile name."""
    out = tmp_path_factory.mktemp("hostile")
    tables: dict[str, list] = {}
    for number, payload in enumerate(NAMES):
        for name, rows in rows_of(number, payload).items():
            tables.setdefault(name, []).extend(rows)
    publish(out, "run", **tables)
    with console(out) as (site, browser):
        yield site, enter(site, browser, "<script>alert(1)</script>\u202e")


@pytest.fixture(params=range(len(NAMES)), ids=lambda n: f"{n}-{NAMES[n][:24]!a}")
def payload(request):
    return NAMES[request.param]


def check_inert(html):
    page = Parsed(html)
    assert set(page.tags) <= TAGS, set(page.tags) - TAGS
    assert page.tags.count("script") == 1
    assert not UNSEEN & set(html)
    for tag, key, value in page.attributes:
        assert not key.startswith("on") and key not in {"style", "srcset", "formaction"}
        if key == "src":
            assert (tag, value) == ("script", "/static/console.js")
        if key in {"href", "action"}:
            assert re.match(r"/(?!/)|#\w+$", value), value
    return page


def test_the_queue_shows_them_all_as_text(town):
    answer = town[1].get("/?rows=200")

    assert len(links_of(answer.text, "<a data-open ")) == 2 * len(NAMES)
    check_inert(answer.text)


def test_its_pages_show_it_as_text_and_lead_to_where_they_say(town, payload):
    browser = town[1]
    answer = browser.get(f"/cluster?cluster={quote(payload + '0', safe='')}")
    assert answer.status_code == 200
    check_inert(answer.text)
    leads = {to.split("?")[0]: to for to in links_of(answer.text)}

    for to in (leads["/pair"], leads["/account"]):
        further = browser.get(to)
        assert further.status_code == 200, to[:80]
        check_inert(further.text)


def test_a_decision_with_it_as_reason_leaves_out_the_member_that_was_ticked(town, payload):
    site, browser = town
    name = f"{payload}2"
    to = f"cluster={quote(name, safe='')}&run=run"
    token = token_of(browser.get("/search").text)
    form = {"form_token": token, "seen": "0", "outcome": "mixed", "exclude": "2"}

    decided = send(browser, f"/decide?{to}", reason=f"because {payload}", **form)
    noted = send(browser, f"/note?{to}", text=f"note {payload}", form_token=token)

    taken = "\x00" not in payload and len(payload) < 4_000
    status = 303 if taken else 422
    assert (decided.status_code, noted.status_code) == (status, status)
    check_inert(browser.get(f"/cluster?{to}").text if taken else decided.text)
    excluded = [each.excluded for each in site.store.decisions("run", name)]
    assert excluded == ([(f"{payload}3",)] if taken else [])


def test_searching_for_it_shows_it_as_text(town, payload):
    for path in ("/search?q=", "/?text="):
        answer = town[1].get(path + quote(payload, safe=""))
        assert answer.status_code == 200
        check_inert(answer.text)


def test_it_in_any_part_of_an_address_is_refused_as_text(town, payload):
    said = quote(payload, safe="")
    for path in (
        f"/?run={said}",
        f"/?state={said}",
        f"/?{said}=1",
        f"/?precision={said}",
        f"/cluster?cluster={said}",
        f"/pair?cluster={said}0&src={said}&dst=x",
        f"/nothing/{said}",
    ):
        answer = town[1].get(path)
        assert answer.status_code in {400, 404}, path[:80]
        check_inert(answer.text)


def test_it_leaves_in_files_as_it_is_and_runs_in_no_spreadsheet(town):
    token = token_of(town[1].get("/").text)
    document, cells = (
        send(town[1], "/take?run=run", form_token=token, format=kind, purpose="a look")
        for kind in ("json", "csv")
    )

    named = [row["cluster"] for row in document.json()["clusters"]]
    assert named == [f"{payload}{member}" for payload in NAMES for member in (0, 2)]
    assert document.text.isascii()
    rows = list(csv.reader(io.StringIO(cells.text, newline="")))
    assert len(rows) == 1 + 2 * len(NAMES)
    assert not [cell for row in rows[1:] for cell in row if re.match(r"[=+@\t\r\n]", cell)]
    for answer in (document, cells):
        assert answer.headers["content-disposition"].startswith('attachment; filename="clusters.')


def test_the_name_of_who_decides_is_text_too(town):
    html = town[1].get("/").text

    check_inert(html)
    assert entities.escape("<script>alert(1)</script>\\u202e") in html
