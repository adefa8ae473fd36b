"""What is kept of worlds without coordination and of real logs, as the pages tell it."""

from __future__ import annotations

import json

import pytest

from benchmarks import null_worlds, real_logs
from benchmarks.kept import keep, kept_in
from benchmarks.null_report import newest_of_each, null_part
from benchmarks.real_report import WHAT, real_part
from benchmarks.report import NULL, PAGE, REAL, REAL_PAGE
from benchmarks.several_report import several_part

pytestmark = pytest.mark.local_only

TOOK = {"seconds": 90, "processor_seconds": 80, "processors": 2, "load_before": 1.5,
        "load_after": 2.0}  # fmt: skip


def null_row(seed, flagged, **more):
    return {"seed": seed, "listed": 7, "flagged": flagged, "accounts": 5 * flagged,
            "not_flagged": {"likely": 4, "audience": 3}, "seconds": 44, **more}  # fmt: skip


def null_entry(*rows, commit="abc", worlds="platform", interactions=5_000_000):
    return {"commit": commit, "date": "2026-01-01", "worlds": worlds, "memory": "4GB",
            "interactions": interactions, **TOOK, "rows": list(rows)}  # fmt: skip


def test_before_anything_is_kept_the_page_says_what_measures_it():
    assert "Nothing is kept of it yet: `make null-worlds` measures it." in list(null_part([]))
    assert "Nothing is kept of it yet: `make real-logs` measures it." in list(real_part([]))


def test_each_world_is_told_by_the_newest_entry_that_judged_it():
    first = null_entry(null_row(41, 1), null_row(42, 0))
    later = null_entry(null_row(41, 0), commit="later")

    told = newest_of_each([first, later])

    assert [(row["seed"], row["flagged"], row["commit"]) for row in told] == [
        (41, 0, "later"),
        (42, 0, "abc"),
    ]
    # Its own seconds, not those of all worlds of the entry.
    assert {row["seconds"] for row in told} == {44}


def test_worlds_of_another_size_or_make_are_counted_apart():
    entries = [
        null_entry(null_row(41, 0), null_row(42, 1)),
        null_entry(null_row(41, 0), worlds="flat", interactions=100_000),
    ]

    told = "\n".join(null_part(entries))

    assert "- platform, 5,000,000 interactions: 1 of 2 worlds with a flagged cluster\n" in told
    assert "- flat, 100,000 interactions: 0 of 1 worlds with a flagged cluster\n" in told
    assert "2 of 10 platforms of 5,000,000 interactions were looked at" in told
    row = "| platform | 5,000,000 | 42 | 7 | 1 | 5 | audience 3, likely 4 | 44 | 1.5, 2 | `abc` |"
    assert row in told


def test_a_goal_that_ten_worlds_were_asked_about_is_not_called_untested():
    ten = null_entry(*(null_row(seed, 0) for seed in range(10)))
    small = null_entry(*(null_row(seed, 0) for seed in range(10)), interactions=100_000)

    assert "not tested yet" not in "\n".join(null_part([ten]))
    assert "0 of 10 platforms" in "\n".join(null_part([small]))


@pytest.mark.parametrize(
    ("flagged", "code"), [([0] * 9 + [1], 0), ([0] * 8 + [1, 1], 4), ([1], 4), ([0], 0)]
)
def test_more_than_a_tenth_of_the_worlds_ends_with_4(monkeypatch, tmp_path, flagged, code):
    """And each world is kept as it is judged, whatever it says."""
    path = tmp_path / "null.json"
    earlier = null_entry(null_row(1, 0))
    keep(path, [earlier])
    monkeypatch.setattr(null_worlds, "NULL", path)
    monkeypatch.setattr(null_worlds, "write_report", lambda: [])
    monkeypatch.setattr(
        null_worlds, "judged", lambda worlds, seed, *_: null_row(seed, flagged[seed])
    )
    seeds = " ".join(str(seed) for seed in range(len(flagged)))
    monkeypatch.setattr("sys.argv", ["null_worlds.py", "--seeds", seeds, "--flat"])

    assert null_worlds.main() == code
    first, entry = json.loads(path.read_text(encoding="utf-8"))
    assert first == earlier
    assert (entry["worlds"], entry["interactions"]) == ("flat", 5_000_000)
    assert [row["flagged"] for row in entry["rows"]] == flagged


