"""A run with a cluster or two to make pages of, and pages as they were parsed, for tests."""

import re
from html.parser import HTMLParser

import pytest

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
from review.report.page import report_html
from review.report.view import report_input
from review.run_tables import RunTables

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


def read(run, cluster="a1"):
    return Parsed(report_html(report_input(run, cluster, origin=ORIGIN))).text


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
