"""Dense blocks: against a plain reading of the method, under renaming, planted and by chance."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.dense_blocks import Lockstep, dense_blocks
from graph.block_schemas import INCIDENCE
from graph.engines.kernels.configurations import configuration
from graph.engines.kernels.peeling import ONE, column_weights, densest_block

edge_sets = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 5)), min_size=1, max_size=25)


def weights_of(edges):
    """What an edge into each column weighs, as the method's paper has it, in whole numbers."""
    accounts = {}
    for _, column in edges:
        accounts[column] = accounts.get(column, 0) + 1
    return {column: round(ONE / math.log(d + 5)) for column, d in accounts.items()}


def density(nodes, edges, weight):
    mass = sum(weight[c] for a, c in edges if ("a", a) in nodes and ("c", c) in nodes)
    return Fraction(mass, len(nodes)) if nodes else Fraction(0)


def peeled(edges):
    """The first densest set that taking away all lightest nodes, again and again, passes."""
    weight = weights_of(edges)
    nodes = {("a", a) for a, _ in edges} | {("c", c) for _, c in edges}
    best, most = nodes, density(nodes, edges, weight)
    while nodes:
        weighs = dict.fromkeys(nodes, 0)
        for a, c in edges:
            if ("a", a) in nodes and ("c", c) in nodes:
                weighs["a", a] += weight[c]
                weighs["c", c] += weight[c]
        least = min(weighs.values())
        nodes = {node for node in nodes if weighs[node] > least}
        if density(nodes, edges, weight) > most:
            best, most = nodes, density(nodes, edges, weight)
    return best


def parts(nodes, edges):
    """The connected parts of some nodes."""
    left, found = set(nodes), []
    while left:
        part = {min(left)}
        while True:
            joined = {("a", a) for a, c in edges if ("c", c) in part}
            joined |= {("c", c) for a, c in edges if ("a", a) in part}
            if joined & nodes <= part:
                break
            part |= joined & nodes
        found.append(part)
        left -= part
    return found


def found_block(edges):
    rows = np.array(sorted(edges), dtype=np.int64)
    weight = column_weights(rows[:, 1], int(rows[:, 1].max()) + 1)
    block = densest_block(rows[:, 0], rows[:, 1], weight, accounts=int(rows[:, 0].max()) + 1)
    return {("a", a) for a in block.accounts.tolist()} | {("c", c) for c in block.columns.tolist()}


def incidence(engine, rows):
    """A table of (account, object, bin, acted_at)."""
    acts = [
        {
            "account": account,
            "action": "like",
            "object_kind": "post",
            "object": thing,
            "bin": at - at % 3_600_000,
            "acted_at": at,
        }
        for account, thing, at in rows
    ]
    return engine.from_arrow(pa.Table.from_pylist(acts, schema=INCIDENCE.arrow), INCIDENCE)


def accounts_of(found):
    blocks = {}
    for row in found.acts.rows():
        blocks.setdefault(row["block"], set()).add(row["account"])
    return [blocks[number] for number in sorted(blocks)]


def town(seed, *, ring=(), objects=()):
    """Whoever likes what at times within a day, some more than others; a ring likes the same."""
    draw = random.Random(seed)
    rows = {
        (f"u{int(draw.paretovariate(1.2)) % 150:03}", f"p{int(draw.paretovariate(1.0)) % 120:03}")
        for _ in range(1500)
    }
    rows |= set(itertools.product(ring, objects))
    return [(account, thing, 0) for account, thing in sorted(rows)]


@settings(max_examples=150, deadline=None)
@given(edges=edge_sets)
def test_it_is_the_densest_part_of_what_a_plain_reading_of_the_method_finds(edges):
    weight = weights_of(edges)
    expected = parts(peeled(edges), edges)
    most = max(density(part, edges, weight) for part in expected)

    found = found_block(edges)

    assert found == min(
        (part for part in expected if density(part, edges, weight) == most), key=min
    )


@settings(max_examples=30, deadline=None)
@given(edges=st.sets(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1))
def test_it_has_at_least_half_the_density_of_the_densest_set_there_is(edges):
    weight = weights_of(edges)
    nodes = sorted({("a", a) for a, _ in edges} | {("c", c) for _, c in edges})
    chosen = (
        {node for node, kept in zip(nodes, choice, strict=True) if kept}
        for choice in itertools.product((0, 1), repeat=len(nodes))
    )
    most = max(density(some, edges, weight) for some in chosen)

    assert 2 * density(found_block(edges), edges, weight) >= most


@settings(max_examples=20, deadline=None)
@given(edges=edge_sets, seed=st.integers(0, 10**6))
def test_other_names_and_another_order_of_rows_give_the_same_first_block(edges, seed):
    """Up to blocks that are equally dense, of which that with the least account comes first."""
    draw = random.Random(seed)
    names = draw.sample(range(100), 7)
    renamed = {(names[a], c) for a, c in edges}
    weight = weights_of(edges)

    one, other = found_block(edges), found_block(renamed)

    assert density(one, edges, weight) == density(other, renamed, weight)
    before = {names.index(a) for kind, a in other if kind == "a"}
    equal = [
        part
        for part in parts(peeled(edges), edges)
        if density(part, edges, weight) == density(one, edges, weight)
    ]
    assert before in [{a for kind, a in part if kind == "a"} for part in equal]


