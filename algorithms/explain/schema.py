"""What an innocent explanation is: its question, what it needs, what it would explain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from graph.engine import Engine
from graph.model import Clustering
from graph.schema import Column, Schema
from graph.schemas import INTERACTIONS
from graph.table import Table

Family = Literal["time-object", "traits", "text", "social", "cohort"]
"""What joins accounts in a layer: acts on one thing, a carried value, words, contacts,
the day on which they were made."""

EXPLANATIONS = Schema(
    "explanations",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("explanation", "VARCHAR", "the innocent explanation that was checked"),
        Column("measured", "DOUBLE", "the value it was judged by", nullable=True),
        Column("usual", "DOUBLE", "what it is compared with", nullable=True),
        Column(
            "degree",
            "DOUBLE",
            "how fully it applies, in [0, 1]; null where it could not be checked",
            nullable=True,
        ),
        Column("says", "VARCHAR", "the sentence a reviewer reads"),
        Column("sufficient_for", "VARCHAR", "families of layers it explains, comma separated"),
    ),
    key=("cluster", "explanation"),
)
"""Every explanation of every cluster: those that do not apply and those not checked, too."""

CHECKED = Schema("checked", EXPLANATIONS.columns[:1] + EXPLANATIONS.columns[2:6], key=("cluster",))
"""What one explanation finds: a cluster that it leaves out could not be checked."""


Facts = dict[str, Any]
"""What was measured of one cluster, by the columns of whoever measured it."""


def checked_each(
    row: Callable[[Facts], dict[str, Any] | None], batch: pa.RecordBatch
) -> pa.RecordBatch:
    """`CHECKED` of measured facts, a row a cluster.

    Args:
        row: a cluster's row, or None where it is to be left out.
        batch: the facts.
    """
    rows = [found for facts in batch.to_pylist() if (found := row(facts)) is not None]
    return pa.RecordBatch.from_pylist(rows, schema=CHECKED.arrow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of some clusters and the extract they came from."""

    clustering: Clustering
    """The clusters to explain, small ones left out."""
    interactions: Table
    """The whole extract (`INTERACTIONS`)."""
    objects: Table
    """What the clusters share (`CLUSTER_OBJECTS`)."""
    carried: Table | None = None
    """The extract with its carried attributes, whose names may be those of a query's columns."""
    accounts: Table | None = None
    """What is known about accounts (`ACCOUNTS`)."""
    arrived: Table | None = None
    """How members arrive (`arrivals.ARRIVED`), where somebody has looked already."""
    lives: Table | None = None
    """What else members do (`CHECKED` of `breadth`), where somebody has looked already."""
    early: Table | None = None
    """How early members come (`early.EARLY`), where somebody has looked already."""

    @property
    def engine(self) -> Engine:
        """The engine that holds the tables."""
        return self.interactions.engine

    @property
    def traits(self) -> tuple[str, ...]:
        """The attributes that the interactions carry, such as `device` or `ip`."""
        return () if self.carried is None else self.carried.schema.attributes_beyond(INTERACTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One innocent way to come by a cluster."""

    name: str
    says: str
    """What it is, in words: what people do who look like this and mean no harm."""
    check: Callable[[Known], Table | None]
    """`CHECKED` of the clusters it can speak about, or None where the extract lacks a column."""
    needs: str
    """What it has to be given, for the note on a cluster that could not be checked."""
    sufficient_for: tuple[Family, ...] = ()
    """The families of layers that it accounts for, where it applies; empty: it is context."""
