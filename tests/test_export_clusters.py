"""Lists of decided clusters for operations: who goes, who does not, and the account of it."""

import csv
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import ConfigError, SchemaError, StoreError
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
from review.decisions import Decision
from review.durable import Disk
from review.export.clusters import OF_ELSEWHERE, export_clusters
from review.export.manifest import Purpose, manifest_path, verify_export
from review.origin import Origin
from review.run_tables import RunTables
from review.standing import STANDING, standing_decisions
from review.whole import whole

pytestmark = pytest.mark.local_only

MADE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ORIGIN = Origin(
    run="links-1",
    job="links",
    extract={"fingerprint": "9f2c"},
    settings={"within_seconds": 60},
)


@pytest.fixture
def run(engine, table):
    return RunTables(
        clusters=table(
            engine,
            CLUSTERS,
            """
            cluster | place | score | accounts | says
            a1      | 2     | 0.5   | 2        | they post alike
            b1      | 1     | 0.9   | 3        | =they post alike
            c1      | 3     | 0.1   | 2        | few links
            """,
        ),
        members=table(
            engine,
            MEMBERS,
            """
            cluster | account | role       | name  | platform
            a1      | a1      | core       | Ann   | x
            a1      | a2      | core       | -     | -
            b1      | b1      | core       | @bob  | x
            b1      | b2      | peripheral | Bea   | x
            b1      | b3      | bridge     | Ben   | fb
            c1      | c1      | core       | Cy    | x
            c1      | c2      | core       | Cyd   | x
            """,
        ),
        also_in=table(engine, ALSO_IN, "cluster"),
        edges=table(
            engine,
            EDGES,
            """
            src | dst | layer | weight
            a1  | a2  | links | 2
            b1  | b2  | links | 3
            b1  | b3  | texts | 1
            b3  | c1  | links | 1
            """,
        ),
        evidence=table(engine, EVIDENCE, "cluster"),
        cluster_objects=table(engine, CLUSTER_OBJECTS, "cluster"),
        joint_acts=table(engine, JOINT_ACTS, "src"),
        member_interactions=table(engine, MEMBER_INTERACTIONS, "cluster"),
    )


def test_only_confirmed_clusters_go_with_who_decided_and_why(run, tmp_path):
    out = tmp_path / "list.csv"

    export_clusters(run, decisions(("b1", "confirmed"), ("a1", "dismissed")), out)

    assert out.read_bytes().decode() == (
        "cluster,place,score,account,role,decision,reason,decided_by,decided_at,platform,name,"
        "evidence,also_in,seed,nearness,seed_rank\r\n"
        "b1,1,0.9,b1,core,confirmed,same vendor,j.doe,2026-03-02T06:00:00.250Z,x,'@bob,"
        "'=they post alike,,,,\r\n"
        "b1,1,0.9,b2,peripheral,confirmed,same vendor,j.doe,2026-03-02T06:00:00.250Z,x,Bea,"
        "'=they post alike,,,,\r\n"
        "b1,1,0.9,b3,bridge,confirmed,same vendor,j.doe,2026-03-02T06:00:00.250Z,fb,Ben,"
        "'=they post alike,,,,\r\n"
    )


def test_a_member_of_two_clusters_of_the_list_says_so_and_outsiders_are_counted(
    run, table, engine, tmp_path
):
    overlap = """
        cluster | account | home
        a1      | b2      | b1
        c1      | b2      | b1
        a1      | c2      | c1
        a1      | x9      | -
    """
    run = replace(run, also_in=table(engine, ALSO_IN, overlap))
    out = tmp_path / "list.csv"

    manifest = export_clusters(run, decisions(("a1", "confirmed"), ("b1", "confirmed")), out)

    with out.open(newline="") as file:
        also = {row["account"]: row["also_in"] for row in csv.DictReader(file)}
    # c1 is not confirmed, so the list does not name it.
    assert also == {"a1": "", "a2": "", "b1": "", "b2": "a1", "b3": ""}
    assert manifest.left_out[OF_ELSEWHERE] == 2


