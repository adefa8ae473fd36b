"""What the programs' door gives: shapes made of the same columns as the tables behind them."""

from __future__ import annotations

from types import GenericAlias
from typing import Any

from pydantic import BaseModel, Field, create_model

from graph.schema import Column, Schema
from graph.schemas import CLUSTER_OBJECTS, CLUSTERS, EVIDENCE, MEMBER_INTERACTIONS, MEMBERS
from review.decisions import STATES

_TYPES: dict[str, type] = {"VARCHAR": str, "BIGINT": int, "DOUBLE": float, "BOOLEAN": bool}


def rows_of(name: str, schema: Schema, *further: Column, without: tuple[str, ...] = ()) -> Any:  # noqa: ANN401
    """The shape of a row of a table; each column bears what the table's schema says of it."""
    columns = [each for each in (*schema.columns, *further) if each.name not in without]
    fields: dict[str, Any] = {
        each.name: (
            _TYPES[each.type] | None if each.nullable else _TYPES[each.type],
            Field(description=each.meaning),
        )
        for each in columns
    }
    return create_model(name, __doc__=f"A row of `{schema.name}`.", **fields)


def _many(row: Any, description: str | None = None) -> Any:  # noqa: ANN401 - a field of a shape
    return GenericAlias(list, (row,)), Field(description=description)


_STATE = Column("state", "VARCHAR", f"what stands on it: {', '.join(STATES)}")
ClusterRow = rows_of("ClusterRow", CLUSTERS, _STATE)
MemberRow = rows_of("MemberRow", MEMBERS, without=("cluster",))
ReasonRow = rows_of("ReasonRow", EVIDENCE, without=("cluster",))
ObjectRow = rows_of("ObjectRow", CLUSTER_OBJECTS, without=("cluster",))
ActRow = rows_of("ActRow", MEMBER_INTERACTIONS, without=("account",))
AccountClusterRow = rows_of(
    "AccountClusterRow",
    CLUSTERS,
    _STATE,
    Column("role", "VARCHAR", "the account's; `also`: it belongs there without being a member"),
)


class Bounded(BaseModel):
    """Rows of a longer list, and how they were chosen."""

    showing: int = Field(description="how many rows these are")
    of: int = Field(description="how many there are")
    chosen_by: str = Field(description="by what these were chosen and stand in order")


class RunTold(BaseModel):
    """A published run."""

    run: str
    job: str
    created_at: int = Field(description="when it was begun, ms since 1970 UTC")
    current: bool = Field(description="whether it is meant where no run is named")
    clusters: int | None
    members: int | None
    flagged: int | None
    fault: str | None = Field(description="why it cannot be read, if it cannot")


class Runs(Bounded):
    """The published runs, the newest first."""

    runs: list[RunTold]


class _Clusters(Bounded):
    run: str
    passed: int = Field(description="how many of the list come before these")
    next: int | None = Field(description="`after` of the next page; null on the last one")


Clusters: Any = create_model(
    "Clusters",
    __base__=_Clusters,
    __doc__="A page of a list of clusters.",
    clusters=_many(ClusterRow),
)


class DecisionTold(BaseModel):
    """A decision, or the taking back of one."""

    seq: int = Field(description="its number in the history")
    outcome: str = Field(
        description="confirmed, dismissed, mixed, needs-more or undone; `second-review` or"
        " `adjudication` while it waits for another person"
    )
    reason: str
    by: str
    at: int = Field(description="ms since 1970 UTC")
    undoes: int | None = Field(description="the number of the decision that it takes back")
    excluded: list[str] | None = Field(
        description="members whom it does not cover; null for who may not see accounts"
    )
    excluded_known: int = Field(description="how many these are")
    kept: list[str] | None = Field(
        description="members who keep the verdict of an earlier run; null for who may not see"
        " accounts"
    )
    kept_known: int = Field(description="how many these are")


class NoteTold(BaseModel):
    """A remark on a cluster."""

    seq: int
    text: str
    by: str
    at: int = Field(description="ms since 1970 UTC")


