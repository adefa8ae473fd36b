"""The review store: what runs found, and what people made of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, Engine, Select, func, insert, select, union

from graph.errors import ConfigError, StoreError
from review.across_runs import AcrossRuns, across_runs
from review.claims import Claims
from review.database import check_database, open_database, reading, writing
from review.decisions import (
    GROWN,
    OPEN,
    STANDS,
    UNDONE,
    Decision,
    Note,
    add_decision,
    checked_outcome,
    checked_words,
    counting_decisions,
    decisions_of,
    standing,
    standing_rows,
)
from review.deliveries.deliveries import Deliveries
from review.history import (
    HistoryEntry,
    HistoryPage,
    add_entry,
    as_entry,
    page_of_history,
    take_turn,
    verify_chain,
)
from review.identity.carried import Carried, carried_by_cluster, keeping_verdicts
from review.identity.entering import enter_earlier, enter_run
from review.identity.identities import Identities
from review.identity.recurring import remember
from review.identity.tables import LINEAGE
from review.importing import import_rows
from review.people.people import People
from review.refusing import refuse_strangers, refuse_unseen
from review.run import Run
from review.saved_views import SavedViews
from review.second.reviews import SecondReviews, refuse_awaited
from review.second.rules import FINAL, ask_for_second
from review.second.tables import SECOND_REVIEWS
from review.seen import what_was_seen
from review.tables import DECISIONS, EXPORTS, HISTORY, MEMBERS, NOTES, RUNS

_ACCOUNTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run that the store knows. Times are ms since 1970 UTC."""

    run: str
    job: str
    created_at: int
    imported_at: int
    manifest_sha256: str
    clusters: int
    members: int
    began_at: int | None = None
    """The period's first act, of a run that tests groups on days of their own."""
    ended_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An account's place in a cluster of a run."""

    run: str
    cluster: str
    account: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A list that left the house: which file, of which run if of one, for what. `at` is ms, UTC."""

    seq: int
    run: str | None
    file: str
    sha256: str
    rows: int
    purpose: str
    by: str
    at: int


class Store:
    """The review store, opened and closed. Several processes may have it open at once."""

    def __init__(self, engine: Engine) -> None:
        """Use `Store.open`, which also brings the tables up to date."""
        self._engine = engine

    @classmethod
    def open(cls, where: Path | str) -> Store:
        """Open the store at a path (an SQLite file, made if need be) or at an SQLAlchemy URL.

        Raises:
            ConfigError: the URL cannot be understood, or its driver is not installed.
            StoreError: the database cannot be opened, or a later version made its tables.
        """
        return cls(open_database(where))

    def __enter__(self) -> Store:
        """The store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def check(self) -> None:
        """Ask the database whether it is there, with its tables up to date.

        Raises:
            StoreError: it does not answer, or another version made its tables.
        """
        check_database(self._engine)

    def import_run(self, run: Run, *, by: str = "ringwatch", at: int | None = None) -> bool:
        """Take in a published run's clusters and members, all or none; False if they are in.

        Its clusters get their lasting ids in the same transaction, and so do those of runs that an
        earlier version took in. Take runs in in the order of their time (`review.taking_in`).

        Raises:
            StoreError: another run of this name is in the store, or the database refused.
        """
        now = _now(at)
        with self._turn() as connection:
            known = select(RUNS.c.manifest_sha256).where(RUNS.c.run == run.name)
            found = connection.scalar(known)
            if found not in (None, run.manifest_sha256):
                message = (
                    f"the store knows another run named `{run.name}`;"
                    " open the store that belongs to this folder of runs"
                )
                raise StoreError(message)
            enter_earlier(connection, run.path.parent, by=by, at=now)
            if found is not None:
                return False
            remember(connection, run.path.parent)
            made_by = run.manifest.versions.get("ringwatch", "unknown")
            details = {**import_rows(connection, run, imported_at=now), "ringwatch": made_by}
            enter_run(connection, run.name, run.path, "import", details, by=by, at=now)
        return True

    @property
    def identities(self) -> Identities:
        """The lasting ids of clusters."""
        return Identities(self._engine, self._turn)

    @property
    def second(self) -> SecondReviews:
        """The second, blind reviews of decisions."""
        return SecondReviews(self._engine, self._turn)

    @property
    def claims(self) -> Claims:
        """Who is at work on which cluster."""
        return Claims(self._engine, self._turn)

    @property
    def views(self) -> SavedViews:
        """The views of the queue that people keep."""
        return SavedViews(self._engine, self._turn)

    @property
    def people(self) -> People:
        """Who may sign in, and what each may do."""
        return People(self._engine, self._turn)

    @property
    def deliveries(self) -> Deliveries:
        """The lists that are to leave, and what became of them."""
        return Deliveries(self._engine, self._turn)

    def runs(self) -> list[StoredRun]:
        """The runs in the store, the newest first."""
        query = select(RUNS).order_by(RUNS.c.created_at.desc(), RUNS.c.run)
        with reading(self._engine) as connection:
            return [StoredRun(**row) for row in connection.execute(query).mappings()]

    def has_run(self, run: str) -> bool:
        """Whether a run is in the store."""
        with reading(self._engine) as connection:
            return connection.scalar(select(RUNS.c.run).where(RUNS.c.run == run)) is not None

    def decide(
        self,
        run: str,
        cluster: str,
        outcome: str,
        *,
        reason: str,
        by: str,
        at: int | None = None,
        excluded: Iterable[str] = (),
        seen: int | None = None,
        only_new: bool = False,
    ) -> Decision:
        """Add a decision on a cluster; it may be asked for a second review (`Store.second`).

        Args:
            run: the run's name.
            cluster: the cluster's name.
            outcome: one of `OUTCOMES`.
            reason: why, in words.
            by: who decides.
            at: ms since 1970 UTC; now by default.
            excluded: members whom the decision does not cover.
            seen: the number of the newest decision that the person had before them (0 for none);
                the decision is refused where a newer one has come since.
            only_new: it speaks only of members of whom no decision on the cluster's lasting id
                speaks yet; the others keep their verdict.

        Raises:
            ConfigError: an unknown run, cluster, outcome or member; no reason, or nobody who
                decides; another's decision awaits a second review, or two differ; `only_new`
                where nothing was decided before, or nobody is new.
            Overtaken: a newer decision than the one seen.
            StoreError: the database refused.
        """
        checked_outcome(outcome)
        reason = checked_words(reason, what="a reason")
        by = checked_words(by, what="the name of who decides")
        with self._turn() as connection:
            refuse_strangers(connection, run, cluster, excluded := sorted(set(excluded)))
            refuse_unseen(connection, run, cluster, seen)
            refuse_awaited(connection, run, cluster, by)
            decision = Decision(
                seq=0,
                run=run,
                cluster=cluster,
                outcome=outcome,
                reason=reason,
                by=by,
                at=_now(at),
                excluded=tuple(excluded),
                kept=keeping_verdicts(connection, run, cluster) if only_new else (),
            )
            saw = what_was_seen(connection, run, cluster)
            made = add_decision(connection, "decide", decision, saw=saw)
            if outcome in FINAL:
                ask_for_second(connection, made.seq, run, cluster)
            return made

    def undo(
        self,
        run: str,
        cluster: str,
        *,
        reason: str,
        by: str,
        at: int | None = None,
        seen: int | None = None,
    ) -> Decision:
        """Take back the decision that stands, by a new one; what stood before it stands again.

        Raises:
            ConfigError: no decision stands on this cluster; no reason, or nobody who decides.
            Overtaken: a newer decision than the one seen.
            StoreError: the database refused.
        """
        reason = checked_words(reason, what="a reason")
        by = checked_words(by, what="the name of who decides")
        with self._turn() as connection:
            refuse_unseen(connection, run, cluster, seen)
            stood = standing(decisions_of(connection, run, cluster))
            if stood is None:
                message = f"no decision stands on cluster `{cluster}` of run `{run}`"
                raise ConfigError(message)
            decision = Decision(
                seq=0,
                run=run,
                cluster=cluster,
                outcome=UNDONE,
                reason=reason,
                by=by,
                at=_now(at),
                undoes=stood.seq,
            )
            return add_decision(connection, "undo", decision)

    def note(self, run: str, cluster: str, text: str, *, by: str, at: int | None = None) -> Note:
        """Add a remark on a cluster.

        Raises:
            ConfigError: an unknown run or cluster, an empty text, or nobody who says it.
            StoreError: the database refused.
        """
        words = {
            "text": checked_words(text, what="a note's text"),
            "by": checked_words(by, what="the name of who notes"),
        }
        now = _now(at)
        with self._turn() as connection:
            refuse_strangers(connection, run, cluster, ())
            seq = add_entry(
                connection,
                "note",
                by=words["by"],
                at=now,
                run=run,
                cluster=cluster,
                details={"text": words["text"]},
            )
            note = Note(seq=seq, run=run, cluster=cluster, at=now, **words)
            connection.execute(insert(NOTES).values(asdict(note)))
        return note

    def record_export(
        self,
        run: str | None,
        *,
        file: str,
        sha256: str,
        rows: int,
        purpose: str,
        by: str,
        at: int | None = None,
    ) -> Export:
        """Keep that a list left the house; one that is of no run is in the history alone.

        Raises:
            ConfigError: an unknown run, an empty purpose, or nobody who exports.
            StoreError: the database refused.
        """
        purpose = checked_words(purpose, what="a purpose")
        by = checked_words(by, what="the name of who exports")
        now = _now(at)
        with self._turn() as connection:
            known = select(RUNS.c.run).where(RUNS.c.run == run)
            if run is not None and connection.scalar(known) is None:
                message = f"the store knows no run `{run}`; import it first"
                raise ConfigError(message)
            details = {"file": file, "sha256": sha256, "rows": rows, "purpose": purpose}
            seq = add_entry(connection, "export", by=by, at=now, run=run, details=details)
            export = Export(
                seq=seq,
                run=run,
                file=file,
                sha256=sha256,
                rows=rows,
                purpose=purpose,
                by=by,
                at=now,
            )
            if run is not None:
                connection.execute(insert(EXPORTS).values(asdict(export)))
        return export

    def decisions(self, run: str, *clusters: str) -> list[Decision]:
        """The decisions on a run or on some clusters of it, in the order in which they came.

        Each as it counts: one that awaits a second review says so, and neither what it is nor why.
        """
        with reading(self._engine) as connection:
            return counting_decisions(connection, run, *clusters)

    def decisions_as_taken(self, run: str, cluster: str) -> list[Decision]:
        """The decisions on a cluster as they were taken, for who may know them."""
        with reading(self._engine) as connection:
            return decisions_of(connection, run, cluster)

    def notes(self, run: str, cluster: str | None = None) -> list[Note]:
        """The remarks on a run's clusters or on one cluster, in the order in which they came."""
        query = select(NOTES).where(NOTES.c.run == run).order_by(NOTES.c.seq)
        if cluster is not None:
            query = query.where(NOTES.c.cluster == cluster)
        with reading(self._engine) as connection:
            return [Note(**row) for row in connection.execute(query).mappings()]

    def exports(self, run: str | None = None) -> list[Export]:
        """The lists that left the house, in the order in which they left."""
        query = select(EXPORTS).order_by(EXPORTS.c.seq)
        if run is not None:
            query = query.where(EXPORTS.c.run == run)
        with reading(self._engine) as connection:
            return [Export(**row) for row in connection.execute(query).mappings()]

    def states(self, run: str) -> dict[str, str]:
        """The state of each cluster of a run on which a decision stands; the others are `open`.

        A decision on its lasting id counts, taken on whatever run (`GROWN`, `STANDS`).
        """
        with reading(self._engine) as connection:
            rows = connection.execute(standing_rows(DECISIONS.c.run == run))
            own = {row.cluster: row.outcome for row in rows}
            return {**_carried_states(carried_by_cluster(connection, run)), **own}

    def carried_after(self, run: str, seq: int) -> tuple[int, dict[str, str] | None]:
        """As `states_after`, of what decisions on other runs made of a run's clusters.

        Given are the newest number and, where anything changed, the state of every cluster that
        has one by its lasting id; None where nothing did.
        """
        with reading(self._engine) as connection:
            elsewhere = select(func.max(DECISIONS.c.seq)).where(DECISIONS.c.run != run)
            reviewed = select(func.max(SECOND_REVIEWS.c.seq))
            joined = select(func.max(LINEAGE.c.seq))
            newest = max(connection.scalar(query) or 0 for query in (elsewhere, reviewed, joined))
            if newest == seq:
                return seq, None
            return newest, _carried_states(carried_by_cluster(connection, run))

    def states_after(self, run: str, seq: int) -> tuple[int, dict[str, str]]:
        """What decisions that came after number `seq` made of a run's clusters, for who follows it.

        Given are the newest number, and the state of each cluster on which anything was decided
        or undone since; it may be `open` again.
        """
        decided = (DECISIONS.c.run == run, DECISIONS.c.seq > seq)
        # A second review changes what a decision counts as, without being one.
        reviewed = (
            DECISIONS.c.run == run,
            SECOND_REVIEWS.c.seq > seq,
            SECOND_REVIEWS.c.decision == DECISIONS.c.seq,
        )
        with reading(self._engine) as connection:
            newest = max(
                connection.scalar(select(func.max(DECISIONS.c.seq)).where(*decided)) or 0,
                connection.scalar(select(func.max(SECOND_REVIEWS.c.seq)).where(*reviewed)) or 0,
            )
            if not newest:
                return seq, {}
            touched = union(
                select(DECISIONS.c.cluster).where(*decided),
                select(DECISIONS.c.cluster).where(*reviewed),
            )
            states = dict.fromkeys(connection.scalars(touched), OPEN)
            holding = standing_rows(DECISIONS.c.run == run, DECISIONS.c.cluster.in_(touched))
            states.update((row.cluster, row.outcome) for row in connection.execute(holding))
            return int(newest), states

    def state(self, run: str, cluster: str) -> str:
        """The state of one cluster: the outcome that stands, or `open`."""
        stands = standing(self.decisions(run, cluster))
        if stands is not None:
            return stands.outcome
        with reading(self._engine) as connection:
            held = carried_by_cluster(connection, run, [cluster])
        return _carried_states(held).get(cluster, OPEN)

    def memberships(self, account: str, run: str | None = None) -> list[Membership]:
        """The clusters that an account is in, in one run or in all."""
        query: Select[tuple[str, ...]] = (
            select(MEMBERS)
            .where(MEMBERS.c.account == account)
            .order_by(MEMBERS.c.run, MEMBERS.c.cluster)
        )
        if run is not None:
            query = query.where(MEMBERS.c.run == run)
        with reading(self._engine) as connection:
            return [Membership(**row) for row in connection.execute(query).mappings()]

    def memberships_of(self, accounts: Iterable[str]) -> dict[str, list[Membership]]:
        """The clusters that accounts are in, in all runs; accounts that are in none have no entry.

        They are looked up some hundreds at a time, all at one state of the store.
        """
        wanted = list(dict.fromkeys(accounts))
        found: dict[str, list[Membership]] = {}
        columns = (MEMBERS.c.account, MEMBERS.c.run, MEMBERS.c.cluster)
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), _ACCOUNTS_AT_ONCE):
                some = wanted[start : start + _ACCOUNTS_AT_ONCE]
                query = select(MEMBERS).where(MEMBERS.c.account.in_(some)).order_by(*columns)
                for row in connection.execute(query).mappings():
                    found.setdefault(row["account"], []).append(Membership(**row))
        return found

    def across_runs(self, run: str, cluster: str) -> AcrossRuns | None:
        """What a cluster shows on days that did not choose it, over the runs that lead to it.

        None where its run tests nothing on days of their own.

        Raises:
            ConfigError: the store knows no such cluster in that run.
        """
        with reading(self._engine) as connection:
            return across_runs(connection, run, cluster)

    def history(
        self,
        run: str | None = None,
        cluster: str | None = None,
        *,
        after: int = 0,
        limit: int = 1000,
    ) -> list[HistoryEntry]:
        """What was done, the oldest first: `limit` entries at most that come after number `after`.

        A run or a cluster narrows it to what was done to them.
        """
        query = select(HISTORY).where(HISTORY.c.seq > after).order_by(HISTORY.c.seq).limit(limit)
        if run is not None:
            query = query.where(HISTORY.c.run == run)
        if cluster is not None:
            query = query.where(HISTORY.c.cluster == cluster)
        with reading(self._engine) as connection:
            return [as_entry(row) for row in connection.execute(query).mappings()]

    def history_page(
        self,
        *,
        by: str | None = None,
        cluster: str | None = None,
        before: int | None = None,
        limit: int | None = 100,
    ) -> HistoryPage:
        """What was done, the newest first; see `history.page_of_history`."""
        with reading(self._engine) as connection:
            return page_of_history(connection, by=by, cluster=cluster, before=before, limit=limit)

    def verify_history(self) -> int:
        """Recompute the history's chain of hashes; give the number of entries.

        Raises:
            StoreError: naming the first entry that was altered, or that some are missing.
        """
        with reading(self._engine) as connection:
            return verify_chain(connection)

    @contextmanager
    def _turn(self) -> Iterator[Connection]:
        with writing(self._engine) as connection:
            take_turn(connection)
            yield connection


def _carried_states(held: Mapping[str, Carried]) -> dict[str, str]:
    # What two ids led to before they were one may speak of nobody here.
    return {
        cluster: GROWN if each.fresh else STANDS for cluster, each in held.items() if each.verdicts
    }


def _now(at: int | None) -> int:
    return time.time_ns() // 1_000_000 if at is None else at