def test_names_of_other_clusters_can_be_told_apart_whatever_they_hold(engine, table, run, tmp_path):
    clusters = "cluster | place\nb1 | 1\na,1 | 2\na\\1 | 3"
    overlap = "cluster | account | home\na,1 | b1 | b1\na\\1 | b1 | b1"
    run = replace(
        run,
        clusters=table(engine, CLUSTERS, clusters),
        also_in=table(engine, ALSO_IN, overlap),
    )
    confirmed = decisions(*((name, "confirmed") for name in ("b1", "a,1", "a\\1")))

    export_clusters(run, confirmed, tmp_path / "list.jsonl")

    rows = [json.loads(line) for line in (tmp_path / "list.jsonl").read_text().splitlines()]
    assert {row["account"]: row["also_in"] for row in rows}["b1"] == "a\\,1,a\\\\1"


def test_nearness_to_seeds_leaves_with_the_members(engine, table, run, tmp_path):
    members = """
        cluster | account | role | seed | nearness | seed_rank
        b1      | b1      | core | bad  | 1        | 40.5
        b1      | b2      | core | -    | 0.25     | 8
    """
    run = replace(run, members=table(engine, MEMBERS, members))

    export_clusters(run, decisions(("b1", "confirmed")), tmp_path / "list.parquet")

    found = pq.read_table(tmp_path / "list.parquet").select(["seed", "nearness", "seed_rank"])
    assert found.to_pylist() == [
        {"seed": "bad", "nearness": 1.0, "seed_rank": 40.5},
        {"seed": None, "nearness": 0.25, "seed_rank": 8.0},
    ]


def test_weak_members_stay_behind_and_are_counted_unless_asked_for(run, table, engine, tmp_path):
    role = "case when account = 'b3' then 'weak' else role end"
    weak = engine.sql(
        f"select {MEMBERS.selecting(role=role)} from {{members}}", MEMBERS, members=run.members
    )
    run, confirmed = replace(run, members=weak), decisions(("b1", "confirmed"))

    without = export_clusters(run, confirmed, tmp_path / "list.csv")
    with_them = export_clusters(run, confirmed, tmp_path / "all.csv", weak=True)
    network = export_clusters(run, confirmed, tmp_path / "list.graphml")

    assert (without.accounts, without.left_out["weak members"]) == (2, 1)
    assert ",b3,weak,confirmed," not in (tmp_path / "list.csv").read_text()
    assert ",b3,weak,confirmed," in (tmp_path / "all.csv").read_text()
    assert (with_them.accounts, "weak members" in with_them.left_out) == (3, False)
    assert (network.accounts, network.rows) == (2, 1)  # b1, b2 and their edge


def test_an_export_without_a_confirmed_cluster_is_refused_with_the_mend(run, tmp_path):
    with pytest.raises(ConfigError, match=r"no cluster is confirmed: the run has 3 open; .*decide"):
        export_clusters(run, decisions(), tmp_path / "list.csv")
    assert files(tmp_path) == []


def test_an_export_with_an_undecided_cluster_is_refused(run, tmp_path):
    with pytest.raises(ConfigError, match="cluster `a1` is open"):
        export_clusters(
            run, decisions(("b1", "confirmed")), tmp_path / "list.csv", only=("a1", "b1")
        )
    assert files(tmp_path) == []


def test_undecided_clusters_go_when_asked_for_and_say_so(run, tmp_path):
    out = tmp_path / "list.csv"

    manifest = export_clusters(
        run, decisions(("b1", "confirmed"), ("a1", "dismissed")), out, undecided=True
    )

    assert [(row["cluster"], row["decision"]) for row in rows(out)] == [
        ("b1", "confirmed"),
        ("b1", "confirmed"),
        ("b1", "confirmed"),
        ("c1", "open"),
        ("c1", "open"),
    ]
    assert manifest.left_out == {"clusters dismissed": 1}


def test_a_cluster_that_needs_more_is_undecided(run, tmp_path):
    more = decisions(("a1", "needs-more"))

    with pytest.raises(
        ConfigError, match="no cluster is confirmed: the run has 1 needs-more, 2 open"
    ):
        export_clusters(run, more, tmp_path / "list.csv")
    manifest = export_clusters(run, more, tmp_path / "list.csv", undecided=True)

    assert manifest.clusters == 3


