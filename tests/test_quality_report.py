"""docs/evaluation.md: its measured part and its plots are what the kept numbers give."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from benchmarks import quality
from benchmarks.goal import short_in_a_world, short_of_goal
from benchmarks.kept import Clock, took
from benchmarks.quality import calibration, fallen, own
from benchmarks.report import BEGIN, END, PAGE, PLOTS, QUALITY, report, write_report
from benchmarks.rows import WHOLE as NUMBERS
from tests.test_ablation_report import WORTH, world

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
    families = max(len(entry["table"]) for entry in kept)
    newest = [entry for entry in kept if len(entry["table"]) == families][-1]
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

    short = (
        "own L0 recall 0.5 (goal 0.95); own L3 precision undefined (goal 0.85);"
        " own precision of all that is flagged 0.9 (goal 0.95)"
    )
    assert f"Short of the goal: {short}." in made
    assert f"- **Short of the goal**: {short}." in made
    assert "meets the goal" not in made


def good(**rows):
    """An entry that meets the goal, but for what is said otherwise."""
    table = {
        "L0 precision": row("level L0", "precision", 1.0),
        "L0 recall": row("level L0", "recall", 0.97, least=0.95),
        "share": row("look-alike fan-club", "share flagged", 0.01, most=0.02),
        "worst": row("look-alike fan-club", "worst group's share", 0.02, most=0.05),
        **rows,
    }
    return {**ENTRY, "table": {"own": [told for told in table.values() if told]}}


def test_a_fan_club_that_is_flagged_is_short_of_the_goal_though_hardly_any_of_its_kind_is():
    whole_club = row("look-alike fan-club", "worst group's share", 0.5, most=1.0)
    entry = good(worst=whole_club)

    assert list(short_of_goal(good())) == []
    assert list(short_of_goal(entry)) == [
        "own look-alike fan-club: 1 of a group flagged (goal at most 0.05)"
    ]
    made = report(MARKED, [entry], [])["evaluation.md"]
    assert "Short of the goal: own look-alike fan-club" in made
    assert "meets the goal" not in made
    assert "| own | fan-club | 0.01 | 0.02 | 1 |" in made
    assert (
        "Every level and look-alike meets the goal" in report(MARKED, [good()], [])["evaluation.md"]
    )


def test_an_entry_that_kept_the_worst_group_of_all_kinds_alone_is_judged_by_it():
    entry = good(worst=None, whole=row("whole", "worst look-alike share", 0.24, most=0.4806))

    assert list(short_of_goal(entry)) == [
        "own look-alikes: 0.4806 of a group flagged (goal at most 0.05)"
    ]


def test_a_level_below_the_goal_in_one_world_is_named_apart():
    entry = good(**{"L0 recall": row("level L0", "recall", 0.96, least=0.9)})

    assert list(short_of_goal(entry)) == []
    assert list(short_in_a_world(entry)) == ["own L0 recall 0.9"]
    assert (
        "below it in the worst world: own L0 recall 0.9."
        in report(MARKED, [entry], [])["evaluation.md"]
    )


def test_innocents_in_clusters_of_their_own_are_short_of_the_goal_though_every_level_is_precise():
    """Such a cluster is of no level, and if its accounts are in no labelled group, of no other."""
    entry = good(all=row("whole", "precision", 0.8, least=0.4))
    worst = good(all=row("whole", "precision", 0.97, least=0.9))

    told = "own precision of all that is flagged"
    assert list(short_of_goal(entry)) == [f"{told} 0.8 (goal 0.95)"]
    assert list(short_of_goal(worst)) == []
    assert list(short_in_a_world(worst)) == [f"{told} 0.9"]


@pytest.mark.parametrize(("seconds", "is_told"), [(1200, False), (1201, True)])
def test_a_measurement_that_took_more_than_twenty_minutes_says_so(seconds, is_told):
    made = report(MARKED, [{**good(), "seconds": seconds}], [])["evaluation.md"]

    assert ("It took 1,201 s, where 20 minutes are the most." in made) == is_told


def test_a_number_just_below_the_goal_is_not_shown_as_the_goal():
    entry = good(**{"L0 recall": row("level L0", "recall", 0.9497, least=0.9)})

    assert list(short_of_goal(entry)) == ["own L0 recall 0.9497 (goal 0.95)"]


def test_kinds_of_ring_are_told_by_accounts_and_by_rings_with_the_worst_world():
    entry = good(
        recall=row("kind drip", "recall", 0.5, least=0.25),
        found=row("kind drip", "rings found", 0.75, least=0.0),
    )
    older = good(recall=row("kind drip", "recall", 0.5, least=0.25))

    told, before = (report(MARKED, [one], [])["evaluation.md"] for one in (entry, older))

    assert "| own | drip | 0.5 | 0.25 | 0.75 | 0 | - |" in told
    assert "| own | drip | 0.5 | 0.25 | - | - | - |" in before
    assert "Kinds of ring of which less than 0.7 of the accounts are flagged: own drip 0.5." in told


def test_levels_and_kinds_are_told_with_the_interval_over_the_worlds():
    spread = {"low": 0.0, "high": 0.713, "least": 0.25, "most": 0.75}
    entry = good(
        **{"L0 recall": row("level L0", "recall", 0.44, **spread)},
        recall=row("kind drip", "recall", 0.44, **spread),
        found=row("kind drip", "rings found", 0.44, **spread),
        precise=row("kind drip", "precision", 0.44, **spread),
        share=row("look-alike fan-club", "share flagged", 0.44, **spread),
    )

    made = report(MARKED, [entry], [])["evaluation.md"]

    told = "0.44 (0-0.713)"
    assert f"| L0 | 1, {told} |" in made
    assert f"| own | drip | {told} | 0.25 | {told} | 0.25 | {told} |" in made
    assert f"| own | fan-club | {told} | 0.75 | 0.05 |" in made


def test_a_level_that_is_the_same_in_every_world_has_no_interval():
    same = {"low": 1.0, "high": 1.0, "least": 1.0, "most": 1.0}
    entry = good(**{"L0 recall": row("level L0", "recall", 1.0, **same)})

    assert "| L0 | 1, 1 |" in report(MARKED, [entry], [])["evaluation.md"]


def test_numbers_that_an_older_entry_lacks_are_a_dash():
    made = report(MARKED, [ENTRY], [])["evaluation.md"]

    assert "| precision | 0.9 (0.8 to 1) |" in made
    for number in NUMBERS.keys() - {"precision"}:
        assert f"| {number} | - |" in made


def test_what_a_measurement_took_is_told_with_the_load():
    told = {"seconds": 1200, "processor_seconds": 90, "processors": 2, "load_before": 0.5,
            "load_after": 3.0}  # fmt: skip
    said = "1,200 s (90 s of processor time on 2 processors, load 0.5 before and 3 after)"

    assert took({"seconds": 1200}) == "1,200 s"
    assert took(told) == said
    made = report(MARKED, [{**ENTRY, **told}], [])["evaluation.md"]
    assert said in made
    assert "| 1 2 | 1,000 | 1,200 | 90 | 0.5, 3 | 0.9, -, - |" in made
    assert Clock().told().keys() == told.keys()


def test_other_methods_of_another_entry_are_not_told_as_of_the_newest():
    both = {**ENTRY, "table": {**ENTRY["table"], "flat": ENTRY["table"]["own"]}}
    later = {**both, "commit": "later", "peers": {"own": {"fraudar": {"precision": 0.3}}}}

    made = report(MARKED, [both, later], [WORTH])["evaluation.md"]

    assert "Not asked in flat worlds: `fraudar`." in made
    assert "of another entry" not in made
    made = report(MARKED, [both, {**later, "peers": {}}], [])["evaluation.md"]
    assert "are of another entry than the above: commit `abc<&>` on 1,000 interactions." in made
    assert "- What each part is worth was not measured." in made


def test_more_merging_is_worse_and_less_precision_is_worse():
    def one(merging, precision):
        rows = [row("whole", "merging", merging), row("whole", "precision", precision)]
        return {"table": {"own": rows}}

    assert fallen(one(1.0, 0.5), one(1.0, 0.9)) == []
    assert fallen(one(1.5, 0.5), one(1.0, 0.9)) == []
    assert fallen(one(1.0, 0.9), one(1.5, 0.9)) == ["own: merging of whole went from 1.0 to 1.5"]


def judged_document(worst):
    """The document of some worlds in which all is well but for the worst look-alike group."""
    told = {"value": 1.0, "low": None, "high": None, "least": 1.0, "most": 1.0}
    ring = {"precision": told, "recall": told, "recall_of_rings": told}
    document = {
        "by_level": {"L0": ring}, "by_kind": {"drip": ring}, "peers": {}, "calibration": [],
        "brier": None,
        "look_alikes_by_kind": {
            "fan-club": {"share": told, "worst_share": {**told, "most": worst}},
        },
    }  # fmt: skip
    for keys in NUMBERS.values():
        place = document
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = told
    return document


@pytest.mark.parametrize(
    ("worst", "code", "says"),
    [
        (0.05, 0, "every level and look-alike meets the goal"),
        (1.0, 4, "short of the goal: own look-alike fan-club: 1 of a group flagged"),
    ],
)
def test_the_command_ends_with_what_is_short_of_the_goal(monkeypatch, capsys, worst, code, says):
    made = {"own": judged_document(worst)}
    monkeypatch.setattr(quality, "all_measured", lambda *_, **__: made)
    monkeypatch.setattr("sys.argv", ["quality.py", "--families", "own", "--no-keep"])

    assert quality.main() == code
    assert capsys.readouterr().out.strip().splitlines()[-1].startswith(says)


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

    assert "Nothing is kept of it yet: `make ablation`" in untold
    assert "Nothing is kept of it yet: `make ablation`" not in told
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
