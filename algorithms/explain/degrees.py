"""How a measured value becomes a degree between 0 and 1, where explanations share the way."""

from __future__ import annotations


def within_one(value: float) -> float:
    """The value, 0 if it is less and 1 if it is more."""
    return min(max(value, 0.0), 1.0)


def answers_at_once(lean: float, objects: int) -> float:
    """How far arrivals on many objects are densest at once, as those of people who answer a call.

    In full where on 30 objects or more the densest half begins less than 0.3 of its length after
    the first arrival; not at all on 15 objects or fewer, or from 0.6 of that length on (Crane and
    Sornette 2008, Robust dynamic classes revealed by measuring the response function of a social
    system).

    Args:
        lean: mean wait before the densest half of the arrivals, as a share of that half's length.
        objects: how many objects have arrivals with a shape.
    """
    return within_one((0.6 - lean) / 0.3) * on_many(objects)


def on_many(objects: int) -> float:
    """How far there are enough objects for a habit: more than 15, in full 30."""
    return within_one((objects - 15) / 15)


def densest_at_once(usual_lean: float) -> float:
    """How far people come densest at once to what they share, in [0, 1].

    In full up to 0.15, not at all from 0.35 on. Drawn 15 objects at a time, broad audiences have
    0.05 or less, with or without a night, and stretches that are filled evenly 0.4 to 1.5.

    Args:
        usual_lean: wait before the densest half of the arrivals, as a share of that half's length,
            at the median over objects. A post that goes up while many sleep has its densest half
            in the morning, and a mean over objects would take such a night for a schedule.
    """
    return within_one((0.35 - usual_lean) / 0.2)
