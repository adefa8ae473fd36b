"""The parts of a report that are words and tables: evidence, objects, posts behind edges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from graph.schemas import EDGES
from review.report.times import moment, span
from review.report.view import EDGES_WITH_POSTS, ReportInput, Row

POSTS_AN_EDGE = 6


@dataclass(frozen=True, slots=True)
class Reasons:
    """Evidence by kind, the weightiest first.

    `terms` are what the expected precision is made of, `layers` what it and the score would be
    without a layer, `checked` the innocent explanations.
    """

    speaking_for: Sequence[Row]
    against: Sequence[Row]
    context: Sequence[Row]
    terms: Sequence[Row]
    layers: Sequence[Row]
    checked: Sequence[Row]

    @property
    def parts(self) -> Sequence[Row]:
        """The evidence that has a part in the score."""
        every = (*self.speaking_for, *self.against, *self.context)
        return [row for row in every if row["part"] is not None]


@dataclass(frozen=True, slots=True)
class Act:
    """Two posts that join two accounts."""

    row: Row
    src_at: str
    dst_at: str
    delay: str
    src_text: str | None
    dst_text: str | None


@dataclass(frozen=True, slots=True)
class EdgeWithPosts:
    """An edge, some of the posts behind it, and how many there are."""

    edge: Row
    acts: Sequence[Act]
    known: int


def reasons(evidence: Sequence[Row]) -> Reasons:
    """Part the evidence by what it speaks for."""
    ordered = sorted(evidence, key=lambda row: (-abs(row["part"] or 0.0), row["name"]))
    return Reasons(
        [row for row in ordered if row["kind"] == "for"],
        [row for row in ordered if row["kind"] == "against"],
        [row for row in ordered if row["kind"] == "context"],
        sorted(
            (row for row in evidence if row["kind"] == "term" and row["log_odds"]),
            key=lambda row: (-abs(row["log_odds"]), row["name"]),
        ),
        [row for row in ordered if row["kind"] == "layer"],
        sorted(
            (row for row in evidence if row["kind"] == "checked"),
            key=lambda row: (-(row["degree"] or 0.0), row["degree"] is None, row["name"]),
        ),
    )


def leading_members(members: pa.Table) -> list[Row]:
    """The members, the highest PageRank first, ties by id; weak ones last."""
    rows: list[Row] = members.to_pylist()
    return sorted(rows, key=lambda row: (row["role"] == "weak", -row["pagerank"], row["account"]))


def belonging_too(view: ReportInput) -> list[Row]:
    """Accounts of elsewhere that belong here too, the highest score first, ties by id."""
    also: list[Row] = view.also.to_pylist()
    return sorted(also, key=lambda row: (-row["score"], row["account"]))


def other_clusters(view: ReportInput) -> dict[str, list[str]]:
    """Each member that belongs to other flagged clusters too, with their names in order."""
    named: dict[str, list[str]] = defaultdict(list)
    for row in view.elsewhere.to_pylist():
        named[row["account"]].append(row["cluster"])
    return {account: sorted(clusters) for account, clusters in named.items()}


def strongest_edges(
    edges: pa.Table, at_most: int | None = None, *, among: Collection[str] | None = None
) -> list[Row]:
    """The edges, the heaviest first, ties by their key: `at_most`, and those `among` accounts."""
    if among is not None:
        wanted = pa.array(among, pa.string())
        both = (pc.is_in(edges[end], wanted) for end in ("src", "dst"))
        edges = edges.filter(pc.and_(*both))
    # Arrow sorts text by its bytes, which is the order of its characters.
    order = [("weight", "descending"), *((name, "ascending") for name in EDGES.key)]
    rows: list[Row] = edges.sort_by(order).slice(0, at_most).to_pylist()
    return rows


def top_objects(view: ReportInput) -> list[Row]:
    """What most members share first; among equals what the fewest others share."""
    objects: list[Row] = view.objects.to_pylist()
    return sorted(
        objects,
        key=lambda row: (
            -row["members"],
            row["population_rate"],
            row["layer"],
            row["object_kind"],
            row["object"],
        ),
    )


def posts_behind(
    edges: Sequence[Row],
    joint_acts: pa.Table,
    interactions: pa.Table,
    *,
    posts_at_most: int = POSTS_AN_EDGE,
) -> list[EdgeWithPosts]:
    """The strongest edges with the posts that joined them, the closest in time first.

    Args:
        edges: rows of `EDGES`, the strongest first.
        joint_acts: rows of `JOINT_ACTS`.
        interactions: `MEMBER_INTERACTIONS`, for the words of the posts.
        posts_at_most: how many pairs of posts are taken of each edge.
    """
    strongest = edges[:EDGES_WITH_POSTS]
    acts: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    ends = {edge[end] for edge in strongest for end in ("src", "dst")}
    for row in _of_accounts(joint_acts, "src", ends).to_pylist():
        acts[row["src"], row["dst"], row["layer"]].append(row)
    texts = {
        (row["account"], row["acted_at"], row["object"], row["content"]): row["text"]
        for row in _of_accounts(interactions, "account", ends).to_pylist()
    }
    shown = []
    for edge in strongest:
        known = acts[edge["src"], edge["dst"], edge["layer"]]
        closest = sorted(
            known,
            key=lambda row: (
                abs(row["src_at"] - row["dst_at"]),
                row["src_at"],
                row["object_kind"],
                row["object"],
                row["src_content"] or "",
                row["dst_content"] or "",
            ),
        )
        chosen = [_act(row, texts) for row in closest[:posts_at_most]]
        shown.append(EdgeWithPosts(edge, chosen, len(known)))
    return shown


def _of_accounts(rows: pa.Table, column: str, accounts: set[str]) -> pa.Table:
    # A large cluster has millions of joint acts; only those of the shown edges become rows.
    return rows.filter(pc.is_in(rows[column], pa.array(sorted(accounts), pa.string())))


def _act(row: Row, texts: dict[tuple[str, int, str, str | None], str | None]) -> Act:
    return Act(
        row,
        moment(row["src_at"]),
        moment(row["dst_at"]),
        span(row["dst_at"] - row["src_at"]),
        texts.get((row["src"], row["src_at"], row["object"], row["src_content"])),
        texts.get((row["dst"], row["dst_at"], row["object"], row["dst_content"])),
    )
