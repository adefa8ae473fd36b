"""Every kind of table the house knows, column by column.

Ids are text outside and never touched: byte-exact, no trimming, no case folding. Time is integer
milliseconds since 1970-01-01 UTC. `log10_p` is the logarithm of a p-value, since p-values of rings
fall below the smallest double.
"""

from __future__ import annotations

from graph.schema import Column, Schema

INTERACTIONS = Schema(
    "interactions",
    (
        Column("account", "VARCHAR", "who acted"),
        Column("action", "VARCHAR", "what was done: post, like, repost, comment, follow, login"),
        Column("object", "VARCHAR", "what was acted on: a post, link, hashtag, account, page"),
        Column("object_kind", "VARCHAR", "what kind of thing it is; ids of two kinds differ"),
        Column("acted_at", "BIGINT", "when, milliseconds since 1970 UTC"),
        Column("content", "VARCHAR", "the account's own post that the action made", nullable=True),
        Column("owner", "VARCHAR", "the account that the object belongs to", nullable=True),
        Column("text", "VARCHAR", "the words of the account's post", nullable=True),
        Column("platform", "VARCHAR", "where the account lives", nullable=True),
    ),
    key=("account", "acted_at", "action", "object_kind", "object", "content"),
)
"""Interactions; `INTERACTIONS.with_attributes(("device", "ip"))` adds carried attributes."""

ACCOUNTS = Schema(
    "accounts",
    (
        Column("account", "VARCHAR", "the account's id"),
        Column("name", "VARCHAR", "the name it shows", nullable=True),
        Column("created_at", "BIGINT", "when it was made, ms since 1970 UTC", nullable=True),
        Column("followers", "BIGINT", "how many accounts follow it", nullable=True),
        Column("platform", "VARCHAR", "where the account lives", nullable=True),
    ),
    key=("account",),
)

EDGES = Schema(
    "edges",
    (
        Column("src", "VARCHAR", "undirected: the lesser account id; directed: who acts"),
        Column("dst", "VARCHAR", "undirected: the greater account id; directed: on whom"),
        Column("layer", "VARCHAR", "which way of being joined this is: a detector's name"),
        Column("weight", "DOUBLE", "how strongly; the unit is the builder's"),
        Column("src_count", "BIGINT", "distinct own posts of src that take part"),
        Column("dst_count", "BIGINT", "distinct own posts of dst that take part"),
        Column("objects", "BIGINT", "distinct objects (or values, or texts) shared"),
        Column("object_days", "BIGINT", "distinct (object, UTC day of the earlier post)"),
        Column("post_pairs", "BIGINT", "pairs of posts, one of each side"),
        Column("first_at", "BIGINT", "the earliest post that takes part, ms", nullable=True),
        Column("last_at", "BIGINT", "the latest post that takes part, ms", nullable=True),
        Column("expected", "DOUBLE", "the shared count that chance would give", nullable=True),
        Column("log10_p", "DOUBLE", "log10 of the chance of so large a count", nullable=True),
    ),
    key=("src", "dst", "layer"),
)

CLUSTERING = Schema(
    "clustering",
    (
        Column("account", "VARCHAR", "the account's id"),
        Column("cluster", "VARCHAR", "the least account id of its cluster"),
    ),
    key=("account",),
)

RANKING = Schema(
    "ranking",
    (
        Column("account", "VARCHAR", "the account's id"),
        Column("score", "DOUBLE", "its score; the ranking's method says the unit"),
    ),
    key=("account",),
)

BOUNDS = Schema(
    "bounds",
    (
        Column("layer", "VARCHAR", "the detector that was bounded"),
        Column("bound", "VARCHAR", "the bound's name, such as `hub-accounts`"),
        Column("subject", "VARCHAR", "the object, value or text that was bounded"),
        Column("accounts", "BIGINT", "accounts that share it"),
        Column("interactions", "BIGINT", "interactions on it"),
        Column("pairs_not_counted", "BIGINT", "pairs of posts or accounts left out (at most)"),
        Column("says", "VARCHAR", "what was done about it, for people"),
    ),
    key=("layer", "bound", "subject"),
)

READING = Schema(
    "reading",
    (
        Column("file", "VARCHAR", "the file, relative to the extract's root"),
        Column("source", "VARCHAR", "the job file's name of the table it belongs to"),
        Column("partition", "VARCHAR", "Hive partition as `dt=2026-01-01/hr=03`, or empty"),
        Column("status", "VARCHAR", "`read`, `empty`, `rejected` or `skipped`"),
        Column("rows_read", "BIGINT", "rows found; used + deduplicated + quarantined + rejected"),
        Column("rows_used", "BIGINT", "rows that became interactions, or accounts"),
        Column("rows_deduplicated", "BIGINT", "rows equal to a row already used"),
        Column("rows_quarantined", "BIGINT", "rows set aside with a reason"),
        Column("rows_rejected", "BIGINT", "rows of a file that was rejected whole"),
        Column("note", "VARCHAR", "why it was rejected or skipped, and other remarks"),
    ),
    key=("source", "file"),
)

