"""Lists of decided clusters for operations: who goes, who does not, and why."""

import csv
import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from graph.errors import ConfigError, SchemaError
from graph.schemas import (
    ALSO_IN,
    CLUSTERS,
    MEMBERS,
)
from review.decisions import Decision
from review.export.clusters import OF_ELSEWHERE, export_clusters
from review.standing import standing_decisions
from tests.export_runs import decisions, files, rows
from tests.export_runs import run as run

pytestmark = pytest.mark.local_only


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
