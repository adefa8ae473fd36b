"""The part of the report that says what each signal, defence, term and column is worth."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from algorithms.scorecard import TERMS
from benchmarks.markdown import head, line

BARE = "text,content,owner,device,ip,object_kind,created_at,name,followers"
BARE_NAMES = {
    BARE: "all but account, action, object, time",
    f"{BARE},action": "all but account, object, time",
}
"""Long lists of columns as the report calls them."""
CARD_TERMS = tuple(term.name for term in TERMS)
"""Those of today's card: an entry may be of an earlier one."""
GONE = "gone since"
NOTHING = 0.0005
"""A change below this is none: numbers are shown to three places."""
_CHANGES = {
    "precision": "precision", "recall": "recall", "look_alike_worst_share": "worst look-alike",
}  # fmt: skip
_TITLES = {
    "signals": (
        "Signals",
        "A detector, or one window of several, left out; everything after it is done again."
        " Seconds are what it takes to draw its layer and to collect the acts behind its edges.",
    ),
    "defences": (
        "Defences",
        "A step that mends the division, the edges that were refused, a gate of"
        " [flagged](scores.md#flagged), or an [explanation](explanations.md) left out. Seconds are"
        " those of measuring an explanation on every cluster; gates cost nothing of their own.",
    ),
    "terms": (
        "Terms of the scorecard",
        "A term of [expected precision](scores.md#expected-precision) that says nothing; the others"
        " stay as they were fitted beside it.",
    ),
}


def worth(entry: Mapping[str, Any], card: Collection[str] = CARD_TERMS) -> Iterator[str]:
    """The lines of the report for one entry of benchmarks/ablation.json.

    Args:
        entry: what was measured.
        card: the terms of today's card; others are marked as gone, and those that were not
            measured are named.
    """
    seeds = " ".join(str(seed) for seed in entry["seeds"])
    worlds = f"{len(entry['seeds'])} worlds" if len(entry["seeds"]) > 1 else "one world"
    yield "### What each part is worth"
    yield ""
    asked = f"--families {','.join(entry['families'])} --interactions {entry['interactions']}"
    yield (
        f'`benchmarks/ablation.py --seeds "{seeds}" {asked}` at commit `{entry["commit"]}` on'
        f" {entry['date']}: {worlds} a family, {entry['seconds']:,} s on {entry['processors']}"
        f" processors (load {entry['load']:g} in the last 15 minutes)."
        " Cells say what changes *without* the part: precision, recall, worst look-alike; a dot is"
        " no change in the third place. A part may be worth nothing here because another sees the"
        " same."
    )
    if entry["went_on"]:
        yield ""
        yield (
            "It went on from runs that stood there: that time is not of all the work, and seconds"
            " of detectors drawn before are not told."
        )
    for part, (title, says) in _TITLES.items():
        yield ""
        yield f"#### {title}"
        yield ""
        yield says
        yield ""
        gone = frozenset(_names(entry, part)) - set(card) if part == "terms" else frozenset()
        yield from _table(entry, part, gone)
        idle = _idle(entry) if part == "signals" else []
        if idle:
            yield ""
            yield f"With nothing to look at in these worlds: {_named(idle)}."
        nothing = list(worth_nothing(entry, part))
        if nothing:
            yield ""
            yield f"Worth nothing in these worlds: {_named(nothing, gone)}."
        if part == "terms":
            yield from _other_card(entry, card, gone)
    yield ""
    yield "### As columns go missing"
    yield ""
    yield "![Precision and recall as columns go missing](evaluation/columns.svg)"
    yield ""
    yield from _columns(entry)
    yield ""


def worth_nothing(entry: Mapping[str, Any], part: str) -> Iterator[str]:
    """The parts without which no number of any family changes, for better or worse."""
    for name in _names(entry, part):
        if name in _idle(entry):
            continue
        rows = [
            (family["whole"], family[part][name])
            for family in entry["families"].values()
            if name in family[part]
        ]
        if not any(abs(_change(whole, row, n)) >= NOTHING for whole, row in rows for n in _CHANGES):
            yield name


