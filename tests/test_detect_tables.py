"""A run's tables agree with one another and with the extract."""

from __future__ import annotations

import math

import pandas as pd
import pyarrow.parquet as pq
import pytest

from algorithms.explain import ALL as EXPLANATIONS
from algorithms.scorecard import TERMS
from graph.schemas import RUN_TABLES

UNTESTED = ("not tested against chance", "without an expected count")


@pytest.fixture(scope="module")
def tables(detected):
    """Every table of the run."""
    return {name: pq.read_table(detected.table_path(name)).to_pandas() for name in RUN_TABLES}


@pytest.fixture(scope="module")
def cluster_of(tables):
    """Each member's cluster."""
    return tables["members"].set_index("account").cluster


@pytest.fixture(scope="module")
def inner(tables, cluster_of):
    """The edges whose ends are in one cluster."""
    edges = tables["edges"]
    src, dst = edges.src.map(cluster_of), edges.dst.map(cluster_of)
    return edges.assign(cluster=src)[src.notna() & (src == dst)]


@pytest.fixture(scope="module")
def read(platform):
    """Likes, shares and comments as they lie in the extract: account, action, object, ms."""
    told = {
        "like": ("likes", "user_id", "post_id", "liked_at", 1),
        "share": ("shares", "user_id", "url", "shared_at", 1),
        "comment": ("comments", "user_id", "post_id", "written_at", 1000),
    }
    parts = []
    for action, (table, account, thing, time, unit) in told.items():
        files = sorted((platform / table).glob("*/*.parquet"))
        rows = pd.concat(pq.ParquetFile(path).read().to_pandas() for path in files)
        parts.append(
            pd.DataFrame(
                {
                    "account": rows[account],
                    "action": action,
                    "object": rows[thing],
                    "at": rows[time] * unit,
                }
            )
        )
    return set(pd.concat(parts).itertuples(index=False, name=None))


def same(left, right):
    return left.sort_index().to_dict() == right.sort_index().to_dict()


def test_each_account_is_in_one_cluster_named_by_its_least_member(tables):
    members = tables["members"]

    assert members.account.is_unique
    least = members.groupby("cluster").account.agg(lambda names: min(names, key=str.encode))
    assert (least == least.index).all()


def test_members_add_up_to_the_clusters_accounts(tables, detected):
    clusters, members = tables["clusters"], tables["members"]

    assert same(clusters.set_index("cluster").accounts, members.groupby("cluster").size())
    assert clusters.accounts.min() >= 3
    assert detected.manifest.summary["clusters"] == len(clusters)
    assert detected.manifest.summary["members"] == len(members)


def test_places_run_from_one_flagged_ones_first_by_expected_precision(tables):
    clusters = tables["clusters"].sort_values("place")

    assert clusters.place.tolist() == list(range(1, len(clusters) + 1))
    rank = [
        (not row.flagged, -row.expected_precision, -row.score, -row.accounts, row.cluster)
        for row in clusters.itertuples()
    ]
    assert rank == sorted(rank)
    assert 0 < clusters.flagged.sum() < len(clusters)


def test_a_cluster_that_is_not_flagged_says_why(tables, detected):
    clusters = tables["clusters"]

    assert detected.manifest.summary["flagged"] == clusters.flagged.sum()
    assert (clusters.explained.isna() == clusters.flagged).all()
    assert set(clusters.explained.dropna()) >= {"leaks", "unlikely"}
    assert (clusters.precision_low <= clusters.expected_precision).all()
    assert (clusters.expected_precision <= clusters.precision_high).all()


def test_every_term_and_explanation_of_every_cluster_is_told(tables):
    evidence = tables["evidence"]
    terms = evidence[evidence.kind == "term"]
    checked = evidence[evidence.kind == "checked"]

    assert set(terms.groupby("cluster").size()) == {len(TERMS)}
    assert set(checked.groupby("cluster").size()) == {len(EXPLANATIONS)}
    assert terms.log_odds.notna().all() and terms.without.between(0, 1).all()
    assert checked.degree.dropna().between(0, 1).all()


def test_every_flagged_cluster_has_a_sentence_of_stored_numbers_observed_against_expected(tables):
    evidence = tables["evidence"].set_index(["cluster", "name"]).says.sort_index()
    flagged = tables["clusters"][tables["clusters"].flagged]

    assert len(flagged)
    for row in flagged.itertuples():
        met = evidence[row.cluster, "beyond-chance"].split(" (log10 p")[0]
        if row.says.startswith(met):
            continue
        strongest = next(says for says in evidence[row.cluster] if row.says.startswith(says))
        told = row.says.removeprefix(f"{strongest}; ")
        if row.log10_p < 0:
            assert told == met
        elif "tested pairs did the same" in told:
            assert "where chance would give" in told
        else:
            untested, *seen = told.split("; ")
            assert any(words in untested for words in UNTESTED)
            assert all(each.startswith(met) for each in seen)