def test_worlds_that_were_judged_before_a_break_are_kept(monkeypatch, tmp_path):
    def broken_off(worlds, seed, *_):
        if seed == 2:
            raise KeyboardInterrupt
        return null_row(seed, 0)

    path = tmp_path / "null.json"
    monkeypatch.setattr(null_worlds, "NULL", path)
    monkeypatch.setattr(null_worlds, "judged", broken_off)
    monkeypatch.setattr("sys.argv", ["null_worlds.py", "--seeds", "1 2"])

    with pytest.raises(KeyboardInterrupt):
        null_worlds.main()

    [entry] = kept_in(path)
    assert [row["seed"] for row in entry["rows"]] == [1]


def planted(log, largest, seed, level, recall, precision, **more):
    return {"log": log, "largest": largest, "seed": seed, "level": level, "recall": recall,
            "precision": precision, "found": 1, "rings": 2, **more}  # fmt: skip


def real_entry(*logs, commit="abc", recall=0.5):
    rows = [
        planted(log, largest, seed, level, recall * seed, None if level == "L3" else 1.0,
                **({"controls": 10 * seed} if level == "whole" else {}))
        for log in logs
        for largest in ("any", 50)
        for seed in (1, 2)
        for level in ("L0", "L3", "whole")
    ]  # fmt: skip
    plain = [
        {"log": log, "interactions": 35_124, "accounts": 9_509, "clusters": 12, "flagged": 2,
         "flagged_accounts": 11, "seconds": 3.5}
        for log in logs
    ]  # fmt: skip
    return {"commit": commit, "date": "2026-01-01", "seeds": [1, 2], **TOOK, "as_it_is": plain,
            "planted": rows}  # fmt: skip


def test_a_real_log_is_told_as_it_is_and_with_planted_rings_a_number_a_seed():
    told = "\n".join(real_part([real_entry("german_elections")]))

    assert (
        f"| `german_elections` | {WHAT['german_elections']} | 35,124 | 9,509 | 12 | 2 | 11 |"
        in (told)
    )
    assert "| log | largest |  | L0 | L3 |" in told
    assert "| `german_elections` | any | recall | 0.5, 1 | 0.5, 1 |" in told
    assert "| `german_elections` | 50 | precision | 1, 1 | -, - |" in told
    assert "| `german_elections` | any | 1, 1 | 2, 2 | 0.5, 1 | 1, 1 | 10, 20 |" in told


def test_each_log_is_told_by_the_newest_entry_that_looked_at_it():
    entries = [
        real_entry("german_elections", "pokec_follows"),
        real_entry("pokec_follows", commit="later", recall=0.25),
    ]

    told = "\n".join(real_part(entries))

    assert '- `german_elections`: `make real-logs LOG_SEEDS="1 2"` at commit `abc`' in told
    assert '- `pokec_follows`: `make real-logs LOG_SEEDS="1 2"` at commit `later`' in told
    assert "| `german_elections` | any | recall | 0.5, 1 | 0.5, 1 |" in told
    assert "| `pokec_follows` | any | recall | 0.25, 0.5 | 0.25, 0.5 |" in told
    assert told.count("| `pokec_follows` | any | recall |") == 1


def test_rings_without_a_detector_are_told_by_family_where_there_are_any():
    def told(of, number, value):
        return {"of": of, "number": number, "value": value, "low": 0.25, "high": 0.75,
                "least": 0.25, "most": 0.75}  # fmt: skip

    hijacked = "kind hijack-burst"
    numbers = ("recall", "rings found", "precision")
    entry = {
        "commit": "abc", "date": "2026-01-01", "seeds": [1, 2],
        "table": {
            "own": [told("kind swarm", "recall", 1.0)],
            "held-out": [told(hijacked, number, 0.5) for number in numbers],
        },
    }  # fmt: skip

    lines = list(several_part(entry))

    assert lines[0].startswith('`make quality SEEDS="1 2"` at commit `abc` on 2026-01-01')
    half = "0.5 (0.25-0.75)"
    assert lines[4:] == [f"| `hijack-burst` | held-out | {half} | 0.25 | {half} | 0.25 | {half} |"]


def test_every_log_that_is_measured_is_described():
    assert set(WHAT) == set(real_logs.LOGS)


def test_the_pages_name_the_files_that_keep_their_numbers():
    assert f"benchmarks/{NULL.name}" in PAGE.read_text(encoding="utf-8")
    assert f"benchmarks/{REAL.name}" in REAL_PAGE.read_text(encoding="utf-8")
