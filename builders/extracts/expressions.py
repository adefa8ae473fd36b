"""From a file's columns to the model's: names, constants and SQL expressions of a job file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from builders.extracts.faults import Faults
from builders.files.names import first_line, listed, nearest, shown_text
from graph.engine import Evaluator
from graph.errors import ConfigError, ExtractError

ELEMENT = "element"
_NAME = re.compile(r"[^\W\d]\w*")
_CONSTANT = re.compile(r"'((?:[^']|'')*)'")
_WORDS = re.compile(r'"((?:[^"]|"")+)"|(\w+)')
_PLACE = "place_in_batch"
_MOST_FAILURES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a file's columns fill wanted ones.

    `columns` are those to read, of the `known` ones; each wanted column is a column of the file, a
    constant text, or a SQL expression.
    """

    columns: tuple[str, ...]
    direct: Mapping[str, str]
    constants: Mapping[str, str]
    computed: Mapping[str, str]
    known: tuple[str, ...]
    notes: tuple[str, ...] = ()


class MissingColumn(ExtractError):
    """A file lacks a column that the table's mapping names."""


def plan(sources: Mapping[str, str], present: Iterable[str], *, table: str) -> Plan:
    """How `sources` (wanted column to expression) are had from the columns that are `present`.

    An expression that is a column's name is that column, whatever the case of its letters where
    only one fits; a text in single quotes is a constant; anything else is SQL.

    Raises:
        MissingColumn: an expression is a bare name and no such column is present.
    """
    known = list(present)
    direct: dict[str, str] = {}
    constants: dict[str, str] = {}
    computed: dict[str, str] = {}
    notes: list[str] = []
    for wanted, expression in sources.items():
        column = _column(expression, known)
        constant = _CONSTANT.fullmatch(expression.strip())
        if column is not None:
            direct[wanted] = column
            if column != _unquoted(expression):
                note = f"`{shown_text(column)}` stands for `{shown_text(expression)}`: case differs"
                notes.append(note)
        elif constant:
            constants[wanted] = constant[1].replace("''", "'")
        elif _NAME.fullmatch(expression.strip()):
            raise _missing(wanted, expression.strip(), known, table)
        else:
            computed[wanted] = expression
    named = {word for text in computed.values() for word in _words(text)}
    needed = set(direct.values()) | {name for name in known if name.lower() in named}
    return Plan(
        columns=tuple(name for name in known if name in needed),
        direct=direct,
        constants=constants,
        computed=computed,
        known=tuple(known),
        notes=tuple(notes),
    )


def _check_expressions(engine: Evaluator, of: Plan, rows: pa.RecordBatch, *, table: str) -> None:
    """Try each expression on no rows, which finds whatever is wrong whatever the data.

    Raises:
        ConfigError: an expression cannot be understood; names table, model column and expression.
    """
    nothing = _numbered(rows.slice(0, 0))
    for wanted, expression in of.computed.items():
        try:
            engine.evaluate(nothing, _query({wanted: expression}))
        except ConfigError as error:
            message = (
                f"table `{table}`: `{wanted}` = `{shown_text(expression)}` cannot be used:"
                f" {first_line(error)}; the columns are {listed(of.known)}"
            )
            raise ConfigError(message) from error


def columns(
    engine: Evaluator, of: Plan, rows: pa.RecordBatch, faults: Faults, *, table: str
) -> dict[str, pa.Array]:
    """The wanted columns, each as long as `rows`; rows where an expression fails are set aside.

    Raises:
        ConfigError: an expression cannot be understood, or gives no one value for each row.
        ExtractError: an expression fails on more rows than can be told apart.
    """
    found: dict[str, pa.Array] = {
        wanted: rows.column(rows.schema.get_field_index(column))
        for wanted, column in of.direct.items()
    }
    for wanted, text in of.constants.items():
        found[wanted] = pa.repeat(pa.scalar(text, pa.string()), rows.num_rows)
    if of.computed:
        found |= _computed(engine, of, rows, faults, table)
    return found


