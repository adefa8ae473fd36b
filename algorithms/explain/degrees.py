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
    return within_one((0.6 - lean) / 0.3) * within_one((objects - 15) / 15)
