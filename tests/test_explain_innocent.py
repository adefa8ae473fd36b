"""Classes, publishers, households and others: each applies, does not, or cannot be checked."""

from __future__ import annotations

import numpy as np
import pytest

from algorithms.explain import ALL, explained
from algorithms.explain.ages import check as ages
from algorithms.explain.ages import usual_half_days
from algorithms.explain.breadth import check as breadth
from algorithms.explain.declared import check as declared
from algorithms.explain.declared import marks_of
from algorithms.explain.household import check as household
from algorithms.explain.one_source import check as one_source
from algorithms.explain.popular import check as popular
from algorithms.explain.schema import EXPLANATIONS, Known
from algorithms.explain.sittings import check as sittings
from algorithms.explain.super_users import check as super_users
from algorithms.explain.verdict import accounted_for
from algorithms.ways import joined_by, layers_inside
from graph.model import Clustering
from graph.schemas import ACCOUNTS, CLUSTER_OBJECTS, CLUSTERING, EDGES, INTERACTIONS
from jobs.detectors.swarm import SWARM

HOUR = 3_600_000
DAY = 24 * HOUR
CARRIED = INTERACTIONS.with_attributes(("ip",))
FAMILIES = {
    "shared-objects": "time-object",
    "shared-traits": "traits",
    "mutual-ring": "social",
    "swarm": "cohort",
}


@pytest.fixture
def knows(engine, table):
    """`knows(interactions, ...)`: a cluster `a1` of the accounts whose name begins with an a."""

    def make(interactions, *, accounts=None, objects=None, carried=False, members=None):
        schema = CARRIED if carried else INTERACTIONS
        acts = table(engine, schema, interactions)
        names = members or sorted(
            {row["account"] for row in acts.rows() if row["account"].startswith("a")}
        )
        rows = "account | cluster\n" + "\n".join(f"{name} | {names[0]}" for name in names)
        return Known(
            clustering=Clustering(table(engine, CLUSTERING, rows), method="given"),
            interactions=acts,
            carried=acts,
            objects=table(engine, CLUSTER_OBJECTS, objects or "cluster"),
            accounts=table(engine, ACCOUNTS, accounts) if accounts else None,
        )

    return make


def only(found):
    (row,) = found.rows()
    return row


def lines(header, rows):
    return "\n".join([header, *(" | ".join(map(str, row)) for row in rows)])


ACT = "account | action | object_kind | object | acted_at | ip"


def class_of(place, home, *, days=(2,)):
    """Six who look at three things in one hour of each day, with addresses there and at night."""
    for day in days:
        for number in range(6):
            begin = day * DAY + 9 * HOUR + number
            yield f"a{number}", "login", "address", place(number), begin, place(number)
            for thing in range(3):
                yield f"a{number}", "like", "post", f"p{day}-{thing}", begin + 60_000 * thing, "-"
    for day in range(10):
        for number in range(6):
            late = day * DAY + 20 * HOUR + number * 1000
            yield f"a{number}", "login", "address", home(number), late, home(number)


def test_a_class_in_one_place_with_homes_of_their_own_sits_together(knows):
    rows = class_of(lambda _: "school", lambda n: f"home-{n}", days=(2, 5))

    found = only(sittings(knows(lines(ACT, rows), carried=True)))

    assert found["degree"] == 1.0
    assert (found["measured"], found["usual"]) == (2, 10)
    assert "6 of 6 members had one ip there" in found["says"]


def test_a_farm_that_is_always_behind_one_address_is_no_class(knows):
    rows = class_of(lambda _: "farm", lambda _: "farm", days=(2, 5))

    assert only(sittings(knows(lines(ACT, rows), carried=True)))["degree"] == 0.0


def test_members_of_many_places_are_no_class(knows):
    rows = class_of(lambda n: f"office-{n}", lambda n: f"home-{n}", days=(2, 5))

    assert only(sittings(knows(lines(ACT, rows), carried=True)))["degree"] == 0.0


def test_members_who_sit_together_every_day_are_no_class(knows):
    rows = class_of(lambda _: "school", lambda n: f"home-{n}", days=range(10))

    assert only(sittings(knows(lines(ACT, rows), carried=True)))["degree"] == 0.0


