"""From what stands to a folder: a delivery is chosen, written, and entered, all or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from graph.durable import Disk
from graph.engine import Engine
from graph.errors import StoreError
from graph.schema import Schema
from review.deliveries.deliveries import HOLD_MS
from review.deliveries.folder import place_folder, stage_folder
from review.deliveries.items import Item
from review.deliveries.rows import ACCOUNTS_SENT, delivery_tables, rfc3339
from review.deliveries.state import RECALL, UPSERT
from review.manifest import digest
from review.origin import origin_of
from review.run import Run
from review.run_tables import run_tables
from review.store import Store

_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What came of it: the delivery's name, None where nothing is to leave; what stays and why."""

    delivery: str | None
    items: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)


def propose(
    store: Store,
    run: Run,
    engine: Engine,
    out: Path,
    *,
    destination: str,
    purpose: str,
    by: str,
    at: int,
    action: str = "review",
    hold_ms: int = HOLD_MS,
    only: Collection[str] | None = None,
    stix: bool = False,
) -> Proposed:
    """Write and enter a delivery of what is confirmed and did not go to this destination before.

    Args:
        store: the store that took the run in.
        run: the run whose clusters are looked at.
        engine: where its tables are read.
        out: the folder that holds deliveries.
        destination: where to, by its name.
        purpose: what it is for.
        by: who proposes it.
        at: now, ms since 1970 UTC.
        action: what is recommended to be done with the accounts.
        hold_ms: how long it is held before it may be sent.
        only: these clusters alone, by their names in the run.
        stix: add the delivery as a STIX 2.1 bundle.

    Raises:
        NotOnThisEngine: `stix` is asked for and its extra is not installed.
        ConfigError: nothing confirmed stands on a cluster of `only`, or no purpose is given.
        StoreError: the disk or the database refused, or decisions kept coming in between.
    """
    for _ in range(_TRIES):
        head, name, chosen = store.deliveries.choose(
            run.name, destination=destination, action=action, at=at, only=only
        )
        if not chosen.items:
            return Proposed(delivery=None, left_out=chosen.left_out)
        clusters = sorted({item.cluster for item in chosen.items})
        seen = store.identities.of_run(run.name, clusters)
        lives = {each.identity: store.identities.biography(each.identity) for each in seen.values()}
        tables = delivery_tables(
            engine, run_tables(run, engine), chosen, op=UPSERT, seen=seen, lives=lives
        )
        origin = origin_of(run.manifest)
        deciders = {stands.decision.by for stands in chosen.behind.values()}
        facts = {
            "op": UPSERT,
            "created_at": rfc3339(at),
            "created_by": by,
            "decided_by": sorted(deciders),
            "purpose": purpose,
            "destination": destination,
            "runs": [run.name],
            "job": origin.job,
            "settings_sha256": digest(origin.settings),
            "extract": origin.extract,
            "held_until": rfc3339(at + hold_ms),
            "clusters": len(clusters),
            "items": len(chosen.items),
            "left_out": dict(chosen.left_out),
            "recalls": None,
        }
        entered = _enter(
            store, out, name, tables, facts, head, chosen.items,
            op=UPSERT, destination=destination, run=run.name, purpose=purpose, by=by, at=at,
            hold_ms=hold_ms, recalls=None, stix=stix,
        )  # fmt: skip
        if entered:
            return Proposed(delivery=name, items=len(chosen.items), left_out=chosen.left_out)
    raise StoreError(_RESTLESS)


def recall(
    store: Store,
    out: Path,
    delivery: str,
    *,
    reason: str,
    by: str,
    at: int,
    accounts: Collection[str] | None = None,
    undone: bool = False,
) -> Proposed:
    """Write and enter a delivery that takes back what another sent, all of it or some accounts.

    It is not held and needs nobody's approval: taking back is the safe direction.

    Args:
        store: the store.
        out: the folder that holds deliveries.
        delivery: the one to take back.
        reason: why; it is its purpose.
        by: who recalls.
        at: now, ms since 1970 UTC.
        accounts: these alone.
        undone: those alone whose decision no longer stands.

    Raises:
        ConfigError: it was not sent, an account is not in it, or nothing is left to take back.
        StoreError: the disk or the database refused, or decisions kept coming in between.
    """
    for _ in range(_TRIES):
        head, name, found, items = store.deliveries.choose_recall(
            delivery, at=at, accounts=accounts, undone=undone
        )
        facts: dict[str, Any] = {
            "op": RECALL,
            "created_at": rfc3339(at),
            "created_by": by,
            "purpose": reason,
            "destination": found.destination,
            "runs": [found.run],
            "clusters": len({item.identity for item in items}),
            "items": len(items),
            "left_out": {},
            "recalls": delivery,
        }
        tables = {"accounts": (ACCOUNTS_SENT, _recalled(items))}
        entered = _enter(
            store, out, name, tables, facts, head, items,
            op=RECALL, destination=found.destination, run=found.run, purpose=reason, by=by, at=at,
            hold_ms=0, recalls=delivery,
        )  # fmt: skip
        if entered:
            return Proposed(delivery=name, items=len(items))
    raise StoreError(_RESTLESS)


_RESTLESS = "decisions kept coming in while the delivery was written; deliver again"


def _enter(
    store: Store,
    out: Path,
    name: str,
    tables: Mapping[str, tuple[Schema, pa.Table]],
    facts: Mapping[str, Any],
    head: int,
    items: Sequence[Item],
    *,
    stix: bool = False,
    **given: Any,  # noqa: ANN401 - `Deliveries.enter`
) -> bool:
    beside, sha256 = stage_folder(out, name, tables, facts, stix=stix)
    try:
        return store.deliveries.enter(
            head,
            name,
            items,
            manifest_sha256=sha256,
            place=lambda: place_folder(beside, out / name),
            **given,
        )
    finally:
        # Where it took its place there is nothing left here.
        Disk().remove(beside)


def _recalled(items: list[Item]) -> pa.Table:
    rows = [
        {
            "account": item.account,
            "item_id": item.item_id,
            "op": RECALL,
            "cluster_id": item.identity,
            "cluster": item.cluster,
            "recommended_action": item.action,
            "decision_version": item.decision,
            "platform": None,
            "name": None,
            "membership": "",
            "member_score": 0.0,
            "created_at": None,
        }
        for item in items
    ]
    return pa.Table.from_pylist(rows, schema=ACCOUNTS_SENT.arrow)
