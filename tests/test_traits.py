"""Accounts that share a device, an address or another carried attribute."""

import math
import random
from dataclasses import replace

import pyarrow as pa
import pytest

from builders.traits import joint_trait_acts, shared_traits_graph
from graph.errors import ConfigError
from graph.model import Clustering
from graph.schemas import CLUSTERING, INTERACTIONS

CARRIED = INTERACTIONS.with_attributes(("device", "ip"))


def pairs(found):
    return {(e["src"], e["dst"]): e for e in found.graph.edges.rows()}


def one_cluster(engine, accounts):
    rows = pa.table(
        {"account": accounts, "cluster": [min(accounts)] * len(accounts)}, schema=CLUSTERING.arrow
    )
    return Clustering(engine.from_arrow(rows, CLUSTERING), method="given")


def test_accounts_with_one_device_are_joined_at_whatever_time(engine, table):
    interactions = table(
        engine,
        CARRIED,
        """
        account | action | object | acted_at      | device | ip
        a1      | login  | x      | 0             | d1     | 1.1.1.1
        a1      | login  | x      | 5             | d1     | -
        a2      | login  | x      | 9000000000000 | d1     | 2.2.2.2
        a3      | login  | x      | 1             | d2     | 3.3.3.3
        """,
    )

    found = pairs(shared_traits_graph(interactions, traits=["device", "ip"]))

    edge = found.pop(("a1", "a2"))
    assert not found
    assert edge["weight"] == 1
    assert (edge["src_count"], edge["dst_count"], edge["objects"]) == (2, 1, 1)
    assert (edge["first_at"], edge["last_at"], edge["post_pairs"]) == (0, 9000000000000, 2)


def test_a_rare_value_weighs_more_than_a_common_one(engine, table):
    interactions = table(
        engine,
        CARRIED,
        """
        account | device | ip
        a1      | d1     | 1.1.1.1
        a2      | d1     | 1.1.1.1
        a3      | d3     | 1.1.1.1
        a4      | d4     | 4.4.4.4
        """,
    )

    found = pairs(shared_traits_graph(interactions, traits=["device", "ip"]))

    of_three = math.log(1 + 4 / 3) / math.log(1 + 4 / 2)
    assert found[("a1", "a3")]["weight"] == pytest.approx(of_three, abs=1e-6)
    assert found[("a1", "a2")]["weight"] == pytest.approx(1 + of_three, abs=1e-6)
    assert found[("a1", "a2")]["objects"] == 2


def test_nothing_known_joins_nobody_and_is_counted(engine, table):
    interactions = table(
        engine,
        CARRIED,
        """
        account | device  | ip
        a1      | Unknown | -
        a2      | unknown | -
        a3      | Unknown | -
        a4      |         | 0.0.0.0
        a5      |         | 0.0.0.0
        """,
    )

    found = shared_traits_graph(interactions, traits=["device", "ip"])

    assert not pairs(found)
    assert {(b["subject"], b["accounts"], b["pairs_not_counted"]) for b in found.bounds.rows()} == {
        ("device=", 2, 1),
        ("device=Unknown", 2, 1),
        ("device=unknown", 1, 0),
        ("ip=", 3, 3),
        ("ip=0.0.0.0", 2, 1),
    }


def test_a_trait_that_nobody_has_joins_nobody(engine, table):
    interactions = table(
        engine,
        CARRIED,
        """
        account | device
        a1      | -
        a2      | -
        """,
    )

    assert not pairs(shared_traits_graph(interactions, traits=["device"]))


def test_a_carrier_gateway_joins_nobody_and_is_counted(engine, table):
    interactions = table(
        engine,
        CARRIED,
        """
        account | device | ip
        a1      | d1     | 9.9.9.9
        a2      | d1     | 9.9.9.9
        a3      | d3     | 9.9.9.9
        """,
    )

    found = shared_traits_graph(interactions, traits=["device", "ip"], hub_accounts=2)

    assert set(pairs(found)) == {("a1", "a2")}
    (bound,) = found.bounds.rows()
    assert bound["bound"] == "hub-accounts"
    assert (bound["subject"], bound["accounts"], bound["pairs_not_counted"]) == ("ip=9.9.9.9", 3, 3)


def test_values_are_compared_byte_for_byte(engine, table):
    interactions = table(
        engine,
        CARRIED,
        """
        account | device
        a1      | D1
        a2      | d1
        """,
    )

    assert not pairs(shared_traits_graph(interactions, traits=["device"]))


def test_two_kinds_with_one_value_are_two_traits(engine, table):
    interactions = table(
        engine,
        CARRIED,
        """
        account | device | ip
        a1      | same   | -
        a2      | -      | same
        """,
    )

    assert not pairs(shared_traits_graph(interactions, traits=["device", "ip"]))


