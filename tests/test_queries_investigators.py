"""What investigators ask of a run, and that the answers are right whatever they type."""

from __future__ import annotations

import pyarrow as pa
import pytest

from graph.engines import open_engine
from graph.errors import ConfigError
from graph.schemas import RUN_TABLES
from review.matching import SORTS
from review.neighbours import PARTNERS, edge_acts, expand, near_seeds
from review.publish import RunFacts, RunWriter
from review.queries import account_view, count_clusters, list_clusters, show_cluster
from review.store import Store

pytestmark = pytest.mark.local_only

CLUSTERS = """
    cluster | place | score | accounts | edges | layers            | first_at | last_at | objects
    a1      | 1     | 0.9   | 3        | 2     | links,copied-text | 10       | 90      | 4
    b1      | 2     | 0.7   | 2        | 1     | links             | 5        | 95      | 9
    c1      | 3     | 0.2   | 4        | 0     | devices           | -        | -       | 0
"""
MEMBERS = """
    cluster | account | role | pagerank | name
    a1      | a1      | core | 0.3      | -
    a1      | a2      | core | 0.5      | Ann of Links
    a1      | a3      | core | 0.2      | -
    b1      | b1      | core | 0.5      | -
    b1      | b2      | core | 0.5      | -
    c1      | c1      | core | 0.25     | -
    c1      | c2      | core | 0.25     | -
    c1      | c3      | core | 0.25     | -
    c1      | c4      | core | 0.25     | -
"""
EDGES = """
    src | dst | layer       | weight | objects | first_at | last_at
    a1  | a2  | links       | 3      | 3       | 10       | 80
    a1  | a2  | copied-text | 2      | 1       | 20       | 90
    a2  | a3  | links       | 4      | 4       | 15       | 60
    a3  | b1  | links       | 1      | 1       | 50       | 55
    b1  | b2  | links       | 9      | 9       | 5        | 95
    b2  | x9  | links       | 0.5    | 1       | 7        | 8
"""
OBJECTS = """
    cluster | layer | object_kind | object           | members | population
    a1      | links | url         | http://a/1       | 2       | 5
    a1      | links | url         | http://a/2       | 3       | 3
    b1      | links | url         | http://b/100%_ok | 2       | 2
"""
EVIDENCE = """
    cluster | name      | kind    | part | says
    a1      | density   | for     | 0.1  | dense
    a1      | synchrony | for     | 0.8  | fast
    a1      | news      | against | -    | no wire
"""
ACTS = """
    src | dst | layer | cluster | object     | src_content | dst_content | src_at | dst_at
    a1  | a2  | links | a1      | http://a/2 | p3          | p4          | 80     | 70
    a1  | a2  | links | a1      | http://a/1 | p1          | p2          | 10     | 12
    a2  | a3  | links | a1      | http://a/2 | p4          | p5          | 70     | 75
"""
DID = """
    cluster | account | action | object_kind | object     | acted_at | joint
    a1      | a2      | post   | url         | http://a/2 | 70       | true
    a1      | a2      | post   | url         | http://a/1 | 12       | true
    a1      | a1      | post   | url         | http://a/1 | 10       | true
"""
ALSO = """
    cluster | account | home | score | partners
    b1      | a3      | a1   | 0.4   | 3
    a1      | x7      | -    | 0.2   | 3
    a1      | b2      | b1   | 0.3   | 3
"""
NEAR = """
    account | nearness | seed_rank | seeds | cluster
    n1      | 0.2      | 9         | 1     | c1
    n2      | 0.5      | 3         | 0     | -
    n3      | 0.5      | 4         | 2     | -
"""
WORLD = {
    "clusters": CLUSTERS,
    "members": MEMBERS,
    "also_in": ALSO,
    "near_seeds": NEAR,
    "edges": EDGES,
    "cluster_objects": OBJECTS,
    "evidence": EVIDENCE,
    "joint_acts": ACTS,
    "member_interactions": DID,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A published run, and a store where `a1` is confirmed with a note and `b1` dismissed."""
    out = tmp_path_factory.mktemp("out")
    with open_engine("local", threads=1) as engine, RunWriter.open(out, "run-1") as writer:
        for name, schema in RUN_TABLES.items():
            given = as_rows(schema, WORLD[name]) if name in WORLD else []
            writer.add(engine.from_arrow(rows(schema, given), schema))
        run = writer.publish(RunFacts(job="demo"))
    with Store.open(out / "review.sqlite") as store:
        store.import_run(run)
        store.decide("run-1", "a1", "confirmed", reason="same vendor", by="jo")
        store.note("run-1", "a1", "seen before", by="al")
        store.decide("run-1", "b1", "dismissed", reason="fan club", by="jo")
        yield run, store


@pytest.fixture
def run(world):
    return world[0]


@pytest.fixture
def store(world):
    return world[1]


def as_rows(schema, text):
    types = {"VARCHAR": str, "BIGINT": int, "DOUBLE": float, "BOOLEAN": lambda cell: cell == "true"}
    read = {column.name: types[column.type] for column in schema.columns}
    header, *lines = ([cell.strip() for cell in line.split("|")] for line in text.split("\n")[1:-1])
    return [
        {
            name: None if cell == "-" else read[name](cell)
            for name, cell in zip(header, line, strict=True)
        }
        for line in lines
    ]


def names(found):
    return found["cluster"].to_pylist()


def test_clusters_are_listed_by_place_with_their_state(run, store, engine):
    found = list_clusters(run, store, engine=engine)

    assert names(found) == ["a1", "b1", "c1"]
    assert found["state"].to_pylist() == ["confirmed", "dismissed", "open"]
    assert found.schema.names == [*RUN_TABLES["clusters"].names, "state"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["a1", "b1", "c1"]),
        ({"layer": "links"}, ["a1", "b1"]),
        ({"layer": "link"}, []),
        ({"layer": "copied-text"}, ["a1"]),
        ({"min_accounts": 3}, ["a1", "c1"]),
        ({"min_score": 0.7}, ["a1", "b1"]),
        ({"min_score": 0.0, "layer": None}, ["a1", "b1", "c1"]),
        ({"state": "open"}, ["c1"]),
        ({"state": "confirmed"}, ["a1"]),
        ({"state": "needs-more"}, []),
        ({"text": "C3"}, ["c1"]),
        ({"text": "ann of"}, ["a1"]),
        ({"text": "HTTP://a/"}, ["a1"]),
        ({"text": "100%_OK"}, ["b1"]),
        ({"text": "%"}, ["b1"]),
        ({"text": "' or 1 = 1 --"}, []),
        ({"text": "links", "min_accounts": 3, "state": "confirmed", "layer": "links"}, ["a1"]),
    ],
)
def test_each_filter_keeps_what_it_says_and_is_counted(run, store, engine, filters, expected):
    assert names(list_clusters(run, store, engine=engine, **filters)) == expected
    assert count_clusters(run, store, engine=engine, **filters) == len(expected)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("place", ["a1", "b1", "c1"]),
        ("score", ["a1", "b1", "c1"]),
        ("accounts", ["c1", "a1", "b1"]),
        ("objects", ["b1", "a1", "c1"]),
        ("first", ["b1", "a1", "c1"]),
        ("last", ["b1", "a1", "c1"]),
        ("name", ["a1", "b1", "c1"]),
    ],
)
def test_clusters_stand_in_the_order_asked_for(run, store, engine, sort, expected):
    assert names(list_clusters(run, store, engine=engine, sort=sort)) == expected


def test_every_order_is_tested():
    marks = test_clusters_stand_in_the_order_asked_for.pytestmark
    assert {case[0] for case in marks[0].args[1]} == set(SORTS)


def test_pages_join_into_the_whole_list(run, store, engine):
    pages = [
        names(list_clusters(run, store, engine=engine, limit=2, offset=start))
        for start in (0, 2, 4)
    ]
    assert pages == [["a1", "b1"], ["c1"], []]
    assert names(list_clusters(run, store, engine=engine, limit=None)) == ["a1", "b1", "c1"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"sort": "scores"}, "unknown order 'scores'; did you mean `score`"),
        ({"sort": "place; drop table x"}, "unknown order 'place; drop table x'"),
        ({"state": "opened"}, "did you mean `open`"),
        ({"min_account": 3}, "unknown filter 'min_account'; did you mean `min_accounts`"),
        ({"limit": -1}, "limit and offset are 0 or more"),
        ({"offset": -1}, "limit and offset are 0 or more"),
    ],
)
def test_an_unknown_order_state_or_filter_is_answered_with_the_nearest(run, store, asked, says):
    with pytest.raises(ConfigError, match=says):
        list_clusters(run, store, **asked)


def test_a_cluster_is_shown_whole_and_the_strongest_comes_first(run, store, engine):
    view = show_cluster(run, store, "a1", engine=engine)

    assert view.run == "run-1"
    assert view.cluster["state"] == "confirmed"
    assert view.cluster["score"] == 0.9
    assert view.members["account"].to_pylist() == ["a2", "a1", "a3"]
    assert view.evidence["name"].to_pylist() == ["synchrony", "density", "news"]
    assert view.objects["object"].to_pylist() == ["http://a/2", "http://a/1"]
    assert list(
        zip(view.edges["src"].to_pylist(), view.edges["layer"].to_pylist(), strict=True)
    ) == [
        ("a2", "links"),
        ("a1", "links"),
        ("a1", "copied-text"),
    ]
    assert [(d.outcome, d.reason, d.by) for d in view.decisions] == [
        ("confirmed", "same vendor", "jo")
    ]
    assert [(n.text, n.by) for n in view.notes] == [("seen before", "al")]


@pytest.mark.parametrize("given", ["b1", "#2", "b2"])
def test_a_cluster_is_named_by_its_name_its_place_or_a_member(run, store, engine, given):
    assert show_cluster(run, store, given, engine=engine).cluster["cluster"] == "b1"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("a9", r"no cluster and no member is named `a9`; did you mean `a1`, `a2`, `a3`\?"),
        ("#4", "there is no cluster #4; the last is #3"),
        ("nothing like it at all", "is named `nothing like it at all`$"),
        ("#99999999999999999999", "no cluster and no member is named"),
        ("x" * 100_000, "no cluster and no member is named"),
        ("'; drop table clusters; --", "no cluster and no member is named"),
        ("", "no cluster and no member is named ``"),
    ],
)
def test_an_unknown_cluster_is_answered_with_the_nearest(run, store, engine, given, says):
    with pytest.raises(ConfigError, match=says):
        show_cluster(run, store, given, engine=engine)


def test_a_run_outside_the_store_is_not_asked_for_members(run, tmp_path, engine):
    with (
        Store.open(tmp_path / "other.sqlite") as other,
        pytest.raises(ConfigError, match="run `run-1` is not in the store"),
    ):
        show_cluster(run, other, "a2", engine=engine)


def test_an_account_is_shown_with_its_clusters_edges_and_acts(run, store, engine):
    view = account_view(run, store, "a2", engine=engine)

    assert names(view.clusters) == ["a1"]
    assert view.clusters["role"].to_pylist() == ["core"]
    assert view.clusters["state"].to_pylist() == ["confirmed"]
    assert view.edges["weight"].to_pylist() == [4, 3, 2]
    assert view.interactions["acted_at"].to_pylist() == [12, 70]
    assert [m.run for m in view.memberships] == ["run-1"]


def test_a_cluster_is_shown_with_who_belongs_there_too_and_whose_members_belong_elsewhere(
    run, store, engine
):
    view = show_cluster(run, store, "a1", engine=engine)

    assert view.members["account"].to_pylist() == ["a2", "a1", "a3"]
    assert view.also["account"].to_pylist() == ["b2", "x7"]
    assert [(row["account"], row["cluster"]) for row in view.elsewhere.to_pylist()] == [
        ("a3", "b1")
    ]


def test_an_account_of_two_clusters_is_shown_with_both(run, store, engine):
    view = account_view(run, store, "a3", engine=engine)

    assert names(view.clusters) == ["a1", "b1"]
    assert view.clusters["role"].to_pylist() == ["core", "also"]


def test_members_are_listed_in_an_order_of_choice(run, store, engine):
    by_id = show_cluster(run, store, "a1", sort="account", engine=engine)

    assert by_id.members["account"].to_pylist() == ["a1", "a2", "a3"]
    with pytest.raises(ConfigError, match="unknown order of members 'nearnes'; did you mean `near"):
        show_cluster(run, store, "a1", sort="nearnes", engine=engine)


def test_the_accounts_nearest_to_seeds_stand_first(run, engine):
    assert near_seeds(run, engine=engine)["account"].to_pylist() == ["n3", "n2", "n1"]
    assert near_seeds(run, limit=1, engine=engine)["account"].to_pylist() == ["n3"]
    with pytest.raises(ConfigError, match="the limit is 0 or more, not -1"):
        near_seeds(run, limit=-1, engine=engine)


def test_an_account_outside_all_clusters_still_has_its_edges(run, store, engine):
    view = account_view(run, store, "x9", engine=engine)

    assert view.clusters.num_rows == 0
    assert view.interactions.num_rows == 0
    assert view.edges["src"].to_pylist() == ["b2"]
    assert view.memberships == ()


def test_an_unknown_account_is_answered_with_the_nearest(run, store, engine):
    with pytest.raises(ConfigError, match=r"no account `c9` is in this run's graph; did you mean"):
        account_view(run, store, "c9", engine=engine)
    with pytest.raises(ConfigError, match=r"no account `zzzzzzzzz` is in this run's graph$"):
        expand(run, "zzzzzzzzz", engine=engine)


def test_an_account_is_expanded_by_its_strongest_partners(run, store, engine):
    found = expand(run, "a2", engine=engine)

    assert found.schema == PARTNERS.arrow
    assert found.to_pylist() == [
        {
            "hop": 1,
            "account": "a2",
            "partner": "a1",
            "weight": 5.0,
            "layers": "copied-text,links",
            "objects": 4,
            "first_at": 10,
            "last_at": 90,
            "cluster": "a1",
        },
        {
            "hop": 1,
            "account": "a2",
            "partner": "a3",
            "weight": 4.0,
            "layers": "links",
            "objects": 4,
            "first_at": 15,
            "last_at": 60,
            "cluster": "a1",
        },
    ]


def test_each_further_hop_goes_on_from_the_last_and_meets_nobody_twice(run, store, engine):
    found = expand(run, "a2", hops=9, engine=engine)

    reached = zip(*(found[c].to_pylist() for c in ("hop", "account", "partner")), strict=True)
    assert list(reached) == [
        (1, "a2", "a1"),
        (1, "a2", "a3"),
        (2, "a3", "b1"),
        (3, "b1", "b2"),
        (4, "b2", "x9"),
    ]
    assert found["cluster"].to_pylist()[-1] is None


def test_a_hop_adds_no_more_than_its_limit(run, store, engine):
    assert expand(run, "a2", limit=1, engine=engine)["partner"].to_pylist() == ["a1"]
    with pytest.raises(ConfigError, match="hops are 1 to 10 and the limit is at least 1"):
        expand(run, "a2", hops=0)


def test_what_two_accounts_did_together_comes_in_the_order_of_time(run, store, engine):
    acts = edge_acts(run, "a2", "a1", engine=engine)

    assert acts["src_content"].to_pylist() == ["p1", "p3"]
    assert acts == edge_acts(run, "a1", "a2", engine=engine)
    assert edge_acts(run, "a3", "b1", engine=engine).num_rows == 0
    with pytest.raises(ConfigError, match="no edge joins `a1` and `b1`"):
        edge_acts(run, "b1", "a1", engine=engine)


def test_without_an_engine_the_answers_are_the_same(run, store, engine):
    assert list_clusters(run, store) == list_clusters(run, store, engine=engine)
    assert show_cluster(run, store, "#1") == show_cluster(run, store, "#1", engine=engine)
    assert expand(run, "a2") == expand(run, "a2", engine=engine)


HOSTILE = [
    "#1",
    "it's",
    '"quoted"',
    "{clusters}",
    "$given",
    "\x1b[2J",
    "a\nb",
    "%_",
    "\x00",
    "日本",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_ids_are_found_like_any_other(engine, tmp_path, hostile):
    given = {
        "clusters": [{"cluster": hostile, "place": 2, "layers": hostile, "accounts": 2}],
        "members": [{"cluster": hostile, "account": name} for name in (hostile, "~" + hostile)],
        "edges": [{"src": hostile, "dst": "~" + hostile, "layer": hostile, "weight": 1.0}],
        "cluster_objects": [{"cluster": hostile, "object": hostile}],
    }
    if hostile > "~":
        given["edges"][0] |= {"src": "~" + hostile, "dst": hostile}
    with RunWriter.open(tmp_path, "run-1", created_at=1) as writer:
        for name, schema in RUN_TABLES.items():
            writer.add(engine.from_arrow(rows(schema, given.get(name, [])), schema))
        run = writer.publish(RunFacts(job="demo"))
    with Store.open(tmp_path / "review.sqlite") as store:
        store.import_run(run)

        assert show_cluster(run, store, hostile, engine=engine).members.num_rows == 2
        assert show_cluster(run, store, "~" + hostile, engine=engine).edges.num_rows == 1
        assert names(list_clusters(run, store, text=hostile, engine=engine)) == [hostile]
        assert names(list_clusters(run, store, layer=hostile, engine=engine)) == [hostile]
        assert account_view(run, store, hostile, engine=engine).edges.num_rows == 1
        assert expand(run, hostile, engine=engine)["partner"].to_pylist() == ["~" + hostile]
        assert edge_acts(run, hostile, "~" + hostile, engine=engine).num_rows == 0


def rows(schema, given):
    blank = {"VARCHAR": "", "BIGINT": 0, "DOUBLE": 0.0, "BOOLEAN": False}
    columns = {c.name: None if c.nullable else blank[c.type] for c in schema.columns}
    return pa.Table.from_pylist([{**columns, **row} for row in given], schema=schema.arrow)