QUARANTINE = Schema(
    "quarantine",
    (
        Column("file", "VARCHAR", "the file, relative to the extract's root"),
        Column("source", "VARCHAR", "the job file's name of the table it belongs to"),
        Column("partition", "VARCHAR", "Hive partition, or empty"),
        Column("row", "BIGINT", "the row in the file, from 1"),
        Column("column", "VARCHAR", "the column at fault, or empty for the whole row"),
        Column("raw", "VARCHAR", "what stood there, escaped, at most 200 characters"),
        Column("reason", "VARCHAR", "why it was set aside"),
    ),
    key=("source", "file", "row", "column"),
)

CLUSTERS = Schema(
    "clusters",
    (
        Column("cluster", "VARCHAR", "the least account id of its members"),
        Column("place", "BIGINT", "1 for the most suspect: docs/scores.md has the order"),
        Column("flagged", "BOOLEAN", "whether it is named suspect; the others are listed"),
        Column("explained", "VARCHAR", "why it is not flagged, in a word", nullable=True),
        Column("expected_precision", "DOUBLE", "chance that it is a ring; docs/scores.md"),
        Column("precision_low", "DOUBLE", "lower end of its interval, 95 %"),
        Column("precision_high", "DOUBLE", "upper end of its interval, 95 %"),
        Column("score", "DOUBLE", "in [0, 1]; see docs/scores.md"),
        Column("accounts", "BIGINT", "members"),
        Column("edges", "BIGINT", "joined pairs of members"),
        Column("density", "DOUBLE", "edges / possible pairs"),
        Column("layers", "VARCHAR", "the layers that join it, comma separated, strongest first"),
        Column("first_at", "BIGINT", "the earliest joint act, ms", nullable=True),
        Column("last_at", "BIGINT", "the latest joint act, ms", nullable=True),
        Column("objects", "BIGINT", "distinct objects its members share"),
        Column("synchrony", "DOUBLE", "median delay between joint acts, seconds", nullable=True),
        Column("conductance", "DOUBLE", "share of its edge weight that leaves it"),
        Column("cross_platform_edges", "BIGINT", "edges between accounts of two platforms"),
        Column("expected", "DOUBLE", "meetings of members by chance", nullable=True),
        Column("log10_p", "DOUBLE", "log10 of the cluster's p-value", nullable=True),
        Column("says", "VARCHAR", "the strongest reason, with observed and expected, in words"),
    ),
    key=("cluster",),
)

MEMBERS = Schema(
    "members",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("account", "VARCHAR", "the account's id"),
        Column("role", "VARCHAR", "`core`, `peripheral`, `bridge`; `weak`: only shown"),
        Column("score", "DOUBLE", "how far it belongs: inner share times strength / the median's"),
        Column("pagerank", "DOUBLE", "share of the cluster's weighted PageRank; sums to 1"),
        Column("partners", "BIGINT", "other members it is joined to"),
        Column("strength", "DOUBLE", "summed weight of its edges inside the cluster"),
        Column("outside", "DOUBLE", "summed weight of its edges to other clusters"),
        Column("joint_share", "DOUBLE", "share of its interactions that take part", nullable=True),
        Column("seed", "VARCHAR", "`bad` or `good` where it was judged before", nullable=True),
        Column("nearness", "DOUBLE", "to seeds: suspicion less trust, in [-1, 1]", nullable=True),
        Column("seed_rank", "DOUBLE", "walkers from bad seeds, times the mean", nullable=True),
        Column("created_at", "BIGINT", "when the account was made, ms", nullable=True),
        Column("name", "VARCHAR", "the name it shows", nullable=True),
        Column("platform", "VARCHAR", "where it lives", nullable=True),
    ),
    key=("cluster", "account"),
)

ALSO_IN = Schema(
    "also_in",
    (
        Column("cluster", "VARCHAR", "a flagged cluster to which the account belongs too"),
        Column("account", "VARCHAR", "the account's id; it is no member of that cluster"),
        Column("home", "VARCHAR", "the cluster that it is a member of, if any", nullable=True),
        Column("score", "DOUBLE", "how far it belongs there, as its members' own `score`"),
        Column("partners", "BIGINT", "members that it is joined to, weak ones not counted"),
        Column("strength", "DOUBLE", "summed weight of its edges to them"),
    ),
    key=("cluster", "account"),
)
"""Accounts of two rings: beside the division, which gives each account to one cluster."""

NEAR_SEEDS = Schema(
    "near_seeds",
    (
        Column("account", "VARCHAR", "an account of no flagged cluster; no seed itself"),
        Column("nearness", "DOUBLE", "to seeds: suspicion less trust, in (0, 1]"),
        Column("seed_rank", "DOUBLE", "walkers from bad seeds, times the mean of all accounts"),
        Column("seeds", "BIGINT", "bad seeds that it is joined to itself"),
        Column("strength", "DOUBLE", "summed weight of its edges to them"),
        Column("cluster", "VARCHAR", "the unflagged cluster that it is in, if any", nullable=True),
    ),
    key=("account",),
)
"""The accounts outside of flagged clusters that lie nearest to accounts judged bad before."""

