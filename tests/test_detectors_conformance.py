"""What every detector promises, on the same small worlds."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache, partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import ConfigError
from graph.schemas import ACCOUNTS, BOUNDS, EDGES, INTERACTIONS, JOINT_ACTS
from jobs.detect import detect
from jobs.detector import Seeds, World
from jobs.detectors import DETECTORS
from jobs.fuse import ClusterSettings, coordination_graph, divide, large
from jobs.seeds import read_seeds

SCHEMA = INTERACTIONS.with_attributes(["device"])
RING = [f"r{n:02}" for n in range(8)]
START = 1_750_000_000_000


def act(account, action, thing, at, *, kind="post", **more):
    row = dict.fromkeys(SCHEMA.names)
    named = {"account": account, "action": action, "object": thing, "object_kind": kind}
    return {**row, **named, "acted_at": START + at * 1000, **more}


def words(number):
    """Ten words that no other number has."""
    return " ".join(f"word{place}of{number}" for place in range(10))


def ring_acts():
    """Eight accounts with one device that share links, copy words and follow one another."""
    for place, account in enumerate(RING):
        for day in range(9):
            at = 86_400 * day + 3 * place
            yield act(account, "share", f"link{day}", at, kind="link", device="d1")
            yield act(
                account,
                "comment",
                f"p{day}-{account}",
                at + 900,
                text=words(day),
                content=f"c{day}-{account}",
            )
        for other in RING:
            if other != account:
                yield act(account, "follow", other, 50 * place, kind="account")


def crowd_acts():
    """Forty accounts that like what they come upon, and comment in words of their own."""
    toss = random.Random(3)
    for number in range(40):
        for _ in range(30):
            thing, at = f"post{toss.randrange(300)}", toss.randrange(9 * 86_400)
            yield act(f"o{number:02}", "like", thing, at, device=f"d-o{number}")
        for comment in range(10):
            at, said = toss.randrange(9 * 86_400), words(1000 + 10 * number + comment)
            yield act(f"o{number:02}", "comment", f"{said}-post", at, text=said, content=said)


ROWS = [*ring_acts(), *crowd_acts()]


def seeded_file(folder):
    (folder / "bad.txt").write_text("r00\nr01\nnot-in-the-graph\n")
    return folder / "bad.txt"


def profiles(rows):
    """Everybody in the rows: the ring was made within a minute, the others over two years."""
    made = {name: START - 86_400_000 * 30 + 5_000 * place for place, name in enumerate(RING)}
    others = sorted({row["account"] for row in rows} - made.keys())
    made |= {name: START - 86_400_000 * (31 + 18 * place) for place, name in enumerate(others)}
    blank = dict.fromkeys(ACCOUNTS.names)
    return [{**blank, "account": name, "created_at": at} for name, at in sorted(made.items())]


def world_of(engine, folder, rows):
    interactions = engine.from_arrow(pa.Table.from_pylist(rows, schema=SCHEMA.arrow), SCHEMA)
    known = pa.Table.from_pylist(profiles(rows), schema=ACCOUNTS.arrow)
    return World(
        interactions,
        accounts=engine.from_arrow(known, ACCOUNTS),
        seeds=read_seeds(engine, seeded_file(folder), None),
    )


@pytest.fixture(scope="module")
def engine(request, tmp_path_factory, opening):
    """Each engine in turn, opened once: what is drawn on it is looked at by several tests."""
    opened = opening(request.param, tmp_path_factory.mktemp("spill"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ring_world(engine, tmp_path_factory):
    """The ring and the crowd."""
    return world_of(engine, tmp_path_factory.mktemp("world"), ROWS)


@pytest.fixture(scope="module")
def layer_of(ring_world):
    """A detector's layer of that world, drawn once."""
    return cache(partial(drawn, ring_world))


def drawn(world, name):
    """The detector's layer; `seeded` looks at the layer of shared objects."""
    before = ()
    if name == "seeded":
        first = DETECTORS["shared-objects"]
        before = (first.draw(world, first.settings),)
    detector = DETECTORS[name]
    return detector.draw(replace(world, layers=before), detector.settings)


@pytest.mark.parametrize("name", DETECTORS)
def test_it_joins_the_ring_and_nobody_else(layer_of, name):
    layer = layer_of(name)

    assert layer.name == name
    layer.graph.edges.schema.check(EDGES.arrow, of=name)
    layer.bounds.schema.check(BOUNDS.arrow, of=name)
    rows = layer.graph.edges.rows()
    assert {row["layer"] for row in rows} == {name}
    assert {end for row in rows for end in (row["src"], row["dst"])} == set(RING)
    assert all(row["src"] < row["dst"] and 0 < row["weight"] <= 1 for row in rows)
    assert layer.facts["edges_kept"] == len(rows)