@pytest.mark.parametrize("seed", range(3))
def test_rows_in_any_order_give_the_same_blocks(engine, seed):
    rows = town(seed, ring=[f"r{n}" for n in range(12)], objects=[f"t{n}" for n in range(8)])
    turned = random.Random(seed).sample(rows, len(rows))

    one = dense_blocks(incidence(engine, rows), seed=3)
    other = dense_blocks(incidence(engine, turned), seed=3)

    assert one.acts.arrow() == other.acts.arrow()
    assert (one.densities, one.bars) == (other.densities, other.bars)


def test_a_planted_block_is_the_first_and_the_crowd_around_it_is_none(engine):
    ring, objects = {f"r{n:02}" for n in range(20)}, [f"t{n}" for n in range(10)]
    rows = town(7, ring=ring, objects=objects)

    found = dense_blocks(incidence(engine, rows))

    assert accounts_of(found) == [ring]
    assert found.densities[0] > found.bars[0]


def test_a_block_hides_neither_behind_likes_of_popular_things_nor_behind_a_second_block(engine):
    ring, other = {f"r{n:02}" for n in range(20)}, {f"s{n:02}" for n in range(15)}
    rows = town(8, ring=ring, objects=[f"t{n}" for n in range(10)])
    rows += [(account, f"v{n}", 0) for account in sorted(other) for n in range(9)]
    draw = random.Random(1)
    popular = {(account, f"p{draw.randrange(1, 20):03}", 0) for account in ring for _ in range(10)}

    found = dense_blocks(incidence(engine, [*rows, *sorted(popular)]))

    first, second = accounts_of(found)[:2]
    assert first >= ring or second >= ring
    assert other in (first, second)


def test_by_chance_alone_hardly_any_world_has_a_block(engine):
    """Twenty random worlds of the same degrees as a town with a ring, and on Spark three."""
    rows = town(9, ring=[f"r{n:02}" for n in range(20)], objects=[f"t{n}" for n in range(10)])
    names = sorted({account for account, _, _ in rows})
    things = sorted({thing for _, thing, _ in rows})
    account = np.array([names.index(name) for name, _, _ in rows])
    column = np.array([things.index(thing) for _, thing, _ in rows])
    with_blocks = 0
    for seed in range(20 if engine.name == "local" else 3):
        drawn = configuration(
            account, column, columns=len(things), rng=np.random.default_rng([5, seed])
        )
        world = [(names[a], things[c], 0) for a, c in zip(*drawn, strict=True)]
        with_blocks += bool(dense_blocks(incidence(engine, world), seed=seed).densities)

    assert with_blocks <= 1


def test_a_random_graph_keeps_the_degrees_and_has_no_edge_twice():
    rng = np.random.default_rng(4)
    keys = np.unique(rng.integers(0, 200 * 300, size=3000))
    account, column = keys // 300, keys % 300

    drawn = configuration(account, column, columns=300, rng=np.random.default_rng(5))

    assert len(np.unique(drawn[0] * 300 + drawn[1])) == len(drawn[0]) == len(account)
    assert (np.bincount(drawn[0], minlength=200) == np.bincount(account, minlength=200)).all()
    assert (np.bincount(drawn[1], minlength=300) == np.bincount(column, minlength=300)).all()
    assert not (drawn[0] == account).all()


def test_without_a_bar_there_are_as_many_blocks_as_asked_for(engine):
    found = dense_blocks(incidence(engine, town(3)), most_blocks=4, draws=0)

    assert len(found.densities) == 4
    assert found.bars == [0.0] * 4
    acts = found.acts.rows()
    once = {(row["account"], row["object"]) for row in acts}
    assert len(once) == len(acts)  # each edge is in one block at the most


def test_a_core_leaves_out_who_comes_at_another_time(engine):
    """`late` likes all that the ring likes, an hour and more after it."""
    hour = 3_600_000
    rows = [
        (f"r{n}", f"t{thing}", 2 * hour * thing + hour - 5000 + 1000 * n)
        for n in range(10)
        for thing in range(6)
    ]
    rows += [("late", f"t{thing}", 2 * hour * thing + 2 * hour + 5000) for thing in range(6)]
    core = Lockstep(within_ms=hour, least_accounts=5, least_objects=4)

    whole = dense_blocks(incidence(engine, rows), draws=0, most_blocks=1)
    cored = dense_blocks(incidence(engine, rows), draws=0, most_blocks=1, lockstep=core)

    # The ring's acts straddle the hour, so peeling finds one side of them; the core both.
    assert accounts_of(cored) == [{f"r{n}" for n in range(10)} & accounts_of(whole)[0]]
    assert len(cored.acts.rows()) == 6 * len(accounts_of(cored)[0])


def test_nothing_has_no_block(engine):
    assert dense_blocks(incidence(engine, [])).densities == []


@pytest.mark.parametrize("odd", [{"most_blocks": 0}, {"draws": -1}])
def test_odd_numbers_are_refused(engine, odd):
    with pytest.raises(ValueError, match="blocks are at least 1 and draws at least 0"):
        dense_blocks(incidence(engine, []), **odd)
