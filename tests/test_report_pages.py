"""A cluster's page: what it says, that it runs nothing, and that it opens anywhere."""

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from graph.errors import ConfigError, StoreError
from graph.schemas import (
    ALSO_IN,
    CLUSTER_OBJECTS,
    CLUSTERS,
    EDGES,
    EVIDENCE,
    JOINT_ACTS,
    MEMBER_INTERACTIONS,
    MEMBERS,
)
from review.origin import Origin
from review.report.page import report_html, write_report
from review.report.site import write_reports
from review.report.view import report_input
from review.run_tables import RunTables

pytestmark = pytest.mark.local_only

MARCH = 1_772_323_200_000
ORIGIN = Origin(run="links-1", job="links", settings={"within_seconds": 60}, accounts=1000)

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</svg><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<iframe src=javascript:alert(1)>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<link rel=stylesheet href=//evil.example>",
    "<form action=//evil.example><input name=x>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<!--<script>-->alert(1)<!--</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<xmp><script>alert(1)</script></xmp>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<plaintext>",
    "<textarea>",
    "<style>*{display:none}</style>",
    "<object data=//evil.example>",
    "<template><script>alert(1)</script></template>",
    "'\"><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "`onload=alert(1)`",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{7*7}}",
    "{% raw %}{{ config }}",
    "${7*7}",
    "{{ self.__init__.__globals__ }}",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "\\u003cscript\\u003e",
    "\uff1cscript\uff1ealert(1)",
    "a\u202egnp.exe",
    "\u2067right\u2069",
    "zero\u200bwidth",
    "\x1b[31mred\x1b]0;x\x07",
    "nul\x00byte",
    "two\nlines\r\n",
    "\u2028\u2029",
    "Z\u0301\u0302\u0303\u0304\u0305\u0306algo",
    "x" * 5_000,
    "\ufffe\uffff",
    "",
    " ",
]

ALLOWED_TAGS = set(
    re.findall(
        r"\w+",
        "html head meta title style body a header p strong span main section div h1 h2 h3 ul li dl"
        " dt dd small details summary table caption thead tbody tr th td b bdi pre footer"
        " svg g line rect circle polygon path text",
    )
)


