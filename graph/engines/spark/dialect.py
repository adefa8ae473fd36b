"""The house's SQL as Spark takes it: parameters, double literals, and the few words that differ.

The house writes one text for every engine (`graph.engine.Engine`). What Spark reads otherwise is
said here and nowhere else:

- `$name` is `:name`;
- `1000.0` is a decimal to Spark, and a quotient of decimals is cut to a few places; both engines
  shall divide doubles, so the literal becomes `1000.0D`;
- `varchar` has no length in the house, and must have one in Spark: it is `string`;
- `hash` has 32 bits in Spark, where a hundred thousand rows have a pair alike by chance: it is
  `xxhash64`;
- an ordered `string_agg(x, ',' order by y)` is a `listagg` within a group.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from graph.errors import ConfigError

_TOKEN = re.compile(
    r"""
    (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<comment>--[^\n]*)
    | (?P<table>\{\w+\})
    | \$(?P<value>[A-Za-z_]\w*)
    | (?P<decimal>(?<![\w.])\d+\.\d+(?![\w.]))
    | (?P<varchar>\bvarchar\b(?!\s*\())
    | (?P<hash>\bhash(?=\())
    """,
    re.VERBOSE | re.IGNORECASE,
)

_ORDERED_TEXT = re.compile(r"string_agg\((\w+), ('[^']*') order by ([^()]*)\)", re.IGNORECASE)


def spark_sql(query: str, name_of: Callable[[str], str]) -> str:
    """The query as Spark takes it.

    Args:
        query: the house's SQL; braces name tables, `$name` names values.
        name_of: the view that stands for the table of a name in braces.
    """

    def written(match: re.Match[str]) -> str:
        if match["table"] is not None:
            return name_of(match["table"][1:-1])
        if match["value"] is not None:
            return f":{match['value']}"
        if match["decimal"] is not None:
            return f"{match['decimal']}D"
        if match["varchar"] is not None:
            return "string"
        if match["hash"] is not None:
            return "xxhash64"
        return match[0]

    grouped = _ORDERED_TEXT.sub(r"listagg(\1, \2) within group (order by \3)", query)
    return _TOKEN.sub(written, grouped)


def checked_values(query: str, params: Mapping[str, object] | None) -> dict[str, object]:
    """The values, as Spark takes them.

    Raises:
        ConfigError: the query names other values than are given.
    """
    named = {match["value"] for match in _TOKEN.finditer(query) if match["value"] is not None}
    given = dict(params or {})
    if named != set(given):
        missing = ", ".join(sorted(named - set(given))) or "none"
        surplus = ", ".join(sorted(set(given) - named)) or "none"
        message = f"the values do not fit the query; missing: {missing}; surplus: {surplus}"
        raise ConfigError(message)
    return given
