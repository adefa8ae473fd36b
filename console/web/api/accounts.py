"""Accounts, ids that were pasted, and deliveries."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from console.web.api import asks, shapes
from console.web.api.asking import Asking, run_of
from console.web.api.clusters import bounded
from console.web.api.problems import not_there
from console.web.asking import TheSite
from graph.errors import ConfigError
from review.people.acting import Refused
from review.people.roles import READ_ACCOUNTS
from review.queries import account_view
from review.search import UNKNOWN, look_up

routes = APIRouter(tags=["accounts and deliveries"])


@routes.get("/account", response_model=shapes.AccountTold)
def account(
    site: TheSite, asking: Asking, asked: Annotated[asks.OfAccount, Query()]
) -> dict[str, Any]:
    """What a run and the store know of an account; ops see those that a delivery names."""
    if asking.limit(READ_ACCOUNTS) == "items" and not site.store.deliveries.name_account(
        asked.account
    ):
        message = f"no delivery names `{asked.account[:80]}`: you see the accounts of deliveries"
        raise Refused(message)
    run = run_of(site, asked.run)
    try:
        view = account_view(run, site.store, asked.account, engine=site.engine)
    except ConfigError as error:
        raise not_there(error) from error
    acts = view.interactions.slice(0, asked.limit).to_pylist()
    return {
        **bounded(acts, view.interactions.num_rows, "time, the earliest first"),
        "run": run.name,
        "account": asked.account,
        "edges": view.edges.num_rows,
        "memberships": [asdict(each) for each in view.memberships],
        "clusters": view.clusters.to_pylist(),
        "acts": acts,
    }


@routes.post("/search", response_model=shapes.Looked)
def search(site: TheSite, asked: asks.Ids) -> dict[str, Any]:
    """What up to 10,000 ids mean in every run that the store knows."""
    found = look_up(site.store, asked.ids)
    told = [
        {
            "id": each.id,
            "kind": each.kind,
            "memberships": [asdict(place) for place in each.memberships],
            "clusters": [{"run": run, "cluster": cluster} for run, cluster in each.clusters],
        }
        for each in found
    ]
    unknown = sum(each.kind == UNKNOWN for each in found)
    return {
        **bounded(told, len(told), "the order in which they were asked for, each once"),
        "unknown": unknown,
        "found": told,
    }


@routes.get("/deliveries", response_model=shapes.Deliveries)
def deliveries(site: TheSite, asked: Annotated[asks.OfDeliveries, Query()]) -> dict[str, Any]:
    """Deliveries with their states and receipts."""
    known = site.store.deliveries.all()
    rows = [asdict(each) for each in known[asked.offset : asked.offset + asked.limit]]
    return {
        **bounded(rows, len(known), "proposal, the newest first"),
        "passed": asked.offset,
        "deliveries": rows,
    }


@routes.get("/delivery", response_model=shapes.DeliveryItems)
def delivery(site: TheSite, asked: Annotated[asks.OfDelivery, Query()]) -> dict[str, Any]:
    """The accounts of one delivery, with their receipts."""
    try:
        found = site.store.deliveries.get(asked.delivery)
    except ConfigError as error:
        raise not_there(error) from error
    items = site.store.deliveries.items(asked.delivery)
    rows = [asdict(each) for each in items[asked.offset : asked.offset + asked.limit]]
    return {
        **bounded(rows, len(items), "the delivery's own order"),
        "passed": asked.offset,
        "delivery": asdict(found),
        "items": rows,
    }
