"""A graph as pandas, Arrow, networkx or igraph, and back, with every column and every account.

Ids are text on both sides and byte-exact; a number in their place is refused, since turning it
into text is a decision (`7`, `7.0` and `007` are three accounts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import pyarrow as pa

from graph.engines.interchange import (
    Row,
    igraph_of,
    networkx_of,
    rows_of_igraph,
    rows_of_networkx,
)
from graph.errors import SchemaError
from graph.model import Clustering, InteractionGraph, Ranking
from graph.schema import Schema
from graph.schemas import ACCOUNTS, EDGES
from graph.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from graph.engine import Engine

_ASSUMED: dict[str, object] = {
    "layer": "given",
    "weight": 1.0,
    "src_count": 0,
    "dst_count": 0,
    "objects": 0,
    "object_days": 0,
    "post_pairs": 0,
}
"""What an edge from elsewhere has where it does not say; counts of 0 are not known."""


@overload
def to_arrow(of: InteractionGraph) -> tuple[pa.Table, pa.Table]: ...
@overload
def to_arrow(of: Clustering | Ranking) -> pa.Table: ...
def to_arrow(of: InteractionGraph | Clustering | Ranking) -> pa.Table | tuple[pa.Table, pa.Table]:
    """A graph's edges and its accounts, those without edges too; or a result's one table."""
    if isinstance(of, InteractionGraph):
        return of.edges.arrow(), _accounts_of(of)
    return (of.members if isinstance(of, Clustering) else of.scores).arrow()


@overload
def to_pandas(of: InteractionGraph) -> tuple[pd.DataFrame, pd.DataFrame]: ...
@overload
def to_pandas(of: Clustering | Ranking) -> pd.DataFrame: ...
def to_pandas(
    of: InteractionGraph | Clustering | Ranking,
) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]:
    """As `to_arrow`, as frames; whole numbers stay whole beside nulls (`Int64`)."""
    if isinstance(of, InteractionGraph):
        edges, accounts = to_arrow(of)
        return _frame(edges), _frame(accounts)
    return _frame(to_arrow(of))


def to_networkx(graph: InteractionGraph) -> Any:  # noqa: ANN401 - networkx has no types
    """A `MultiGraph` or `MultiDiGraph`: nodes are ids, edge keys are layers, nulls are left out.

    Raises:
        NotOnThisEngine: networkx is not installed.
    """
    edges, accounts = to_arrow(graph)
    return networkx_of(edges.to_pylist(), accounts.to_pylist(), directed=graph.directed)


def to_igraph(graph: InteractionGraph) -> Any:  # noqa: ANN401 - igraph has no types
    """An igraph `Graph`: vertex `name` is the id, `label` the name the account shows.

    Raises:
        NotOnThisEngine: igraph is not installed.
    """
    edges, accounts = to_arrow(graph)
    return igraph_of(edges.to_pylist(), accounts.to_pylist(), directed=graph.directed)


def graph_from_arrow(
    engine: Engine,
    edges: pa.Table,
    accounts: pa.Table | None = None,
    *,
    directed: bool = False,
) -> InteractionGraph:
    """A graph of edges from memory: `src`, `dst` and whatever other columns of `EDGES` are there.

    Absent columns get a weight of 1, the layer `given`, counts of 0 or null. Further text columns
    are carried. Undirected edges are turned so that `src < dst`, their counts with them.

    Raises:
        SchemaError: an id is no text, a column does not fit, or two edges join one pair in one
            layer.
    """
    given = _fitted(edges, EDGES, needs=("src", "dst"))
    schema = EDGES.with_attributes(n for n in given.column_names if n not in EDGES.names)
    held = engine.from_arrow(given, schema)
    if not directed:
        held = _turned(held)
    _refuse_repeated(held, directed=directed)
    if accounts is None:
        return InteractionGraph(held, directed=directed)
    people = _fitted(accounts, ACCOUNTS, needs=("account",))
    schema = ACCOUNTS.with_attributes(n for n in people.column_names if n not in ACCOUNTS.names)
    return InteractionGraph(held, directed=directed, accounts=engine.from_arrow(people, schema))


def graph_from_pandas(
    engine: Engine,
    edges: pd.DataFrame,
    accounts: pd.DataFrame | None = None,
    *,
    directed: bool = False,
) -> InteractionGraph:
    """As `graph_from_arrow`, from frames; their indexes are not read."""
    return graph_from_arrow(
        engine,
        _arrow(edges),
        None if accounts is None else _arrow(accounts),
        directed=directed,
    )


def graph_from_networkx(engine: Engine, drawn: Any) -> InteractionGraph:  # noqa: ANN401
    """As `graph_from_arrow`, from a networkx graph of any kind; attributes are columns."""
    edges, accounts = rows_of_networkx(drawn)
    return graph_from_arrow(
        engine,
        _columns(edges, EDGES, "src", "dst"),
        _columns(accounts, ACCOUNTS, "account"),
        directed=drawn.is_directed(),
    )


def graph_from_igraph(engine: Engine, drawn: Any) -> InteractionGraph:  # noqa: ANN401
    """As `graph_from_arrow`, from an igraph graph whose vertices have a `name`."""
    edges, accounts = rows_of_igraph(drawn)
    return graph_from_arrow(
        engine,
        _columns(edges, EDGES, "src", "dst"),
        _columns(accounts, ACCOUNTS, "account"),
        directed=drawn.is_directed(),
    )


def _accounts_of(graph: InteractionGraph) -> pa.Table:
    ends = "select src as account from {edges} union select dst as account from {edges}"
    if graph.accounts is None:
        return graph.engine.query(
            f"select account from ({ends}) order by account", edges=graph.edges
        )
    columns = ", ".join(f'a."{name}"' for name in graph.accounts.schema.names if name != "account")
    return graph.engine.query(
        f"select v.account{', ' if columns else ''}{columns}"
        f" from ({ends} union select account from {{accounts}}) v"
        " left join {accounts} a on a.account = v.account order by v.account",
        edges=graph.edges,
        accounts=graph.accounts,
    )


def _frame(rows: pa.Table) -> pd.DataFrame:
    import pandas as pd

    frame: pd.DataFrame = rows.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return frame


def _arrow(frame: pd.DataFrame) -> pa.Table:
    try:
        return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        message = f"a column of the frame mixes types: {error}"
        raise SchemaError(message) from error


def _columns(rows: list[Row], schema: Schema, *needed: str) -> pa.Table:
    names = dict.fromkeys((*needed, *(name for row in rows for name in row)))
    types = {field.name: field.type for field in schema.arrow}
    columns = {}
    for name in names:
        try:
            columns[name] = pa.array(
                [row.get(name, _ASSUMED.get(name)) for row in rows], types.get(name, pa.string())
            )
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            message = f"attribute `{name}` does not fit `{schema.name}`: {error}"
            raise SchemaError(message) from error
    return pa.table(columns)


def _fitted(rows: pa.Table, schema: Schema, *, needs: tuple[str, ...]) -> pa.Table:
    """The rows with all the schema's columns, in its types, then further text columns."""
    absent = [name for name in needs if name not in rows.column_names]
    if absent:
        message = f"the {schema.name} lack {absent}; they have {rows.column_names}"
        raise SchemaError(message)
    columns = {}
    for field in schema.arrow:
        if field.name in rows.column_names:
            columns[field.name] = _cast(rows[field.name], field, rows.num_rows)
        else:
            columns[field.name] = pa.repeat(
                pa.scalar(_ASSUMED.get(field.name), field.type), rows.num_rows
            )
    for name in rows.column_names:
        if name not in columns:
            columns[name] = _cast(rows[name], pa.field(name, pa.string()), rows.num_rows)
    return pa.table(columns)


