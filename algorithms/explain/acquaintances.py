"""`acquaintances`: friends, colleagues, the few of one pastime, who see what one of them puts out.

A small circle has too few arrivals on any one thing for `audience` and `following`: three friends
like a fourth one's picture, one at once, one at lunch, one in the evening. What shows is gathered
over many things: whoever comes as he happens to look comes early rather than late, so that the
middle one of a thing's arrivals lies nearer to the first than to the last. A stretch that is filled
evenly, or around a moment, has it midway, however many come and however long it is.

Source: answers to a call are densest at once and thin out (Crane and Sornette 2008, Robust dynamic
classes revealed by measuring the response function of a social system).
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from algorithms.explain.arrivals import TICK
from algorithms.explain.breadth import check as breadth
from algorithms.explain.degrees import on_many, within_one
from algorithms.explain.schema import CHECKED, Explanation, Known
from algorithms.figures import duration
from graph.schema import Column, Schema
from graph.table import Table

_LEAST_OBJECTS = 4
_LEAST_CAME = 3
_TICKS = 5
"""A stretch of fewer ticks of the clock shows the clock's shape and not the members'."""

_FACTS = Schema(
    "acquaintance_facts",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("accounts", "BIGINT", "its members"),
        Column("objects", "BIGINT", "things to which a quarter of them came one after another"),
        Column("middle", "DOUBLE", "where the middle arrival lies: 0 first, 1 last; mean"),
        Column("half_seconds", "DOUBLE", "median time from the first arrival to it, seconds"),
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
    facts = known.engine.sql(
        f"""
        with sizes as (select cluster, count(*) as accounts from {{members}} group by cluster),
        came as (
            select m.cluster, i.action, i.object_kind, i.object, i.account,
                   min(i.acted_at) as arrived_at
            from {{interactions}} i join {{members}} m on m.account = i.account
            where i.object <> ''
            group by m.cluster, i.action, i.object_kind, i.object, i.account
        ),
        clocks as (select action, {TICK} as tick from came group by action),
        things as (
            select c.cluster, c.action, min(c.arrived_at) as first_at,
                   max(c.arrived_at) as last_at, median(c.arrived_at) as middle_at
            from came c join sizes z on z.cluster = c.cluster
            group by c.cluster, c.action, c.object_kind, c.object, z.accounts
            having count(*) >= greatest({_LEAST_CAME}.0, z.accounts / 4.0)
        ),
        placed as (
            select t.cluster, t.middle_at - t.first_at as waited,
                   (t.middle_at - t.first_at) / (t.last_at - t.first_at) as middle
            from things t join clocks k on k.action = t.action
            where t.last_at - t.first_at >= {_TICKS} * k.tick
        ),
        counted as (
            select cluster, count(*) as objects, median(waited) / 1000.0 as half_seconds,
                   cast(sum(cast(middle as decimal(38, 15))) as double) / count(*) as middle
            from placed group by cluster
        )
        select c.cluster, z.accounts, c.objects, c.middle, c.half_seconds, l.degree as breadth
        from counted c
        join sizes z on z.cluster = c.cluster
        join {{lives}} l on l.cluster = c.cluster
        where c.objects >= {_LEAST_OBJECTS} and l.degree is not null
        """,
        _FACTS,
        interactions=known.interactions,
        members=known.clustering.members,
        lives=lives,
    )
    checked = known.engine.each(facts, _checked, CHECKED)
    known.engine.drop(facts)
    if known.lives is None:
        known.engine.drop(lives)
    return checked


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    rows = [_row(facts) for facts in batch.to_pylist()]
    return pa.RecordBatch.from_pylist(rows, schema=CHECKED.arrow)


def _row(facts: dict[str, Any]) -> dict[str, Any]:
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
