"""From what an investigator typed to the cluster or account that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from graph.engine import Engine
from graph.engines import open_engine
from graph.errors import ConfigError
from graph.table import Table
from review.identity.identities import looks_like_identity
from review.run import Run
from review.store import Store

LONGEST_COMPARED = 64
_PLACE = re.compile(r"#([0-9]{1,18})")


@contextmanager
def reading_tables(run: Run, engine: Engine | None, *names: str) -> Iterator[dict[str, Table]]:
    """Some of a run's tables, on the given engine or on a small one that is opened for it."""
    own = open_engine("local", memory="1GB") if engine is None else None
    reader = own or engine
    assert reader is not None
    try:
        with run.opened(reader, *names) as tables:
            yield tables
    finally:
        if own is not None:
            own.close()


def named_cluster(run: Run, store: Store, given: str, clusters: Table, members: Table) -> str:
    """The name of the cluster that `given` means.

    `given` is a cluster's name, its place as `#7`, the id of a member, or its lasting id as
    `CL-2026-000123`; they are tried in this order.

    Raises:
        ConfigError: nothing has this name (with the nearest), the account is a member of several
            clusters (with their names), the lasting id has none in this run, or the run is not in
            the store.
    """
    by_name = clusters.engine.query(
        "select cluster from {clusters} where cluster = $given", {"given": given}, clusters=clusters
    )
    if by_name.num_rows:
        return given
    place = _PLACE.fullmatch(given)
    if place:
        return _cluster_at(int(place[1]), clusters)
    if not store.has_run(run.name):
        message = f"run `{run.name}` is not in the store; import it first"
        raise ConfigError(message)
    found = [membership.cluster for membership in store.memberships(given, run.name)]
    if len(found) > 1:
        message = f"account `{given}` is in {len(found)} clusters: {_listed(found)}; name one"
        raise ConfigError(message)
    if found:
        return found[0]
    if looks_like_identity(given):
        return _cluster_with_id(run, store, given)
    message = f"no cluster and no member is named `{given}`{_nearest(given, members)}"
    raise ConfigError(message)


def cluster_at(run: Run, place: int, *, engine: Engine | None = None) -> str:
    """The cluster at a place in the ranking of a run.

    Raises:
        ConfigError: there is none.
    """
    with reading_tables(run, engine, "clusters") as tables:
        return _cluster_at(place, tables["clusters"])


def named_account(given: str, members: Table, edges: Table) -> str:
    """The account if the run knows it: as a member of a cluster or as an edge's end.

    Raises:
        ConfigError: the run does not know it, with the nearest members' names.
    """
    found = members.engine.query(
        """
        select 1 as known from {members} where account = $given
        union all select 1 as known from {edges} where src = $given
        union all select 1 as known from {edges} where dst = $given
        limit 1
        """,
        {"given": given},
        members=members,
        edges=edges,
    )
    if not found.num_rows:
        message = f"no account `{given}` is in this run's graph{_nearest(given, members)}"
        raise ConfigError(message)
    return given


def _cluster_at(place: int, clusters: Table) -> str:
    found = clusters.engine.query(
        "select cluster from {clusters} where place = $place", {"place": place}, clusters=clusters
    )
    if not found.num_rows:
        message = f"there is no cluster #{place}; the last is #{clusters.count()}"
        raise ConfigError(message)
    return str(found["cluster"][0].as_py())


def _cluster_with_id(run: Run, store: Store, identity: str) -> str:
    found = store.identities.clusters_of(identity, run.name)
    if len(found) == 1:
        return found[0]
    if found:
        message = f"`{identity}` has {len(found)} clusters in this run: {_listed(found)}; name one"
        raise ConfigError(message)
    last = store.identities.biography(identity).sightings[-1]
    message = (
        f"`{identity}` has no cluster in run `{run.name}`; it was seen last in `{last.run}`:"
        f" ask with `--run {last.run}`"
    )
    raise ConfigError(message)


def _nearest(given: str, members: Table) -> str:
    """`; did you mean ...?` with up to three members' ids that differ by little, or nothing."""
    near = members.engine.query(
        f"""
        select distinct account, distance
        from (
            select account, levenshtein(left(account, {LONGEST_COMPARED}), $given) as distance
            from {{members}}
        ) compared
        where distance <= $at_most
        order by distance, account
        limit 3
        """,
        {"given": given[:LONGEST_COMPARED], "at_most": max(1, min(len(given) // 3, 8))},
        members=members,
    )
    names = near["account"].to_pylist()
    return f"; did you mean {_listed(names)}?" if names else ""


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)[:5])
