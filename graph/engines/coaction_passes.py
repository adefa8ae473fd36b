"""Co-action over part files: one window bounded and pruned part by part, then swept in blocks.

Each pass reads a part, leaves rows out, writes it again, and adds up what the next pass has to
know: post pairs, how wide windows are, how high an account can reach. What remains is laid end to
end in files that are walked at random, and accounts are swept block by block: only a block's own
rows are laid out by account at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from graph.engines.coaction_parts import PartedRows
from graph.engines.kernels import bounds, coaction, company
from graph.engines.kernels.bounds import Flags, Limits, Losses, Near
from graph.engines.kernels.coaction import Ready
from graph.engines.kernels.company import Ints, Longs, Rows
from graph.engines.kernels.parts import Rows5
from graph.engines.kernels.sweep import Sweep
from graph.engines.part_files import RowFiles, on_disk

_ROUNDS = 4
_WORTH_A_ROUND = 0.02
_NO_LIMITS = Limits(None, None, None)
_BEHIND_THE_OTHERS = 2
_BYTES_A_ROW_OF_A_BLOCK = 60


class Cut(NamedTuple):
    """What one bound left out of one part, and the hashes of the objects that lost something."""

    losses: Losses
    names: Rows5


@dataclass(slots=True)
class Sums:
    """What a pass adds up over the parts."""

    highest: Longs
    pairs: int = 0
    rows: int = 0
    of_size: Longs = field(default_factory=lambda: np.zeros(0, np.int64))
    cuts: dict[tuple[int, int], Cut] = field(default_factory=dict)
    """By the bound's place, then the part's number."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, near: Near, highest: Longs, *, sizes: bool) -> None:
        """A part's rows as they are kept."""
        pairs = int(near.pairs().sum())
        of_size = np.bincount(near.sizes() - 1) if sizes else np.zeros(0, np.int64)
        with self._lock:
            self.pairs += pairs
            self.rows += len(near.rows.at)
            self.highest += highest
            longer = np.zeros(max(len(self.of_size), len(of_size)), np.int64)
            longer[: len(self.of_size)] += self.of_size
            longer[: len(of_size)] += of_size
            self.of_size = longer