def test_at_least_two_values_can_be_asked_for(engine, table):
    interactions = table(
        engine,
        CARRIED,
        """
        account | device | ip
        a1      | d1     | 1.1.1.1
        a2      | d1     | 1.1.1.1
        a3      | d1     | 3.3.3.3
        """,
    )

    found = shared_traits_graph(interactions, traits=["device", "ip"], at_least=2)

    assert set(pairs(found)) == {("a1", "a2")}


def test_an_attribute_that_is_not_carried_is_named(engine, table):
    interactions = table(engine, CARRIED, "account\na1")

    with pytest.raises(ConfigError, match=r"carry no `phone`; their attributes: `device`, `ip`"):
        shared_traits_graph(interactions, traits=["phone"])
    with pytest.raises(ConfigError, match="no traits were named"):
        shared_traits_graph(interactions, traits=[])


def test_a_column_name_cannot_break_out_of_the_query(engine, table):
    hostile = "d'; drop table x; --"
    schema = INTERACTIONS.with_attributes((hostile,))
    rows = [{"account": a, hostile: "'; drop"} for a in ("a1", "a2")]
    blank = dict.fromkeys((c.name for c in INTERACTIONS.columns if not c.nullable), "")
    full = [blank | {"acted_at": 0} | row for row in rows]
    interactions = engine.from_arrow(pa.Table.from_pylist(full, schema.arrow), schema)

    found = shared_traits_graph(interactions, traits=[hostile])

    assert set(pairs(found)) == {("a1", "a2")}


def test_the_values_behind_an_edge_come_with_first_uses_rarest_first(engine, table):
    interactions = table(
        engine,
        CARRIED,
        """
        account | acted_at | device | ip
        a1      | 7        | d1     | 1.1.1.1
        a1      | 3        | d1     | 1.1.1.1
        a2      | 5        | d1     | 1.1.1.1
        a3      | 9        | d3     | 1.1.1.1
        """,
    )
    settings = {"traits": ["device", "ip"]}
    edges = shared_traits_graph(interactions, **settings).graph.edges
    clustering = one_cluster(engine, ["a1", "a2"])

    acts = joint_trait_acts(interactions, edges, clustering, **settings).rows()
    rarest = joint_trait_acts(interactions, edges, clustering, at_most=1, **settings).rows()

    assert [(a["object_kind"], a["object"], a["src_at"], a["dst_at"]) for a in acts] == [
        ("device", "d1", 3, 5),
        ("ip", "1.1.1.1", 3, 5),
    ]
    assert [a["object"] for a in rarest] == ["d1"]


def test_the_answer_does_not_depend_on_the_order_of_rows(engine):
    rng = random.Random(5)
    rows = [
        {
            "account": f"a{rng.randrange(30)}",
            "action": "login",
            "object": "x",
            "object_kind": "page",
            "acted_at": rng.randrange(1000),
            "device": f"d{rng.randrange(20)}",
            "ip": rng.choice([None, f"i{rng.randrange(9)}"]),
        }
        for _ in range(120)
    ]

    def edges(order):
        given = pa.Table.from_pylist(order, CARRIED.arrow)
        found = shared_traits_graph(engine.from_arrow(given, CARRIED), traits=["ip", "device"])
        return found.graph.edges.rows(), found.bounds.rows()

    assert edges(rows) == edges(rng.sample(rows, len(rows)))
    assert edges(rows)[0]


def test_pairs_agree_with_a_plain_count(engine):
    rng = random.Random(8)
    rows = [
        {
            "account": f"a{rng.randrange(12)}",
            "action": "login",
            "object": "x",
            "object_kind": "page",
            "acted_at": n,
            "device": f"d{rng.randrange(6)}",
            "ip": None,
        }
        for n in range(40)
    ]
    had = {}
    for row in rows:
        had.setdefault(row["device"], set()).add(row["account"])
    expected = {}
    for accounts in (a for a in had.values() if len(a) <= 5):
        for src in accounts:
            for dst in accounts:
                if src < dst:
                    expected[src, dst] = expected.get((src, dst), 0) + 1
    given = engine.from_arrow(pa.Table.from_pylist(rows, CARRIED.arrow), CARRIED)

    found = shared_traits_graph(given, traits=["device"], hub_accounts=5)

    assert {pair: e["objects"] for pair, e in pairs(found).items()} == expected


def test_bounds_below_sense_are_refused(engine, table):
    interactions = table(engine, replace(CARRIED), "account\na1")

    with pytest.raises(ValueError, match="hub_accounts is a count from 2 up, not 1"):
        shared_traits_graph(interactions, traits=["ip"], hub_accounts=1)
    with pytest.raises(ValueError, match="at_least is a count from 1 up, not 0"):
        shared_traits_graph(interactions, traits=["ip"], at_least=0)
