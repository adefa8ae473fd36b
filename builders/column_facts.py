"""What a sample says about one column: how full, how varied, and what it seems to mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from builders.files.names import shown_text

_SHOWN = 5
_HOT_SHARE = 0.05
_LARGEST_EXACT = 2**53
_SENTINELS = ("-1", "0", "", "unknown", "anonymous", "null", "none", "nan", "n/a")
_IDS = ("account", "object", "device")
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FIRST_SECOND, _LAST_SECOND = 946_684_800, 4_102_444_800
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_IP = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})")
_WHOLE = re.compile(r"-?\d+")
_SCIENTIFIC = re.compile(r"-?\d(?:\.\d+)?[eE]\+?\d+")
_NAMES = {
    "time": re.compile(r"(?:^|_)(?:time|ts|date|when|timestamp|at|dt)(?:_|$)|time$"),
    "ip": re.compile(r"(?:^|_)(?:ip|ipv[46]|addr|address)(?:_|$)"),
    "device": re.compile(
        r"(?:^|_)(?:device|fingerprint|idfa|gaid|imei|ua|useragent|user_agent|phone)"
    ),
    "action": re.compile(r"(?:^|_)(?:action|event|verb|activity|interaction)(?:_type|_name)?$"),
    "text": re.compile(r"(?:^|_)(?:text|body|comment|message|caption|description|title)$"),
    "account": re.compile(
        r"(?:^|_)(?:account|user|uid|actor|author|member|profile|sender|voter)(?:_?id|_?name)?$"
    ),
    "object": re.compile(
        r"(?:^|_)(?:object|post|item|target|url|link|hashtag|page|video|tweet|media|story|share|reply"
        r"|retweet|content)(?:_?id|s)?$"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column of a sample. Values are escaped for showing; the name is as the extract has it.

    `distinct` counts the sample's values, `distinct_estimate` those of all its rows and the rows
    like them (Chao's lower bound, 1984). `guess` is `account`, `object`, `time`, `action`, `text`,
    `device`, `ip` or empty, `unit` a time's unit, `because` why.
    """

    name: str
    type: str
    null_share: float
    distinct: int
    distinct_estimate: int
    least: str
    greatest: str
    samples: tuple[str, ...]
    guess: str
    unit: str
    because: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Values:
    """A column's values as text without nulls, and how often each stands there."""

    name: str
    kind: pa.DataType
    texts: tuple[str, ...]
    counts: Counter[str]

    def share(self, holds: Callable[[str], object]) -> float:
        """The share of rows whose value `holds`."""
        if not self.texts:
            return 0.0
        held = sum(count for value, count in self.counts.items() if holds(value))
        return held / len(self.texts)


def column_profile(name: str, column: pa.ChunkedArray, *, partition: bool = False) -> ColumnProfile:
    """What the sample `column` says; a partition's value says where rows lie, not what they are."""
    texts = tuple(text for text in _as_text(column) if text is not None)
    values = _Values(name, column.type, texts, Counter(texts))
    guess, unit, because = ("", "", "a partition") if partition else _guess(values)
    order = _ordered(values.counts)
    return ColumnProfile(
        name=name,
        type=str(column.type),
        null_share=column.null_count / len(column) if len(column) else 0.0,
        distinct=len(values.counts),
        distinct_estimate=_chao(values.counts),
        least=shown_text(order[0]) if order else "",
        greatest=shown_text(order[-1]) if order else "",
        samples=tuple(shown_text(text) for text in dict.fromkeys(texts[:100]))[:_SHOWN],
        guess=guess,
        unit=unit,
        because=because,
        warnings=tuple(_warnings(values, guess)),
    )


def _as_text(column: pa.ChunkedArray) -> list[str | None]:
    if pa.types.is_nested(column.type):
        return [None if value is None else str(value) for value in column.to_pylist()]
    if pa.types.is_floating(column.type):
        return [None if value is None else repr(value) for value in column.to_pylist()]
    try:
        texts: list[str | None] = pc.cast(column, pa.string()).to_pylist()
    except pa.ArrowException:
        texts = [None if value is None else str(value) for value in column.to_pylist()]
    return texts


def _ordered(counts: Counter[str]) -> list[str]:
    """Values in order: as numbers where all are whole, else as text."""
    if counts and all(_WHOLE.fullmatch(value) and len(value) < 40 for value in counts):
        return sorted(counts, key=lambda value: (int(value), value))
    return sorted(counts)


def _chao(counts: Counter[str]) -> int:
    once = sum(1 for count in counts.values() if count == 1)
    twice = sum(1 for count in counts.values() if count == 2)
    return len(counts) + once * (once - 1) // (2 * (twice + 1))


