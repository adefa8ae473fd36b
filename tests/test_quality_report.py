"""docs/evaluation.md: its measured part and its plots are what the kept numbers give."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from benchmarks.ablation import as_text, beside, brief_of
from benchmarks.quality import calibration, own
from benchmarks.report import ABLATION, BEGIN, END, PAGE, PLOTS, QUALITY, report, write_report
from benchmarks.worth import worth, worth_nothing

pytestmark = pytest.mark.local_only


def row(of, number, value, **ends):
    return {"of": of, "number": number, "value": value, "low": None, "high": None,
            "least": value, "most": value, **ends}  # fmt: skip


ENTRY = {
    "commit": "abc<&>", "date": "2026-01-01", "seeds": [1, 2], "interactions": 1000, "days": 3,
    "seconds": 5,
    "table": {
        "own": [
            row("whole", "precision", 0.9, low=0.8, high=1.0),
            row("level L0", "precision", 1.0),
            row("level L0", "recall", 0.5, low=0.4, high=0.6),
            row("level L3", "precision", None),
            row("look-alike fan-club", "share flagged", 0.2, most=0.4),
        ]
    },
    "peers": {"own": {
        "ringwatch": {"precision": 0.9, "recall": 0.8, "seconds": 3.0},
        "fraudar": {"precision": 0.1, "recall": 1.0, "seconds": 2.0},
        "cnt": {"left_out": "not installed"},
    }},
}  # fmt: skip
CALIBRATED = {
    **ENTRY,
    "calibration": {
        "own": {"brier": 0.1, "bins": [{"predicted": 0.95, "observed": 1.0, "clusters": 7}]}
    },
}
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
MARKED = f"before\n{BEGIN}\nof yesterday\n{END}\nafter\n"


def test_the_page_and_its_plots_are_what_the_kept_numbers_give():
    """Nothing differs, byte for byte; `python benchmarks/report.py` writes them anew."""
    assert write_report(check=True) == []
    assert {path.name for path in PLOTS.glob("*")} >= {"levels.svg", "look-alikes.svg"}


def test_every_plot_is_shown_in_the_page():
    shown = set(re.findall(r"\(evaluation/([\w-]+\.svg)\)", PAGE.read_text(encoding="utf-8")))

    assert shown == {path.name for path in PLOTS.glob("*")}


def test_the_numbers_of_the_page_are_those_of_the_newest_entry():
    kept = json.loads(QUALITY.read_text(encoding="utf-8"))
    newest = [entry for entry in kept if len(entry["table"]) == 3][-1]
    page = PAGE.read_text(encoding="utf-8")

    seeds = " ".join(str(seed) for seed in newest["seeds"])
    assert f'`make quality SEEDS="{seeds}"` at commit `{newest["commit"]}`' in page
    [recall] = [r for r in newest["table"]["own"] if (r["of"], r["number"]) == ("whole", "recall")]
    [line] = re.findall(r"^\| recall \| (.+?) \|", page, flags=re.MULTILINE)
    assert line.startswith(f"{round(recall['value'], 3):g}")


def test_what_stands_outside_the_marks_stays():
    made = report(MARKED, [ENTRY], [])["evaluation.md"]

    assert made.startswith(f"before\n{BEGIN}\n\n## What was measured last\n")
    assert made.endswith(f"\n\n{END}\nafter\n")
    assert "yesterday" not in made
    assert report(made, [ENTRY], [])["evaluation.md"] == made


@pytest.mark.parametrize("page", ["no marks", f"{END}\n{BEGIN}", f"{BEGIN} alone"])
def test_a_page_without_both_marks_in_order_is_refused(page):
    with pytest.raises(ValueError, match="put them where the report goes"):
        report(page, [ENTRY], [])


def test_what_is_short_of_the_goal_is_said():
    made = report(MARKED, [ENTRY], [])["evaluation.md"]

    assert "Short of the goal: own L0 recall 0.5 (goal 0.95)." in made


def test_a_method_that_could_not_be_asked_says_why():
    made = report(MARKED, [ENTRY], [])["evaluation.md"]

    assert "| `fraudar` | 0.1 | 1 |" in made
    assert "| `cnt` | left out: not installed |" in made


def test_a_look_at_fewer_families_is_no_report_and_tells_its_other_methods():
    two = {**ENTRY, "table": {**ENTRY["table"], "flat": ENTRY["table"]["own"]}}
    later = {**ENTRY, "commit": "later", "peers": {"own": {"fraudar": {"precision": 0.3}}}}

    made = report(MARKED, [two, later], [])

    assert {"history-own.svg", "history-flat.svg"} <= made.keys()
    assert 'SEEDS="1 2"` at commit `abc<&>`' in made["evaluation.md"]
    assert "| `fraudar` | 0.3 |" in made["evaluation.md"]
    assert "commit `later`:" in made["evaluation.md"]


def test_what_was_not_measured_is_not_told():
    untold, told = (report(MARKED, [ENTRY], kept)["evaluation.md"] for kept in ([], [WORTH]))

    assert "Nothing is kept of it yet" in untold
    assert "Nothing is kept of it yet" not in told
    for heading in ("### What each part is worth", "### As columns go missing"):
        assert f"\n{heading}\n" in untold
        assert f"\n{heading}\n" in told


def test_calibration_is_drawn_where_an_entry_tells_it():
    assert "calibration.svg" not in report(MARKED, [ENTRY], [])
    made = report(MARKED, [ENTRY, CALIBRATED], [])
    assert "calibration.svg" in made
    assert "Brier's score: own 0.1." in made["evaluation.md"]


def test_plots_are_whole_and_nothing_stands_outside_them():
    made = report(MARKED, [ENTRY, CALIBRATED], [WORTH])
    plots = {name: text for name, text in made.items() if name.endswith(".svg")}

    assert set(plots) == {
        "history-own.svg", "levels.svg", "look-alikes.svg", "calibration.svg", "columns.svg",
    }  # fmt: skip
    for name, text in plots.items():
        root = ElementTree.fromstring(text)
        _, _, width, height = (float(one) for one in root.attrib["viewBox"].split())
        dots = [each for each in root.iter() if each.tag.endswith("circle")]
        assert dots, name
        for dot in dots:
            assert 0 < float(dot.attrib["cx"]) < width, name
            assert 0 < float(dot.attrib["cy"]) < height, name


def test_what_changes_nothing_in_any_world_is_named():
    assert list(worth_nothing(WORTH, "signals")) == ["mutual-ring"]
    told = "\n".join(worth(WORTH))
    assert "With nothing to look at in these worlds: `seeded`." in told
    assert "Worth nothing in these worlds: `mutual-ring`." in told
    assert "| `copied-text` | ., -0.100, . | . | copied-comments -1.000 | 1.5 |" in told
    assert "| `swarm` | . | +0.050, ., . |  |  |" in told
    assert "| `gate closed` | ., ., +1.000 |" in told
    assert "| `ties` | nobody flagged, -0.800 |" in told


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


def test_a_worlds_own_numbers_stand_first_among_the_methods():
    told = own(world(0.9, 1.0, 1.0))

    assert told["precision"]["value"] == 0.9
    assert told["look_alike_worst_share"] == {"value": 0.25}
    assert told["seconds"] == {"value": 2.5}


def test_calibration_is_kept_to_four_places():
    bins = [{"predicted": 0.123456, "observed": 1.0, "clusters": 3}]

    told = calibration({"calibration": bins, "brier": 0.76876})

    assert told == {
        "brier": 0.7688,
        "bins": [{"predicted": 0.1235, "observed": 1.0, "clusters": 3}],
    }


def test_the_kept_ablation_is_json_a_part_a_line():
    text = as_text([WORTH, WORTH])

    assert json.loads(text) == [WORTH, WORTH]
    assert '    "mutual-ring": {"precision": 0.9004' in text


def test_the_kept_ablation_is_written_as_it_would_be():
    text = ABLATION.read_text(encoding="utf-8")

    assert as_text(json.loads(text)) == text
