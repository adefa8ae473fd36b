"""One box for everything: clusters, accounts and objects that a few typed characters mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from graph.engine import Engine
from graph.errors import ConfigError
from review.identity.identities import looks_like_identity
from review.naming import named_cluster, reading_tables
from review.run import Run
from review.store import Membership, Store

FOUND_AT_MOST = 25
ACCOUNT, LASTING, UNKNOWN = "account", "lasting-id", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a text means in a run. Of accounts and objects `FOUND_AT_MOST` are given at most."""

    cluster: str | None
    """the cluster that it names: by name, by place as `#7`, or by a member of one alone"""
    memberships: tuple[Membership, ...]
    """the clusters, in every run that the store knows, of the account that it names"""
    accounts: pa.Table
    """`account, name, cluster, role`: members whose id or shown name holds it"""
    accounts_known: int
    objects: pa.Table
    """`object, object_kind, clusters, members`: shared objects that hold it"""
    objects_known: int


def search(run: Run, store: Store, text: str, *, engine: Engine | None = None) -> Found:
    """Look a text up in a run; upper and lower case are one but in names of clusters.

    Args:
        run: the published run.
        store: the store that the run was imported into.
        text: what was typed.
        engine: where to ask; a small one is opened by default.

    Raises:
        ConfigError: the text is empty.
    """
    if not text:
        message = "search for at least one character"
        raise ConfigError(message)
    with reading_tables(run, engine, "clusters", "members", "cluster_objects") as tables:
        reader = tables["clusters"].engine
        try:
            cluster = named_cluster(run, store, text, tables["clusters"], tables["members"])
        except ConfigError:
            cluster = None
        # An id that is the text itself comes first, then those that begin with it.
        accounts = reader.query(
            """
            select account, name, cluster, role, count(*) over () as known from {members}
            where contains(lower(account), lower($text)) or contains(lower(name), lower($text))
            order by account <> $text, not starts_with(lower(account), lower($text)),
                     account, cluster
            limit $limit
            """,
            {"text": text, "limit": FOUND_AT_MOST},
            members=tables["members"],
        )
        objects = reader.query(
            """
            select object, object_kind, count(distinct cluster) as clusters,
                   cast(sum(members) as bigint) as members, count(*) over () as known
            from {objects} where contains(lower(object), lower($text))
            group by object, object_kind
            order by object <> $text, clusters desc, members desc, object_kind, object
            limit $limit
            """,
            {"text": text, "limit": FOUND_AT_MOST},
            objects=tables["cluster_objects"],
        )
    return Found(
        cluster=cluster,
        memberships=tuple(store.memberships(text)),
        accounts=accounts.drop(["known"]),
        accounts_known=_known(accounts),
        objects=objects.drop(["known"]),
        objects_known=_known(objects),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What an id means; the places of an account, or the clusters of a lasting id, in runs."""

    id: str
    kind: str
    """`account`, `lasting-id` or `unknown`"""
    memberships: tuple[Membership, ...] = ()
    clusters: tuple[tuple[str, str], ...] = ()
    """(run, cluster) of a lasting id, the oldest run first"""


def look_up(store: Store, ids: Sequence[str]) -> list[Meant]:
    """What many ids mean in all runs, each once, in the order in which they were given.

    A cluster is named after one of its members, and stands among that account's places.

    Args:
        store: the store that took the runs in.
        ids: of accounts, of clusters or lasting ones, byte for byte.
    """
    wanted = list(dict.fromkeys(ids))
    known = store.memberships_of(wanted)
    return [_meant(store, each, known.get(each, [])) for each in wanted]


def _meant(store: Store, id: str, memberships: Sequence[Membership]) -> Meant:
    if memberships:
        return Meant(id=id, kind=ACCOUNT, memberships=tuple(memberships))
    if looks_like_identity(id):
        try:
            life = store.identities.biography(id)
        except ConfigError:
            return Meant(id=id, kind=UNKNOWN)
        seen = tuple((each.run, each.cluster) for each in life.sightings)
        return Meant(id=id, kind=LASTING, clusters=seen)
    return Meant(id=id, kind=UNKNOWN)


def _known(found: pa.Table) -> int:
    return int(found["known"][0].as_py()) if found.num_rows else 0
