"""The network picture: who is joined to whom, how strongly, in which layer, in what role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from review.report import svg
from review.report.layout import Points, force_layout, spread
from review.report.view import Row
from review.report.words import number
from review.visible import visible

MEMBERS_AT_MOST = 60
EDGES_AT_MOST = 400
_WIDTH, _HEIGHT, _EDGE = 760.0, 500.0, 26.0
_SMALLEST, _LARGEST = 8.0, 17.0


@dataclass(frozen=True, slots=True)
class NetworkPicture:
    """The picture, the edges it shows (strongest first), and the layers in its legend."""

    drawn: Markup
    edges: Sequence[Row]
    layers: Sequence[str]
    members_shown: int


def network_picture(
    members: Sequence[Row], edges: Sequence[Row], layers: Sequence[str]
) -> NetworkPicture:
    """Draw the leading members and the strongest edges among them.

    Args:
        members: rows of `MEMBERS`, the highest PageRank first; the first is number 1.
        edges: rows of `EDGES`, the strongest first.
        layers: every layer, in the order of their colours.
    """
    shown = members[:MEMBERS_AT_MOST]
    place_of = {member["account"]: place for place, member in enumerate(shown)}
    among = [edge for edge in edges if edge["src"] in place_of and edge["dst"] in place_of]
    among = among[:EDGES_AT_MOST]
    radius = _radii(shown)
    at = _places(place_of, among, radius)
    heaviest = max((edge["weight"] for edge in among), default=1.0) or 1.0
    # The weakest are drawn first, so that the strongest lie on top.
    ink = _ink(len(among))
    lines = [_edge(e, place_of, at, heaviest, layers, ink) for e in reversed(among)]
    nodes = [_node(i, shown[i], at[i], radius[i]) for i in reversed(range(len(shown)))]
    label = (
        f"Network of {len(shown)} members and {len(among)} edges; the table below holds the edges"
    )
    drawn = svg.picture(
        svg.element("g", *lines),
        svg.element("g", *nodes),
        width=_WIDTH,
        height=_HEIGHT,
        label=label,
    )
    return NetworkPicture(drawn, among, layers, len(shown))


def _radii(members: Sequence[Row]) -> Points:
    ranks = np.array([max(member["pagerank"], 0.0) for member in members])
    greatest = ranks.max(initial=0.0) or 1.0
    return _SMALLEST + (_LARGEST - _SMALLEST) * np.sqrt(ranks / greatest)


def _places(place_of: dict[str, int], edges: Sequence[Row], radius: Points) -> Points:
    src = np.array([place_of[edge["src"]] for edge in edges], dtype=np.int64)
    dst = np.array([place_of[edge["dst"]] for edge in edges], dtype=np.int64)
    weight = np.sqrt(np.array([max(edge["weight"], 0.0) for edge in edges]))
    inside = np.array([_WIDTH - 2 * _EDGE, _HEIGHT - 2 * _EDGE])
    at = force_layout(len(place_of), src, dst, weight) * inside + _EDGE
    apart = spread(at, radius + 2)
    return np.clip(apart, _EDGE - 6, np.array([_WIDTH, _HEIGHT]) - _EDGE + 6)


def _edge(
    edge: Row,
    place_of: dict[str, int],
    at: Points,
    heaviest: float,
    layers: Sequence[str],
    ink: float,
) -> Markup:
    (x1, y1), (x2, y2) = at[place_of[edge["src"]]], at[place_of[edge["dst"]]]
    strength = max(edge["weight"], 0.0) / heaviest
    what = (
        f"{visible(edge['src'], at_most=40)} and {visible(edge['dst'], at_most=40)}:"
        f" {visible(edge['layer'])}, weight {number(edge['weight'])}"
    )
    return svg.element(
        "line",
        svg.element("title", what),
        x1=float(x1),
        y1=float(y1),
        x2=float(x2),
        y2=float(y2),
        class_=f"edge layer-{layers.index(edge['layer']) % 6}",
        stroke_width=0.5 + 3.5 * strength * ink,
        # Opacity to a hundredth: coordinates are rounded to a tenth.
        stroke_opacity=f"{0.15 + 0.75 * strength**0.7 * ink:.2f}",
    )


def _ink(edges: int) -> float:
    """How strongly edges are drawn: fainter where many would run into one blot."""
    faintness: float = (80 / max(edges, 1)) ** 0.4
    return min(1.0, faintness)


def _node(place: int, member: Row, at: Points, radius: float) -> Markup:
    x, y, r = float(at[0]), float(at[1]), float(radius)
    what = (
        f"{place + 1}: {visible(member['account'], at_most=40)}, {visible(member['role'])},"
        f" {number(member['partners'])} partners"
    )
    return svg.element(
        "g",
        svg.element("title", what),
        _shape(member["role"], x, y, r),
        svg.text(str(place + 1), x, y + 3.4, anchor="middle", class_="node-number"),
        class_=f"node {_role_class(member['role'])}",
    )


def _shape(role: str, x: float, y: float, r: float) -> Markup:
    if role == "bridge":
        corners = ((x, y - r - 3), (x + r + 3, y), (x, y + r + 3), (x - r - 3, y))
        points = " ".join(f"{svg.coordinate(a)},{svg.coordinate(b)}" for a, b in corners)
        return svg.element("polygon", points=points)
    return svg.element("circle", cx=x, cy=y, r=r)


def _role_class(role: str) -> str:
    return role if role in {"core", "peripheral", "bridge"} else "other-role"