def test_members_who_never_meet_in_an_hour_are_no_class(knows):
    rows = [(f"a{n}", "like", "post", "p", n * DAY, f"ip-{n}") for n in range(6)]

    found = only(sittings(knows(lines(ACT, rows), carried=True)))

    assert (found["degree"], found["measured"]) == (0.0, 0)


def test_a_class_whose_place_is_not_known_cannot_be_checked(knows):
    at_school = [row for row in class_of(lambda _: "school", str) if row[1] == "like"]

    assert sittings(knows(lines(ACT, at_school))) is None
    assert sittings(knows(lines(ACT, at_school), carried=True)).rows() == []


PAGES = lines(ACT, [(f"a{n}", "share", "link", "x", n, "-") for n in range(5)])
OTHERS = [(f"z{n}", f"Somebody {n}") for n in range(200)]


def named(*names):
    members = [(f"a{number}", name) for number, name in enumerate(names)]
    return lines("account | name", [*members, *OTHERS])


def test_pages_that_name_one_publisher_are_declared(knows):
    names = named(*(f"{town} News (Northern Press)" for town in "ABCDE"))

    found = only(declared(knows(PAGES, accounts=names)))

    assert (found["measured"], found["degree"]) == (1.0, 1.0)
    assert "5 of 5 members say `northern press` in their names" in found["says"]


def test_a_mark_that_many_others_have_too_declares_nothing(knows):
    everybody = [(f"z{n}", f"{n} (official)") for n in range(200)]
    names = lines("account | name", [*((f"a{n}", f"{n} (official)") for n in range(5)), *everybody])

    assert only(declared(knows(PAGES, accounts=names)))["degree"] == 0.0


def test_members_of_ordinary_names_declare_nothing(knows):
    found = only(declared(knows(PAGES, accounts=named(*"abcde"))))

    assert found["degree"] == 0.0
    assert found["says"] == "the names of its members have no part in common"


def test_without_names_nothing_is_declared_or_refuted(knows):
    assert declared(knows(PAGES)) is None
    assert declared(knows(PAGES, accounts=lines("account | name", [("a0", "-")]))) is None
    assert declared(knows(PAGES, accounts=lines("account | name", OTHERS))).rows() == []


def test_a_name_is_read_as_its_brackets_and_its_parts():
    assert sorted(marks_of("Ost | Radio Nord (Nord Media)")) == ["nord media", "ost", "radio nord"]
    assert list(marks_of("Anna Schmidt")) == []
    assert list(marks_of("'; drop table (x) --")) == []


def households(sizes):
    """A login of each account behind each address; the first address is the cluster's."""
    for place, size in enumerate(sizes):
        for number in range(size):
            name = f"a{number}" if place == 0 else f"z{place}-{number}"
            yield name, "login", "address", f"ip-{place}", number, f"ip-{place}"


def test_three_behind_one_address_where_many_live_in_threes_are_a_household(knows):
    sizes = [3] + [1] * 50 + [2] * 40 + [3] * 8 + [4]

    found = only(household(knows(lines(ACT, households(sizes)), carried=True)))

    assert found["degree"] == 1.0
    assert found["measured"] == 3


def test_twelve_behind_one_address_are_no_household(knows):
    sizes = [12] + [1] * 50 + [2] * 40 + [3] * 8 + [4]

    found = only(household(knows(lines(ACT, households(sizes)), carried=True)))

    assert found["degree"] == 0.0
    assert found["measured"] == 12
    assert "fewer than 0.01" in found["says"]


def test_members_of_several_addresses_are_no_household(knows):
    rows = [(f"a{n}", "login", "address", f"ip-{n}", n, f"ip-{n}") for n in range(4)]

    found = only(household(knows(lines(ACT, rows), carried=True)))

    assert (found["degree"], found["measured"]) == (0.0, None)


def test_without_traits_no_household_is_checked(knows):
    assert household(knows(PAGES)) is None


SHARED = "cluster | layer | object_kind | object | members | interactions | population"


