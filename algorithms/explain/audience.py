"""`audience`: fans, followers and readers who meet the same posts because they follow one source.

Four things are measured on each object that many members act on, and put together as log-odds:

- the shape of the members' arrivals, a broad audience's against a schedule's (`shapes`);
- whether they come densest at once, or a while after the first of them;
- whether members arrive as the others on the same object do (Kolmogorov-Smirnov distance);
- whether the delay since the object's first act is the same on every object, as it is where that
  act is what called them, or is set anew for each, as a schedule does.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from algorithms.explain.arrival_facts import arrival_facts, set_anew
from algorithms.explain.arrivals import arrived
from algorithms.explain.degrees import densest_at_once
from algorithms.explain.schema import CHECKED, Explanation, Facts, Known, checked_each
from graph.table import Table

_LEAST_OBJECTS = 4
_FULL = 3.0
"""Natural log-odds of 20 to 1: no term says more, and here the explanation applies in full."""
_SCHEDULED = -0.5
"""Log-odds of one ratio below which the cluster is scheduled at that scale."""


def check(known: Known) -> Table:
    """How far each cluster looks like part of an audience (`CHECKED`).

    `measured` is the median compactness, `usual` what members who fill a stretch of time evenly
    would have (0.5, less for few members). Clusters that share fewer than four objects among eight
    members or more are left out, and so are those whose clock is too coarse.

    Source: the delays of an audience are broad, near log-normal (Van Mieghem, Blenn and Doerr 2011,
        Lognormal distribution in the Digg online social network).
    """
    found = known.arrived or arrived(known)
    facts = arrival_facts(found)
    checked = known.engine.each(facts, partial(checked_each, _row), CHECKED)
    known.engine.drop(facts)
    return checked


def _row(facts: Facts) -> dict[str, Any] | None:
    if facts["objects"] < _LEAST_OBJECTS:
        return None
    if facts["instant"] > facts["objects"] / 2:
        return {
            "cluster": facts["cluster"],
            "measured": None,
            "usual": None,
            "degree": 0.0,
            "says": f"on {facts['instant']} of {facts['objects']} objects nine tenths of the"
            " members came within five seconds, as no audience does",
        }
    if facts["sharp"] < _LEAST_OBJECTS:
        return None
    total = _shape(facts) + _beside(facts) + _called(facts) + _leaning(facts)
    return {
        "cluster": facts["cluster"],
        "measured": facts["compact"],
        "usual": _even(facts["members"]),
        "degree": min(max(total / _FULL, 0.0), 1.0),
        "says": _says(facts, total),
    }


def _shape(facts: Facts) -> float:
    """Log-odds of the shapes, in [-3, 3]; nought at most where the core shows a schedule.

    Objects of one cluster share their members' habits, so their log-odds add like a root. A
    schedule with stragglers is an audience's at the widest scale alone. The widest has no veto the
    other way: nights cut the tails of people, the more surely the more people are seen.
    """
    root = math.sqrt(facts["sharp"])
    whole, *core = (float(facts[f"odds_{n}"]) / root for n in range(3))
    if min(core) < _SCHEDULED:
        whole = min(whole, 0.0)
    return min(max(whole, -_FULL), _FULL)


def _beside(facts: Facts) -> float:
    """Members who come as the others do speak a little for an audience; a step speaks against."""
    if facts["beside"] < _LEAST_OBJECTS:
        return 0.0
    apart = float(facts["apart"])
    return min(max((0.25 - apart) / 0.2, 0.0), 0.5) - min(max((apart - 0.5) / 0.2, 0.0), 1.5)


def _called(facts: Facts) -> float:
    """Against, where the delay since an object's first act differs from object to object."""
    return -min(max((set_anew(facts) - 0.3) / 0.4, 0.0), 1.0) * _FULL


def _leaning(facts: Facts) -> float:
    """Against, where members do not come densest at once: a core that is filled, and stragglers.

    The lean is the wait from the first member to the densest half, as a share of that half.
    """
    return (densest_at_once(float(facts["usual_lean"])) - 1.0) * _FULL


def _even(members: float) -> float:
    """The compactness that an even schedule shows, by the number of members (fitted to draws)."""
    return 0.556 * (1.0 - 4.7 / (members + 1.0))


def _says(facts: dict[str, Any], total: float) -> str:
    compact, even = facts["compact"], _even(facts["members"])
    ending = (
        "as a broad audience of one source comes"
        if total > 0
        else "which a schedule gives as well as an audience would"
    )
    return (
        f"on {facts['sharp']} objects the stretch that holds half of the members' first acts is"
        f" {compact:.2g} of the one that holds nine tenths ({even:.2g} if spread evenly), {ending}"
    )


AUDIENCE = Explanation(
    name="audience",
    says="fans, followers or readers of one source, who come to its posts as they see them",
    check=check,
    needs="times finer than what is measured, and four objects shared by eight members or more",
    sufficient_for=("time-object",),
)
