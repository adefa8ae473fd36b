"""Clusters keep their ids over replayed daily runs whose true history is known."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from tests.lasting_runs import Day, empty_store, events, ids, sighting, tell

pytestmark = pytest.mark.local_only

DAYS = 14
RINGS = 40


@dataclass
class Script:
    """Rings day by day by their true names, and what should be told of them."""

    days: list[dict[str, list[str]]] = field(default_factory=list)
    splits: list[tuple[int, str, str]] = field(default_factory=list)
    """(day, who came out, of whom)"""
    merges: list[tuple[int, str, str]] = field(default_factory=list)
    """(day, who went in, into whom)"""


def scripted(seed: int) -> Script:
    """Rings that live for two weeks; each lives one of nine kinds of life."""
    draw, script, born = random.Random(seed), Script(), iter(range(10**9))

    def people(count):
        return [f"u{next(born):06}" for _ in range(count)]

    rings = {f"r{n:02}": people(draw.randint(6, 30)) for n in range(RINGS)}
    lives = ["still", "grows", "shrinks", "swaps", "splits", "merges", "rests", "exchange", "ends"]
    life = {name: lives[place % len(lives)] for place, name in enumerate(rings)}
    partner = {}
    for kind in ("merges", "exchange"):
        names = [name for name, its in life.items() if its == kind]
        partner.update(zip(names[::2], names[1::2], strict=False))
    when = {name: draw.randint(3, DAYS - 3) for name in rings}
    gone = set()
    for day in range(DAYS):
        shown = {}
        for name in list(rings):
            members, its, its_day = rings[name], life.get(name, "still"), when.get(name, 99)
            if name in gone:
                continue
            if its == "grows" and day:
                members += people(draw.randint(1, max(1, len(members) // 2)))
            elif its == "shrinks" and len(members) > 5 and day:
                del members[: max(1, len(members) // 8)]
            elif its == "swaps" and day:
                members[day % len(members)] = people(1)[0]
            elif its == "splits" and day == its_day and len(members) >= 10:
                cut = len(members) * 3 // 5
                rings[name], child = members[:cut], members[cut:]
                rings[f"{name}-child"] = shown[f"{name}-child"] = child
                script.splits.append((day, f"{name}-child", name))
            elif its == "merges" and name in partner and day == its_day:
                other = partner[name]
                big, small = sorted((name, other), key=lambda one: (-len(rings[one]), one))
                rings[big] = rings[big] + rings[small]
                gone.add(small)
                shown.pop(small, None)
                script.merges.append((day, small, big))
                shown[big] = rings[big]
                if small == name:
                    continue
            elif its == "exchange" and name in partner and day == its_day:
                other = rings[partner[name]]
                members[0], other[0] = other[0], members[0]
            elif its_day <= day and (its == "ends" or (its == "rests" and day < its_day + 2)):
                continue
            shown[name] = list(rings[name])
        script.days.append({n: m for n, m in shown.items() if n not in gone})
    return script


def replayed(connection, script, *, shuffle=None):
    """Ids by day and true name. Names of clusters in a run are those of their least accounts."""
    found = []
    for number, rings in enumerate(script.days):
        given = list(rings.items())
        if shuffle is None:
            given.sort(key=lambda one: (-len(one[1]), min(one[1])))
        else:
            given = [(name, shuffle.sample(who, len(who))) for name, who in given]
            given.sort(key=lambda one: (-len(one[1]), min(one[1])))
        day = Day(number, {min(who): who for _, who in given})
        tell(connection, day)
        by_cluster = ids(connection, day)
        found.append({name: by_cluster[min(who)] for name, who in given})
    return found


@pytest.mark.parametrize("seed", range(6))
def test_every_ring_keeps_its_id_and_every_split_and_merge_is_told(seed):
    script = scripted(seed)
    with empty_store() as connection:
        found = replayed(connection, script)
        told = events(connection)

    id_of: dict[str, str] = {}
    kept = of = 0
    for day in found:
        for name, given in day.items():
            of += name in id_of
            kept += id_of.setdefault(name, given) == given
    kept -= len(id_of)
    assert of > 300
    assert kept == of
    assert len(set(id_of.values())) == len(id_of)
    assert [each for each in told if each[0] == "split"] == sorted(
        (("split", id_of[new], id_of[old], f"daily-{day:03}") for day, new, old in script.splits),
        key=lambda each: (each[3], told.index(each) if each in told else 0),
    )
    assert {each for each in told if each[0] == "merge"} == {
        ("merge", id_of[small], id_of[big], f"daily-{day:03}") for day, small, big in script.merges
    }
    assert script.splits
    assert script.merges


def test_the_order_of_accounts_changes_no_id():
    with empty_store() as one, empty_store() as other:
        first = replayed(one, scripted(3))
        again = replayed(other, scripted(3), shuffle=random.Random(9))

    assert first == again


def test_a_version_rises_when_accounts_change_and_only_then():
    ring = [f"u{n}" for n in range(6)]
    days = [Day(0, {"r": ring}), Day(1, {"r": ring}), Day(2, {"r": [*ring, "new"]})]
    days += [Day(5, {"r": [*ring[1:], "new"]}), Day(6, {"r": [*ring[1:], "~weak", "new"]})]
    with empty_store() as connection:
        tell(connection, *days)
        told = [sighting(connection, day, "r") for day in days]

    assert {each["identity"] for each in told} == {"CL-2026-000001"}
    assert [each["version"] for each in told] == [1, 1, 2, 3, 3]
    changes = ["new", "continuing", "grown", "shrunk", "continuing"]
    assert [each["change"] for each in told] == changes
    assert [(each["gained"], each["lost"]) for each in told[1:]] == [(0, 0), (1, 0), (0, 1), (0, 0)]


def test_a_ring_that_was_away_for_long_has_its_old_id_and_its_absence_is_counted():
    ring, others = [f"u{n}" for n in range(8)], [f"o{n}" for n in range(5)]
    days = [Day(0, {"r": ring, "o": others})]
    days += [Day(number, {"o": others}) for number in range(1, 60)]
    days += [Day(60, {"r": ring[2:], "o": others})]
    with empty_store() as connection:
        tell(connection, *days)
        back = sighting(connection, days[-1], "r")
        first = sighting(connection, days[0], "r")

    assert back["identity"] == first["identity"]
    assert (back["missed"], back["change"], back["lost"]) == (59, "shrunk", 2)


def test_an_id_is_never_given_twice():
    with empty_store() as connection:
        days = [Day(n, {f"c{n}": [f"u{n}-{m}" for m in range(4)]}) for n in range(10)]
        tell(connection, *days)
        given = [ids(connection, day)[f"c{day.number}"] for day in days]

    assert given == [f"CL-2026-{n:06}" for n in range(1, 11)]


def test_two_accounts_in_common_do_not_make_the_same_cluster():
    with empty_store() as connection:
        one = Day(0, {"a": ["a", "b", "c", "d"]})
        other = Day(1, {"a": ["a", "b", "x", "y"]})
        tell(connection, one, other)

        assert ids(connection, one)["a"] != ids(connection, other)["a"]
        assert events(connection) == []


def test_a_ring_of_which_less_than_half_is_left_is_another():
    ring = [f"u{n}" for n in range(20)]
    with empty_store() as connection:
        one = Day(0, {"r": ring})
        other = Day(1, {"r": [*ring[:8], *(f"v{n}" for n in range(20))]})
        tell(connection, one, other)

        assert ids(connection, one)["r"] != ids(connection, other)["r"]


def test_a_run_that_comes_late_gets_ids_and_moves_nothing():
    ring = [f"u{n}" for n in range(6)]
    newest = Day(5, {"r": ring})
    late = Day(3, {"r": ring[:5], "s": ["x", "y", "z"]})
    after = Day(6, {"r": ring})
    with empty_store() as connection:
        tell(connection, newest, late, after)

        assert ids(connection, late)["r"] == ids(connection, newest)["r"]
        assert sighting(connection, late, "r")["version"] == 1
        assert sighting(connection, after, "r")["change"] == "continuing"