def test_objects_on_which_everybody_acts_are_popular(knows):
    objects = lines(
        SHARED,
        [
            ("a0", "shared-objects", "link", "x", 5, 5, 105),
            ("a0", "shared-objects", "link", "y", 5, 5, 104),
            ("a0", "shared-traits", "ip", "z", 5, 5, 5),
        ],
    )

    found = only(popular(knows(PAGES, objects=objects)))

    assert (found["measured"], found["degree"]) == (0.5, 0.5)


def test_traits_and_texts_are_no_objects_that_could_be_popular(knows):
    objects = lines(SHARED, [("a0", "shared-traits", "ip", "z", 5, 5, 5)])

    assert popular(knows(PAGES, objects=objects)).rows() == []


def owned(owners):
    rows = [
        (f"a{n}", "like", "post", f"p{place:02}", place, owner)
        for place, owner in enumerate(owners)
        for n in range(4)
    ]
    shared = [
        ("a0", "shared-objects", "post", f"p{place:02}", 4, 4, 4) for place in range(len(owners))
    ]
    acts = lines("account | action | object_kind | object | acted_at | owner", rows)
    return {"interactions": acts, "objects": lines(SHARED, shared)}


def test_thirty_posts_of_one_idol_are_of_one_source(knows):
    found = only(one_source(knows(**owned(["idol"] * 30 + ["other"]))))

    assert found["measured"] == pytest.approx(30 / 31)
    assert found["degree"] == 1.0


def test_the_few_posts_of_a_customer_and_the_posts_of_many_are_not(knows):
    assert only(one_source(knows(**owned(["customer"] * 8))))["degree"] == 0.0
    assert only(one_source(knows(**owned([f"o{n:02}" for n in range(30)]))))["degree"] == 0.0


def test_without_owners_no_source_is_checked(knows):
    assert one_source(knows(**owned(["-"] * 30))) is None


def created(days):
    members = [(f"a{n}", day * DAY) for n, day in enumerate(days)]
    others = [(f"z{n:03}", n * DAY) for n in range(400)]
    return lines("account | created_at", [*members, *others])


def test_members_of_all_ages_are_as_old_as_anybody(knows):
    found = only(ages(knows(PAGES, accounts=created((3, 120, 200, 310, 390)))))

    assert found["degree"] > 0.8
    assert found["measured"] == 190  # three of the five: days 120 to 310, or 200 to 390


def test_members_made_in_one_go_are_not(knows):
    found = only(ages(knows(PAGES, accounts=created((200, 201, 201, 202, 390)))))

    assert found["degree"] < 0.02
    assert found["usual"] > 50


def test_members_of_unknown_age_cannot_be_checked(knows):
    assert ages(knows(PAGES)) is None
    assert ages(knows(PAGES, accounts=created((1, 2, 3)))).rows() == []


def test_the_usual_span_of_very_many_is_half_of_what_the_ages_span():
    evenly = np.arange(400) * DAY

    assert usual_half_days(evenly, 2000) == pytest.approx(399 / 2, rel=0.05)
    assert usual_half_days(evenly, 4) < usual_half_days(evenly, 40)


def test_the_most_active_hundredth_are_super_users(knows):
    busy = [(f"a{n}", "like", "post", f"p{k}", k, "-") for n in range(2) for k in range(20)]
    idle = [(f"z{n}", "like", "post", "p1", n, "-") for n in range(198)]
    active = only(super_users(knows(lines(ACT, busy + idle))))
    ordinary = only(super_users(knows(lines(ACT, busy + idle), members=["z0", "z1"])))

    assert (active["measured"], active["degree"]) == (1.0, 1.0)
    assert (ordinary["measured"], ordinary["degree"]) == (0.0, 0.0)


