"""One file's rows: read, mapped, exploded and screened, with a tally of what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from builders.extracts.expressions import ELEMENT, Plan, columns, plan
from builders.extracts.faults import FAULTS, Faults, as_mask
from builders.extracts.screen import Remarks, Screen, screened
from builders.extracts.spec import TableSpec
from builders.files.listing import ExtractFile
from builders.files.names import shown_text
from builders.files.partitions import NULL_PARTITION
from builders.files.reading import RawBatch, columns_of, read_raw
from graph.engine import Engine
from graph.errors import ConfigError, ExtractError

_WANTED = "wanted"
_ELEMENTS = "elements"
Numbers = npt.NDArray[np.int64]


@dataclass(slots=True)
class Tally:
    """What became of one file's rows so far.

    Rows are counted as they come out of the file; those of a table with `explode` by element, and
    rows outside `row_where` apart (`unwanted`).
    """

    read: int = 0
    good: int = 0
    quarantined: int = 0
    unwanted: int = 0
    whole_rows: int = 0
    faults: list[pa.RecordBatch] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)
    notes: list[str] = field(default_factory=list)

    def note(self, notes: Iterable[str]) -> None:
        """Remember what is worth knowing of the file, once."""
        self.notes.extend(note for note in notes if note not in self.notes)

    def set_aside(self, faults: list[pa.RecordBatch]) -> None:
        """Count and keep faulty rows."""
        self.faults.extend(faults)
        self.quarantined += sum(batch.num_rows for batch in faults)


@dataclass(slots=True)
class Types:
    """The kind of id that each model column of a table had in the first file that had it."""

    seen: dict[str, tuple[pa.DataType, str]] = field(default_factory=dict)

    def agree(self, found: Mapping[str, pa.Array], file: str) -> list[str]:
        """Remember the types of ids, and note widths that differ.

        Raises:
            ExtractError: ids are text in one file and numbers in another.
        """
        notes: list[str] = []
        for name in ("account", "object", "content", "owner"):
            if name not in found or pa.types.is_null(found[name].type):
                continue
            kind = found[name].type
            before, where = self.seen.setdefault(name, (kind, file))
            if _is_number(kind) != _is_number(before):
                message = (
                    f"`{name}` is {kind} here and {before} in {where}: 00123 and 123 could not be"
                    " told apart; write one type in all files"
                )
                raise ExtractError(message)
            if kind != before and _is_number(kind):
                notes.append(f"`{name}` is {kind} here and {before} in {where}; read as text")
        return notes


def good_rows(
    engine: Engine,
    table: TableSpec,
    file: ExtractFile,
    against: Screen,
    types: Types,
    tally: Tally,
) -> Iterator[dict[str, pa.Array]]:
    """The usable rows of a file as model columns, batch by batch; the rest goes to `tally`.

    Raises:
        ExtractError: the file is unusable as a whole; rows given before do not count.
        ConfigError: the mapping does not fit the file.
    """
    schema = columns_of(file, table.format)
    if not len(schema):
        # Text without a line does not even say what its columns are.
        for raw in read_raw(file, table.format):
            tally.note(raw.notes)
        return
    partition = dict(file.partition)
    keys = {key.lower() for key in partition}
    known = [*(name for name in schema.names if name.lower() not in keys), *partition]
    first, second = _plans(table, against, known)
    tally.note((*first.notes, *second.notes))
    needed = {*first.columns, *second.columns}
    for raw in read_raw(file, table.format, columns=[name for name in known if name in needed]):
        rows, numbers = _raw_rows(raw, partition, tally)
        if rows.num_rows:
            rows, numbers = _divided(engine, table, first, rows, numbers, tally)
        if not rows.num_rows:
            continue
        tally.read += rows.num_rows
        faults = Faults(numbers)
        found = columns(engine, second, rows, faults, table=table.name)
        tally.note(types.agree(found, file.name))
        result = screened(found, against, faults, tally.remarks)
        tally.set_aside(faults.batches())
        kept = pa.array(~faults.bad)
        result = {name: values.filter(kept) for name, values in result.items()}
        tally.good += int(np.count_nonzero(~faults.bad))
        yield result


def _plans(table: TableSpec, against: Screen, known: list[str]) -> tuple[Plan, Plan]:
    dividing = {_WANTED: table.row_where, _ELEMENTS: table.explode}
    first = plan(
        {name: text for name, text in dividing.items() if text is not None},
        known,
        table=table.name,
    )
    present = [name for name in known if name != ELEMENT] + [ELEMENT] if table.explode else known
    return first, plan(table.sources(against.schema), present, table=table.name)


def _raw_rows(
    raw: RawBatch, partition: Mapping[str, str | None], tally: Tally
) -> tuple[pa.RecordBatch, Numbers]:
    """The rows that could be read and whose partition is known; the others go to the tally."""
    tally.note(raw.notes)
    numbers = raw.numbers.to_numpy()
    tally.whole_rows += len(numbers) + len(raw.faults)
    _set_raw_faults(raw, tally)
    null_keys = [name for name, value in partition.items() if value is None]
    if not null_keys:
        return raw.rows, numbers
    faults = Faults(numbers)
    null = pa.repeat(NULL_PARTITION, len(numbers))
    faults.add(np.ones(len(numbers), np.bool_), null_keys[0], "null partition", null)
    tally.read += len(numbers)
    tally.set_aside(faults.batches())
    return raw.rows.slice(0, 0), numbers[:0]


def _set_raw_faults(raw: RawBatch, tally: Tally) -> None:
    found = raw.faults
    if not found:
        return
    batch = pa.record_batch(
        [
            pa.array([fault.row for fault in found], pa.int64()),
            pa.array([fault.column for fault in found], pa.string()),
            pa.array([fault.raw for fault in found], pa.string()),
            pa.array([fault.reason for fault in found], pa.string()),
        ],
        schema=FAULTS,
    )
    tally.read += len(found)
    tally.set_aside([batch])


def _divided(
    engine: Engine,
    table: TableSpec,
    by: Plan,
    rows: pa.RecordBatch,
    numbers: Numbers,
    tally: Tally,
) -> tuple[pa.RecordBatch, Numbers]:
    """The wanted rows, each repeated for each element of its array where the table explodes."""
    if not (by.direct or by.computed or by.constants):
        return rows, numbers
    faults = Faults(numbers)
    found = columns(engine, by, rows, faults, table=table.name)
    tally.set_aside(faults.batches())
    tally.read += int(np.count_nonzero(faults.bad))
    keep = ~faults.bad
    if _WANTED in found:
        keep &= _truth(found[_WANTED], table)
        tally.unwanted += int(np.count_nonzero(~keep & ~faults.bad))
    rows, numbers = _kept(rows, numbers, keep)
    if _ELEMENTS not in found:
        return rows, numbers
    lists = found[_ELEMENTS].filter(pa.array(keep))
    return _exploded(table, lists, rows, numbers)


def _truth(values: pa.Array, table: TableSpec) -> npt.NDArray[np.bool_]:
    if not pa.types.is_boolean(values.type):
        message = (
            f"table `{table.name}`: `row_where` = `{shown_text(table.row_where or '')}` gives"
            f" {values.type}, not true or false"
        )
        raise ConfigError(message)
    return as_mask(values)


def _exploded(
    table: TableSpec, lists: pa.Array, rows: pa.RecordBatch, numbers: Numbers
) -> tuple[pa.RecordBatch, Numbers]:
    if not (pa.types.is_list(lists.type) or pa.types.is_large_list(lists.type)):
        message = (
            f"table `{table.name}`: `explode` = `{shown_text(table.explode or '')}` gives"
            f" {lists.type}, no array; declare the column as array<string>, or make an array of it"
        )
        raise ConfigError(message)
    parents = pc.list_parent_indices(lists)
    names = [name for name in rows.schema.names if name != ELEMENT]
    arrays = [rows.column(name).take(parents) for name in names]
    arrays.append(pc.list_flatten(lists))
    repeated = pa.RecordBatch.from_arrays(arrays, names=[*names, ELEMENT])
    return repeated, numbers[parents.to_numpy()]


def _kept(
    rows: pa.RecordBatch, numbers: Numbers, keep: npt.NDArray[np.bool_]
) -> tuple[pa.RecordBatch, Numbers]:
    if keep.all():
        return rows, numbers
    return rows.filter(pa.array(keep)), numbers[keep]


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_decimal, pa.types.is_floating)
    return any(test(kind) for test in tests)
