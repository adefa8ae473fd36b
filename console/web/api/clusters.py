"""Runs, lists of clusters, and one cluster: its decisions, members and evidence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Query

from console.lasting import change_in_words
from console.web.api import asks, shapes
from console.web.api.asking import Asking, TheAccess, cluster_of, run_of
from console.web.api.problems import not_there
from console.web.api.pseudonyms import pseudonym
from console.web.asking import TheSite
from console.web.reviewed import reviewed_for
from console.web.site import Site
from graph.errors import ConfigError, StoreError
from review.decisions import Decision
from review.naming import cluster_at
from review.paged import page_of_clusters
from review.people.acting import Acting
from review.people.roles import READ_ACCOUNTS
from review.pointer import RunEntry
from review.queries import show_cluster
from review.run import read_run

routes = APIRouter(tags=["what runs found"])


@routes.get("/runs", response_model=shapes.Runs)
def runs(site: TheSite) -> dict[str, Any]:
    """Every published run."""
    entries = site.runs()
    told = [_told_run(site, each, current=each == entries[0]) for each in entries]
    return {**bounded(told, len(told), "publication, the newest first"), "runs": told}


@routes.get("/clusters", response_model=shapes.Clusters)
def clusters(
    site: TheSite, asking: Asking, asked: Annotated[asks.OfClusters, Query()]
) -> dict[str, Any]:
    """A page of the list of clusters that the filters let through."""
    if asked.text is not None:
        # Who asks for a text learns whether an account is in a cluster.
        asking.demand(READ_ACCOUNTS)
    run = run_of(site, asked.run)
    try:
        after = None if asked.after is None else cluster_at(run, asked.after, engine=site.engine)
    except ConfigError as error:
        raise not_there(error) from error
    found = page_of_clusters(
        run,
        site.store,
        sort=asked.sort,
        limit=asked.limit,
        after=after,
        engine=site.engine,
        state=asked.state,
        flagged=asked.flagged,
        layer=asked.layer,
        min_accounts=asked.min_accounts,
        min_score=asked.min_score,
        min_precision=asked.min_precision,
        text=asked.text,
    )
    rows = found.rows.to_pylist()
    return {
        **bounded(rows, found.matching, asked.sort),
        "run": run.name,
        "passed": found.passed,
        "next": rows[-1]["place"] if found.more and rows else None,
        "clusters": rows,
    }


@routes.get("/cluster", response_model=shapes.ClusterTold)
def cluster(
    site: TheSite, asking: Asking, asked: Annotated[asks.OfCluster, Query()]
) -> dict[str, Any]:
    """One cluster: its row, its lasting id, what was decided and noted."""
    run = run_of(site, asked.run)
    name = cluster_of(site, run, asked.cluster)
    view = show_cluster(run, site.store, name, engine=site.engine)
    # Whoever may be the second reviewer reads no more here than on the page.
    at = time.time_ns() // 1_000_000
    reviewed = reviewed_for(site.store, run.name, name, asking.person, at=at)
    lasting = site.store.identities.of_cluster(run.name, name)
    return {
        "run": run.name,
        "cluster": view.cluster,
        "lasting": None
        if lasting is None
        else {
            "identity": lasting.identity,
            "version": lasting.version,
            "change": change_in_words(lasting),
        },
        "seen": max((each.seq for each in reviewed.decisions), default=0),
        "decisions": [told_decision(each, asking) for each in reviewed.decisions],
        "notes": [asdict(each) for each in reviewed.notes],
        "notes_hidden": reviewed.hidden_notes,
    }


@routes.get("/members", response_model=shapes.Members)
def members(
    site: TheSite,
    asking: Asking,
    access: TheAccess,
    asked: Annotated[asks.OfMembers, Query()],
) -> dict[str, Any]:
    """Members of a cluster; under pseudonyms where the role sees accounts no other way."""
    run = run_of(site, asked.run)
    name = cluster_of(site, run, asked.cluster)
    found = show_cluster(run, site.store, name, sort=asked.sort, engine=site.engine).members
    rows = _page(found, asked.offset, asked.limit)
    veiled = asking.limit(READ_ACCOUNTS) == "pseudonyms"
    if veiled:
        rows = [
            {**row, "account": pseudonym(row["account"], access.pseudonym_key), "name": None}
            for row in rows
        ]
    return {
        **bounded(rows, found.num_rows, f"{asked.sort}, weak ones last"),
        "run": run.name,
        "cluster": name,
        "passed": asked.offset,
        "pseudonyms": veiled,
        "members": rows,
    }


@routes.get("/evidence", response_model=shapes.Evidence)
def evidence(site: TheSite, asked: Annotated[asks.OfEvidence, Query()]) -> dict[str, Any]:
    """Why a cluster was flagged: all that was measured, and a page of what it shares."""
    run = run_of(site, asked.run)
    name = cluster_of(site, run, asked.cluster)
    view = show_cluster(run, site.store, name, engine=site.engine)
    rows = _page(view.objects, asked.offset, asked.limit)
    return {
        **bounded(rows, view.objects.num_rows, "members that acted on it, most first"),
        "run": run.name,
        "cluster": name,
        "passed": asked.offset,
        "reasons": view.evidence.to_pylist(),
        "objects": rows,
    }


def bounded(rows: Sequence[object], known: int, chosen_by: str) -> dict[str, Any]:
    """Showing X of Y, chosen by Z."""
    return {"showing": len(rows), "of": known, "chosen_by": str(chosen_by)}


def told_decision(decision: Decision, asking: Acting) -> dict[str, Any]:
    """A decision, with the members that it leaves out for who may see accounts."""
    seen = asking.may(READ_ACCOUNTS)
    return {
        **asdict(decision),
        "excluded": list(decision.excluded) if seen else None,
        "excluded_known": len(decision.excluded),
        "kept": list(decision.kept) if seen else None,
        "kept_known": len(decision.kept),
    }


def _page(rows: pa.Table, offset: int, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rows.slice(min(offset, rows.num_rows), limit).to_pylist()
    return found


def _told_run(site: Site, entry: RunEntry, *, current: bool) -> dict[str, Any]:
    """A run with its counts; one that cannot be read is told of, and why."""
    told: dict[str, Any] = {
        **asdict(entry),
        "current": current,
        "clusters": None,
        "members": None,
        "flagged": None,
        "fault": None,
    }
    try:
        manifest = read_run(site.out, entry).manifest
    except StoreError as error:
        return {**told, "fault": str(error)}
    rows = {name: file.rows for name, file in manifest.tables.items()}
    return {
        **told,
        "clusters": rows.get("clusters"),
        "members": rows.get("members"),
        "flagged": manifest.summary.get("flagged"),
    }
