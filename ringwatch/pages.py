"""One cluster and one account as a notebook holds them: frames to work on, a page to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.output import moment
from review.decisions import Decision, Note
from review.queries import AccountView, ClusterView
from review.store import Membership
from review.visible import visible
from ringwatch import markup
from ringwatch.frames import frame, plain_rows

if TYPE_CHECKING:
    import pandas as pd

_SIGNS = {"for": "+", "against": "\N{MINUS SIGN}", "context": "\N{MIDDLE DOT}"}
_MEMBERS = {
    "account": "account",
    "name": "name",
    "role": "role",
    "score": "belongs",
    "pagerank": "PageRank",
}
_ALSO = {
    "account": "account",
    "home": "member of",
    "score": "belongs here",
    "partners": "partners here",
}
_OBJECTS = {
    "object_kind": "kind",
    "object": "object",
    "members": "members",
    "population": "accounts on it",
}
_CLUSTERS = {"place": "#", "cluster": "cluster", "role": "role", "score": "score", "says": "why"}
_PARTNERS = {"partner": "partner", "layer": "layer", "weight": "weight", "objects": "shared"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cluster:
    """One cluster of a run: why it was flagged, who is in it, what they share.

    `facts` is its row of the list, with its `state`. `reasons` stand with the greatest part of the
    score first, `members` by PageRank with weak ones last, `objects` by how many members share
    them, `edges` by weight. `also` are accounts of elsewhere that belong here too, `elsewhere` its
    members that belong to other flagged clusters too. In a notebook it shows itself as a page.
    """

    run: str
    name: str
    facts: Mapping[str, Any]
    members: pd.DataFrame
    also: pd.DataFrame
    elsewhere: pd.DataFrame
    reasons: pd.DataFrame
    objects: pd.DataFrame
    edges: pd.DataFrame
    decisions: tuple[Decision, ...]
    notes: tuple[Note, ...]

    def __repr__(self) -> str:
        """One line, hidden characters shown."""
        return (
            f"<Cluster {visible(self.name)}: place {self.facts['place']},"
            f" score {self.facts['score']:.3f}, {self.facts['accounts']} accounts,"
            f" {self.facts['state']}>"
        )

    def _repr_html_(self) -> str:
        facts = self.facts
        parts = [
            markup.heading(f"Cluster {self.name}"),
            markup.paragraph(
                f"place {facts['place']}, score {facts['score']:.3f}, {facts['accounts']:,}"
                f" accounts, {facts['edges']:,} edges, {facts['state']}; joined by"
                f" {facts['layers']}; joint acts from {moment(facts['first_at'])}"
                f" to {moment(facts['last_at'])}"
            ),
            markup.paragraph("It is suspect, not convicted: a person decides."),
            markup.listed(_reason(row) for row in plain_rows(self.reasons)),
            markup.table("Members", _MEMBERS, plain_rows(self.members)),
            *(
                [markup.table("Belong here too", _ALSO, plain_rows(self.also))]
                if len(self.also)
                else []
            ),
            markup.table("What they share", _OBJECTS, plain_rows(self.objects)),
            markup.listed([*map(_decided, self.decisions), *map(_noted, self.notes)]),
        ]
        return f"<div>{''.join(parts)}</div>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Account:
    """One account: its clusters, edges and interactions, and its clusters in other runs."""

    run: str
    id: str
    clusters: pd.DataFrame
    edges: pd.DataFrame
    interactions: pd.DataFrame
    memberships: tuple[Membership, ...]

    def __repr__(self) -> str:
        """One line, hidden characters shown."""
        return (
            f"<Account {visible(self.id)}: {len(self.clusters)} clusters, {len(self.edges)} edges,"
            f" {len(self.interactions)} interactions>"
        )

    def _repr_html_(self) -> str:
        edges = [
            {**row, "partner": row["dst"] if row["src"] == self.id else row["src"]}
            for row in plain_rows(self.edges)
        ]
        parts = [
            markup.heading(f"Account {self.id}"),
            markup.paragraph(f"{len(self.interactions):,} interactions are kept of it"),
            markup.table("Its clusters", _CLUSTERS, plain_rows(self.clusters)),
            markup.table("Its strongest edges", _PARTNERS, edges),
        ]
        return f"<div>{''.join(parts)}</div>"


def cluster_of(view: ClusterView) -> Cluster:
    """What the store's answer is in a notebook."""
    return Cluster(
        run=view.run,
        name=str(view.cluster["cluster"]),
        facts=dict(view.cluster),
        members=frame(view.members),
        also=frame(view.also),
        elsewhere=frame(view.elsewhere),
        reasons=frame(view.evidence),
        objects=frame(view.objects),
        edges=frame(view.edges),
        decisions=view.decisions,
        notes=view.notes,
    )


def account_of(view: AccountView) -> Account:
    """What the store's answer is in a notebook."""
    return Account(
        run=view.run,
        id=view.account,
        clusters=frame(view.clusters),
        edges=frame(view.edges),
        interactions=frame(view.interactions),
        memberships=view.memberships,
    )


def _reason(row: Mapping[str, Any]) -> str:
    if row["kind"] == "checked":
        applies = "not checked" if row["degree"] is None else f"{row['degree']:.0%}"
        return f"{row['name'].removeprefix('explanation:')} ({applies}): {row['says']}"
    if row["kind"] == "term":
        return f"{row['log_odds']:+.2f} log-odds: {row['says']}"
    if row["kind"] == "layer":
        left = "" if row["value"] is None else f"; its score would be {row['value']:.3f}"
        return f"{row['name'].removeprefix('layer:')}: {row['says']}{left}"
    return f"{_SIGNS[row['kind']]} {abs(row['part'] or 0.0):.3f} {row['says']}"


def _decided(decision: Decision) -> str:
    return f"{moment(decision.at)} {decision.by}: {decision.outcome}: {decision.reason}"


def _noted(note: Note) -> str:
    return f"{moment(note.at)} {note.by} notes: {note.text}"