def _guess(values: _Values) -> tuple[str, str, str]:
    """What the column seems to be: by its values where they are telling, else by its name."""
    named = next((guess for guess, name in _NAMES.items() if name.search(_spaced(values.name))), "")
    if pa.types.is_timestamp(values.kind):
        return "time", "", f"its type is {values.kind}"
    if pa.types.is_date(values.kind):
        return ("time", "", "its type is a date") if named == "time" else ("", "", "")
    unit, share = _time_unit(values)
    if unit and (named == "time" or (share >= 0.95 and not named)):
        shown = "ISO texts" if unit == "iso" else f"in the range of {unit} since 1970"
        return "time", unit, f"{share:.0%} of its values are {shown}"
    if values.texts and values.share(_IP.fullmatch) >= 0.95:
        return "ip", "", "its values are written like addresses"
    if named == "time":
        return "", "", "its name says time, its values do not"
    if named == "action" and len(values.counts) > 100:
        named = "object"
    if named:
        return named, "", f"its name: `{shown_text(values.name)}`"
    if values.texts and values.share(lambda text: text.count(" ") >= 3) >= 0.5:
        return "text", "", "most of its values are several words"
    return "", "", ""


def _spaced(name: str) -> str:
    """`postedAt` and `Posted At` as `posted_at`."""
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower()


def _time_unit(values: _Values) -> tuple[str, float]:
    shares = _epoch_shares(values)
    shares["iso"] = values.share(_ISO.fullmatch)
    unit = max(shares, key=lambda name: shares[name])
    return (unit, shares[unit]) if shares[unit] >= 0.5 else ("", 0.0)


def _epoch_shares(values: _Values) -> dict[str, float]:
    def within(factor: int) -> Callable[[str], bool]:
        low, high = _FIRST_SECOND * factor, _LAST_SECOND * factor
        return lambda text: (
            bool(_WHOLE.fullmatch(text)) and len(text) < 21 and low <= int(text) < high
        )

    return {unit: values.share(within(factor)) for unit, factor in _UNITS.items()}


def _warnings(values: _Values, guess: str) -> Sequence[str]:
    found: list[str] = []
    if guess == "time":
        found += _time_warnings(values)
    if guess in _IDS:
        found += _id_warnings(values)
    if guess in ("account", "object", "device", "ip"):
        found += _hot_warnings(values, guess)
    if values.share(lambda text: not text.isprintable() and guess != "text") > 0:
        found.append("some values hold characters that do not print")
    return found


def _id_warnings(values: _Values) -> Sequence[str]:
    found: list[str] = []
    if pa.types.is_floating(values.kind):
        found.append("ids stored as floating point have lost digits beyond 2^53")
    sentinels = sorted(one for one in values.counts if one.strip().lower() in _SENTINELS)
    if sentinels:
        share = values.share(lambda text: text.strip().lower() in _SENTINELS)
        shown = ", ".join(f"`{shown_text(one)}`" for one in sentinels)
        found.append(f"{share:.1%} of the rows have {shown}, which may stand for nobody")
    whole = [one for one in values.counts if _WHOLE.fullmatch(one)]
    if any(len(one) < 40 and abs(int(one)) > _LARGEST_EXACT for one in whole):
        found.append("ids beyond 2^53: any tool that reads them as floating point merges some")
    if any(len(one.lstrip("-")) > 1 and one.lstrip("-").startswith("0") for one in whole):
        found.append("ids with leading zeros: any tool that reads them as numbers merges some")
    if any(_SCIENTIFIC.fullmatch(one) for one in values.counts):
        found.append("ids in scientific notation: digits were lost before the extract was written")
    if any(one != one.strip() for one in values.counts):
        found.append("ids with spaces around them are other ids than without")
    return found


def _hot_warnings(values: _Values, guess: str) -> Sequence[str]:
    if len(values.counts) < 2:
        return []
    value, count = min(values.counts.items(), key=lambda pair: (-pair[1], pair[0]))
    share = count / len(values.texts)
    if share < _HOT_SHARE or count < 20:
        return []
    return [f"`{shown_text(value)}` alone is {share:.1%} of the rows; as {guess} it joins many"]


def _time_warnings(values: _Values) -> Sequence[str]:
    units = {unit: share for unit, share in _epoch_shares(values).items() if share > 0.001}
    found: list[str] = []
    if len(units) > 1:
        shown = ", ".join(f"{unit} ({share:.1%})" for unit, share in units.items())
        found.append(f"several units since 1970 in one column: {shown}")
    found_iso = [_ISO.fullmatch(value) for value in values.counts]
    if any(iso and not iso["zone"] for iso in found_iso):
        found.append("local times without a zone: say `time_zone`")
    if pa.types.is_timestamp(values.kind) and values.kind.tz is None:
        found.append("timestamps without a zone: say `time_zone` if they are not UTC")
    return found