class Parsed(HTMLParser):
    """Tags, attributes and text of a page, as an HTML reader sees them."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts = [], [], []
        self.headings = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, key, value or "") for key, value in attrs]
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag in {"td", "th", "li", "b"}:
            self.texts.append(" ")

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())


@pytest.fixture
def run(engine, table):
    return RunTables(
        clusters=table(
            engine,
            CLUSTERS,
            f"""
            cluster | place | score | accounts | edges | density | layers       | first_at | last_at          | objects | synchrony | log10_p | says
            a1      | 1     | 0.87  | 3        | 2     | 0.667   | links, texts | {MARCH}  | {MARCH + 90_000} | 1       | 12.5      | -14     | 91 % of their posts came together; 4 % is usual
            b1      | 2     | 0.2   | 2        | 1     | 1       | links        | -        | -                | 1       | -         | -       | few links
            """,  # noqa: E501
        ),
        members=table(
            engine,
            MEMBERS,
            """
            cluster | account | role       | pagerank | partners | name
            a1      | a1      | core       | 0.5      | 2        | Ann
            a1      | a2      | peripheral | 0.2      | 1        | -
            a1      | a3      | bridge     | 0.3      | 1        | Ben
            b1      | b1      | core       | 0.5      | 1        | Bob
            b1      | b2      | core       | 0.5      | 1        | Bea
            """,
        ),
        also_in=table(engine, ALSO_IN, "cluster"),
        edges=table(
            engine,
            EDGES,
            """
            src | dst | layer | weight | objects
            a1  | a2  | links | 1      | 1
            a1  | a3  | texts | 4      | 1
            a3  | b1  | links | 9      | 1
            b1  | b2  | links | 1      | 1
            """,
        ),
        evidence=table(
            engine,
            EVIDENCE,
            """
            cluster | name      | kind    | value | usual | unit           | part  | says
            a1      | synchrony | for     | 0.91  | 0.04  | share of posts | 0.9   | 91 % of their posts came together
            a1      | news      | against | 0.08  | 0.35  | share          | -0.03 | news explain little of it
            a1      | days      | context | 6     | -     | days           | -     | the extract covers 6 days
            """,  # noqa: E501
        ),
        cluster_objects=table(
            engine,
            CLUSTER_OBJECTS,
            """
            cluster | layer | object_kind | object  | members | interactions | population | population_rate
            a1      | links | link        | x.org/1 | 3       | 4            | 5          | 0.005
            """,  # noqa: E501
        ),
        joint_acts=table(
            engine,
            JOINT_ACTS,
            f"""
            src | dst | layer | cluster | action | object_kind | object  | src_content | dst_content | src_at  | dst_at
            a1  | a3  | texts | a1      | post   | link        | x.org/1 | p1          | p3          | {MARCH} | {MARCH + 12_000}
            """,  # noqa: E501
        ),
        member_interactions=table(
            engine,
            MEMBER_INTERACTIONS,
            f"""
            cluster | account | action | object_kind | object  | acted_at          | content | text               | joint
            a1      | a1      | post   | link        | x.org/1 | {MARCH}           | p1      | share this at once | true
            a1      | a3      | post   | link        | x.org/1 | {MARCH + 12_000}  | p3      | share this, now    | true
            a1      | a2      | post   | link        | x.org/2 | {MARCH + 900_000} | p2      | hello              | false
            """,  # noqa: E501
        ),
    )


def test_the_page_tells_the_score_its_parts_and_the_comparison(run):
    text = read(run)

    assert "Cluster a1" in text
    assert "3 accounts joined by 2 edges" in text
    assert "2026-03-01 00:00 to 2026-03-01 00:01 UTC" in text
    assert "0.87 of 1, place 1 in the run" in text
    assert "synchrony +0.90 news \N{MINUS SIGN}0.03" in text
    assert "91 % of posts" in text and "4 % of posts" in text
    assert "1 in 10^14" in text


def test_innocent_explanations_stand_in_a_section_of_their_own(run):
    text = read(run)

    checked = text.split("Innocent explanations checked")[1].split("Who is joined")[0]
    assert "news explain little of it" in checked
    assert "the extract covers 6 days" in checked
    assert "91 % of their posts came together" not in checked


def test_a_page_without_counter_evidence_says_that_none_was_checked(run):
    assert "None was checked in this run" in read(run, "b1")


def test_the_words_suspect_and_do_not_convict(run):
    text = read(run).lower()

    assert "a reason to look, not a verdict" in text
    assert not re.search(r"\b(guilty|fake|fraud|bots?|criminals?|culprits?|offenders?)\b", text)


def test_the_posts_behind_an_edge_stand_side_by_side_with_their_delay(run):
    text = read(run).split("Posts behind the strongest edges")[1]

    assert "a1 and a3: texts, weight 4" in text
    assert "12 s apart" in text
    assert "share this at once" in text and "share this, now" in text
    assert "2026-03-01 00:00:12 UTC, post p3" in text


def test_edges_that_leave_the_cluster_are_not_its_own(run):
    assert [row["dst"] for row in report_input(run, "a1").edges.to_pylist()] == ["a2", "a3"]


def test_members_are_numbered_by_pagerank(run):
    text = read(run).split("the highest PageRank first.")[-1]

    assert re.search(r"1 a1 Ann core .* 2 a3 Ben bridge .* 3 a2 none peripheral", text)


def test_accounts_of_two_clusters_are_told_on_both_pages_and_counted_on_one(run, engine, table):
    overlap = "cluster | account | home | score | partners\nb1 | a3 | a1 | 0.4 | 3"
    run = replace(run, also_in=table(engine, ALSO_IN, overlap))

    home, other = read(run), read(run, "b1")

    assert re.search(r"Also in 1 a1 Ann .* 2 a3 Ben bridge .* b1 3 a2 none", home)
    assert "Belong here too" not in home
    assert "Belong here too Showing 1 of 1 account of elsewhere" in other
    assert "a3 a1 0.4 3" in other
    assert "Showing 2 of 2 members" in other and "2 accounts joined by 1 edge" in other


def test_nearness_to_seeds_is_shown_where_there_are_any(run, engine, table):
    members = """
        cluster | account | role | pagerank | seed | nearness | seed_rank
        a1      | a1      | core | 0.6      | bad  | 1        | 40
        a1      | a2      | core | 0.4      | -    | 0.5      | 8
    """
    near = read(replace(run, members=table(engine, MEMBERS, members)))

    assert "Judged Nearness to seeds Rank from seeds" in near
    assert "bad 1 40 2 a2" in near
    assert "Nearness to seeds" not in read(run)


def test_every_picture_has_a_name_and_a_twin_in_words(run):
    html = report_html(report_input(run, "a1"))
    images = re.findall(r'<svg [^>]*role="img"[^>]*>', html)

    assert len(images) == 3
    assert all(re.search(r'aria-label="[^"]{20,}"', image) for image in images)
    assert html.count('<details class="twin">') == 3


def test_every_picture_is_well_formed(run):
    html = report_html(report_input(run, "a1"))

    found = re.findall(r"<svg xmlns=.*?</svg>", html, flags=re.DOTALL)
    assert len(found) == 3
    for drawn in found:
        ET.fromstring(drawn)


def test_headings_come_in_order_and_the_language_is_named(run):
    page = Parsed(report_html(report_input(run, "a1")))

    assert page.headings[0] == 1 and page.headings.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert ("html", "lang", "en") in page.attributes


def test_every_label_points_to_something_that_is_there(run):
    page = Parsed(report_html(report_input(run, "a1")))
    ids = [value for _, key, value in page.attributes if key == "id"]

    assert len(ids) == len(set(ids))
    named = [value for _, key, value in page.attributes if key == "aria-labelledby"]
    assert named and set(named) <= set(ids)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(run, theme):
    style = report_html(report_input(run, "a1")).split("<style>")[1].split("</style>")[0]
    roots = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w+)", roots[theme == "dark"]))

    for ink in ("ink", "muted", "accent"):
        for ground in ("card", "page", "wash"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for mark in ("hot", "calm", "good", "l0", "l1", "l2", "l3", "l4", "l5"):
        assert contrast(colours[mark], colours["card"]) >= 3, mark


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


def test_the_same_input_gives_the_same_bytes(run, engine, tmp_path):
    view = report_input(run, "a1", origin=ORIGIN)
    turned = replace(
        view,
        **{
            name: getattr(view, name).take(list(range(getattr(view, name).num_rows))[::-1])
            for name in ("members", "edges", "evidence", "objects", "joint_acts", "interactions")
        },
    )

    one = write_report(view, tmp_path / "one.html")
    two = write_report(turned, tmp_path / "two.html")

    assert one.read_bytes() == two.read_bytes()


def test_a_decision_stands_on_the_page(run):
    decision = {
        "outcome": "confirmed",
        "reason": "same <vendor>",
        "decided_by": "j.doe",
        "decided_at": MARCH,
    }
    view = report_input(run, "a1", decision=decision)

    text = Parsed(report_html(view)).text
    assert "Decided confirmed by j.doe on 2026-03-01 00:00 UTC: same <vendor>" in text


def test_a_cluster_that_is_not_there_is_refused(run):
    with pytest.raises(ConfigError, match="no cluster `zz`"):
        report_input(run, "zz")


def test_a_page_takes_its_place_whole_or_not_at_all(run, tmp_path, monkeypatch):
    target = tmp_path / "page.html"
    target.write_text("old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("review.durable.Disk.sync_file", refuse)
    with pytest.raises(StoreError, match="No space left on device"):
        write_report(report_input(run, "a1"), target)

    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["page.html"]


def test_the_index_ranks_every_cluster_and_links_those_with_a_page(run, tmp_path):
    paths = write_reports(run, tmp_path / "reports", top=1, origin=ORIGIN)

    assert [path.name for path in paths] == ["index.html", "cluster-0001.html"]
    html = paths[0].read_text()
    check_inert(html)
    page = Parsed(html)
    assert [v for t, k, v in page.attributes if (t, k) == ("a", "href")] == [
        "#content",
        "cluster-0001.html",
    ]
    assert page.text.index("91 % of their posts") < page.text.index("few links")
    assert "Showing 2 of 2 clusters" in page.text
    assert ("a", "href", "index.html") in Parsed(paths[1].read_text()).attributes


def test_reports_for_no_cluster_are_refused(run, tmp_path):
    with pytest.raises(ConfigError, match="at least one cluster, not 0"):
        write_reports(run, tmp_path, top=0)


def test_a_run_without_clusters_gives_an_index_that_says_so(run, engine, table, tmp_path):
    empty = replace(run, clusters=table(engine, CLUSTERS, "cluster"))

    [index] = write_reports(empty, tmp_path / "reports")

    assert "The run found no cluster" in Parsed(index.read_text()).text


def read(run, cluster="a1"):
    return Parsed(report_html(report_input(run, cluster, origin=ORIGIN))).text


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


def check_inert(html):
    page = Parsed(html)
    assert set(page.tags) <= ALLOWED_TAGS
    for tag, key, value in page.attributes:
        assert not key.startswith("on"), (tag, key)
        assert key not in {"src", "srcset", "action", "formaction", "xlink:href", "style"}
        if key == "href":
            assert re.fullmatch(r"#\w+|index\.html|cluster-\d{4,}\.html", value)
        if key == "http-equiv":
            assert value == "Content-Security-Policy"


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
