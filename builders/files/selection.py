"""Which of a file's columns answer to the names asked for, and where its partition comes in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from builders.files.names import listed, nearest, shown_text
from builders.files.partitions import Partition, partition_text, same_value
from graph.errors import ExtractError


@dataclass(frozen=True, slots=True)
class Chosen:
    """One column to deliver: its name, and where it comes from.

    `place` is the column of the file, or None for a partition value, which is `value`.
    """

    name: str
    place: int | None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns to deliver, those to read for it, and those that must agree with the path."""

    chosen: tuple[Chosen, ...]
    places: tuple[int, ...]
    repeated: tuple[tuple[int, str, str | None], ...]
    notes: tuple[str, ...]


def select(schema: pa.Schema, partition: Partition, columns: Sequence[str] | None) -> Selection:
    """Find the columns asked for, by name and else by name without case.

    A partition's keys are columns too (text), and stand for a column of the file of that name,
    whose values must then agree with the path.

    Raises:
        ExtractError: a column is not there (the nearest is named), or two differ only by case.
    """
    keys = dict(partition)
    by_lower = {key.lower(): key for key in keys}
    repeated = tuple(
        (place, by_lower[name.lower()], keys[by_lower[name.lower()]])
        for place, name in enumerate(schema.names)
        if name.lower() in by_lower
    )
    hidden = {place for place, _, _ in repeated}
    own = {place: name for place, name in enumerate(schema.names) if place not in hidden}
    if columns is None:
        _refuse_twice(own.values())
        chosen = [Chosen(name, place) for place, name in own.items()]
        chosen += [Chosen(key, None, value) for key, value in partition]
        notes: list[str] = []
    else:
        found = [_find(name, own, keys) for name in columns]
        chosen = [one for one, _ in found]
        notes = [note for _, note in found if note]
    needed = {one.place for one in chosen if one.place is not None} | hidden
    if not needed and len(schema):
        needed = {0}
    return Selection(tuple(chosen), tuple(sorted(needed)), repeated, tuple(notes))


def placed(rows: pa.RecordBatch, selection: Selection, partition: Partition) -> pa.RecordBatch:
    """Rows as they were read, with the columns of the selection and the partition's values.

    Raises:
        ExtractError: a column says another value than the partition of the same name.
    """
    at = {place: rows.column(i) for i, place in enumerate(selection.places)}
    for place, key, value in selection.repeated:
        _refuse_other_value(at[place], key, value, partition)
    arrays = [
        pa.repeat(pa.scalar(one.value, pa.string()), rows.num_rows)
        if one.place is None
        else at[one.place]
        for one in selection.chosen
    ]
    return pa.RecordBatch.from_arrays(arrays, names=[one.name for one in selection.chosen])


def _find(name: str, own: dict[int, str], keys: dict[str, str | None]) -> tuple[Chosen, str | None]:
    for place, known in own.items():
        if known == name:
            return Chosen(name, place), None
    if name in keys:
        return Chosen(name, None, keys[name]), None
    alike = [place for place, known in own.items() if known.lower() == name.lower()]
    if len(alike) > 1:
        message = f"it has {listed(own[place] for place in alike)}; `{name}` could be any of them"
        raise ExtractError(message)
    if alike:
        return Chosen(name, alike[0]), f"`{name}` is `{shown_text(own[alike[0]])}` in the file"
    for key, value in keys.items():
        if key.lower() == name.lower():
            return Chosen(name, None, value), f"`{name}` is `{shown_text(key)}` in the path"
    known_names = [*own.values(), *keys]
    message = (
        f"it lacks the column `{shown_text(name)}`; it has {listed(known_names)}"
        f"{nearest(name, known_names)}"
    )
    raise ExtractError(message)


def _refuse_twice(names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if name in seen:
            message = f"two of its columns are named `{shown_text(name)}`; rename one"
            raise ExtractError(message)
        seen[name] = name


def _refuse_other_value(
    column: pa.Array, key: str, value: str | None, partition: Partition
) -> None:
    for found in pc.unique(column.cast(pa.string())).to_pylist():
        if not same_value(found, value):
            shown = "null" if found is None else f"`{shown_text(found)}`"
            message = (
                f"its column `{shown_text(key)}` holds {shown} where its path says"
                f" `{shown_text(partition_text(partition))}`; it is in the wrong partition, or the"
                " column means something else: rename one"
            )
            raise ExtractError(message)
