"""`following`: people who follow a source and answer what it puts out, some always, some seldom.

Fans with notifications switched on come within minutes and too alike for `audience`, which asks for
delays of every length. What they cannot help showing is that each is a person: one comes to nearly
everything and the next to every second thing, and both have a life beside it. An order gives every
account the same chance. So three things that do not depend on each other have to hold at once: how
they come, how their attendance differs, and what else they do.

Sources: repeat attendance of people is beta-binomial, that of equal tosses binomial (Goodhardt,
Ehrenberg and Chatfield 1984, The Dirichlet: a comprehensive model of buying behaviour); answers to
a call are densest at once and thin out (Crane and Sornette 2008, Robust dynamic classes revealed by
measuring the response function of a social system).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from algorithms.attendance import attendance, loyalty
from algorithms.explain.arrival_facts import arrival_facts
from algorithms.explain.arrivals import arrived
from algorithms.explain.breadth import check as breadth
from algorithms.explain.degrees import densest_at_once, on_many, within_one
from algorithms.explain.schema import CHECKED, Explanation, Facts, Known, checked_each
from algorithms.figures import duration, figure
from graph.schema import Column, Schema
from graph.table import Table

_LEAST_OBJECTS = 4

_ACTS = Schema(
    "followed_acts",
    tuple(
        Column(name, "VARCHAR", "as in the extract")
        for name in ("cluster", "account", "action", "object_kind", "object")
    ),
    key=("cluster", "account", "action", "object_kind", "object"),
)
_FACTS = Schema(
    "following_facts",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("sharp", "BIGINT", "objects with a shape"),
        Column("half_seconds", "DOUBLE", "median stretch of half of the arrivals, seconds"),
        Column("usual_lean", "DOUBLE", "median wait before that half, as a share of it"),
        Column("regular_objects", "BIGINT", "objects on which a quarter of the members act"),
        Column("attendance", "DOUBLE", "share of them that a member attends"),
        Column("unevenness", "DOUBLE", "variance of that / that of equal tosses"),
        Column("breadth", "DOUBLE", "other things, as a share of what is usual, at most 1"),
    ),
    key=("cluster",),
)


def check(known: Known) -> Table:
    """How far each cluster is a following of people (`CHECKED`).

    Three factors are multiplied:

    - *They answer.* On more than 15 objects (in full from 30) the arrivals are densest at once: the
      densest half begins, at the median over them, less than 0.35 of its length after the first
      arrival (in full up to 0.15). It takes more than half a minute (in full from two), for nobody
      reads and answers faster.
    - *They are loyal, each in his own measure.* `attendance.loyalty` above 0.05, in full from 0.15;
      it is 0 for equal tosses of any chance. It is what is `measured`; `usual` is 0.
    - *They live.* What they do beside is more than a tenth of what others as active do (in full
      from three tenths).

    Clusters with fewer than four objects whose arrivals have a shape are left out, and those beside
    whose members nobody else is as active: there is nothing to hold their lives against.
    """
    arrivals = known.arrived or arrived(known)
    came = arrival_facts(arrivals)
    acts = _acts(known)
    attended = attendance(acts, known.clustering)
    lives = known.lives or breadth(known)
    facts = known.engine.sql(
        """
        select c.cluster, c.sharp, c.half_seconds, c.usual_lean,
               a.regular_objects, a.attendance, a.unevenness, b.degree as breadth
        from {came} c
        join {attended} a on a.cluster = c.cluster
        join {lives} b on b.cluster = c.cluster
        where c.sharp >= $least and b.degree is not null
        """,
        _FACTS,
        {"least": _LEAST_OBJECTS},
        came=came,
        attended=attended,
        lives=lives,
    )
    checked = known.engine.each(facts, partial(checked_each, _row), CHECKED)
    for done in (came, acts, attended, facts):
        known.engine.drop(done)
    if known.arrived is None:
        known.engine.drop(arrivals)
    if known.lives is None:
        known.engine.drop(lives)
    return checked


def _acts(known: Known) -> Table:
    """What each member acted on, each thing once (`_ACTS`)."""
    return known.engine.sql(
        """
        select distinct m.cluster, i.account, i.action, i.object_kind, i.object
        from {interactions} i join {members} m on m.account = i.account
        where i.object <> ''
        """,
        _ACTS,
        interactions=known.interactions,
        members=known.clustering.members,
    )


def _row(facts: Facts) -> dict[str, Any]:
    objects, share = int(facts["regular_objects"]), float(facts["attendance"])
    seconds, lean = float(facts["half_seconds"]), float(facts["usual_lean"])
    # A logarithm's last digit is the machine's own, and workers are of many machines.
    loyal = round(loyalty(float(facts["unevenness"]), share, objects), 9)
    at_once = densest_at_once(lean) * on_many(facts["sharp"])
    answering = at_once * within_one((seconds - 30) / 90)
    living = within_one((float(facts["breadth"]) - 0.1) / 0.2)
    return {
        "cluster": facts["cluster"],
        "measured": loyal,
        "usual": 0.0,
        "degree": answering * within_one((loyal - 0.05) / 0.1) * living,
        "says": f"members attend {100 * share:.0f} % of {objects} things in the mean, and how many"
        f" varies {figure(float(facts['unevenness']), 2)} times as much as equal tosses would; half"
        f" of those who come to a thing come within {duration(seconds)}, densest"
        f" {100 * lean:.0f} % of that after the first",
    }


FOLLOWING = Explanation(
    name="following",
    says="followers who answer what a source puts out, each with a loyalty and a life of his own",
    check=check,
    needs="times finer than what is measured, four objects shared by eight members or more, and"
    " other accounts as active as its members",
    sufficient_for=("time-object",),
)