def test_the_decision_that_holds_is_the_newest_not_taken_back(run, tmp_path):
    said = [
        Decision(seq=1, run="r", cluster="b1", outcome="confirmed", reason="x", by="ann", at=5),
        Decision(seq=2, run="r", cluster="b1", outcome="dismissed", reason="y", by="bob", at=6),
        Decision(
            seq=3, run="r", cluster="b1", outcome="undone", reason="z", by="bob", at=7, undoes=2
        ),
        Decision(seq=4, run="r", cluster="a1", outcome="confirmed", reason="x", by="cy", at=8),
        Decision(
            seq=5, run="r", cluster="a1", outcome="undone", reason="z", by="cy", at=9, undoes=4
        ),
    ]

    manifest = export_clusters(run, standing_decisions(said), tmp_path / "list.csv")

    assert (manifest.clusters, manifest.decided_by) == (1, ("ann",))


@pytest.mark.parametrize("undecided", [False, True])
def test_a_dismissed_cluster_never_goes(run, tmp_path, undecided):
    with pytest.raises(ConfigError, match="cluster `a1` is dismissed"):
        export_clusters(
            run,
            decisions(("a1", "dismissed")),
            tmp_path / "list.csv",
            only=("a1",),
            undecided=undecided,
        )


def test_a_cluster_that_is_not_there_is_named_with_the_nearest(run, tmp_path):
    with pytest.raises(ConfigError, match="no cluster `b11`; did you mean `b1`"):
        export_clusters(run, decisions(), tmp_path / "list.csv", only=("b11",))


def test_members_that_a_decision_excludes_stay_behind_and_are_counted(run, tmp_path):
    out = tmp_path / "list.csv"
    excluding = decisions(("b1", "confirmed"), excluded={"b1": ["b2", "nobody"]})

    manifest = export_clusters(run, excluding, out)

    assert [row["account"] for row in rows(out)] == ["b1", "b3"]
    assert manifest.left_out == {"accounts excluded by a decision": 1, "clusters open": 2}
    assert (manifest.rows, manifest.clusters, manifest.accounts) == (2, 1, 2)


def test_a_decision_on_another_run_s_cluster_is_passed_over(run, tmp_path):
    manifest = export_clusters(
        run, decisions(("b1", "confirmed"), ("gone", "confirmed")), tmp_path / "list.csv"
    )

    assert manifest.clusters == 1


def test_two_decisions_on_a_cluster_are_refused(run, tmp_path):
    with pytest.raises(SchemaError, match="cluster `b1` has several decisions"):
        export_clusters(
            run, decisions(("b1", "confirmed"), ("b1", "dismissed")), tmp_path / "list.csv"
        )


def test_the_manifest_says_what_where_from_and_who(run, tmp_path):
    out = tmp_path / "list.csv"

    export_clusters(
        run,
        decisions(("b1", "confirmed")),
        out,
        filter="place at most 10",
        only=("b1",),
        origin=ORIGIN,
        purpose=Purpose(says="hand-over to ops", exported_by="k.lee", made_at=MADE),
    )

    manifest = json.loads(manifest_path(out).read_text())
    version = manifest.pop("ringwatch")
    assert isinstance(version, str) and version
    assert manifest == {
        "format_version": 1,
        "file": "list.csv",
        "format": "csv",
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "bytes": len(out.read_bytes()),
        "rows": 3,
        "columns": list(rows(out)[0]),
        "clusters": 1,
        "accounts": 3,
        "run": "links-1",
        "job": "links",
        "settings": {"within_seconds": 60},
        "extract": {"fingerprint": "9f2c"},
        "filter": "place at most 10",
        "decided_by": ["j.doe"],
        "left_out": {},
        "changed": {"cells marked as text": 4},
        "purpose": "hand-over to ops",
        "exported_by": "k.lee",
        "created_at": "2026-03-02T06:00:00Z",
    }


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_every_table_format_holds_the_same_rows(run, tmp_path, format):
    out = tmp_path / f"list.{format}"

    export_clusters(run, decisions(("b1", "confirmed")), out)

    found = rows(out)
    assert [row["account"] for row in found] == ["b1", "b2", "b3"]
    assert {row["decided_by"] for row in found} == {"j.doe"}
    assert verify_export(out).rows == 3


def test_the_format_may_be_given_apart_from_the_name(run, tmp_path):
    out = tmp_path / "list.txt"

    export_clusters(run, decisions(("b1", "confirmed")), out, format="jsonl")

    assert json.loads(out.read_text().splitlines()[0])["account"] == "b1"


