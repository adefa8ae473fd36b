"""A published run in a notebook: the review commands as methods, frames out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console.options import who
from console.pages import write_pages
from console.place import opened
from review import neighbours, queries
from review.decisions import Decision
from review.export.clusters import export_clusters
from review.export.formats import TableFormat
from review.export.manifest import ExportManifest, Purpose
from review.origin import origin_of
from review.run import Run as PublishedRun
from review.run_tables import run_tables
from review.standing import standing_decisions
from ringwatch import markup
from ringwatch.drawn import Graph
from ringwatch.frames import frame, plain_rows
from ringwatch.pages import Account, Cluster, account_of, cluster_of

if TYPE_CHECKING:
    import pandas as pd

_LISTED = {
    "place": "#",
    "cluster": "cluster",
    "score": "score",
    "accounts": "accounts",
    "layers": "layers",
    "state": "state",
    "says": "why",
}


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A published run in the folder `out`. It holds nothing open: each question opens and closes.

    Wherever a cluster is asked for, its name, its place as `#1`, or the id of a member will do.
    `already` says that this very run was there before; `notes` are what was assumed or left out
    while it was made.
    """

    out: Path
    published: PublishedRun
    already: bool = False
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The run's name."""
        return self.published.name

    def clusters(
        self,
        *,
        layer: str | None = None,
        min_accounts: int | None = None,
        min_score: float | None = None,
        state: str | None = None,
        search: str | None = None,
        sort: str = "place",
        limit: int | None = None,
        offset: int = 0,
    ) -> pd.DataFrame:
        """The clusters, the most suspect first, each with its state; all conditions hold at once.

        Args:
            layer: only those that this layer joins.
            min_accounts: the least size.
            min_score: the least score.
            state: `open`, or what was decided.
            search: part of a member's id or name, or of a shared object; case does not matter.
            sort: `place`, `score`, `accounts`, `objects`, `first`, `last` or `name`.
            limit: how many at most; all by default.
            offset: how many to pass over.

        Raises:
            ConfigError: an unknown order or state.
        """
        with opened(self.out, self.name) as place:
            return frame(
                queries.list_clusters(
                    place.run,
                    place.store,
                    sort=sort,
                    limit=limit,
                    offset=offset,
                    engine=place.engine,
                    layer=layer,
                    min_accounts=min_accounts,
                    min_score=min_score,
                    state=state,
                    text=search,
                )
            )

    def show(self, cluster: str) -> Cluster:
        """Why a cluster was flagged, who is in it, and what they share.

        Raises:
            ConfigError: no cluster is named so, with the nearest names.
        """
        with opened(self.out, self.name) as place:
            view = queries.show_cluster(place.run, place.store, cluster, engine=place.engine)
        return cluster_of(view)

    def members(self, cluster: str) -> pd.DataFrame:
        """The members of a cluster, the highest PageRank first.

        Raises:
            ConfigError: no cluster is named so, with the nearest names.
        """
        return self.show(cluster).members

    def account(self, id: str) -> Account:
        """What is known of an account: its clusters, edges and interactions.

        Raises:
            ConfigError: the run does not know the account, with the nearest names.
        """
        with opened(self.out, self.name) as place:
            view = queries.account_view(place.run, place.store, id, engine=place.engine)
        return account_of(view)

    def expand(self, id: str, *, hops: int = 1, limit: int = 25) -> pd.DataFrame:
        """The strongest partners of an account, and theirs: by hop, then by falling weight.

        Raises:
            ConfigError: the run does not know the account, or hops or limit are out of range.
        """
        with opened(self.out, self.name) as place:
            return frame(
                neighbours.expand(place.run, id, hops=hops, limit=limit, engine=place.engine)
            )

    def near(self, *, limit: int = 100) -> pd.DataFrame:
        """The accounts in no flagged cluster that lie nearest to the known-bad, the nearest first.

        Raises:
            ConfigError: the limit is below 0.
        """
        with opened(self.out, self.name) as place:
            return frame(neighbours.near_seeds(place.run, limit=limit, engine=place.engine))

    def joint_acts(self, a: str, b: str) -> pd.DataFrame:
        """The posts behind the edge of two accounts, in the order of time.

        Raises:
            ConfigError: no edge joins the two.
        """
        with opened(self.out, self.name) as place:
            return frame(neighbours.edge_acts(place.run, a, b, engine=place.engine))

    def decide(
        self,
        cluster: str | Cluster,
        outcome: str,
        *,
        reason: str,
        by: str | None = None,
        exclude: Sequence[str] = (),
    ) -> Decision:
        """Keep what a person makes of a cluster, or take the standing decision back with `undo`.

        Args:
            cluster: the cluster, or its page: then the decision is refused where a newer one has
                come since the page was read.
            outcome: `confirmed`, `dismissed`, `mixed`, `needs-more` or `undo`.
            reason: why, in words.
            by: who decides; the name of this login by default.
            exclude: members whom the decision does not cover.

        Raises:
            ConfigError: an unknown cluster, outcome or member, or no reason.
            StoreError: a newer decision than the page shows, or the store refused.
        """
        seen, page = None, cluster
        if isinstance(page, Cluster):
            seen = page.decisions[-1].seq if page.decisions else 0
        else:
            page = self.show(page)
        with opened(self.out, self.name) as place:
            if outcome == "undo":
                return place.store.undo(self.name, page.name, reason=reason, by=who(by), seen=seen)
            return place.store.decide(
                self.name,
                page.name,
                outcome,
                reason=reason,
                by=who(by),
                excluded=exclude,
                seen=seen,
            )

    def export(
        self,
        path: str | Path,
        *,
        purpose: str,
        by: str | None = None,
        clusters: Sequence[str] | None = None,
        undecided: bool = False,
        weak: bool = False,
        lossless: TableFormat | None = None,
        bom: bool = False,
    ) -> ExportManifest:
        """Write the members of confirmed clusters, a manifest beside the file; give the manifest.

        Args:
            path: .csv (no cell is a formula), .jsonl, .parquet, .graphml or .gexf.
            purpose: what the list is for; it is kept.
            by: who exports; the name of this login by default.
            clusters: only these.
            undecided: undecided clusters go too, marked as such.
            weak: weak members go too, marked as such.
            lossless: a twin beside a CSV with every cell as it is.
            bom: begin a CSV with a byte order mark, for spreadsheets.

        Raises:
            ConfigError: an unknown cluster or format, or nothing to export.
            StoreError: the disk or the store refused.
        """
        named = None if clusters is None else tuple(self.show(each).name for each in clusters)
        file = Path(path)
        with opened(self.out, self.name) as place:
            manifest = export_clusters(
                run_tables(place.run, place.engine),
                standing_decisions(place.store.decisions(self.name)),
                file,
                only=named,
                undecided=undecided,
                weak=weak,
                lossless=lossless,
                origin=origin_of(place.run.manifest),
                purpose=Purpose(says=purpose, exported_by=who(by)),
                bom=bom,
            )
            place.store.record_export(
                self.name,
                file=str(file),
                sha256=manifest.sha256,
                rows=manifest.rows,
                purpose=purpose,
                by=who(by),
            )
        return manifest

    def report(self, folder: str | Path, *, top: int = 20) -> Path:
        """Write HTML pages of the most suspect clusters that open offline; give the first page.

        Raises:
            ConfigError: `top` is below 1.
            StoreError: the disk refused.
        """
        with opened(self.out, self.name) as place:
            pages = write_pages(place, Path(folder), top=top)
        return pages[0]

    def graph(self, cluster: str | None = None) -> Graph:
        """The coordination graph, or the part of it inside one cluster.

        Raises:
            ConfigError: no cluster is named so, with the nearest names.
        """
        only = None if cluster is None else self.show(cluster).name
        return Graph(out=self.out, run=self.name, cluster=only)

    def table(self, name: str) -> pd.DataFrame:
        """One of the run's tables whole, such as `members`, `bounds`, `reading` or `quarantine`.

        Raises:
            ConfigError: the run has no such table, with the nearest name.
        """
        with opened(self.out, self.name) as place:
            return frame(place.run.table(place.engine, name).arrow())

    def __repr__(self) -> str:
        """One line."""
        return f"<Run {self.name}: {self._counts()}>"

    def _repr_html_(self) -> str:
        rows = plain_rows(self.clusters(limit=10))
        return (
            f"<div>{markup.heading(f'Run {self.name}')}{markup.paragraph(self._counts())}"
            f"{markup.listed(self.notes) if self.notes else ''}"
            f"{markup.table('The most suspect clusters', _LISTED, rows)}</div>"
        )

    def _counts(self) -> str:
        told = self.published.manifest.summary
        clusters, members = told.get("clusters", 0), told.get("members", 0)
        among = (
            f"{told.get('accounts', 0):,} accounts, {told.get('interactions', 0):,} interactions"
        )
        return f"{clusters:,} clusters with {members:,} members, of {among}"
