"""The tables of dense blocks: whose acts are looked at, and which of them lie in a block."""

from __future__ import annotations

from graph.schema import Column, Schema

_ACT = (
    Column("account", "VARCHAR", "who acted"),
    Column("action", "VARCHAR", "what was done"),
    Column("object_kind", "VARCHAR", "what kind of thing the object is"),
    Column("object", "VARCHAR", "what was acted on"),
)

INCIDENCE = Schema(
    "incidence",
    (
        *_ACT,
        Column("bin", "BIGINT", "the start of the stretch of time, ms; 0 where time is one"),
        Column("acted_at", "BIGINT", "the account's first such act in that stretch, ms"),
    ),
    key=("account", "action", "object_kind", "object", "bin"),
)
"""Who acted on what, once a stretch of time."""

BLOCK_ACTS = Schema(
    "block_acts",
    (
        Column("block", "BIGINT", "the block's number in the order found, from 1"),
        *INCIDENCE.columns,
    ),
    key=("block", *INCIDENCE.key),
)
"""The acts inside each dense block."""
