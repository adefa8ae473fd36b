"""Which clusters hold a text: in an id or shown name of a member, or in a shared object.

Upper and lower case are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from graph.schema import Column, Schema

if TYPE_CHECKING:
    from graph.table import Table

HOLDING = Schema(
    "holding", (Column("cluster", "VARCHAR", "a cluster that holds the text"),), key=("cluster",)
)

TEXTS = Schema(
    "texts",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("text", "VARCHAR", "what can be found in it, in lower case"),
    ),
    key=("cluster", "text"),
)
"""All that can be found, to be looked through many times."""

TEXT_TABLES = ("members", "cluster_objects")
"""The run's tables in which texts stand."""

_TEXTS = """
    select cluster, lower(account) as text from {members}
    union all
    select cluster, lower(name) as text from {members} where name is not null
    union all
    select cluster, lower(object) as text from {cluster_objects}
"""


def all_texts(tables: Mapping[str, Table]) -> Table:
    """Every text of a run (`TEXTS`), from its `TEXT_TABLES`."""
    return tables["members"].engine.sql(_TEXTS, TEXTS, **tables)


def holding(tables: Mapping[str, Table], text: str) -> Table:
    """The clusters that hold a text (`HOLDING`), from a run's `TEXT_TABLES` or its `texts`."""
    texts = "select * from {texts}" if "texts" in tables else _TEXTS
    return next(iter(tables.values())).engine.sql(
        f"select distinct cluster from ({texts}) found where contains(text, lower($text))",
        HOLDING,
        {"text": text},
        **tables,
    )