@pytest.mark.parametrize("name", DETECTORS)
def test_each_account_is_in_one_cluster_named_by_its_least_member(engine, layer_of, name):
    settings = ClusterSettings(resolution=0.01)

    clustering = large(
        divide(coordination_graph(engine, [layer_of(name)]), settings, seed=0), settings
    )

    assert clustering.members.rows() == [{"account": name, "cluster": "r00"} for name in RING]


@pytest.mark.parametrize("name", DETECTORS)
def test_the_acts_behind_its_edges_lie_inside_clusters_and_the_rest_is_counted(
    engine, ring_world, layer_of, name
):
    layer = layer_of(name)
    graph = coordination_graph(engine, [layer])
    clustering = divide(graph, ClusterSettings(resolution=0.01), seed=0)
    detector = DETECTORS[name]

    acts, more = detector.acts(ring_world, detector.settings, layer, clustering)
    fewer, many = detector.acts(
        ring_world,
        detector.settings if name == "seeded" else detector.tuned({"acts_per_edge": 1}).settings,
        layer,
        clustering,
    )

    acts.schema.check(JOINT_ACTS.arrow, of=name)
    edges = {(row["src"], row["dst"]) for row in layer.graph.edges.rows()}
    assert {row["cluster"] for row in acts.rows()} <= {"r00"}
    if name == "seeded":  # its edges stand in other layers, which show their acts
        assert acts.count() == more == 0
        return
    assert {(row["src"], row["dst"]) for row in acts.rows()} == edges
    assert more == 0
    assert fewer.count() == len(edges)
    assert many == acts.count() - len(edges)


@pytest.mark.parametrize("name", DETECTORS)
def test_the_answer_is_the_same_again_and_in_any_order(engine, layer_of, tmp_path, name):
    turned = sorted(ROWS, key=lambda row: (row["acted_at"] % 7919, row["account"]), reverse=True)

    once = layer_of(name)
    again = drawn(world_of(engine, tmp_path, turned), name)

    assert once.graph.edges.arrow() == again.graph.edges.arrow()
    assert once.bounds.arrow() == again.bounds.arrow()
    assert once.facts == again.facts


@pytest.mark.parametrize("name", DETECTORS)
def test_nothing_at_all_gives_no_edge(engine, tmp_path, name):
    layer = drawn(world_of(engine, tmp_path, []), name)

    assert layer is None or layer.graph.edges.count() == 0


@pytest.mark.parametrize("name", DETECTORS)
def test_a_misspelled_setting_is_answered_with_the_nearest(name):
    for setting in DETECTORS[name].settings.__dataclass_fields__:
        with pytest.raises(ConfigError, match=f"did you mean `{setting}`"):
            DETECTORS[name].tuned({setting + "s": 1})


@pytest.mark.parametrize("name", DETECTORS)
def test_a_setting_of_another_type_is_refused_by_name(name):
    for setting in DETECTORS[name].settings.__dataclass_fields__:
        with pytest.raises(ConfigError, match=rf"`{setting}` in \[detectors.{name}\]"):
            DETECTORS[name].tuned({setting: {"a": "table"}})


def only(name, **settings):
    """The `[detectors]` of a job in which all but one are switched off."""
    return {other: {"enabled": other == name} for other in DETECTORS} | {
        name: {"enabled": True, **settings}
    }


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.slow_on_spark
def test_it_runs_alone_from_a_job_file(engine, small_job, tmp_path, name):
    """Alone, what it lacks is told in the manifest: `seeded` has no layer to look at."""
    seeds = {"bad": str(seeded_file(tmp_path))}
    job = small_job(ROWS, profiles(ROWS), engine=engine, detectors=only(name), seeds=seeds)

    summary = detect(job, tmp_path / "runs").run.manifest.summary

    if name == "seeded":
        assert summary["left_out"] == {name: DETECTORS[name].needs}
        assert summary["clusters"] == 0
    else:
        assert summary["layers"].keys() == {name}
        assert summary["members"] == len(RING)


@pytest.mark.slow_on_spark
def test_a_detector_that_lacks_its_input_is_left_out_with_the_reason(engine, small_job, tmp_path):
    likes = [
        {name: row[name] for name in INTERACTIONS.names}
        for row in ROWS
        if row["action"] in ("like", "share")
    ]

    job = small_job(likes, engine=engine)
    summary = detect(job, tmp_path / "runs").run.manifest.summary

    lacking = ("copied-text", "shared-traits", "mutual-ring", "swarm", "seeded")
    assert summary["left_out"] == {name: DETECTORS[name].needs for name in lacking}
    assert summary["layers"].keys() == {"shared-objects", "rare-objects"}
    assert summary["members"] == len(RING)


