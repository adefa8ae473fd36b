"""Interactions of more rows than memory holds, in part files by object, for the co-action sweep.

Accounts become dense codes; objects and own posts stand as hashes under a key of this reading,
since a table of all of them may be larger than the rows. A part holds whole objects, so windows,
company, bounds and counts of objects are found part by part, and add up.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from graph.engines.coaction_reading import Wanted
from graph.engines.kernels import company, ordering, parts
from graph.engines.kernels.bounds import Flags
from graph.engines.kernels.company import Ints, Longs, Rows
from graph.engines.kernels.parts import Rows5
from graph.engines.kernels.siphash import hashed
from graph.engines.kernels.texts import Hashes, TextCodes, buffers, by_name
from graph.engines.part_files import RowFiles

_CONTENT = "coalesce(content, '')"
_BYTES_AN_ACCOUNT = 32


class Part(NamedTuple):
    """A part's rows; `rows.objects` are places in the other two.

    `sizes`: interactions on each object before any was left out. `names`: the object's two hashes.
    """

    rows: Rows
    sizes: Longs
    names: Rows5


@dataclass(slots=True)
class Hasher:
    """Objects and own posts of this reading as hashes under one secret key."""

    key: Hashes = field(
        default_factory=lambda: np.array([secrets.randbits(64), secrets.randbits(64)], np.uint64)
    )
    actions: TextCodes = field(default_factory=TextCodes)
    kinds: TextCodes = field(default_factory=TextCodes)

    def objects(self, batch: pa.RecordBatch, into: Rows5) -> None:
        """The two hashes of each row's (action, kind, object), into the first two columns."""
        action = self.actions.encode(batch["action"]).astype(np.int64)
        kind = self.kinds.encode(batch["object_kind"], action).astype(np.int64)
        hashed(*buffers(batch["object"]), kind, self.key, into)

    def contents(self, batch: pa.RecordBatch, into: Rows5) -> None:
        """The hash of each row's own post, or 0 for none, into its column."""
        column = batch["content"]
        offsets, data = buffers(column)
        found = np.empty((len(column), 2), np.uint64)
        # No kind has this number.
        hashed(offsets, data, np.full(len(column), -1, np.int64), self.key, found)
        found[:, 0] |= np.uint64(1)
        into[:, parts.CONTENT] = np.where(np.diff(offsets) > 0, found[:, 0], np.uint64(0))

    def says(self, batch: pa.RecordBatch, row: int) -> str:
        """`action kind object` of a row in words."""
        return " ".join(batch[name][row].as_py() for name in ("action", "object_kind", "object"))


class PartedRows:
    """All wanted interactions in part files, less those without company in the widest window."""

    def __init__(
        self,
        wanted: Wanted,
        folder: Path,
        *,
        bits: int,
        widest_ms: int,
        memory: int,
    ) -> None:
        """Read and settle the rows.

        Args:
            wanted: the interactions.
            folder: an empty folder for the files.
            bits: there are two to this power parts.
            widest_ms: the widest window that will be asked for.
            memory: about how many bytes may be in use at a time.
        """
        self.has_contents = False
        self._folder = folder
        self._wanted = wanted
        self._hasher = Hasher()
        self._files = RowFiles(folder / "settled", 1 << bits)
        rank, often = self._read(bits, wanted.min_participation)
        at_once = memory // 2 // (_BYTES_AN_ACCOUNT * max(len(self.ids), 1))
        self.threads = max(min(wanted.threads, at_once), 1)
        """How many parts to work on at a time: each has arrays over all accounts."""

        def settle(part: int) -> None:
            self._settle(part, rank, often, widest_ms)

        for _ in self._files.each(settle, threads=self.threads):
            pass

    @property
    def parts(self) -> int:
        """How many there are."""
        return self._files.parts

    def part(self, number: int) -> Part:
        """One of the parts."""
        rows = self._files.rows(number, contents=self.has_contents)
        return Part(rows, self._files.read(number, "sizes"), self._files.read(number, "names"))

    def says(self, names: Rows5) -> list[str]:
        """`action kind object` of objects by their hashes: reads the interactions once more."""
        wanted = {(int(high), int(low)): "" for high, low in names}
        left = set(wanted)
        firsts = np.unique(names[:, 0])
        for batch in self._wanted.batches(_CONTENT):
            if not left:
                break
            found = np.empty((batch.num_rows, 2), np.uint64)
            self._hasher.objects(batch, found)
            for row in np.flatnonzero(np.isin(found[:, 0], firsts)).tolist():
                name = (int(found[row, 0]), int(found[row, 1]))
                if name in left:
                    left.remove(name)
                    wanted[name] = self._hasher.says(batch, row)
        return [wanted[int(high), int(low)] for high, low in names]

    def _read(self, bits: int, min_participation: int) -> tuple[Ints, Flags]:
        """Write raw part files; each account code's place among the ids, and how often it acted."""
        names = TextCodes()
        acts = np.zeros(0, np.int64)
        raw = [(self._folder / f"{part}.raw").open("wb") for part in range(1 << bits)]
        try:
            for batch in self._wanted.batches(_CONTENT):
                rows = np.empty((batch.num_rows, parts.WORDS), np.uint64)
                self._hasher.objects(batch, rows)
                self._hasher.contents(batch, rows)
                rows[:, parts.AT] = batch["acted_at"].to_numpy().view(np.uint64)
                account = names.encode(batch["account"])
                rows[:, parts.ACCOUNT] = account
                self.has_contents = self.has_contents or bool(rows[:, parts.CONTENT].any())
                if min_participation > 1:
                    here = np.bincount(account, minlength=names.known)
                    here[: len(acts)] += acts
                    acts = here
                moved, starts = parts.dealt(rows, bits)
                for part, file in enumerate(raw):
                    file.write(moved[starts[part] : starts[part + 1]].data)
        finally:
            for file in raw:
                file.close()
        rank, self.ids = by_name(names)
        return rank, acts >= min_participation

    def _settle(self, part: int, rank: Ints, often: Flags, widest_ms: int) -> None:
        path = self._folder / f"{part}.raw"
        rows: Rows5 = np.fromfile(path, np.uint64).reshape(-1, parts.WORDS)
        path.unlink()
        account = rows[:, parts.ACCOUNT].astype(np.int32)
        if len(often):
            rows = rows[often[account]]
            account = rows[:, parts.ACCOUNT].astype(np.int32)
        codes, names = parts.objects_of(rows)
        sizes = np.bincount(codes, minlength=len(names))
        content = rows[:, parts.CONTENT].view(np.int64).copy()
        at = rows[:, parts.AT].view(np.int64).copy()
        del rows
        ordered = ordering.ordered(rank[account], codes, at, content, max(len(names), 1))
        kept = company.with_company(ordered, widest_ms)
        places = np.arange(len(kept.objects), dtype=np.int32)
        rows_kept = kept._replace(objects=places)
        self._files.write_rows(part, rows_kept, contents=self.has_contents)
        self._files.write(part, {"sizes": sizes[kept.objects], "names": names[kept.objects]})