def test_every_layer_of_every_cluster_is_left_out_once(tables):
    evidence = tables["evidence"]
    rows = evidence[evidence.kind == "layer"].assign(left=lambda rows: rows.name.str[6:])
    left_out = rows.groupby("cluster").left.agg(set)

    for row in tables["clusters"].itertuples():
        layers = set(row.layers.split(","))
        assert left_out[row.cluster] == layers
        told = rows[rows.cluster == row.cluster]
        if len(layers) == 1:
            assert told.value.isna().all() and told.without.isna().all()
            assert set(told.says) == {"nothing else joins them"}
        else:
            assert told.value.between(0, 1).all() and told.without.between(0, 1).all()


def test_edges_and_density_count_joined_pairs_once_whatever_the_layers(tables, inner):
    clusters = tables["clusters"].set_index("cluster")

    pairs = inner[["cluster", "src", "dst"]].drop_duplicates().groupby("cluster").size()

    assert same(clusters.edges, pairs)
    possible = clusters.accounts * (clusters.accounts - 1) / 2
    assert (clusters.density - clusters.edges / possible).abs().max() < 1e-12
    assert clusters.density.max() <= 1


def test_layers_stand_in_the_order_of_their_weight_inside(tables, inner):
    for row in tables["clusters"].itertuples():
        weights = inner[inner.cluster == row.cluster].groupby("layer").weight.sum()
        named = row.layers.split(",")
        assert set(named) == set(weights.index)
        assert [weights[name] for name in named] == sorted(weights, reverse=True)


def test_pagerank_adds_up_to_one_in_each_cluster(tables):
    sums = tables["members"].groupby("cluster").pagerank.sum()

    assert (sums - 1).abs().max() < 1e-9


def test_a_members_partners_and_strength_are_those_of_its_edges(tables, inner):
    turned = inner.rename(columns={"src": "dst", "dst": "src"})
    ends = pd.concat([inner, turned])
    members = tables["members"].set_index("account")

    assert same(members.partners, ends.groupby("src").dst.nunique())
    assert (members.strength - ends.groupby("src").weight.sum()).abs().max() < 1e-9


def test_the_parts_of_the_evidence_add_up_to_the_score_exactly(tables):
    evidence = tables["evidence"]
    # Parts are published in millionths, and whole numbers add up exactly.
    millionths = (evidence.part * 1e6).round().groupby(evidence.cluster).sum()
    scores = tables["clusters"].set_index("cluster").score

    assert same(millionths / 1e6, scores)
    assert scores.between(0, 1).all()


def test_every_cluster_says_its_strongest_reason(tables):
    reasons = tables["evidence"][tables["evidence"].kind == "for"]
    strongest = reasons.sort_values(["part", "name"], ascending=[False, True])
    strongest = strongest.groupby("cluster").first()
    headline = tables["clusters"].set_index("cluster").says
    assert len(headline) == len(strongest) > 10

    for cluster, reason in strongest.iterrows():
        assert headline[cluster].startswith(reason.says)
        rest = headline[cluster].removeprefix(reason.says)
        assert (rest == "") == (reason["name"] == "beyond-chance")


def test_every_headline_holds_what_was_seen_against_chance_or_says_that_nothing_was_tested(tables):
    for says in tables["clusters"].says:
        assert any(words in says for words in ("where chance would give", *UNTESTED))


def test_joint_acts_lie_between_members_of_one_cluster_behind_an_edge(tables, inner):
    acts = tables["joint_acts"]
    edges = set(inner[["src", "dst", "layer", "cluster"]].itertuples(index=False, name=None))

    found = set(acts[["src", "dst", "layer", "cluster"]].itertuples(index=False, name=None))

    assert found <= edges
    # Every edge inside a cluster shows something, whatever its layer.
    assert edges - found == set()


def test_joint_acts_are_in_the_extract(tables, read):
    acts = tables["joint_acts"]
    acts = acts[acts.layer == "shared-objects"]
    acts = acts[acts.action.isin(["like", "share", "comment"])]
    assert len(acts) > 1000

    for end in ("src", "dst"):
        told = acts[[end, "action", "object", f"{end}_at"]]
        assert set(told.itertuples(index=False, name=None)) <= read


