"""Reading a file's raw rows, whatever its format: every row once, read or with a reason why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from builders.files.batches import RawBatch, RowFault, Source, in_slices, numbers
from builders.files.columnar import open_orc, open_parquet
from builders.files.fetching import at_hand
from builders.files.formats import FileFormat
from builders.files.json_lines import open_json_lines
from builders.files.listing import ExtractFile
from builders.files.names import first_line
from builders.files.selection import placed, select
from builders.files.system_says import is_of_the_system, system_says
from builders.files.tabular import open_delimited
from builders.files.unchanged import refuse_changed
from graph.errors import ExtractError, FileChanged, FileUnreadable

__all__ = ["RawBatch", "RowFault", "columns_of", "read_raw"]


def read_raw(
    file: ExtractFile,
    format: FileFormat | None,
    *,
    columns: Sequence[str] | None = None,
    rows: int = 131_072,
) -> Iterator[RawBatch]:
    """A file's rows in its order, at most `rows` at a time, with the partition's values as columns.

    Args:
        file: the file, as it was listed.
        format: how it is written, unless the file itself knows.
        columns: the columns to deliver, in this order and by these names, the partition's keys
            among them; None for all of the file's and then the partition's.
        rows: the most rows of one batch.

    Parquet and ORC columns keep their types, so that numbers stay exact, but for text and bytes,
    which come as checked strings; text formats deliver every scalar as text. The rows of all
    batches and the faulty ones together are the rows of the file.

    Raises:
        ExtractError: the file as a whole is not to be read (damaged, of another format, without a
            column, in the wrong partition, changed since it was listed, not handed over). Rows
            delivered before are then not to be used. Where it is known what the file held, only
            `unchanged` around the reading tells whether it still holds that.
    """
    with _explained(file), at_hand(file) as here:
        refuse_changed(here)
        with _opened(here, here.format or format, rows) as source:
            yield from _selected(here, source, columns, rows)
        refuse_changed(here)


def columns_of(file: ExtractFile, format: FileFormat | None) -> pa.Schema:
    """The columns a file has, by its footer, header, declaration or first lines, as delivered.

    The keys of its partition are not among them.

    Raises:
        ExtractError: the file cannot be opened as this format.
    """
    with (
        _explained(file),
        at_hand(file) as here,
        _opened(here, here.format or format, 1) as source,
    ):
        return source.schema


def _selected(
    file: ExtractFile, source: Source, columns: Sequence[str] | None, rows: int
) -> Iterator[RawBatch]:
    if not file.bytes or (not len(source.schema) and columns is not None):
        yield from _nothing(file, source, columns)
        return
    selection = select(source.schema, file.partition, columns)
    notes = (*source.notes, *selection.notes)
    for batch in source.batches(selection.places):
        read = placed(batch.rows, selection, file.partition)
        yield from in_slices(
            RawBatch(read, batch.numbers, batch.faults, (*notes, *batch.notes)), rows
        )
        notes = ()


def _nothing(
    file: ExtractFile, source: Source, columns: Sequence[str] | None
) -> Iterator[RawBatch]:
    """No rows of a file that is empty and may not even say what its columns are."""
    names = columns if columns is not None else [*source.schema.names, *dict(file.partition)]
    types = {name: source.schema.field(name).type for name in source.schema.names}
    schema = pa.schema([pa.field(name, types.get(name, pa.string())) for name in names])
    notes = [note for batch in source.batches(()) for note in batch.notes]
    nothing = pa.RecordBatch.from_pylist([], schema=schema)
    yield RawBatch(nothing, numbers(1, 0), (), tuple(notes))


@contextmanager
def _opened(file: ExtractFile, format: FileFormat | None, rows: int) -> Iterator[Source]:
    if format is None:
        message = "nothing says how it is written; say the `format` of its table"
        raise ExtractError(message)
    if format.kind == "parquet":
        opened = open_parquet(file, format, rows)
    elif format.kind == "orc":
        opened = open_orc(file, format, rows)
    elif format.kind == "jsonl":
        opened = open_json_lines(file, format)
    else:
        opened = open_delimited(file, format)
    with opened as source:
        yield source


@contextmanager
def _explained(file: ExtractFile) -> Iterator[None]:
    """Turn what a library says about a file into an error that names the file."""
    try:
        yield
    except (FileChanged, FileUnreadable) as error:
        message = f"{file.name}: {error}"
        raise type(error)(message) from None
    except ExtractError as error:
        message = f"{file.name}: {error}"
        raise ExtractError(message) from None
    except FileNotFoundError:
        message = f"{file.name}: it vanished after it was listed; let its writer finish, list again"
        raise FileChanged(message) from None
    except PermissionError:
        message = f"{file.name}: it may not be read; give the right to read it"
        raise FileUnreadable(message) from None
    except (pa.ArrowException, OSError, MemoryError, ValueError, OverflowError) as error:
        if is_of_the_system(error):
            message = f"{file.name}: it cannot be read: {system_says(error)}; mend that, read again"
            raise FileUnreadable(message) from error
        message = f"{file.name}: it is damaged: {first_line(error)}; copy it again from its source"
        raise ExtractError(message) from error