EVIDENCE = Schema(
    "evidence",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("name", "VARCHAR", "what was measured, such as `synchrony`"),
        Column(
            "kind",
            "VARCHAR",
            "`for`, `against`, `context`, `term`, `layer` or `checked`: docs/scores.md",
        ),
        Column("value", "DOUBLE", "the measured value", nullable=True),
        Column("usual", "DOUBLE", "the value usual in this extract", nullable=True),
        Column("unit", "VARCHAR", "the value's unit"),
        Column("part", "DOUBLE", "its part of the score; the parts add up to it", nullable=True),
        Column("degree", "DOUBLE", "how fully an explanation applies, in [0, 1]", nullable=True),
        Column("log_odds", "DOUBLE", "what a term adds to the log-odds of a ring", nullable=True),
        Column("without", "DOUBLE", "expected precision without the term or layer", nullable=True),
        Column("says", "VARCHAR", "the sentence a reviewer reads"),
    ),
    key=("cluster", "name"),
)

E_VALUE = "e-value"
"""The name of the evidence that holds log10 of a cluster's e-value."""

DAY_GROUPS = Schema(
    "day_groups",
    (
        Column(
            "days", "BIGINT", "0 or 1: days on which its group was found, the number's last bit"
        ),
        Column("found", "VARCHAR", "the group's name, among those of its days"),
        Column("account", "VARCHAR", "an account of the group"),
        Column("accounts", "BIGINT", "how many the group has"),
        Column("meeting_size", "BIGINT", "of them that must meet to be counted"),
        Column("meetings", "BIGINT", "times so many met on the other days"),
        Column("expected", "DOUBLE", "such times by chance"),
        Column("log10_p", "DOUBLE", "log10 of the p-value of that"),
        Column("log10_e", "DOUBLE", "log10 of its e-value"),
    ),
    key=("days", "found", "account"),
)
"""Groups that every second day shows, each tested on the days between (`jobs.day_groups`)."""

LEAST_SHARED = 3
"""Accounts that a group shares with the cluster for which it stands; they are half of it too."""

CLUSTER_OBJECTS = Schema(
    "cluster_objects",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("layer", "VARCHAR", "the layer in which it joins them"),
        Column("object_kind", "VARCHAR", "what kind of thing it is"),
        Column("object", "VARCHAR", "the object, value or text"),
        Column("members", "BIGINT", "members that acted on it"),
        Column("interactions", "BIGINT", "their interactions on it"),
        Column("population", "BIGINT", "accounts of the whole extract that acted on it"),
        Column("population_rate", "DOUBLE", "population / accounts of the extract"),
    ),
    key=("cluster", "layer", "object_kind", "object"),
)

JOINT_ACTS = Schema(
    "joint_acts",
    (
        Column("src", "VARCHAR", "the edge's lesser account"),
        Column("dst", "VARCHAR", "the edge's greater account"),
        Column("layer", "VARCHAR", "the edge's layer"),
        Column("cluster", "VARCHAR", "the cluster that holds the edge"),
        Column("action", "VARCHAR", "what both did, or `a / b`"),
        Column("object_kind", "VARCHAR", "what kind of thing the object is"),
        Column("object", "VARCHAR", "the object, shared value or text"),
        Column("src_content", "VARCHAR", "the post of src", nullable=True),
        Column("dst_content", "VARCHAR", "the post of dst", nullable=True),
        Column("src_at", "BIGINT", "when src acted, ms"),
        Column("dst_at", "BIGINT", "when dst acted, ms"),
    ),
    key=(
        "src",
        "dst",
        "layer",
        "object_kind",
        "object",
        "src_at",
        "dst_at",
        "action",
        "src_content",
        "dst_content",
    ),
)
"""The interactions behind each edge inside a cluster: which posts, when."""

MEMBER_INTERACTIONS = Schema(
    "member_interactions",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("account", "VARCHAR", "the member"),
        Column("action", "VARCHAR", "what was done"),
        Column("object_kind", "VARCHAR", "what kind of thing the object is"),
        Column("object", "VARCHAR", "what was acted on"),
        Column("acted_at", "BIGINT", "when, ms since 1970 UTC"),
        Column("content", "VARCHAR", "the account's own post", nullable=True),
        Column("text", "VARCHAR", "its words", nullable=True),
        Column("joint", "BOOLEAN", "done together with a member, or behind an edge of its cluster"),
    ),
    key=("cluster", "account", "acted_at", "action", "object_kind", "object", "content"),
)
"""What each member did, the latest first where a member's list was bounded."""

RUN_TABLES: dict[str, Schema] = {
    schema.name: schema
    for schema in (
        CLUSTERS,
        MEMBERS,
        ALSO_IN,
        NEAR_SEEDS,
        EDGES,
        EVIDENCE,
        DAY_GROUPS,
        CLUSTER_OBJECTS,
        JOINT_ACTS,
        MEMBER_INTERACTIONS,
        BOUNDS,
        READING,
        QUARANTINE,
    )
}
"""The tables of a published run; each is `<name>.parquet` in the run's folder."""
