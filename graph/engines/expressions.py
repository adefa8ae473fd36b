"""What an expression of a job file may use: the rows at hand, and functions of values alone.

The expression's syntax tree is looked at before it runs. What is not known to be harmless is
refused: other tables, functions that open files or read settings, and functions whose value is
another one tomorrow, since the same job over the same input is one run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

import duckdb

from graph.errors import ConfigError

ROWS = "given_rows"

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