def test_members_who_do_nothing_else_have_no_breadth(knows):
    shared = [(f"a{n}", "like", "post", f"p{k}", k, "-") for n in range(4) for k in range(4)]
    others = [(f"z{n}", "like", "post", f"q{n}-{k}", k, "-") for n in range(4) for k in range(4)]
    objects = lines(SHARED, [("a0", "shared-objects", "post", f"p{k}", 4, 4, 4) for k in range(4)])

    narrow = only(breadth(knows(lines(ACT, shared + others), objects=objects)))
    broad = only(breadth(knows(lines(ACT, shared + others))))

    assert (narrow["measured"], narrow["usual"], narrow["degree"]) == (0, 4, 0)
    assert (broad["measured"], broad["degree"]) == (4, 1)


def test_every_cluster_has_a_row_of_every_explanation_and_a_reason_where_it_has_no_degree(knows):
    rows = explained(knows(PAGES)).rows()

    assert [row["explanation"] for row in rows] == sorted(each.name for each in ALL)
    assert all(row["says"] for row in rows)
    unchecked = {row["explanation"]: row["says"] for row in rows if row["degree"] is None}
    assert unchecked["declared"] == "not checked: it needs names of at least half of its members"
    assert {"audience", "sittings", "household", "ages"} <= set(unchecked)


def told(engine, table, degrees, layers, *, accounts=4):
    """The explanation that accounts for c1; each layer joins the members of the pairs given."""
    rows = [("c1", name, degree, "x", families) for name, degree, families in degrees]
    explanations = table(
        engine,
        EXPLANATIONS,
        lines("cluster | explanation | degree | says | sufficient_for", rows),
    )
    members = [(f"c{number}", "c1") for number in range(1, accounts + 1)]
    clustering = Clustering(
        table(engine, CLUSTERING, lines("account | cluster", members)), method="given"
    )
    edges = [(f"c{a}", f"c{b}", layer) for layer, pairs in layers.items() for a, b in pairs]
    inner = table(engine, EDGES, lines("src | dst | layer", edges))
    found = accounted_for(
        explanations, joined_by(layers_inside(inner, clustering)), families=FAMILIES
    ).rows()
    return found[0]["explained"] if found else None


ALL_FOUR = [(1, 2), (2, 3), (3, 4)]


def test_an_explanation_accounts_for_a_cluster_if_it_covers_each_of_its_layers(engine, table):
    audience = [("audience", 0.9, "time-object"), ("ages", 1.0, "")]
    meets = {"shared-objects": ALL_FOUR}

    assert told(engine, table, audience, meets) == "audience"
    assert told(engine, table, audience, {**meets, "shared-traits": [(1, 2)]}) is None
    assert told(engine, table, audience, {"of-tomorrow": ALL_FOUR}) is None
    assert told(engine, table, [("audience", 0.4, "time-object")], meets) is None
    assert told(engine, table, [("audience", "-", "time-object")], meets) is None


def test_a_layer_that_joins_two_of_many_members_does_not_take_the_explanation_away(engine, table):
    audience = [("audience", 0.9, "time-object")]
    chain = [(number, number + 1) for number in range(1, 20)]
    two = {"shared-objects": chain, "shared-traits": [(1, 2)]}
    four = {"shared-objects": chain, "shared-traits": [(1, 2), (3, 4)]}

    assert told(engine, table, audience, two, accounts=20) == "audience"
    assert told(engine, table, audience, four, accounts=20) is None


def test_of_two_that_account_for_it_the_fuller_is_named(engine, table):
    meets = {"shared-objects": ALL_FOUR}
    two = [("declared", 0.7, "time-object,social"), ("audience", 0.6, "time-object")]
    equal = [("declared", 0.7, "time-object"), ("audience", 0.7, "time-object")]

    assert told(engine, table, two, meets) == "declared"
    assert told(engine, table, equal, meets) == "audience"


def test_what_was_made_on_one_day_is_accounted_for_by_declared_names_alone():
    assert SWARM.family == "cohort"
    assert [each.name for each in ALL if SWARM.family in each.sufficient_for] == ["declared"]


def test_a_cohort_that_sits_together_is_not_excused(engine, table):
    sitting = [("sittings", 1.0, "time-object,traits,social")]
    meets = {"shared-objects": ALL_FOUR}

    assert told(engine, table, sitting, meets) == "sittings"
    assert told(engine, table, sitting, {**meets, "swarm": ALL_FOUR}) is None
