"""A cluster's score as a sum of readable parts, each beside what is usual.

The score is a transparent rank in [0, 1] and no probability: `docs/scores.md` says how it is made
and what it may be used for. Parts for suspicion add up; each innocent explanation takes a share of
that sum away. The parts in `EVIDENCE` add up to the score exactly as it is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from algorithms.background import Background
from algorithms.figures import duration, figure, several

Facts = Mapping[str, Any]
"""One cluster's measured values by name; see `jobs/measure.py` for the columns."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One measured reason: how it reads, what is usual, and its part of the score."""

    name: str
    kind: Literal["for", "against", "context"]
    unit: str
    most: float
    """The most it may add (kind `for`), or the most of the sum it may take (kind `against`)."""
    value: Callable[[Facts], float | None]
    usual: Callable[[Background], float | None]
    degree: Callable[[float, Background], float]
    """How fully it applies, in [0, 1], given the value."""
    says: Callable[[Facts, float, float | None], str]


@dataclass(frozen=True, slots=True)
class Measured:
    """A reason as measured on one cluster; a row of `EVIDENCE` without the cluster."""

    name: str
    kind: str
    value: float | None
    usual: float | None
    unit: str
    part: float
    says: str


def score(facts: Facts, usual: Background) -> tuple[float, list[Measured]]:
    """The score and the reasons behind it, strongest part first, ties by name."""
    found = list(_measure(facts, usual))
    suspicion = sum(part for reason, _, _, part in found if reason.kind == "for")
    measured = [
        Measured(
            name=reason.name,
            kind=reason.kind,
            value=value,
            usual=ordinary,
            unit=reason.unit,
            # Adding nought makes a part of -0.0, which no reader expects, plain 0.0.
            part=round(part if reason.kind == "for" else -part * suspicion, 6) + 0.0,
            says=reason.says(facts, value, ordinary),
        )
        for reason, value, ordinary, part in found
    ]
    measured.sort(key=lambda each: (-abs(each.part), each.name))
    total = sum(round(each.part * 1e6) for each in measured) / 1e6
    return total, measured


def _measure(
    facts: Facts, usual: Background
) -> Iterator[tuple[Reason, float, float | None, float]]:
    for reason in REASONS:
        value = reason.value(facts)
        if value is None:
            continue
        degree = min(1.0, max(0.0, reason.degree(value, usual)))
        yield reason, value, reason.usual(usual), reason.most * degree


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.2g} %"


def _usually(ordinary: float | None, form: Callable[[float], str]) -> str:
    return f"; {form(ordinary)} is usual here" if ordinary is not None else ""


def _joined(ways: float, layers: list[str]) -> str:
    same = ", some of them on the same acts" if ways < len(layers) else ""
    return f"joined in {several(round(ways), 'way')}: {', '.join(layers)}{same}"


def met(facts: Facts) -> str:
    """How often members met, and how often they would by chance."""
    return (
        f"{facts['meeting_size']} or more members met on one thing"
        f" {facts.get('meeting_span', 'within an hour')} {several(facts['meetings'], 'time')},"
        f" where chance would give {facts['expected']:.2g}"
    )


BEYOND_CHANCE = "beyond-chance"

REASONS: tuple[Reason, ...] = (
    Reason(
        name=BEYOND_CHANCE,
        kind="for",
        unit="log10 p",
        most=0.25,
        value=lambda f: f["log10_p"],
        usual=lambda b: 0.0,
        degree=lambda v, b: -v / 40.0,
        says=lambda f, v, u: f"{met(f)} (log10 p = {v:.1f} after allowing for any search)",
    ),
    Reason(
        name="ties",
        kind="for",
        unit="summed edge weight / possible pairs",
        most=0.25,
        value=lambda f: f["tie_strength"],
        usual=lambda b: 0.0,
        degree=lambda v, b: v,
        says=lambda f, v, u: (
            f"{f['edges']} of {f['accounts'] * (f['accounts'] - 1) // 2} possible pairs are"
            f" joined, at {_percent(v)} of the greatest strength"
        ),
    ),
    Reason(
        name="synchrony",
        kind="for",
        unit="seconds",
        most=0.15,
        value=lambda f: f["delay_seconds"],
        usual=lambda b: b.delay_seconds,
        degree=lambda v, b: 1.0 / (1.0 + v / 300.0),
        says=lambda f, v, u: (
            f"joint acts are {duration(v)} apart at the median{_usually(u, duration)}"
        ),
    ),
    Reason(
        name="focus",
        kind="for",
        unit="share of interactions",
        most=0.10,
        value=lambda f: f["joint_share"],
        usual=lambda b: b.joint_share,
        degree=lambda v, b: (v - b.joint_share) / max(1.0 - b.joint_share, 1e-9),
        says=lambda f, v, u: (
            f"{_percent(v)} of what a member does is done together with another member"
            f"{_usually(u, _percent)}, with anybody"
        ),
    ),
    Reason(
        name="exclusivity",
        kind="for",
        unit="members / accounts on the object",
        most=0.15,
        value=lambda f: f["exclusivity"],
        usual=lambda b: None,
        degree=lambda v, b: v,
        says=lambda f, v, u: (
            f"members are {_percent(v)} of all accounts on what they share, at the median of"
            f" {several(f['objects'], 'object')}"
        ),
    ),
    Reason(
        name="layers",
        kind="for",
        unit="ways of being joined",
        most=0.10,
        value=lambda f: float(f["ways"]),
        usual=lambda b: 1.0,
        degree=lambda v, b: (v - 1.0) / 2.0,
        says=lambda f, v, u: _joined(v, f["layers"].split(",")),
    ),
    Reason(
        name="popular-objects",
        kind="against",
        unit="share of shared objects",
        most=0.25,
        value=lambda f: f["popular_share"],
        usual=lambda b: None,
        degree=lambda v, b: v,
        says=lambda f, v, u: (
            f"{_percent(v)} of what they share is popular: 20 outsiders a member or more act on"
            " it too, as a fan club or a flash crowd would"
        ),
    ),
    Reason(
        name="slow-reaction",
        kind="against",
        unit="seconds",
        most=0.15,
        value=lambda f: f["delay_seconds"],
        usual=lambda b: b.delay_seconds,
        degree=lambda v, b: (v - 600.0) / 3000.0,
        says=lambda f, v, u: (
            f"joint acts lie {duration(v)} apart at the median, which people who read the same"
            " things reach without an agreement"
        ),
    ),
    Reason(
        name="mixed-ages",
        kind="against",
        unit="days",
        most=0.15,
        value=lambda f: f["half_days"],
        usual=lambda b: b.half_days,
        degree=lambda v, b: v / b.half_days if b.half_days else 0.0,
        says=lambda f, v, u: (
            f"half of the members were made within {figure(v)} days"
            f"{_usually(u, lambda days: f'{figure(days)} days')}"
        ),
    ),
    Reason(
        name="leaks",
        kind="against",
        unit="share of edge weight",
        most=0.15,
        value=lambda f: f["conductance"],
        usual=lambda b: None,
        degree=lambda v, b: v,
        says=lambda f, v, u: f"{_percent(v)} of its edge weight leads to accounts outside it",
    ),
    Reason(
        name="cross-platform",
        kind="context",
        unit="edges",
        most=0.0,
        value=lambda f: float(f["cross_platform_edges"]) or None,
        usual=lambda b: None,
        degree=lambda v, b: 0.0,
        says=lambda f, v, u: f"{v:.0f} of its edges join accounts of two platforms",
    ),
)
"""Every reason, in the order in which a reader meets them."""