class WindowPasses:
    """One window's rows, bounded and pruned; `raw_pairs`, `interactions` and `cuts` tell of it."""

    def __init__(
        self,
        rows: PartedRows,
        folder: Path,
        within_ms: int,
        *,
        limits: Limits,
        count: str,
        at_least: int,
    ) -> None:
        """Make the passes.

        Args:
            rows: the interactions.
            folder: where to keep files; made here.
            within_ms: the window, or `company.NO_TIME`.
            limits: the bounds.
            count: a key of `coaction.COUNTS`.
            at_least: the least count that a pair must reach, from 1.
        """
        folder.mkdir()
        self._folder = folder
        self._within_ms = within_ms
        self._accounts = len(rows.ids)
        self._count = count
        self._files = RowFiles(folder / "rows", rows.parts)
        self._rows = rows
        sums = self._bounded(limits)
        self.raw_pairs, self.interactions = sums.pairs, sums.rows
        self.cuts = [sums.cuts[key] for key in sorted(sums.cuts)]
        self._kept = self._without_idle_accounts(sums, at_least)

    def blocks(self, memory: int) -> Iterator[Ready]:
        """The sweep of every account's pairs, block by block.

        Args:
            memory: about how many bytes the layout of a block may take.
        """
        laid = self._laid_end_to_end()
        ranges = _ranges(laid.acts, max(memory // _BYTES_A_ROW_OF_A_BLOCK, 1))
        posts = self._number_repeats(laid, ranges) if self._rows.has_contents else 0
        for first, last in ranges:
            own = self._own(laid, first, last)
            yield Ready(0, 0, [], laid.codes, *_block(laid, own, first, last, posts))

    def _bounded(self, limits: Limits) -> Sums:
        by_object = limits._replace(raw_pairs=None)
        sums = self._empty()

        def first(number: int) -> None:
            part = self._rows.part(number)
            kept, cuts = self._cut(part.rows, part.sizes, by_object)
            for place, losses in enumerate(cuts):
                sums.cuts[place, number] = Cut(losses, part.names[losses.code])
            self._keep(number, kept, sums, sizes=limits.raw_pairs is not None)

        self._pass(first)
        if limits.raw_pairs is None or sums.pairs <= limits.raw_pairs:
            return sums
        affordable = bounds.affordable_window(sums.of_size, limits.raw_pairs)
        again = self._empty()
        again.cuts.update(sums.cuts)

        def second(number: int) -> None:
            none = np.zeros(0, np.int64)
            kept, cuts = self._cut(self._part(number), none, _NO_LIMITS, affordable)
            for losses in cuts:
                names = self._rows.part(number).names
                again.cuts[_BEHIND_THE_OTHERS, number] = Cut(losses, names[losses.code])
            self._keep(number, kept, again)

        self._pass(second)
        return again

    def _cut(
        self, rows: Rows, sizes: Longs, limits: Limits, affordable: int | None = None
    ) -> tuple[Near, list[Losses]]:
        near = bounds.near(rows, self._within_ms, self._accounts)
        return bounds.bounded(
            near, self._within_ms, self._accounts, sizes, limits, affordable=affordable
        )

    def _without_idle_accounts(self, sums: Sums, at_least: int) -> int:
        """Leave out accounts that no pair can lift to `at_least`; how many rows remain."""
        for _ in range(_ROUNDS):
            idle = sums.highest < at_least
            fewer = self._empty()

            def prune(number: int, idle: Flags = idle, fewer: Sums = fewer) -> None:
                rows = self._part(number)
                rows = company.only(rows, ~idle[rows.account])
                self._keep(number, bounds.near(rows, self._within_ms, self._accounts), fewer)

            self._pass(prune)
            left_out, sums = sums.rows - fewer.rows, fewer
            if left_out <= _WORTH_A_ROUND * sums.rows:
                break
        return sums.rows

    def _keep(self, number: int, near: Near, sums: Sums, *, sizes: bool = False) -> None:
        sums.add(near, coaction.highest(near, self._accounts, self._count), sizes=sizes)
        self._files.write_rows(number, near.rows, contents=self._rows.has_contents)

    def _part(self, number: int) -> Rows:
        return self._files.rows(number, contents=self._rows.has_contents)

    def _empty(self) -> Sums:
        return Sums(np.zeros(self._accounts, np.int64))

    def _pass(self, work: Callable[[int], None]) -> None:
        for _ in self._files.each(work, threads=self._rows.threads):
            pass

    def _laid_end_to_end(self) -> Laid:
        """The rows in two files, accounts numbered by activity, the least active 0."""
        scanned, acts = np.zeros(self._accounts, np.int64), np.zeros(self._accounts, np.int64)
        for number in range(self._files.parts):
            account, at = self._files.read(number, "account"), self._files.read(number, "at")
            low, high = company.windows(at, self._files.read(number, "starts"), self._within_ms)
            scanned += coaction.scanned_by(account, low, high, self._accounts)
            acts += np.bincount(account, minlength=self._accounts)
        codes, of_code = coaction.by_activity(scanned)
        repeated = on_disk(self._folder / "repeated", self._kept, np.int32)
        repeated[:] = -1
        laid = Laid(
            codes=codes,
            scanned=scanned[codes],
            acts=acts[codes],
            account=on_disk(self._folder / "account", self._kept, np.int32),
            at=on_disk(self._folder / "at", self._kept, np.int64),
            repeated=repeated,
        )
        first = 0
        for number in range(self._files.parts):
            account = self._files.read(number, "account")
            laid.account[first : first + len(account)] = of_code[account]
            laid.at[first : first + len(account)] = self._files.read(number, "at")
            first += len(account)
        return laid

    def _own(self, laid: Laid, first: int, last: int) -> Own:
        """The rows of the accounts `first` up to `last`, part by part, with their windows."""
        found: list[tuple[Ints, Ints, Ints, Ints, Longs]] = []
        before = objects = 0
        for number in range(self._files.parts):
            starts = self._files.read(number, "starts")
            rows = int(starts[-1])
            account, at = laid.account[before : before + rows], laid.at[before : before + rows]
            mine = np.flatnonzero((account >= first) & (account < last))
            low, high = company.windows(at, starts, self._within_ms)
            owner = np.searchsorted(starts, mine, side="right") - 1 + objects
            content = np.zeros(0, np.int64)
            if self._rows.has_contents:
                content = self._files.read(number, "content")[mine]
            found.append(
                (
                    (mine + before).astype(np.int32),
                    low[mine] + np.int32(before),
                    high[mine] + np.int32(before),
                    owner.astype(np.int32),
                    content,
                )
            )
            before += rows
            objects += len(starts) - 1
        place, low, high, owner, content = (
            np.concatenate(arrays) for arrays in zip(*found, strict=True)
        )
        order, starts = company.by_account(laid.account[place] - np.int32(first), last - first)
        content = content[order] if len(content) else content
        return Own(starts, place[order], low[order], high[order], owner[order], content)

    def _number_repeats(self, laid: Laid, ranges: list[tuple[int, int]]) -> int:
        """Number the own posts that stand in several rows of an account; how many there are."""
        posts = 0
        for first, last in ranges:
            own = self._own(laid, first, last)
            here = np.arange(len(own.content), dtype=np.int32)
            repeated, more = coaction.repeats(own.content, here, own.starts)
            again = repeated >= 0
            laid.repeated[own.place[again]] = repeated[again] + np.int32(posts)
            posts += more
        return posts


class Own(NamedTuple):
    """A block's own rows, account by account, by place within an account; `starts` of accounts."""

    starts: Longs
    place: Ints
    low: Ints
    high: Ints
    owner: Ints
    content: Longs


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """All rows that are left, by object and time; accounts by their number in order of activity.

    `codes`, `scanned`, `acts`: by that number, the account's code, the rows that its windows hold,
    and its own rows.
    """

    codes: Ints
    scanned: Longs
    acts: Longs
    account: Ints
    at: Longs
    repeated: Ints


def _ranges(acts: Longs, most: int) -> list[tuple[int, int]]:
    """Blocks of accounts with at most so many rows each, or a single account."""
    ends = np.cumsum(acts)
    ranges: list[tuple[int, int]] = []
    first = 0
    while first < len(acts):
        before = int(ends[first - 1]) if first else 0
        last = int(np.searchsorted(ends, before + most, side="right"))
        ranges.append((first, max(last, first + 1)))
        first = ranges[-1][1]
    return ranges


def _block(laid: Laid, own: Own, first: int, last: int, posts: int) -> tuple[Longs, Sweep]:
    """What each account's windows hold, 0 outside the block, and the sweep of the block."""
    starts = np.concatenate(
        (
            np.zeros(first, np.int64),
            own.starts,
            np.full(len(laid.codes) - last, own.starts[-1], np.int64),
        )
    )
    scanned = np.zeros_like(laid.scanned)
    scanned[first:last] = laid.scanned[first:last]
    return scanned, Sweep(
        account=laid.account,
        at=laid.at,
        repeated=laid.repeated,
        posts=posts,
        row_starts=starts,
        low=own.low,
        high=own.high,
        place=own.place,
        owner=own.owner,
    )
