"""One file's rows: read, mapped, exploded and screened, with a tally of what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from graph.engine import Evaluator
from graph.errors import ConfigError, ExtractError
from graph.schema import Schema

_WANTED = "wanted"
_ELEMENTS = "elements"
_IDS = ("account", "object", "content", "owner")
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
    remarks: Remarks = field(default_factory=Remarks)
    notes: list[str] = field(default_factory=list)

    def note(self, notes: Iterable[str]) -> None:
        """Remember what is worth knowing of the file, once."""
        self.notes.extend(note for note in notes if note not in self.notes)


@dataclass(frozen=True, slots=True)
class IdKinds:
    """The types of a file's ids, and how many rows were read and notes taken when they were met."""

    types: Mapping[str, pa.DataType]
    read: int
    notes: int


@dataclass(slots=True)
class Sieve:
    """What one file's rows pass through: they are counted, and the faulty ones are held back.

    `fits` says whether the file has the columns that the table's mapping names.
    """

    tally: Tally = field(default_factory=Tally)
    kinds: list[IdKinds] = field(default_factory=list)
    fits: bool = False
    _faults: list[pa.RecordBatch] = field(default_factory=list)

    def set_aside(self, faults: list[pa.RecordBatch]) -> None:
        """Count faulty rows and hold them (`FAULTS`)."""
        self._faults.extend(faults)
        self.tally.quarantined += sum(batch.num_rows for batch in faults)

    def emptied(self) -> list[pa.RecordBatch]:
        """The faulty rows that are held, which are held no longer."""
        held, self._faults = self._faults, []
        return held

    def look_at_ids(self, found: Mapping[str, pa.Array]) -> None:
        """Remember the types of ids where they are not those of the batch before."""
        types = {
            name: found[name].type
            for name in _IDS
            if name in found and not pa.types.is_null(found[name].type)
        }
        if not self.kinds or self.kinds[-1].types != types:
            self.kinds.append(IdKinds(types, self.tally.read, len(self.tally.notes)))


def good_rows(
    engine: Evaluator, table: TableSpec, file: ExtractFile, against: Screen, sieve: Sieve
) -> Iterator[dict[str, pa.Array]]:
    """The usable rows of a file as model columns, batch by batch; the rest stays in `sieve`.

    Whoever takes a batch empties the sieve. A batch without usable rows may have no columns.

    Raises:
        ExtractError: the file is unusable as a whole; rows given before do not count.
        ConfigError: the mapping does not fit the file.
    """
    tally = sieve.tally
    known, blank = known_columns(file, table)
    sieve.fits = fits(table, against.schema, known)
    if blank:
        # Text without a line does not even say what its columns are.
        for raw in read_raw(file, table.format):
            tally.note(raw.notes)
        return
    partition = dict(file.partition)
    first, second = _plans(table, against, known)
    tally.note((*first.notes, *second.notes))
    needed = {*first.columns, *second.columns}
    for raw in read_raw(file, table.format, columns=[name for name in known if name in needed]):
        rows, numbers = _raw_rows(raw, partition, sieve)
        if rows.num_rows:
            rows, numbers = _divided(engine, table, first, rows, numbers, sieve)
        if not rows.num_rows:
            yield {}
            continue
        tally.read += rows.num_rows
        faults = Faults(numbers)
        found = columns(engine, second, rows, faults, table=table.name)
        sieve.look_at_ids(found)
        result = screened(found, against, faults, tally.remarks)
        sieve.set_aside(faults.batches())
        kept = pa.array(~faults.bad)
        tally.good += int(np.count_nonzero(~faults.bad))
        yield {name: values.filter(kept) for name, values in result.items()}


def known_columns(file: ExtractFile, table: TableSpec) -> tuple[list[str], bool]:
    """The columns of a file and of its partition, and whether the file itself has none.

    Raises:
        ExtractError: the file cannot be opened as the table's format.
    """
    names = columns_of(file, table.format).names
    partition = dict(file.partition)
    keys = {key.lower() for key in partition}
    return [*(name for name in names if name.lower() not in keys), *partition], not names


def fits(table: TableSpec, model: Schema, known: Sequence[str]) -> bool:
    """Whether every column that the table's mapping names is among the `known`."""
    try:
        plan(table.sources(model), [*known, ELEMENT], table=table.name)
    except ExtractError:
        return False
    return True


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
    raw: RawBatch, partition: Mapping[str, str | None], sieve: Sieve
) -> tuple[pa.RecordBatch, Numbers]:
    """The rows that could be read and whose partition is known; the others go to the tally."""
    sieve.tally.note(raw.notes)
    numbers = raw.numbers.to_numpy()
    sieve.tally.whole_rows += len(numbers) + len(raw.faults)
    _set_raw_faults(raw, sieve)
    null_keys = [name for name, value in partition.items() if value is None]
    if not null_keys:
        return raw.rows, numbers
    faults = Faults(numbers)
    null = pa.repeat(NULL_PARTITION, len(numbers))
    faults.add(np.ones(len(numbers), np.bool_), null_keys[0], "null partition", null)
    sieve.tally.read += len(numbers)
    sieve.set_aside(faults.batches())
    return raw.rows.slice(0, 0), numbers[:0]


def _set_raw_faults(raw: RawBatch, sieve: Sieve) -> None:
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
    sieve.tally.read += len(found)
    sieve.set_aside([batch])


def _divided(
    engine: Evaluator,
    table: TableSpec,
    by: Plan,
    rows: pa.RecordBatch,
    numbers: Numbers,
    sieve: Sieve,
) -> tuple[pa.RecordBatch, Numbers]:
    """The wanted rows, each repeated for each element of its array where the table explodes."""
    if not (by.direct or by.computed or by.constants):
        return rows, numbers
    faults = Faults(numbers)
    found = columns(engine, by, rows, faults, table=table.name)
    sieve.set_aside(faults.batches())
    sieve.tally.read += int(np.count_nonzero(faults.bad))
    keep = ~faults.bad
    if _WANTED in found:
        keep &= _truth(found[_WANTED], table)
        sieve.tally.unwanted += int(np.count_nonzero(~keep & ~faults.bad))
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
