"""Report pages are inert: nothing is loaded, nothing runs, hostile text stays text."""

import base64
import hashlib
from dataclasses import replace

import pyarrow as pa
import pytest

from review.origin import Origin
from review.report.page import report_html
from review.report.view import report_input
from tests.report_runs import HOSTILE, MARCH, Parsed, check_inert
from tests.report_runs import run as run

pytestmark = pytest.mark.local_only


def test_the_policy_allows_one_style_sheet_by_its_hash_and_nothing_else(run):
    html = report_html(report_input(run, "a1"))
    style = html.split("<style>")[1].split("</style>")[0]
    page = Parsed(html)
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    [policy] = [v for t, k, v in page.attributes if t == "meta" and v.startswith("default-src")]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    )
    assert not [a for a in page.attributes if a[1] == "style"]


def test_nothing_is_loaded_and_nothing_runs(run):
    html = report_html(report_input(run, "a1"), index="index.html")

    check_inert(html)
    assert "url(" not in html and "@import" not in html


def test_hostile_text_in_every_cell_stays_text(run):
    view = report_input(run, "a1")
    tags = sorted(set(Parsed(report_html(hostile(view, "plain"))).tags))

    for payload in HOSTILE:
        page = report_html(hostile(view, payload))

        check_inert(page)
        assert not set(page) & set("\u202e\u2066\u2067\u2069\u200b\x1b\x00\u2028\ufffe"), payload
        assert sorted(set(Parsed(page).tags)) == tags, payload


def test_hostile_names_are_shown_in_isolation_with_their_escapes(run):
    page = report_html(hostile(report_input(run, "a1"), "a\u202egnp.exe"))

    assert "<bdi>a\\u202egnp.exe</bdi>" in page


def hostile(view, payload):
    """The view with every text of every table replaced, ids kept apart from one another."""
    keep = {"kind", "role"}
    ids = {f"a{n}": f"{payload}{n}" if payload else f"{n}" for n in (1, 2, 3)}

    def spoiled(table):
        for place, field in enumerate(table.schema):
            if field.type == pa.string() and field.name not in keep:
                values = [ids.get(value, payload) for value in table.column(place).to_pylist()]
                table = table.set_column(place, field, pa.array(values, pa.string()))
        return table

    names = ("cluster", "members", "edges", "evidence", "objects", "joint_acts", "interactions")
    return replace(
        view,
        **{name: spoiled(getattr(view, name)) for name in names},
        origin=Origin(run=payload, job=payload, settings={payload: payload}),
        decision={
            "outcome": payload,
            "reason": payload,
            "decided_by": payload,
            "decided_at": MARCH,
        },
    )
