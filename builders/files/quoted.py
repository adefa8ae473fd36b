"""Where records end when fields may be quoted (RFC 4180), and the fields of one record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from builders.files.batches import LONGEST_VALUE

Places = npt.NDArray[np.int64]

MALFORMED = "its quotes do not pair: one is not closed, or text follows a closing one"


@dataclass(frozen=True, slots=True)
class Records:
    """Where the records of a block lie; `ends` are behind their line ends.

    `odd` marks records that only the slow way reads; `used` is where the block's last record ends.
    """

    starts: Places
    ends: Places
    odd: npt.NDArray[np.bool_]
    used: int


def lines_of(data: bytes) -> Records:
    """Each line as a record, where quotes mean nothing."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 10) + 1
    if not len(ends) or ends[-1] != len(data):
        ends = np.append(ends, len(data))
    return _records(ends.astype(np.int64), len(data))


def records_of(
    data: bytes, *, delimiter: str, quote: str, escape: str | None, last: bool
) -> Records:
    """The records of a block that begins where a record begins.

    An unfinished record at the end is left for the next block unless this is the `last`. A record
    whose quotes do not pair, or that is longer than a value may be, ends with its first line, so
    that a stray quote cannot swallow the records behind it.
    """
    if quote.encode() not in data and (escape is None or escape.encode() not in data):
        return lines_of(data)
    sound = None
    if escape is None or escape.encode() not in data:
        sound = _well_formed(data, ord(delimiter), ord(quote), last=last)
    return sound or _walked(data, _grammar(delimiter, quote, escape), last=last)


def fields_of(
    record: bytes, *, delimiter: str, quote: str, escape: str | None, null: bytes
) -> list[bytes | None] | None:
    """The fields of one record without its line end; a bare `null` is None, a quoted one text.

    None for the whole if its quotes do not pair. A quote that does not begin a field is an ordinary
    character.
    """
    grammar = _grammar(delimiter, quote, escape)
    found: list[bytes | None] = []
    place = 0
    while True:
        field = grammar.field.match(record, place)
        if field is None:
            return None
        quoted, bare = field.group("quoted"), field.group("bare")
        if quoted is not None:
            found.append(grammar.inside.sub(rb"\1\2", quoted))
        else:
            found.append(None if bare == null else grammar.outside.sub(rb"\1", bare))
        place = field.end() + 1
        if place > len(record):
            return found


@dataclass(frozen=True, slots=True)
class _Grammar:
    record: re.Pattern[bytes]
    field: re.Pattern[bytes]
    inside: re.Pattern[bytes]
    """A doubled quote or an escaped character, of which a group stays."""
    outside: re.Pattern[bytes]


@cache
def _grammar(delimiter: str, quote: str, escape: str | None) -> _Grammar:
    d, q = re.escape(delimiter), re.escape(quote)
    if escape is None:
        inside, bare = f"[^{q}]*+(?:{q}{q}[^{q}]*+)*+", rf"(?!{q})[^{d}\n]*+"
        doubled, escaped = f"{q}({q})()", "(?!)()"
    else:
        e = re.escape(escape)
        inside = rf"[^{q}{e}]*+(?:(?:{q}{q}|{e}.)[^{q}{e}]*+)*+"
        bare = rf"(?!{q})[^{d}\n{e}]*+(?:{e}[^\n][^{d}\n{e}]*+)*+{e}?+"
        doubled, escaped = rf"{e}(.)|{q}({q})", rf"{e}(.)"
    field = rf"(?:{q}{inside}{q}(?={d}|\r?\n|\r?\Z)|{bare})"
    named = rf"(?:{q}(?P<quoted>{inside}){q}|(?P<bare>{bare}))(?={d}|\Z)"
    return _Grammar(
        re.compile(rf"{field}(?:{d}{field})*+\r?(?:\n|\Z)".encode(), re.DOTALL),
        re.compile(named.encode(), re.DOTALL),
        re.compile(doubled.encode(), re.DOTALL),
        re.compile(escaped.encode(), re.DOTALL),
    )


def _well_formed(data: bytes, delimiter: int, quote: int, *, last: bool) -> Records | None:
    """The records if every quote of the block stands where RFC 4180 has it, else None."""
    view = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(view == quote)
    openers, closers = quotes[0::2], quotes[1::2]
    if last and len(openers) != len(closers):
        return None
    # An opener right behind a closer is the second half of a doubled quote.
    before = view[openers - 1]
    doubled = np.zeros(len(openers), dtype=np.bool_)
    doubled[1:] = openers[1:] == closers[: len(openers) - 1] + 1
    opens = (openers == 0) | (before == delimiter) | (before == 10) | doubled
    behind = np.append(view, [10, 10]).astype(np.uint8)[closers[:, None] + np.array([1, 2])]
    closes = (behind[:, 0] == delimiter) | (behind[:, 0] == 10) | (behind[:, 0] == quote)
    closes |= (behind[:, 0] == 13) & (behind[:, 1] == 10)
    if not (opens.all() and closes.all()):
        return None
    breaks = np.flatnonzero(view == 10)
    ends = (breaks[np.searchsorted(quotes, breaks) % 2 == 0] + 1).astype(np.int64)
    if last and (not len(ends) or ends[-1] != len(data)):
        ends = np.append(ends, len(data))
    used = int(ends[-1]) if len(ends) else 0
    if len(data) - used > LONGEST_VALUE or np.diff(ends, prepend=0).max(initial=0) > LONGEST_VALUE:
        return None
    return _records(ends, used)


def _walked(data: bytes, grammar: _Grammar, *, last: bool) -> Records:
    ends: list[int] = []
    odd: list[bool] = []
    place = 0
    while place < len(data):
        found = grammar.record.match(data, place, place + LONGEST_VALUE + 2)
        cut = found is not None and found.end() == place + LONGEST_VALUE + 2 < len(data)
        if found is None or cut:
            if not last and len(data) - place <= LONGEST_VALUE + 2:
                break
            place = data.find(b"\n", place) + 1 or len(data)
        elif not last and not data.endswith(b"\n", place, found.end()):
            break
        else:
            place = found.end()
        ends.append(place)
        odd.append(True)
    return _records(np.array(ends, dtype=np.int64), place, np.array(odd, dtype=np.bool_))


def _records(ends: Places, used: int, odd: npt.NDArray[np.bool_] | None = None) -> Records:
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])[: len(ends)]
    if odd is None:
        odd = np.zeros(len(ends), dtype=np.bool_)
    return Records(starts, ends, odd, used)