@pytest.mark.slow_on_spark
def test_an_extract_whose_rows_are_all_set_aside_gives_an_empty_run(engine, small_job, tmp_path):
    rows = [{**row, "account": "-1"} for row in ROWS]
    tables = small_job(rows).given["extract"]["tables"]
    job = small_job(rows, engine=engine, extract={"quarantine_share": 1.0, "tables": tables})

    run = detect(job, tmp_path / "runs").run

    assert run.manifest.summary["interactions"] == 0
    assert run.manifest.summary["clusters"] == 0
    assert run.manifest.input["rows_quarantined"] == run.manifest.tables["quarantine"].rows
    assert run.manifest.tables["quarantine"].rows > 0
    assert all(run.manifest.tables[name].rows == 0 for name in ("edges", "members", "evidence"))


@pytest.mark.slow_on_spark
def test_accounts_on_two_platforms_are_counted_as_cross_platform_pairs(engine, small_job, tmp_path):
    home = dict(zip(RING, ("x", "x", "x", "y", "y", "y", "y", "y"), strict=True))
    rows = [{**row, "platform": home.get(row["account"], "x")} for row in ROWS]
    accounts = [
        {**dict.fromkeys(ACCOUNTS.names), "account": name, "created_at": 1_700_000_000_000 + place}
        for place, name in enumerate(RING)
    ]

    job = small_job(rows, accounts, engine=engine, detectors=only("shared-objects"))
    run = detect(job, tmp_path / "runs").run

    (cluster,) = pq.read_table(run.table_path("clusters")).to_pylist()
    assert cluster["edges"] == 28
    assert cluster["cross_platform_edges"] == 3 * 5
    evidence = pq.read_table(run.table_path("evidence")).to_pylist()
    (said,) = [row["says"] for row in evidence if row["name"] == "cross-platform"]
    assert said == "15 of its edges join accounts of two platforms"


def test_seeds_that_nobody_joined_are_counted(layer_of):
    layer = layer_of("seeded")

    assert layer.facts["seeds_found"] == 2
    assert layer.facts["seeds_absent"] == 1


def test_known_good_accounts_take_suspicion_away(engine, ring_world, layer_of, tmp_path):
    (tmp_path / "good.txt").write_text("r06\nr07\n")
    both = read_seeds(engine, seeded_file(tmp_path), tmp_path / "good.txt")

    alone = layer_of("seeded")
    balanced = drawn(replace(ring_world, seeds=both), "seeded")

    assert isinstance(both, Seeds)
    ends = {end for row in balanced.graph.edges.rows() for end in (row["src"], row["dst"])}
    assert not ends & {"r06", "r07"}
    assert balanced.facts["edges_kept"] < alone.facts["edges_kept"]


@pytest.mark.slow_on_spark
def test_contacts_that_a_bound_keeps_apart_are_counted_and_not_called_absent(
    engine, small_job, tmp_path
):
    fans = [f"f{number}" for number in range(5)]
    follows = [
        act(src, "follow", dst, place, kind="account")
        for place, fan in enumerate(fans)
        for src, dst in ((fan, "star"), ("star", fan))
    ]
    job = small_job(follows, engine=engine, detectors=only("mutual-ring", hub_accounts=4))

    run = detect(job, tmp_path / "runs").run

    assert run.manifest.summary["layers"]["mutual-ring"] == {"edges_kept": 0, "edges_refused": 0}
    assert "mutual-ring" not in run.manifest.summary["left_out"]
    bounds = pq.read_table(run.table_path("bounds")).to_pylist()
    assert ("mutual-ring", "hub-accounts", "star", 5, 5) in [
        (row["layer"], row["bound"], row["subject"], row["accounts"], row["pairs_not_counted"])
        for row in bounds
    ]


@pytest.mark.slow_on_spark
def test_attributes_may_be_called_what_queries_call_their_own_columns(engine, small_job, tmp_path):
    words = ("cluster", "day", "group", "joint", "order", "place", "rowid", "says", "select", "src")
    wider = [{**row, **dict.fromkeys(words)} for row in ROWS]

    plain = detect(small_job(ROWS), tmp_path / "plain").run.manifest.tables
    named = detect(small_job(wider, engine=engine), tmp_path / "named").run.manifest.tables

    # Attributes that no row carries change nothing but the bounds, which count rows without them;
    # and the run of one engine is that of the other.
    same = plain.keys() - {"bounds", "reading", "quarantine"}
    assert {name: named[name].sha256 for name in same} == {
        name: plain[name].sha256 for name in same
    }