def _cast(values: pa.ChunkedArray, field: pa.Field, rows: int) -> pa.ChunkedArray:
    nothing = values.null_count == rows
    textual = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    if field.type == pa.string() and not (textual or nothing):
        message = f"column `{field.name}` is {values.type}; write it as text"
        raise SchemaError(message)
    try:
        return values.cast(field.type)
    except pa.ArrowInvalid as error:
        message = f"column `{field.name}` is no {field.type}: {error}"
        raise SchemaError(message) from error


def _turned(edges: Table) -> Table:
    swapped = {"src": "dst", "dst": "src", "src_count": "dst_count", "dst_count": "src_count"}
    columns = ", ".join(
        f'case when src > dst then "{swapped[name]}" else "{name}" end as "{name}"'
        if name in swapped
        else f'"{name}"'
        for name in edges.schema.names
    )
    turned = edges.engine.sql(f"select {columns} from {{edges}}", edges.schema, edges=edges)
    edges.engine.drop(edges)
    return turned


def _refuse_repeated(edges: Table, *, directed: bool) -> None:
    twice = edges.engine.query(
        "select src, dst, layer, count(*) as times from {edges}"
        " group by src, dst, layer having count(*) > 1 order by src, dst, layer limit 1",
        edges=edges,
    ).to_pylist()
    if twice:
        edge = twice[0]
        message = (
            f"{edge['times']} edges join {edge['src']!r} to {edge['dst']!r} in layer"
            f" {edge['layer']!r}; add them up, or name their layers"
            + ("" if directed else " (or say `directed=True` if they run both ways)")
        )
        raise SchemaError(message)
