"""From an account outward: its strongest partners, theirs, and the way to another account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from console.web.asking import Person, TheSite, asked
from console.web.drawing import page, url
from console.web.site import Site
from graph.errors import ConfigError
from review.held import HeldRun
from review.neighbours import expand
from review.paths import edges_among, way_between
from review.report.network import EDGES_AT_MOST, MEMBERS_AT_MOST, network_picture

routes = APIRouter()

PARTNERS_AT_MOST = 25
OPENED_AT_MOST = 12


@routes.get("/explore", response_class=HTMLResponse)
def explore(request: Request, site: TheSite, person: Person) -> Response:
    """An account with its strongest partners, and those of each that was opened."""
    run = site.run(request.query_params.get("run"))
    start = asked(request, "account")
    opened = list(dict.fromkeys(request.query_params.getlist("open")))
    if len(opened) > OPENED_AT_MOST:
        message = f"at most {OPENED_AT_MOST} accounts are opened at once, not {len(opened)}"
        raise ConfigError(message)
    partners = _partners(site, run, [start, *(each for each in opened if each != start)])
    rows = _rows(start, opened, partners)
    edges = edges_among(run, [row["account"] for row in rows], engine=site.engine).to_pylist()
    layers = sorted({edge["layer"] for edge in edges})
    return page(
        "explore.html",
        person,
        run_name=run.name,
        start=start,
        rows=[
            {**row, "turn": _address(run.name, start, _turned(opened, row["account"]))}
            for row in rows
        ],
        opened=opened,
        network=network_picture(rows, edges, layers),
        drawn_at_most=MEMBERS_AT_MOST,
        edges_at_most=EDGES_AT_MOST,
        edges_known=len(edges),
        layers=layers,
    )


@routes.get("/way", response_class=HTMLResponse)
def way(request: Request, site: TheSite, person: Person) -> Response:
    """A shortest way from one account to another, with what joins the two of each hop."""
    run = site.run(request.query_params.get("run"))
    ends = [request.query_params.get(name, "").strip() for name in ("src", "dst")]
    found, fault = None, ""
    if all(ends):
        try:
            found = way_between(run, ends[0], ends[1], engine=site.engine)
        except ConfigError as error:
            fault = str(error)
    return page(
        "way.html",
        person,
        status=404 if fault else 200,
        run_name=run.name,
        ends=ends,
        way=found,
        hops=[] if found is None else [edges.to_pylist() for edges in found.edges],
        fault=fault,
    )


def _partners(site: Site, run: HeldRun, accounts: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for account in accounts:
        try:
            reached = expand(run, account, limit=PARTNERS_AT_MOST, engine=site.engine)
        except ConfigError as error:
            raise HTTPException(404, str(error)) from error
        found[account] = reached.to_pylist()
    return found


def _rows(
    start: str, opened: Sequence[str], partners: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """Every account that is shown, in the order in which it was reached, as a picture takes it."""
    strongest = max((row["weight"] for each in partners.values() for row in each), default=1.0)
    shown: dict[str, dict[str, Any]] = {
        start: {"account": start, "from": None, "weight": None, "layers": "", "cluster": None}
    }
    for account, reached in partners.items():
        for row in reached:
            told = {"account": row["partner"], "from": account, "weight": row["weight"]}
            told |= {"layers": row["layers"], "cluster": row["cluster"]}
            shown.setdefault(row["partner"], told)
    for account, row in shown.items():
        row["open"] = account in opened or account == start
        row["role"] = "core" if row["open"] else "peripheral"
        row["pagerank"] = strongest if row["weight"] is None else row["weight"]
        row["partners"] = len(partners.get(account, ()))
    return list(shown.values())


def _turned(opened: Sequence[str], account: str) -> list[str]:
    """The opened accounts with one more, or without it."""
    if account in opened:
        return [each for each in opened if each != account]
    return [*opened, account]


def _address(run: str, start: str, opened: Sequence[str]) -> str:
    further = "".join(f"&{url('', open=each)[1:]}" for each in opened)
    return url("/explore", run=run, account=start) + further