@pytest.mark.parametrize(("format", "read"), [("graphml", nx.read_graphml), ("gexf", nx.read_gexf)])
def test_a_network_holds_members_and_the_edges_inside_clusters(run, tmp_path, format, read):
    out = tmp_path / f"list.{format}"
    confirmed = decisions(("b1", "confirmed"), excluded={"b1": ["b2"]})

    manifest = export_clusters(run, confirmed, out, undecided=True)

    network = read(out)
    assert sorted(network) == ["a1", "a2", "b1", "b3", "c1", "c2"]
    assert {frozenset(pair) for pair in network.edges()} == {
        frozenset(("a1", "a2")),
        frozenset(("b1", "b3")),
    }
    assert network.nodes["b3"]["role"] == "bridge"
    assert (manifest.rows, manifest.accounts, manifest.clusters) == (2, 6, 3)


def test_a_csv_may_have_a_lossless_twin(run, tmp_path):
    out = tmp_path / "list.csv"

    export_clusters(run, decisions(("b1", "confirmed")), out, lossless="parquet")

    assert pq.read_table(tmp_path / "list.parquet")["name"].to_pylist() == ["@bob", "Bea", "Ben"]
    assert verify_export(tmp_path / "list.parquet").rows == 3
    assert len(files(tmp_path)) == 4


def test_a_twin_of_what_is_lossless_is_refused(run, tmp_path):
    with pytest.raises(ConfigError, match="a lossless twin goes beside a CSV"):
        export_clusters(
            run, decisions(("b1", "confirmed")), tmp_path / "list.jsonl", lossless="parquet"
        )


def test_the_same_export_has_the_same_bytes(run, tmp_path):
    for name in ("one", "two"):
        export_clusters(
            run,
            decisions(("b1", "confirmed")),
            tmp_path / name / "list.csv",
            origin=ORIGIN,
            purpose=Purpose(made_at=MADE),
        )

    for file in ("list.csv", "list.csv.manifest.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


class FailingDisk(Disk):
    """A disk that refuses its operation number `fails_at`."""

    def __init__(self, fails_at):
        self.left = fails_at

    def _count(self):
        self.left -= 1
        if self.left == 0:
            raise OSError(28, "No space left on device")

    def sync_file(self, path):
        self._count()
        super().sync_file(path)

    def rename(self, source, target):
        self._count()
        super().rename(source, target)

    def sync_folder(self, path):
        self._count()
        super().sync_folder(path)


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4, 5])
def test_a_disk_that_refuses_leaves_no_half_of_a_new_export(tmp_path, fails_at):
    paths = (tmp_path / "list.csv", tmp_path / "list.csv.manifest.json")

    with (
        pytest.raises(StoreError, match=r"`.*list.csv` was not written: No space left"),
        whole(*paths, disk=FailingDisk(fails_at)) as parts,
    ):
        for part in parts:
            part.write_text("new")

    assert files(tmp_path) == []


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4, 5])
def test_a_disk_that_refuses_never_leaves_a_false_manifest(tmp_path, fails_at):
    paths = (tmp_path / "list.csv", tmp_path / "list.csv.manifest.json")
    for path in paths:
        path.write_text("old")

    with (
        pytest.raises(StoreError),
        whole(*paths, disk=FailingDisk(fails_at)) as parts,
    ):
        for part in parts:
            part.write_text("new")

    left = {path: path.read_text() for path in paths if path.exists()}
    assert paths[0] in left
    assert len(set(left.values())) == 1


def test_a_failure_while_writing_leaves_the_old_export_and_no_trace(run, tmp_path, monkeypatch):
    out = tmp_path / "list.csv"
    export_clusters(run, decisions(("b1", "confirmed")), out)
    before = {path: path.read_bytes() for path in files(tmp_path)}

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("review.export.csv.write_text", refuse)
    with pytest.raises(StoreError, match="No space left on device"):
        export_clusters(run, decisions(("a1", "confirmed")), out)

    assert {path: path.read_bytes() for path in files(tmp_path)} == before


def decisions(*outcomes, excluded=None):
    at = int(MADE.timestamp() * 1000) + 250
    return pa.Table.from_pylist(
        [
            {
                "cluster": cluster,
                "outcome": outcome,
                "reason": "same vendor",
                "decided_by": "j.doe",
                "decided_at": at,
                "excluded": (excluded or {}).get(cluster, []),
            }
            for cluster, outcome in outcomes
        ],
        schema=STANDING,
    )


def rows(path):
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files(folder):
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and "spill" not in path.parts
    )
