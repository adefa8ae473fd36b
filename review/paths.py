"""From one account to another through the coordination graph, with the edges of each hop."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa

from graph.engine import Engine
from graph.errors import ConfigError
from graph.schema import Column, Schema
from graph.table import Table
from review.naming import named_account, reading_tables
from review.neighbours import step_outward
from review.run import Run

HOPS_AT_MOST = 6
ACCOUNTS_A_HOP = 20_000

_SHOWN = Schema("shown", (Column("account", "VARCHAR", "an account"),), key=("account",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A shortest way between two accounts; none where `accounts` is empty."""

    accounts: tuple[str, ...]
    """from the first to the last"""
    edges: tuple[pa.Table, ...]
    """for each hop its `EDGES`, the heaviest first"""
    bounded: bool
    """whether a hop reached more than `ACCOUNTS_A_HOP` accounts, of which the strongest were
    followed: then there may be a shorter way, or one at all"""


def way_between(run: Run, src: str, dst: str, *, engine: Engine | None = None) -> Way:
    """A way of the fewest hops, `HOPS_AT_MOST` at most; each account by its strongest tie.

    Raises:
        ConfigError: the two are one, or the run does not know one of them (with the nearest names).
    """
    if src == dst:
        message = "a way leads from one account to another; these two are one"
        raise ConfigError(message)
    with reading_tables(run, engine, "edges", "members") as tables:
        edges, members = tables["edges"], tables["members"]
        for account in (src, dst):
            named_account(account, members, edges)
        came_from: dict[str, str] = {}
        seen, frontier, bounded = {src}, {src}, False
        for hop in range(1, HOPS_AT_MOST + 1):
            step = step_outward(edges, members, frontier, seen, hop, ACCOUNTS_A_HOP)
            bounded = bounded or step.num_rows == ACCOUNTS_A_HOP
            frontier = set(step["partner"].to_pylist())
            came_from.update(
                zip(step["partner"].to_pylist(), step["account"].to_pylist(), strict=True)
            )
            seen |= frontier
            if dst in frontier or not frontier:
                break
        accounts = _back(came_from, src, dst)
        hops = [sorted(pair) for pair in pairwise(accounts)]
        found = [_edges_of(edges, ends) for ends in hops]
    return Way(accounts=accounts, edges=tuple(found), bounded=bounded)


def edges_among(run: Run, accounts: Collection[str], *, engine: Engine | None = None) -> pa.Table:
    """The `EDGES` whose both ends are among these accounts, the heaviest first."""
    with reading_tables(run, engine, "edges") as tables:
        reader = tables["edges"].engine
        rows = pa.table({"account": sorted(accounts)}, schema=_SHOWN.arrow)
        shown = reader.from_arrow(rows, _SHOWN)
        try:
            return reader.query(
                """
                select * from {edges}
                where src in (select account from {shown})
                  and dst in (select account from {shown})
                order by weight desc, src, dst, layer
                """,
                edges=tables["edges"],
                shown=shown,
            )
        finally:
            reader.drop(shown)


def _back(came_from: dict[str, str], src: str, dst: str) -> tuple[str, ...]:
    if dst not in came_from:
        return ()
    way = [dst]
    while way[-1] != src:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def _edges_of(edges: Table, ends: Sequence[str]) -> pa.Table:
    return edges.engine.query(
        "select * from {edges} where src = $src and dst = $dst order by weight desc, layer",
        {"src": ends[0], "dst": ends[1]},
        edges=edges,
    )