def test_joint_acts_keep_the_detectors_windows_and_bounds(tables, detected):
    settings = detected.manifest.settings["detectors"]
    for layer, bound in (("shared-objects", 5), ("copied-text", 50), ("shared-traits", 20)):
        acts = tables["joint_acts"][tables["joint_acts"].layer == layer]
        assert settings[layer]["acts_per_edge"] == bound
        assert 0 < acts.groupby(["src", "dst"]).size().max() <= bound
    together = tables["joint_acts"][tables["joint_acts"].layer == "shared-objects"]
    widest = 1000 * max(settings["shared-objects"]["within_seconds"])
    assert (together.src_at - together.dst_at).abs().max() <= widest


def test_cluster_objects_count_their_members_among_everybody(tables, detected):
    objects = tables["cluster_objects"]
    sizes = tables["clusters"].set_index("cluster").accounts
    everybody = detected.manifest.summary["accounts"]

    assert (objects.members <= objects.cluster.map(sizes)).all()
    assert (objects.members <= objects.population).all()
    assert (objects.population_rate - objects.population / everybody).abs().max() < 1e-12


def test_each_reason_and_fact_of_a_cluster_names_a_published_cluster(tables):
    known = set(tables["clusters"].cluster)
    for name in ("members", "evidence", "cluster_objects", "joint_acts", "member_interactions"):
        assert set(tables[name].cluster) <= known, name
    assert set(tables["evidence"].cluster) == known


def test_what_members_did_is_whole_or_counted_as_left_out(tables):
    acts, bounds = tables["member_interactions"], tables["bounds"]

    counts = acts.groupby(["cluster", "account"]).size()
    assert set(counts.index) == set(
        tables["members"][["cluster", "account"]].itertuples(index=False, name=None)
    )
    assert counts.max() <= 1000
    full = counts[counts == 1000].reset_index().cluster.unique()
    bounded = bounds[bounds.bound == "member-interactions"].subject
    assert set(bounded) <= set(full)


def test_what_bounds_left_out_is_published_with_a_count(tables):
    bounds = tables["bounds"]

    assert {("copied-text", "at-least-words"), ("shared-traits", "hub-accounts")} <= set(
        bounds[["layer", "bound"]].itertuples(index=False, name=None)
    )
    assert (bounds.says != "").all()
    cut = bounds[(bounds.bound == "acts-per-edge") & (bounds.layer == "shared-objects")]
    assert cut.pairs_not_counted.min() > 0


def test_the_run_tells_its_layers_and_what_it_left_out(tables, detected):
    summary = detected.manifest.summary
    edges = tables["edges"]

    assert summary["left_out"].keys() == {"seeded"}
    assert "known-bad accounts" in summary["left_out"]["seeded"]
    kept = {name: facts["edges_kept"] for name, facts in summary["layers"].items()}
    shown = edges.groupby("layer").size().to_dict()
    assert kept.keys() == shown.keys()
    assert all(kept[name] <= shown[name] for name in kept)
    assert summary["edges"] == len(edges)
    assert summary["weak_edges"] == sum(shown.values()) - sum(kept.values()) > 0


def test_the_accounting_of_the_extract_adds_up(tables, detected):
    reading, totals = tables["reading"], detected.manifest.input
    parts = ("rows_used", "rows_deduplicated", "rows_quarantined", "rows_rejected")

    assert (reading.rows_read == sum(reading[part] for part in parts)).all()
    accounts = reading.source == "accounts"
    assert totals["rows_read"] == reading.rows_read[~accounts].sum() == 100_000
    assert reading.rows_used[accounts].sum() == reading.rows_read[accounts].sum() > 0
    assert totals["rows_used"] == detected.manifest.summary["interactions"]
    assert totals["rows_quarantined"] == len(tables["quarantine"])


def test_edges_are_ordered_pairs_with_weights_and_p_values_of_a_test(tables):
    edges = tables["edges"]

    assert (edges.src.map(str.encode) < edges.dst.map(str.encode)).all()
    assert edges.weight.between(0, 1, inclusive="right").all()
    tested = edges[edges.layer.isin(["shared-objects", "copied-text"])]
    assert tested.log10_p.notna().all()
    assert (tested.expected > 0).all()
    assert edges[edges.layer == "mutual-ring"].log10_p.isna().all()
    assert edges[edges.layer == "shared-traits"].log10_p.max() <= math.log10(0.2)
    assert all(math.isfinite(value) for value in tested.log10_p)


def test_no_number_of_the_evidence_is_a_nought_below_nought(tables):
    for column in ("value", "usual", "part", "log_odds", "without"):
        noughts = tables["evidence"][column].loc[lambda numbers: numbers == 0]
        assert all(math.copysign(1, nought) == 1 for nought in noughts), column