def _column(expression: str, known: list[str]) -> str | None:
    name = _unquoted(expression)
    if name in known:
        return name
    alike = [one for one in known if one.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


def _unquoted(expression: str) -> str:
    text = expression.strip()
    if len(text) > 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    return text


def _words(expression: str) -> Iterable[str]:
    for quoted, bare in _WORDS.findall(expression):
        yield (quoted.replace('""', '"') or bare).lower()


def _missing(wanted: str, name: str, known: list[str], table: str) -> MissingColumn:
    near = nearest(name, known)
    mend = near or f"; a constant is written in single quotes: `'{name}'`"
    message = (
        f"table `{table}`: there is no column `{shown_text(name)}` for `{wanted}`;"
        f" it has {listed(known)}{mend}"
    )
    return MissingColumn(message)


def _query(computed: Mapping[str, str]) -> str:
    # Numbered aliases: a model column such as `text` or `object` may be a word of the dialect.
    chosen = ", ".join(f"({text}\n) as c{place}" for place, text in enumerate(computed.values()))
    return f"select {_PLACE}, {chosen} from {{rows}}"


def _numbered(rows: pa.RecordBatch) -> pa.Table:
    places = pa.array(np.arange(rows.num_rows, dtype=np.int64))
    return pa.Table.from_batches([rows]).append_column(_PLACE, places)


def _computed(
    engine: Evaluator, of: Plan, rows: pa.RecordBatch, faults: Faults, table: str
) -> dict[str, pa.Array]:
    computed = of.computed
    numbered = _numbered(rows)
    query = _query(computed)
    failures: list[tuple[int, str]] = []
    try:
        found = engine.evaluate(numbered, query)
    except ConfigError:
        _check_expressions(engine, of, rows, table=table)
        found = _evaluated(engine, numbered, query, failures)
        _set_aside(engine, computed, numbered, failures, faults)
    found = _in_order(found)
    places = found[_PLACE].to_numpy()
    if len(places) + len(failures) != rows.num_rows or not _rising(places):
        message = (
            f"table `{table}`: an expression of {listed(computed.values())} gives {len(places)}"
            f" rows for {rows.num_rows}; it must give one value for each row"
        )
        raise ConfigError(message)
    values = [column.combine_chunks() for column in found.columns[1:]]
    if failures:
        spread = _spread(places, rows.num_rows)
        values = [column.take(spread) for column in values]
    return dict(zip(computed, values, strict=True))


def _in_order(found: pa.Table) -> pa.Table:
    return found if _rising(found[_PLACE].to_numpy()) else found.sort_by(_PLACE)


def _rising(places: npt.NDArray[np.int64]) -> bool:
    return int(np.count_nonzero(np.diff(places) <= 0)) == 0


def _evaluated(
    engine: Evaluator, rows: pa.Table, query: str, failures: list[tuple[int, str]]
) -> pa.Table:
    """The query's rows; rows that make it fail are left out, found by halving."""
    try:
        return engine.evaluate(rows, query)
    except ConfigError as error:
        if rows.num_rows <= 1:
            if rows.num_rows:
                failures.append((rows[_PLACE][0].as_py(), first_line(error)))
            if len(failures) > _MOST_FAILURES or not rows.num_rows:
                message = f"an expression fails on more than {_MOST_FAILURES} rows: {error}"
                raise ExtractError(message) from error
            return engine.evaluate(rows.slice(0, 0), query)
    middle = rows.num_rows // 2
    halves = [
        _evaluated(engine, part, query, failures)
        for part in (rows.slice(0, middle), rows.slice(middle))
    ]
    return pa.concat_tables(halves)


def _set_aside(
    engine: Evaluator,
    computed: Mapping[str, str],
    rows: pa.Table,
    failures: list[tuple[int, str]],
    faults: Faults,
) -> None:
    for place, why in failures:
        where = np.zeros(rows.num_rows, dtype=np.bool_)
        where[place] = True
        wanted = _culprit(engine, computed, rows.slice(place, 1))
        faults.add(where, wanted, "its expression fails", pa.repeat(why, rows.num_rows))


def _culprit(engine: Evaluator, computed: Mapping[str, str], row: pa.Table) -> str:
    for wanted, expression in computed.items():
        try:
            engine.evaluate(row, _query({wanted: expression}))
        except ConfigError:
            return wanted
    return ""


def _spread(places: npt.NDArray[np.int64], rows: int) -> pa.Array:
    """For each of `rows`, which computed row is its own; null for those that failed."""
    own = np.full(rows, -1, dtype=np.int64)
    own[places] = np.arange(len(places))
    return pa.array(own, mask=own < 0)
