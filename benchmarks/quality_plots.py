"""The plots of the evaluation report: SVG by a few lines, the same bytes from the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from algorithms.ranking_measures import wilson
from benchmarks.goal import GOAL, MOST_ALIKE
from benchmarks.rows import names_of, row_of
from review.report.svg import coordinate, element, line, picture, text

Rows = Sequence[Mapping[str, Any]]

WIDTH = 820.0
SHOWN = 16
"""Entries of the history that a plot shows: the newest."""
_STYLE = """
svg { background: #ffffff; }
text { font: 11px sans-serif; fill: #222222; }
.title { font-weight: bold; }
.frame { stroke: #888888; fill: none; }
.grid { stroke: #e2e2e2; }
.goal { stroke: #222222; stroke-dasharray: 3 2; }
.c0 { stroke: #0072b2; fill: #0072b2; } .c1 { stroke: #d55e00; fill: #d55e00; }
.c2 { stroke: #009e73; fill: #009e73; } .c3 { stroke: #cc79a7; fill: #cc79a7; }
.c4 { stroke: #e69f00; fill: #e69f00; } .c5 { stroke: #56b4e9; fill: #56b4e9; }
path { fill: none !important; stroke-width: 1.5; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A frame in which values of `low` to `high` go from the bottom to the top."""

    left: float
    top: float
    width: float
    height: float
    low: float = 0.0
    high: float = 1.0

    def y(self, value: float) -> float:
        """Where a value stands; one beyond the ends stands at the end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.top + self.height * (1 - share)

    def across(self, value: float) -> float:
        """Where a value stands from left to right, by the same ends."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.left + self.width * share

    def slot(self, place: int, places: int) -> float:
        """The middle of one of so many slots from left to right."""
        return self.left + self.width * (place + 0.5) / places

    def drawn(self, title: str, ticks: Sequence[float] = (0, 0.25, 0.5, 0.75, 1)) -> list[Markup]:
        """The frame with its title and horizontal grid."""
        found = [text(title, self.left, self.top - 8, class_="title")]
        for tick in ticks:
            y = self.y(tick)
            found.append(line(self.left, y, self.left + self.width, y, class_="grid"))
            found.append(text(f"{tick:g}", self.left - 5, y + 4, anchor="end"))
        size = {"width": self.width, "height": self.height}
        return [*found, element("rect", x=self.left, y=self.top, class_="frame", **size)]


def history(entries: Rows, family: str) -> str:
    """Precision and recall of each level from commit to commit, in the worlds of one family."""
    shown = [entry for entry in entries if family in entry["table"]][-SHOWN:]
    levels = sorted({level for entry in shown for level in names_of(entry, family, "level")})
    parts: list[Markup] = []
    for side, number in enumerate(("precision", "recall")):
        panel = Panel(left=40 + side * 385, top=30, width=330, height=180)
        parts += panel.drawn(f"{number}, {family} worlds")
        for place, entry in enumerate(shown):
            x = panel.slot(place, len(shown))
            parts.append(_slanted(entry["commit"][:7], x, panel.top + panel.height + 14))
        for colour, level in enumerate(levels):
            told = [row_of(entry, family, f"level {level}", number).get("value") for entry in shown]
            dots = [
                (panel.slot(place, len(shown)), panel.y(value))
                for place, value in enumerate(told)
                if value is not None
            ]
            parts += _joined(dots, colour)
    parts += _legend(levels, 40, 272)
    return _whole(parts, 290, f"Precision and recall by level over commits, {family} worlds")


def levels(entry: Mapping[str, Any]) -> str:
    """Precision and recall of each level with their intervals, and the goal."""
    names = list(entry["table"])
    parts: list[Markup] = []
    for place, family in enumerate(names):
        panel = Panel(left=40 + place * 265, top=30, width=220, height=200)
        parts += panel.drawn(f"{family} worlds")
        found = names_of(entry, family, "level")
        for slot, level in enumerate(found):
            x = panel.slot(slot, len(found))
            parts.append(text(level, x, panel.top + panel.height + 15, anchor="middle"))
            for colour, number in enumerate(("precision", "recall")):
                at = x + (colour * 10 - 5)
                goal = GOAL.get(level, {}).get(number)
                if goal is not None:
                    y = panel.y(goal)
                    parts.append(line(at - 5, y, at + 5, y, class_="goal"))
                row = row_of(entry, family, f"level {level}", number)
                parts += _with_interval(panel, at, row, colour)
    parts += _legend(("precision", "recall"), 40, 268)
    parts.append(text("dashes: the goal", 210, 268))
    return _whole(parts, 282, "Precision and recall by level, with 95 % intervals over worlds")


def look_alikes(entry: Mapping[str, Any]) -> str:
    """The share flagged of each kind of look-alike: the mean, and the worst world."""
    rows = [
        (family, row)
        for family, table in entry["table"].items()
        for row in table
        if row["of"].startswith("look-alike ") and row["number"] == "share flagged"
    ]
    high = max([0.06, *(row["most"] or 0.0 for _, row in rows)])
    height = 15.0 * len(rows)
    panel = Panel(left=230, top=30, width=520, height=height, high=high)
    parts = panel.drawn("share of the group's accounts that is flagged", ticks=())
    for n in range(6):
        value = high * n / 5
        x = panel.across(value)
        parts.append(line(x, panel.top, x, panel.top + height, class_="grid"))
        parts.append(text(f"{value:.3f}", x, panel.top + height + 14, anchor="middle"))
    goal = panel.across(MOST_ALIKE)
    parts.append(line(goal, panel.top, goal, panel.top + height, class_="goal"))
    for place, (family, row) in enumerate(rows):
        y = panel.top + 15 * place + 8
        name = row["of"].removeprefix("look-alike ")
        parts.append(text(f"{family}: {name}", panel.left - 8, y + 4, anchor="end"))
        mean, most = panel.across(row["value"] or 0.0), panel.across(row["most"] or 0.0)
        parts.append(line(panel.left, y, most, y, class_="c5"))
        parts.append(_dot(most, y, 1))
        parts.append(_dot(mean, y, 0))
    parts += _legend(("mean", "worst world"), 230, panel.top + height + 38)
    return _whole(parts, panel.top + height + 50, "Share flagged of innocent look-alikes, by kind")


def calibration(entry: Mapping[str, Any]) -> str:
    """Expected precision of clusters against what was observed, with Wilson's interval."""
    parts: list[Markup] = []
    for place, (family, told) in enumerate(entry["calibration"].items()):
        panel = Panel(left=40 + place * 265, top=30, width=200, height=200)
        parts += panel.drawn(f"{family}: Brier {_short(told['brier'])}")
        parts.append(line(panel.left, panel.y(0), panel.across(1), panel.y(1), class_="goal"))
        for row in told["bins"]:
            x, number = panel.across(row["predicted"]), row["clusters"]
            low, high = wilson(row["observed"] * number, number)
            told_row = {"value": row["observed"], "low": low, "high": high}
            parts += _with_interval(panel, x, told_row, 0)
            parts.append(text(f"{number}", x + 6, panel.y(row["observed"]) + 12))
        for tick in (0, 0.5, 1):
            x = panel.across(tick)
            parts.append(text(f"{tick:g}", x, panel.top + 215, anchor="middle"))
    parts.append(text("across: expected; up: observed; numbers: clusters", 40, 268))
    return _whole(parts, 282, "Expected against observed precision of clusters")


def columns(entry: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Precision and recall as columns of the extract go missing; `names` says them shortly."""
    parts: list[Markup] = []
    top = 30.0
    for family, told in entry["families"].items():
        rows = {"nothing": told["whole"], **told["columns"]}
        panel = Panel(left=270, top=top, width=500, height=18.0 * len(rows))
        parts += panel.drawn(f"{family} worlds, without", ticks=())
        for tick in (0, 0.25, 0.5, 0.75, 1):
            x = panel.across(tick)
            parts.append(line(x, panel.top, x, panel.top + panel.height, class_="grid"))
            parts.append(text(f"{tick:g}", x, panel.top + panel.height + 13, anchor="middle"))
        for place, (name, row) in enumerate(rows.items()):
            y = panel.top + 18 * place + 9
            parts.append(text(names.get(name, name), panel.left - 8, y + 4, anchor="end"))
            for colour, number in enumerate(("precision", "recall")):
                if row[number] is not None:
                    parts.append(_dot(panel.across(row[number]), y + colour * 4 - 2, colour))
        top += panel.height + 50
    parts += _legend(("precision", "recall"), 270, top - 10)
    return _whole(parts, top + 5, "Precision and recall as columns go missing")


def _with_interval(panel: Panel, x: float, row: Mapping[str, Any], colour: int) -> list[Markup]:
    if row.get("value") is None:
        return []
    dot = _dot(x, panel.y(row["value"]), colour)
    if row.get("low") is None or row.get("high") is None:
        return [dot]
    return [line(x, panel.y(row["low"]), x, panel.y(row["high"]), class_=f"c{colour}"), dot]


def _dot(x: float, y: float, colour: int) -> Markup:
    return element("circle", cx=x, cy=y, r=3, class_=f"c{colour}")


def _joined(dots: Sequence[tuple[float, float]], colour: int) -> list[Markup]:
    path = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in dots)
    stroke = [element("path", d=f"M{path}", class_=f"c{colour}")] if len(dots) > 1 else []
    return [*stroke, *(_dot(x, y, colour) for x, y in dots)]


def _slanted(content: str, x: float, y: float) -> Markup:
    turned = f"rotate(30 {coordinate(x)} {coordinate(y)})"
    return element("text", content, x=x, y=y, transform=turned)


def _legend(names: Sequence[str], left: float, y: float) -> list[Markup]:
    parts = []
    for place, name in enumerate(names):
        x = left + 80 * place
        parts += [_dot(x + 4, y - 4, place % 6), text(name, x + 12, y)]
    return parts


def _short(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def _whole(parts: Sequence[Markup], height: float, label: str) -> str:
    style = element("style", Markup(_STYLE))
    back = element("rect", x=0, y=0, width=WIDTH, height=height, fill="#ffffff")
    drawn = picture(style, back, *parts, width=WIDTH, height=height, label=label)
    # An element a line: a change of one number is a change of one line.
    return str(drawn).replace("><", ">\n<") + "\n"
