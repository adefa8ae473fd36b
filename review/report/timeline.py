"""When the members acted: interactions for each stretch of time, joint ones marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from review.report import svg
from review.report.times import Buckets, buckets, moment, ticks
from review.report.view import Row

_WIDTH, _HEIGHT = 760.0, 220.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 10.0, 12.0, 30.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture, and its numbers: one (begin, joint, other) for each stretch that has any."""

    drawn: Markup
    rows: Sequence[tuple[str, int, int]]
    stretch: str


def timeline(interactions: Sequence[Row]) -> Timeline | None:
    """Draw rows of `MEMBER_INTERACTIONS`; None where there are none."""
    if not interactions:
        return None
    times = np.array([row["acted_at"] for row in interactions], dtype=np.int64)
    joint = np.array([row["joint"] for row in interactions], dtype=bool)
    stretches = buckets(int(times.min()), int(times.max()))
    numbers = (times - stretches.start) // stretches.step
    together = np.bincount(numbers[joint], minlength=stretches.count)
    alone = np.bincount(numbers[~joint], minlength=stretches.count)
    rows = [
        (moment(stretches.start + place * stretches.step, seconds=False), int(a), int(b))
        for place, (a, b) in enumerate(zip(together, alone, strict=True))
        if a or b
    ]
    drawn = _drawn(stretches, together.tolist(), alone.tolist())
    return Timeline(drawn, rows, stretches.name)


def _drawn(stretches: Buckets, together: list[int], alone: list[int]) -> Markup:
    top = max(a + b for a, b in zip(together, alone, strict=True))
    steps = _round_steps(top)
    scale = (_HEIGHT - _TOP - _BOTTOM) / steps[-1]
    floor = _HEIGHT - _BOTTOM
    width = (_WIDTH - _LEFT - _RIGHT) / stretches.count
    bars = [
        bar
        for place, counts in enumerate(zip(together, alone, strict=True))
        for bar in _bars(_LEFT + place * width, width, floor, scale, counts)
    ]
    end = stretches.start + stretches.count * stretches.step - 1
    marks = [
        mark
        for at, label in ticks(stretches.start, end)
        for mark in _tick(_LEFT + (at - stretches.start) / stretches.step * width, floor, label)
    ]
    label = (
        f"Interactions of the members for each {stretches.name}, {sum(together):,} joint and"
        f" {sum(alone):,} others, from {moment(stretches.start)} to {moment(end)} UTC"
    )
    grid = [line for step in steps for line in _grid(step, floor - step * scale)]
    return svg.picture(*grid, *bars, *marks, width=_WIDTH, height=_HEIGHT, label=label)


def _bars(
    x: float, width: float, floor: float, scale: float, counts: tuple[int, int]
) -> list[Markup]:
    drawn = []
    gap = min(1.0, width * 0.15)
    for count, kind in zip(counts, ("joint", "alone"), strict=True):
        if count:
            floor -= count * scale
            drawn.append(
                svg.element(
                    "rect",
                    x=x + gap / 2,
                    y=floor,
                    width=max(width - gap, 0.6),
                    height=count * scale,
                    class_=kind,
                )
            )
    return drawn


def _tick(x: float, floor: float, label: str) -> list[Markup]:
    anchor = "end" if x > _WIDTH - 60 else "start" if x < _LEFT + 30 else "middle"
    return [
        svg.line(x, floor, x, floor + 5, class_="axis"),
        svg.text(label, x, floor + 19, anchor=anchor),
    ]


def _grid(step: int, y: float) -> list[Markup]:
    return [
        svg.line(_LEFT, y, _WIDTH - _RIGHT, y, class_="axis" if step == 0 else "grid"),
        svg.text(f"{step:,}", _LEFT - 6, y + 4, anchor="end"),
    ]


def _round_steps(top: int) -> list[int]:
    step: int = next(
        unit * 10**power for power in range(18) for unit in (1, 2, 5) if top <= 4 * unit * 10**power
    )
    return list(range(0, -(-top // step) * step + 1, step))
