"""Accounts that did the same action on the same object within a window: co-action.

Two posts (interactions) make a post pair when two accounts did the same `action` on the same
`object` of the same `object_kind` at most `within_seconds` apart, both ends counted. The window is
the true difference of the two times; there are no bins. `docs/coaction.md` tells the policies: an
account is never paired with itself, an empty object joins nobody, each row is a post pair of its
own while own posts are counted once, and equal times are a difference of zero. A row without
`content` is an own post by itself, or, where it is asked for, one with all that the account did at
that very time: one act told under several objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from builders.windows import milliseconds
from graph.errors import ConfigError
from graph.model import InteractionGraph, kernel
from graph.table import Table

Count = Literal["posts", "own-posts", "objects", "object-days"]
Unnamed = Literal["rows", "moments"]
"""What rows of one account without `content` are: a post each, or one post at each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoactionBounds:
    """How much co-action may cost. None means no bound; whatever is cut is reported.

    `object_interactions`: objects with more interactions are left out whole.
    `window_interactions`: an interaction is left out when more interactions than this, itself
        among them, lie on its object within the window around it.
    `raw_pairs`: where the window holds more post pairs than this, interactions in the densest
        windows are left out until what remains fits. The default keeps a window of hours, or none,
        from running for days; a minute's window seldom meets it below 30 million interactions.
    """

    object_interactions: int | None = None
    window_interactions: int | None = None
    raw_pairs: int | None = 2_000_000_000

    def __post_init__(self) -> None:
        """Refuse bounds below 1."""
        for name in ("object_interactions", "window_interactions", "raw_pairs"):
            value = getattr(self, name)
            if value is not None and value < 1:
                message = f"`{name}` is {value}; give 1 or more, or leave it out for no bound"
                raise ConfigError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coaction:
    """A co-action graph, and how it came about.

    `bounds` (`BOUNDS`) has a row for each object of which something was left out. `raw_pairs` is
    the exact number of post pairs inside the window after the bounds, before any threshold;
    `interactions_used` the interactions that are in one of them.
    """

    graph: InteractionGraph
    bounds: Table
    raw_pairs: int
    interactions_used: int


def coaction_graph(
    interactions: Table,
    *,
    within_seconds: float | None,
    at_least: int = 2,
    count: Count = "objects",
    layer: str = "shared-objects",
    actions: tuple[str, ...] | None = None,
    object_kinds: tuple[str, ...] | None = None,
    min_participation: int = 1,
    unnamed: Unnamed = "rows",
    bounds: CoactionBounds = CoactionBounds(),
) -> Coaction:
    """The accounts that acted together, joined (`EDGES`, undirected), from `INTERACTIONS`.

    Every pair of accounts whose chosen count reaches `at_least` becomes one edge with all counts:
    post pairs, distinct own posts of each side, distinct objects, distinct (object, UTC day of the
    earlier post), and the first and last post that take part. `weight` is the chosen count.

    Args:
        interactions: who did what to which object, and when.
        within_seconds: the most that two posts may be apart, to the millisecond; None for no
            bound on time at all.
        at_least: the least chosen count of an edge, from 1.
        count: what is counted and thresholded: `posts` (post pairs), `own-posts` (of the side that
            has fewer), `objects`, or `object-days`.
        layer: the name that the edges carry.
        actions: only these actions; all of them by default.
        object_kinds: only objects of these kinds; all of them by default.
        min_participation: accounts with fewer interactions of those kinds are left out.
        unnamed: whether rows of an account without `content` are posts of their own (`rows`) or,
            at one and the same time, one post (`moments`).
        bounds: how much it may cost.

    Raises:
        ConfigError: a setting is out of its range.
        NotOnThisEngine: the engine has no kernel for it.
    """
    return coaction_graphs(
        interactions,
        windows=(within_seconds,),
        at_least=at_least,
        count=count,
        layer=layer,
        actions=actions,
        object_kinds=object_kinds,
        min_participation=min_participation,
        unnamed=unnamed,
        bounds=bounds,
    )[0]


def coaction_graphs(
    interactions: Table,
    *,
    windows: Sequence[float | None],
    at_least: int = 2,
    count: Count = "objects",
    layer: str = "shared-objects",
    actions: tuple[str, ...] | None = None,
    object_kinds: tuple[str, ...] | None = None,
    min_participation: int = 1,
    unnamed: Unnamed = "rows",
    bounds: CoactionBounds = CoactionBounds(),
) -> list[Coaction]:
    """`coaction_graph` for several windows, from one reading and one sorting of the interactions.

    Gives one answer a window, in the order of `windows`, each equal to that of a run of its own.
    """
    windows_ms = [None if window is None else milliseconds(window) for window in windows]
    if not windows_ms:
        return []
    _refuse_odd_settings(at_least, count, min_participation, unnamed)
    answers = kernel(interactions, "coaction")(
        interactions,
        windows_ms=windows_ms,
        at_least=at_least,
        count=count,
        layer=layer,
        actions=actions,
        object_kinds=object_kinds,
        min_participation=min_participation,
        unnamed=unnamed,
        limits=(bounds.object_interactions, bounds.window_interactions, bounds.raw_pairs),
    )
    return [_coaction(answer) for answer in answers]


def estimate_pairs(
    interactions: Table,
    within_seconds: float | None,
    *,
    actions: tuple[str, ...] | None = None,
    object_kinds: tuple[str, ...] | None = None,
    min_participation: int = 1,
) -> int:
    """How many post pairs lie inside the window: exact, without bounds, and without a sweep.

    A sweep costs about 5 ns a post pair, so this tells what a run would take.
    """
    counted: list[int] = kernel(interactions, "coaction-pairs")(
        interactions,
        windows_ms=[None if within_seconds is None else milliseconds(within_seconds)],
        actions=actions,
        object_kinds=object_kinds,
        min_participation=min_participation,
    )
    return counted[0]


def _refuse_odd_settings(at_least: int, count: str, min_participation: int, unnamed: str) -> None:
    if at_least < 1:
        message = f"`at_least` is {at_least}; an edge needs a count of 1 or more"
        raise ConfigError(message)
    if count not in get_args(Count):
        known = ", ".join(f"`{name}`" for name in get_args(Count))
        message = f"`{count}` cannot be counted; there is {known}"
        raise ConfigError(message)
    if min_participation < 1:
        message = f"`min_participation` is {min_participation}; give 1 or more"
        raise ConfigError(message)
    if unnamed not in get_args(Unnamed):
        known = ", ".join(f"`{name}`" for name in get_args(Unnamed))
        message = f"rows without `content` cannot be `{unnamed}`; they are {known}"
        raise ConfigError(message)


def _coaction(answer: Any) -> Coaction:  # noqa: ANN401 - the engine's own value
    return Coaction(
        graph=InteractionGraph(answer.edges),
        bounds=answer.bounds,
        raw_pairs=answer.raw_pairs,
        interactions_used=answer.interactions_used,
    )
