"""What each part is worth: as docs/evaluation.md tells it, and as it is kept."""

from __future__ import annotations

import json

import pytest

from benchmarks.ablation import as_text, beside, brief_of
from benchmarks.report import ABLATION
from benchmarks.worth import worth, worth_nothing

pytestmark = pytest.mark.local_only


WHOLE = {
    "precision": 0.9, "recall": 0.8, "average_precision": 0.8, "look_alike_worst_share": 0.0,
    "controls_flagged": 0.0,
}  # fmt: skip
WORTH = {
    "commit": "abc", "date": "2026-01-01", "seeds": [1], "interactions": 1000, "days": 3,
    "seconds": 5, "processors": 2, "load": 0.5, "went_on": False,
    "families": {
        "own": {
            "whole": {**WHOLE, "seconds": 4.0, "left_out": ["seeded"]},
            "signals": {
                "seeded": WHOLE,
                "copied-text": {**WHOLE, "recall": 0.7,
                                "loses_most": {"kind": "copied-comments", "recall": 1.0}},
                "swarm": WHOLE,
                "mutual-ring": {**WHOLE, "precision": 0.9004},
            },
            "defences": {"gate closed": {**WHOLE, "look_alike_worst_share": 1.0}},
            "terms": {"ties": {**WHOLE, "precision": None, "recall": 0.0}},
            "columns": {"text": {**WHOLE, "recall": 0.7}},
            "seconds": {"copied-text": 1.5},
        },
        "flat": {
            "whole": {**WHOLE, "seconds": 4.0, "left_out": ["mutual-ring", "seeded"]},
            "signals": {"copied-text": WHOLE, "swarm": {**WHOLE, "precision": 0.95}},
            "defences": {}, "terms": {}, "columns": {},
            "seconds": {},
        },
    },
}  # fmt: skip


def test_what_changes_nothing_in_any_world_is_named():
    assert list(worth_nothing(WORTH, "signals")) == ["mutual-ring"]
    told = "\n".join(worth(WORTH))
    assert "With nothing to look at in these worlds: `seeded`." in told
    assert "Worth nothing in these worlds: `mutual-ring`." in told
    assert "| `copied-text` | ., -0.100, . | . | copied-comments -1.000 | 1.5 |" in told
    assert "| `swarm` | . | +0.050, ., . |  |  |" in told
    assert "| `gate closed` | ., ., +1.000 |" in told
    assert "| `ties` (gone since) | nobody flagged, -0.800 |" in told


def test_a_term_that_todays_card_has_no_more_is_marked_and_new_ones_are_named():
    def of(card):
        return "\n".join(worth(WORTH, card))

    no_account = "This is no account of today's card: it was measured with an earlier one."
    both, gone, new = of(("leak", "text")), of(()), of(("leak", "ties"))
    assert "| `ties` (gone since) |" in both
    assert (
        f"{no_account} *Gone since* are terms that the card has no more."
        " Of its terms these were not measured: `leak`, `text`."
    ) in both
    assert gone.count("`ties` (gone since)") == 1
    assert "these were not measured" not in gone
    assert "| `ties` |" in new
    assert f"{no_account} Of its terms these were not measured: `leak`." in new
    assert "earlier one" not in of(("ties",))


def test_a_gone_term_that_was_worth_nothing_is_marked_there_too():
    own = WORTH["families"]["own"]
    entry = {**WORTH, "families": {"own": {**own, "terms": {"ties": WHOLE, "leak": WHOLE}}}}

    told = "\n".join(worth(entry, ("leak",)))

    assert "Worth nothing in these worlds: `ties` (gone since), `leak`." in told


def world(precision, comments, drips):
    """A world's document, as far as the benchmarks look into it."""
    value = {"value": precision, "low": 0.1, "high": 1.0}
    return {
        "account": {"flagged": 4, "precision": value, "recall": value, "average_precision": value,
                    "f1": 0.5, "precision_at": {"100": None}},
        "rings": {"recall_at_jaccard_0.5": value},
        "look_alike_worst_share": 0.25, "controls_flagged": 1, "seconds": {"detect": 2.5},
        "by_kind": {"copied-comments": {"recall": comments}, "slow-drip": {"recall": drips}},
    }  # fmt: skip


def test_the_kind_of_ring_that_loses_most_is_named_over_all_worlds():
    full = [brief_of(world(0.9, 1.0, 1.0)), brief_of(world(0.7, 1.0, 0.5))]
    poorer = [
        {**one, "precision": None, "by_kind": {"copied-comments": 0.0, "slow-drip": 0.5}}
        for one in full
    ]

    told = beside(full, poorer)

    assert told["loses_most"] == {"kind": "copied-comments", "recall": 1.0}
    assert (told["precision"], told["recall"]) == (None, 0.8)
    assert "loses_most" not in beside(full, full)


def test_the_kept_ablation_is_json_a_part_a_line():
    text = as_text([WORTH, WORTH])

    assert json.loads(text) == [WORTH, WORTH]
    assert '    "mutual-ring": {"precision": 0.9004' in text


def test_the_kept_ablation_is_written_as_it_would_be():
    text = ABLATION.read_text(encoding="utf-8")

    assert as_text(json.loads(text)) == text