def _idle(entry: Mapping[str, Any]) -> list[str]:
    """Detectors that were left out in every family, for want of what they need."""
    told = [set(family["whole"].get("left_out", ())) for family in entry["families"].values()]
    return sorted(set.intersection(*told))


def _other_card(
    entry: Mapping[str, Any], card: Collection[str], gone: Collection[str]
) -> Iterator[str]:
    """In what the card that was measured is not today's."""
    new = [name for name in card if name not in _names(entry, "terms")]
    if gone or new:
        yield ""
        yield (
            "This is no account of today's card: it was measured with an earlier one."
            + (f" *{GONE.capitalize()}* are terms that the card has no more." if gone else "")
            + (f" Of its terms these were not measured: {_named(new)}." if new else "")
        )


def _named(names: Sequence[str], gone: Collection[str] = ()) -> str:
    return ", ".join(_marked(name, gone) for name in names)


def _marked(name: str, gone: Collection[str]) -> str:
    return f"`{name}` ({GONE})" if name in gone else f"`{name}`"


def _table(entry: Mapping[str, Any], part: str, gone: Collection[str]) -> Iterator[str]:
    families = entry["families"]
    timed = part != "terms"
    heads = ["without", *(f"{name} worlds" for name in families), "loses most"]
    yield from head([*heads, *(["seconds"] if timed else [])])
    for name in _names(entry, part):
        if name in _idle(entry):
            continue
        cells = [_changes(told["whole"], told[part].get(name)) for told in families.values()]
        cells.append(_loses_most([told[part].get(name, {}) for told in families.values()]))
        if timed:
            cells.append(_seconds(entry, name))
        yield line([_marked(name, gone), *cells])


def _columns(entry: Mapping[str, Any]) -> Iterator[str]:
    families = entry["families"]
    heads = [f"{name} worlds: precision, recall, worst look-alike" for name in families]
    yield from head(["without", *heads, "loses most"])
    yield line(["(nothing)", *(_plain(told["whole"]) for told in families.values()), ""])
    for name in _names(entry, "columns"):
        rows = [told["columns"].get(name, {}) for told in families.values()]
        label = BARE_NAMES.get(name, f"`{name}`")
        yield line([label, *(_plain(row) for row in rows), _loses_most(rows)])


def _names(entry: Mapping[str, Any], part: str) -> list[str]:
    return list(dict.fromkeys(n for told in entry["families"].values() for n in told[part]))


def _changes(whole: Mapping[str, Any], row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    changes = [_change(whole, row, number) for number in _CHANGES]
    if row["precision"] is None:
        # Nobody is flagged: there is no precision to change.
        return f"nobody flagged, {changes[1]:+.3f}"
    if all(abs(change) < NOTHING for change in changes):
        return "."
    return ", ".join("." if abs(change) < NOTHING else f"{change:+.3f}" for change in changes)


def _change(whole: Mapping[str, Any], row: Mapping[str, Any], number: str) -> float:
    return float((row[number] or 0.0) - (whole[number] or 0.0))


def _loses_most(rows: Sequence[Mapping[str, Any]]) -> str:
    """The kind of ring whose recall falls most, of all families."""
    told = [row["loses_most"] for row in rows if row.get("loses_most")]
    if not told:
        return ""
    most = max(told, key=lambda one: (one["recall"], one["kind"]))
    return f"{most['kind']} {-most['recall']:+.3f}" if most["recall"] >= NOTHING else ""


def _seconds(entry: Mapping[str, Any], name: str) -> str:
    told = [
        family["seconds"][name]
        for family in entry["families"].values()
        if name in family["seconds"]
    ]
    return ", ".join(f"{value:g}" for value in told)


def _plain(row: Mapping[str, Any]) -> str:
    if not row:
        return ""
    told = (row[number] for number in _CHANGES)
    return ", ".join("none" if value is None else f"{round(value, 3) + 0.0:g}" for value in told)
