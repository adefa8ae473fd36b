"""The synchrony raster: a row a member, a stroke an act, acts done together marked.

Source: the raster of neuroscience (spike trains); strokes that stand in columns are members that
acted at the same time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from review.report import svg
from review.report.times import moment, ticks
from review.report.view import Row
from review.visible import visible

MEMBERS_AT_MOST = 40
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 760.0, 170.0, 10.0, 8.0, 30.0
_ROW = 15.0
_NAME_LENGTH = 20


@dataclass(frozen=True, slots=True)
class RasterRow:
    """One member's line in numbers."""

    place: int
    account: str
    acts: int
    joint: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Raster:
    """The picture and its numbers."""

    drawn: Markup
    rows: Sequence[RasterRow]


def raster(members: Sequence[Row], interactions: Sequence[Row]) -> Raster | None:
    """Draw the acts of the leading members; None where no act is known.

    Args:
        members: rows of `MEMBERS`, the highest PageRank first.
        interactions: rows of `MEMBER_INTERACTIONS`.
    """
    shown = members[:MEMBERS_AT_MOST]
    acts: dict[str, list[tuple[int, bool]]] = {member["account"]: [] for member in shown}
    for row in interactions:
        if row["account"] in acts:
            acts[row["account"]].append((row["acted_at"], row["joint"]))
    times = [at for line in acts.values() for at, _ in line]
    if not times:
        return None
    first, last = min(times), max(times)
    rows = [
        RasterRow(
            place,
            account,
            len(line),
            sum(joint for _, joint in line),
            moment(min(line)[0] if line else None),
            moment(max(line)[0] if line else None),
        )
        for place, (account, line) in enumerate(acts.items(), 1)
    ]
    return Raster(_drawn(acts, first, last), rows)


def _drawn(acts: Mapping[str, Sequence[tuple[int, bool]]], first: int, last: int) -> Markup:
    height = _TOP + _ROW * len(acts) + _BOTTOM
    floor = height - _BOTTOM
    inside = _WIDTH - _LEFT - _RIGHT
    scale = inside / max(last - first, 1)
    marks = [
        mark
        for at, label in ticks(first, last)
        for mark in _tick(_LEFT + (at - first) * scale, floor, label)
    ]
    lines = [_line(place, account) for place, account in enumerate(acts)]
    kinds = {
        kind: sorted(
            {
                (round(_LEFT + (at - first) * scale, 1), _TOP + place * _ROW + 2)
                for place, line in enumerate(acts.values())
                for at, joint in line
                if joint == (kind == "joint")
            }
        )
        for kind in ("alone", "joint")
    }
    label = (
        f"Acts of {len(acts)} members from {moment(first)} to {moment(last)} UTC, a row for each;"
        " joint acts are drawn stronger"
    )
    return svg.picture(
        *marks,
        *lines,
        *(svg.strokes(at, _ROW - 4, class_=f"act-{kind}") for kind, at in kinds.items()),
        width=_WIDTH,
        height=height,
        label=label,
    )


def _line(place: int, account: str) -> Markup:
    y = _TOP + place * _ROW
    named = svg.text(visible(account, at_most=_NAME_LENGTH), _LEFT - 8, y + 11, anchor="end")
    numbered = svg.text(str(place + 1), 4, y + 11, class_="label number")
    under = svg.line(_LEFT, y + _ROW, _WIDTH - _RIGHT, y + _ROW, class_="grid")
    return svg.element("g", numbered, named, under)


def _tick(x: float, floor: float, label: str) -> list[Markup]:
    anchor = "end" if x > _WIDTH - 60 else "start" if x < _LEFT + 30 else "middle"
    return [
        svg.line(x, _TOP, x, floor + 5, class_="grid"),
        svg.text(label, x, floor + 19, anchor=anchor),
    ]
