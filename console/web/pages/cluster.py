"""A cluster's page: why it was flagged, what speaks against it, who it is, what was decided."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from console.web.asking import Person, TheSite, asked
from console.web.drawing import page
from console.web.lasting import lasting_values
from console.web.reviewed import Reviewed, reviewed_for
from console.web.session import Session
from console.web.site import Site
from graph.errors import ConfigError
from review.decisions import OPEN, OUTCOMES, Decision, Note, standing
from review.followed import followed
from review.held import HeldRun
from review.origin import origin_of
from review.report.page import cluster_values
from review.report.sections import leading_members, posts_behind, strongest_edges
from review.report.view import ReportInput, report_input
from review.run_tables import READ, RunTables
from review.standing import rows_by_cluster, standing_decisions

routes = APIRouter()

POSTS_AT_MOST = 200
EDGES_IN_TABLE = 100
TABLES = (*READ, "edges_inside")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody sent that was not taken: shown again, with the reason why not."""

    why: str
    form: str
    """`decide`, `undo`, `second`, `settle`, `second-undo`, `claim` or `note`"""
    outcome: str = ""
    words: str = ""
    excluded: frozenset[int] = field(default_factory=frozenset)


@routes.get("/cluster", response_class=HTMLResponse)
def cluster(request: Request, site: TheSite, person: Person) -> Response:
    """All that is known of one cluster, and the form to decide on it."""
    run = site.run(request.query_params.get("run"))
    return cluster_page(site, person, run, asked(request, "cluster"))


@routes.get("/pair", response_class=HTMLResponse)
def pair(request: Request, site: TheSite, person: Person) -> Response:
    """The joint acts behind the edges of two members, with the words of their posts."""
    run = site.run(request.query_params.get("run"))
    ends = sorted((asked(request, "src"), asked(request, "dst")))
    view = view_of(site, run, asked(request, "cluster"), pair=(ends[0], ends[1]))
    edges = strongest_edges(view.edges, among=ends)
    if not edges:
        raise HTTPException(404, "no edge joins these two accounts in this cluster")
    ties = posts_behind(edges, view.joint_acts, view.interactions, posts_at_most=POSTS_AT_MOST)
    return page(
        "pair.html",
        person,
        run_name=run.name,
        cluster=view.facts,
        ends=ends,
        edges_with_posts=ties,
    )


def cluster_page(
    site: Site,
    person: Session,
    run: HeldRun,
    name: str,
    *,
    said: Said | None = None,
    status: int = 200,
) -> Response:
    """The page of a cluster; with what was said on it and not taken, if anything was."""
    view = view_of(site, run, name)
    at = time.time_ns() // 1_000_000
    reviewed = reviewed_for(site.store, run.name, name, person.person, at=at)
    decisions, notes = reviewed.decisions, reviewed.notes
    claims = site.store.claims
    claims.renew(run.name, name, by=person.person, at=at)
    held_by = claims.of_run(run.name, at=at)
    others = [cluster for cluster, each in held_by.items() if each.by != person.person]
    values = {
        **cluster_values(view),
        "table_at_most": EDGES_IN_TABLE,
        "run_name": run.name,
        "state": run.states(site.store).get(name, OPEN),
        "held": standing(decisions),
        "history": told_history(decisions, notes, reviewed),
        "reviewed": reviewed,
        "claim": held_by.get(name),
        "me": person.person,
        "seen": max((each.seq for each in decisions), default=0),
        "outcomes": OUTCOMES,
        "said": said,
        "lasting": lasting_values(site.store, run.name, name),
        **_beside(site, run, view.facts["place"], others),
    }
    return page("cluster.html", person, status=status, **values)


def view_of(
    site: Site, run: HeldRun, name: str, *, pair: tuple[str, str] | None = None
) -> ReportInput:
    """A cluster with all that its page shows, or with the joint acts of a pair of its members.

    Raises:
        HTTPException: the run has no cluster of this name.
    """
    standing_row = rows_by_cluster(standing_decisions(site.store.decisions(run.name, name)))
    with run.opened(site.engine, *TABLES) as tables:
        try:
            return report_input(
                RunTables(**tables),
                name,
                origin=origin_of(run.manifest),
                decision=standing_row.get(name),
                across=followed(site.out, site.store, run, name),
                pair=pair,
            )
        except ConfigError as error:
            raise HTTPException(404, str(error)) from error


def members_by_number(site: Site, run: HeldRun, name: str) -> list[str]:
    """The members in the order in which the page numbers them, from 1.

    A form names members by these numbers: a browser would send back another text than an id that
    holds line ends or a NUL. What a run found never changes, and so neither do they.
    """
    with run.opened(site.engine, "members") as tables:
        found = site.engine.query(
            "select account, role, pagerank from {members} where cluster = $cluster",
            {"cluster": name},
            members=tables["members"],
        )
    return [row["account"] for row in leading_members(found)]


def told_history(
    decisions: Sequence[Decision], notes: Sequence[Note], reviewed: Reviewed
) -> list[dict[str, Any]]:
    """What was decided, reviewed and noted, the newest first."""
    undone = {each.undoes for each in decisions}
    told: list[dict[str, Any]] = [
        {
            "seq": each.seq,
            "at": each.at,
            "by": each.by,
            "what": each.outcome,
            "words": each.reason,
            "excluded": each.excluded,
            "undoes": each.undoes,
            "undone": each.seq in undone,
        }
        for each in decisions
    ]
    told += [
        {
            "seq": each.seq,
            "at": each.at,
            "by": each.by,
            "what": "note",
            "words": each.text,
            "excluded": (),
            "undoes": None,
            "undone": False,
        }
        for each in notes
    ]
    if reviewed.second is not None:
        second = reviewed.second
        told.append(
            {
                "seq": second.seq,
                "at": second.at,
                "by": second.by,
                "what": f"second review: {second.outcome}",
                "words": second.reason,
                "excluded": second.excluded,
                "undoes": None,
                "undone": False,
            }
        )
    return sorted(told, key=lambda row: -row["seq"])


def _beside(site: Site, run: HeldRun, place: int, taken: Sequence[str]) -> Mapping[str, str | None]:
    """The clusters before and after a place in the ranking, but for those others are at work on."""
    with run.opened(site.engine, "clusters") as tables:
        found = site.engine.query(
            """
            select (select cluster from {clusters} where place < $place
                    order by place desc, cluster desc limit 1) as before,
                   (select cluster from {clusters} where place > $place
                    and cluster not in (select unnest($taken))
                    order by place, cluster limit 1) as next
            """,
            # A list needs a first value for its type; no cluster has an empty name.
            {"place": place, "taken": ["", *taken]},
            clusters=tables["clusters"],
        )
    row = found.to_pylist()[0]
    return {"before": row["before"], "next": row["next"]}
