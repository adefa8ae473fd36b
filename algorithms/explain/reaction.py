"""`reaction`: people who answer new posts of a source, all with much the same delay.

A narrow audience has the arrival curve of a steady drip, and `audience` does not see it. What
remains is weaker: arrivals are densest at once and thin out on every object, they take many
minutes, the delay since the object's birth is the same on each, and there are many objects.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from algorithms.explain.arrival_facts import arrival_facts, set_anew
from algorithms.explain.arrivals import arrived
from algorithms.explain.degrees import answers_at_once, within_one
from algorithms.explain.schema import CHECKED, Explanation, Facts, Known, checked_each
from algorithms.figures import duration
from graph.table import Table

_LEAST_OBJECTS = 4


def check(known: Known) -> Table:
    """How far each cluster answers many things as they appear (`CHECKED`).

    `measured` is the lean: the time from the first member's arrival to the shortest stretch that
    holds half of them, as a share of that stretch (2 at most), in the mean over objects. Arrivals
    that thin out from the first have 0.1 to 0.3; a schedule that fills a stretch evenly has about 1
    (`usual`). It applies below 0.6, in full below 0.3; on more than 15 objects, in full from 30;
    where half of the arrivals take more than two minutes, in full from ten; and where no more than
    a tenth of the objects see them in waves. An operator who lets likes drip from a post's birth on
    looks the same, so it is context.
    """
    facts = arrival_facts(known.arrived or arrived(known))
    checked = known.engine.each(facts, partial(checked_each, _row), CHECKED)
    known.engine.drop(facts)
    return checked


def _row(facts: Facts) -> dict[str, Any] | None:
    if facts["sharp"] < _LEAST_OBJECTS:
        return None
    lean, seconds = float(facts["lean"]), float(facts["half_seconds"])
    return {
        "cluster": facts["cluster"],
        "measured": lean,
        "usual": 1.0,
        "degree": answers_at_once(lean, facts["sharp"])
        * within_one((seconds - 120) / 480)
        * (1 - within_one((facts["waves"] / facts["sharp"] - 0.1) / 0.2))
        * (1 - within_one((set_anew(facts) - 0.3) / 0.4)),
        "says": f"on {facts['sharp']} objects the densest half of the members' first acts takes"
        f" {duration(seconds)} and begins {100 * lean:.0f} % of that after the first",
    }


REACTION = Explanation(
    name="reaction",
    says="followers who answer many new posts of a source, each with much the same delay",
    check=check,
    needs="times finer than what is measured, and four objects shared by eight members or more",
)