class LastingId(BaseModel):
    """The id that a cluster keeps from run to run."""

    identity: str = Field(examples=["CL-2026-000123"])
    version: int = Field(description="rises when its accounts change")
    change: str = Field(description="against where it was seen before, in words")


class _ClusterTold(BaseModel):
    run: str
    lasting: LastingId | None
    seen: int = Field(
        description="the number of the newest decision, 0 for none: what `decide` asks for"
    )
    decisions: list[DecisionTold] = Field(description="the oldest first")
    notes: list[NoteTold] = Field(description="the oldest first")
    notes_hidden: int = Field(
        description="how many are kept from view until the second review of a decision is in"
    )


ClusterTold: Any = create_model(
    "ClusterTold",
    __base__=_ClusterTold,
    __doc__="One cluster: its row, its lasting id, what was decided and noted.",
    cluster=(ClusterRow, ...),
)


class _OfCluster(Bounded):
    run: str
    cluster: str
    passed: int = Field(description="how many come before these")


Members: Any = create_model(
    "Members",
    __base__=_OfCluster,
    __doc__="Members of a cluster.",
    pseudonyms=(bool, Field(description="whether accounts stand under pseudonyms")),
    members=_many(MemberRow),
)
Evidence: Any = create_model(
    "Evidence",
    __base__=_OfCluster,
    __doc__="Why a cluster was flagged: every reason that was measured, and what it shares.",
    reasons=_many(ReasonRow),
    objects=_many(ObjectRow),
)


class MembershipTold(BaseModel):
    """An account's place in a cluster of a run."""

    run: str
    cluster: str
    role: str


class _AccountTold(Bounded):
    run: str
    account: str
    edges: int = Field(description="how many edges it has in the coordination graph")
    memberships: list[MembershipTold] = Field(description="in every run that the store knows")


AccountTold: Any = create_model(
    "AccountTold",
    __base__=_AccountTold,
    __doc__="What a run and the store know of an account.",
    clusters=_many(AccountClusterRow, "in this run"),
    acts=_many(ActRow, "what it did in its clusters"),
)


class ClusterNamed(BaseModel):
    """A cluster of a run."""

    run: str
    cluster: str


class Meant(BaseModel):
    """What one of the ids means."""

    id: str
    kind: str = Field(
        description="`account` (a cluster is named after one), `lasting-id` or `unknown`"
    )
    memberships: list[MembershipTold] = Field(description="an account's places, in every run")
    clusters: list[ClusterNamed] = Field(description="a lasting id's clusters, the oldest first")


class Looked(Bounded):
    """What ids mean, in the order in which they were asked for, each once."""

    unknown: int = Field(description="how many of them nobody knows")
    found: list[Meant]


class Event(BaseModel):
    """Something that was done with a delivery."""

    event: str
    reason: str
    by: str
    at: int = Field(description="ms since 1970 UTC")


class DeliveryTold(BaseModel):
    """A delivery as it stands."""

    delivery: str = Field(examples=["DL-2026-000001"])
    op: str = Field(description="`upsert` or `recall`")
    destination: str
    run: str
    purpose: str
    by: str
    at: int = Field(description="when it was proposed, ms since 1970 UTC")
    held_until: int
    items: int
    manifest_sha256: str
    recalls: str | None
    state: str
    receipts: dict[str, int] = Field(description="items by their newest receipt")
    recalled: int
    waiting_until: int | None
    events: list[Event]


class Deliveries(Bounded):
    """Deliveries, the newest first."""

    passed: int
    deliveries: list[DeliveryTold]


class ItemTold(BaseModel):
    """An account that a delivery names."""

    item_id: str
    identity: str
    cluster: str
    account: str
    action: str
    decision: int
    status: str | None
    code: str
    recalled_by: str | None


class DeliveryItems(Bounded):
    """A delivery and its items."""

    passed: int
    delivery: DeliveryTold
    items: list[ItemTold]
