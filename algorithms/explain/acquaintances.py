"""`acquaintances`: friends, colleagues, the few of one pastime, who see what one of them puts out.

A small circle has too few arrivals on any one thing for `audience` and `following`: three friends
like a fourth one's picture, one at once, one at lunch, one in the evening. What shows is gathered
over many things (`early.py`).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from algorithms.explain.breadth import check as breadth
from algorithms.explain.degrees import on_many, within_one
from algorithms.explain.early import EARLY, early_arrivals
from algorithms.explain.schema import CHECKED, Explanation, Facts, Known, checked_each
from algorithms.figures import duration
from graph.schema import Column, Schema
from graph.table import Table

_FACTS = Schema(
    "acquaintance_facts",
    (
        *EARLY.columns,
        Column("breadth", "DOUBLE", "other things, as a share of what is usual, at most 1"),
    ),
    key=("cluster",),
)


def check(known: Known) -> Table:
    """How far each cluster is a circle of people who come as they look (`CHECKED`).

    Four factors are multiplied:

    - *They come early.* On things that three members and a quarter of them came to, the middle
      arrival lies, in the mean, before 0.4 of the way from the first to the last (in full up to
      0.3): it is 0.5 for any schedule as dense before its middle as after. That takes more than
      half a minute (in full from two).
    - *They do so always:* on more than 15 things, in full from 30.
    - *They are few.* Up to 30 members in full, not at all from 60: nobody knows so many, and larger
      clusters have the arrivals that `audience` and `following` ask for.
    - *They live.* What they do beside is more than a tenth of what others as active do (in full
      from three tenths).

    `measured` is where the middle arrival lies, `usual` 0.5. Clusters with fewer than four such
    things are left out, and those beside whose members nobody else is as active.
    """
    lives = known.lives or breadth(known)
    early = known.early or early_arrivals(known)
    facts = known.engine.sql(
        f"""
        select {_FACTS.selecting(breadth="l.degree", cluster="e.cluster")}
        from {{early}} e join {{lives}} l on l.cluster = e.cluster
        where l.degree is not null
        """,
        _FACTS,
        early=early,
        lives=lives,
    )
    checked = known.engine.each(facts, partial(checked_each, _row), CHECKED)
    known.engine.drop(facts)
    if known.lives is None:
        known.engine.drop(lives)
    if known.early is None:
        known.engine.drop(early)
    return checked


def _row(facts: Facts) -> dict[str, Any]:
    objects, seconds = int(facts["objects"]), float(facts["half_seconds"])
    middle = round(float(facts["middle"]), 9)
    early = within_one((0.4 - middle) / 0.1) * within_one((seconds - 30) / 90)
    few = within_one((60 - int(facts["accounts"])) / 30)
    living = within_one((float(facts["breadth"]) - 0.1) / 0.2)
    return {
        "cluster": facts["cluster"],
        "measured": middle,
        "usual": 0.5,
        "degree": early * on_many(objects) * few * living,
        "says": f"on {objects} things the middle one of the members' first acts comes"
        f" {duration(seconds)} after the first, {100 * middle:.0f} % of the way to the last"
        " (50 % where a stretch is filled evenly)",
    }


ACQUAINTANCES = Explanation(
    name="acquaintances",
    says="a few people who know each other, or one thing, and come as they happen to look",
    check=check,
    needs="times finer than what is measured, four things to which three members and a quarter of"
    " them came, and other accounts as active as its members",
    # Who know each other follow each other.
    sufficient_for=("time-object", "social"),
)
