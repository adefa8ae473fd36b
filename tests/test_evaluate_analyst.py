"""The analyst's graph, and what other methods find in it."""

from __future__ import annotations

import math

import pytest

from graph.errors import ConfigError
from graph.schemas import INTERACTIONS
from jobs.evaluation.analyst import analyst_graph
from jobs.evaluation.baselines import BASELINES


@pytest.fixture
def interactions(engine, table):
    """`a1` and `a2` meet on three objects, `a3` on two; `p` is liked by five at other times."""
    return table(
        engine,
        INTERACTIONS,
        """
        account | action | object | object_kind | acted_at
        a1      | like   | p      | post        | 0
        a2      | like   | p      | post        | 600000
        a3      | like   | p      | post        | 600001
        b1      | like   | p      | post        | 9000000
        b2      | like   | p      | post        | 19000000
        a1      | like   | q      | post        | -1
        a2      | like   | q      | post        | -600001
        a1      | share  | r      | link        | 0
        a2      | share  | r      | link        | 0
        a1      | share  | r      | link        | 5
        a3      | like   | r      | link        | 0
        """,
    )


def test_an_edge_weighs_its_objects_by_how_few_accounts_they_have(interactions):
    [edge] = analyst_graph(interactions, within_seconds=600).edges.rows()

    assert (edge["src"], edge["dst"], edge["objects"]) == ("a1", "a2", 3)
    assert edge["weight"] == pytest.approx(1 / math.log(6) + 2 / math.log(3), abs=1e-9)


def test_a_millisecond_beyond_the_window_is_not_together(interactions):
    assert analyst_graph(interactions, within_seconds=599.999).edges.count() == 0


def test_a_window_below_nought_is_refused(interactions):
    with pytest.raises(ConfigError, match="a window is 0 seconds or more"):
        analyst_graph(interactions, within_seconds=-1)


@pytest.mark.local_only
@pytest.mark.parametrize("name", ["analyst-600s", "analyst-3600s", "label-propagation"])
def test_a_ring_of_four_is_found_and_its_one_time_guest_is_not(engine, table, name):
    rows = [
        f"m{n} | like | o{k} | post | {1000 * n + 10**7 * k}" for n in range(4) for k in range(3)
    ]
    rows.append("guest | like | o1 | post | 10000000")
    text = "account | action | object | object_kind | acted_at\n" + "\n".join(rows)

    found = BASELINES[name].find(table(engine, INTERACTIONS, text), 0)

    assert [sorted(cluster.members) for cluster in found.clusters] == [["m0", "m1", "m2", "m3"]]
