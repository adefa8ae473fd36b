"""Expressions of a job file: run apart, over the rows at hand and with functions of values alone.

An expression's syntax tree is looked at before it runs. What is not known to be harmless is
refused: other tables, functions that open files or read settings, and functions whose value is
another one tomorrow, since the same job over the same input is one run.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from graph.engines.duck import open_duck
from graph.engines.duck_errors import explained, first_line
from graph.engines.interruption import interruptible
from graph.errors import ConfigError

ROWS = "given_rows"

_APART = {"enable_external_access": "false"}
_SOURCES = {"EMPTY", "BASE_TABLE", "JOIN", "SUBQUERY", "EXPRESSION_LIST", "TABLE_FUNCTION"}
_QUERIES = {"SELECT_NODE", "SET_OPERATION_NODE"}
_TABLE_FUNCTIONS = {"unnest", "range", "generate_series"}
_NAMED = {
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "getenv",
    "json_serialize_plan",
}
_WORD = re.compile(r"\w+")
_CHANGING = """
select distinct function_name from duckdb_functions()
where function_type in ('scalar', 'aggregate') and stability <> 'CONSISTENT'
    and function_name <> 'error'
"""
_MACROS = """
select function_name, lower(macro_definition) from duckdb_functions()
where function_type = 'macro' and macro_definition is not null
"""


class Expressions:
    """A DuckDB that holds nothing and reaches nothing: it answers queries about rows at hand."""

    def __init__(self, *, memory: str, threads: int, spill: Path | None = None) -> None:
        """Open it.

        Args:
            memory: the most it may take, such as `4GB`.
            threads: processors to use.
            spill: the folder that is named where the disk is full; the temporary one by default.

        Raises:
            ConfigError: `memory` is no size.
        """
        self._memory = memory
        self._spill = spill or Path(tempfile.gettempdir())
        self._duck = open_duck(memory=memory, threads=threads, settings=_APART)
        self._duck.execute("set lock_configuration = true")
        self._checked: set[tuple[str, tuple[str, ...]]] = set()

    def evaluate(
        self, rows: pa.Table, query: str, params: Mapping[str, object] | None = None, /
    ) -> pa.Table:
        """Run `query` over rows at hand, which it names `{rows}`; nothing is kept.

        Raises:
            ConfigError: the query cannot be understood, reaches for more, or fails on these rows.
        """
        text = query.replace("{rows}", ROWS)
        with explained(memory=self._memory, spill=self._spill), self._duck.cursor() as duck:
            try:
                with interruptible(duck):
                    self._check(duck, text, tuple(rows.schema.names))
                    duck.register(ROWS, rows)
                    relation = duck.sql(text, params=dict(params) if params else None)
                    return relation.to_arrow_table()
            except (duckdb.OutOfMemoryException, duckdb.InterruptException):
                raise
            except duckdb.Error as error:
                message = f"the expression fails: {first_line(error)}"
                raise ConfigError(message) from error

    def close(self) -> None:
        """Give back the memory."""
        self._duck.close()

    def _check(self, duck: duckdb.DuckDBPyConnection, text: str, columns: tuple[str, ...]) -> None:
        # An extract asks the same few expressions of every batch.
        if (text, columns) not in self._checked:
            check_expression(duck, text, columns=columns)
            self._checked.add((text, columns))


@cache
def expressions_here() -> Expressions:
    """The expressions of this process, for a worker that no engine of ours was opened in.

    They are opened at the first call and stay: a worker reads many files. A batch of rows fits
    their memory by far.
    """
    return Expressions(memory="1GB", threads=1)


@cache
def refused_functions() -> frozenset[str]:
    """The functions of the installed DuckDB that depend on more than their arguments.

    They are those it calls volatile or constant within a query alone, and the macros made of such
    functions or of tables of the system.
    """
    with duckdb.connect(":memory:") as duck:
        refused = {name for (name,) in duck.execute(_CHANGING).fetchall()} | _NAMED
        direct = frozenset(refused)
        for name, definition in duck.execute(_MACROS).fetchall():
            if "select " in definition or not direct.isdisjoint(_WORD.findall(definition)):
                refused.add(name)
    return frozenset(refused)


def check_expression(
    duck: duckdb.DuckDBPyConnection, text: str, *, columns: Collection[str]
) -> None:
    """Raise unless `text` is one SELECT over the rows at hand.

    Args:
        duck: parses the text; nothing is run.
        text: the query, which names the rows as `ROWS`.
        columns: the rows' columns; a column may be called `current_date`.

    Raises:
        ConfigError: naming what is not allowed.
        duckdb.Error: the text cannot be understood.
    """
    statements = duck.extract_statements(text)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise ConfigError(_refusal("it is more than one expression"))
    found = duck.execute(
        "select cast(json_serialize_sql(cast($text as varchar)) as varchar)", {"text": text}
    ).fetchall()
    tree = json.loads(found[0][0])
    if tree["error"]:
        raise ConfigError(_refusal(str(tree.get("error_message"))))
    known = {name.lower() for name in columns}
    for node in _nodes(tree["statements"]):
        fault = _fault(node, known)
        if fault:
            raise ConfigError(_refusal(fault))


def _fault(node: dict[str, Any], columns: set[str]) -> str | None:
    kind = node.get("type")
    if "cte_map" in node and (kind not in _QUERIES or node["cte_map"]["map"]):
        return "it holds `with` or another kind of query"
    if "sample" in node and kind not in _SOURCES | _QUERIES:
        return "it reads from more than the rows at hand"
    if kind == "BASE_TABLE" and node["qualified_name"]["path"] != [ROWS]:
        return f"it reads the table {'.'.join(node['qualified_name']['path'])[:60]!a}"
    if kind == "TABLE_FUNCTION" and node["function"]["function_name"] not in _TABLE_FUNCTIONS:
        return f"it reads from `{node['function']['function_name']}`"
    named = str(node.get("function_name", "")).lower()
    if kind == "COLUMN_REF" and len(node["column_names"]) == 1:
        # A bare word such as `current_date` is a function where no column has its name.
        word = str(node["column_names"][0]).lower()
        named = "" if word in columns else word
    if named in refused_functions():
        return f"`{named}` depends on more than the row: on the clock, chance or a setting"
    return None


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for below in tree.values():
            yield from _nodes(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from _nodes(below)


def _refusal(fault: str) -> str:
    return f"the expression fails: {fault}, which an expression may not"
