"""Co-action of more rows than memory holds: the same answer from part files, within the memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from builders.coaction import CoactionBounds, coaction_graph, coaction_graphs, estimate_pairs
from graph.engines import open_engine
from tests.test_coaction_oracle import COUNTS, DAY_MS, as_table, counts, many_worlds, together, twin

ROOT = Path(__file__).parents[1]


@pytest.fixture
def local(tmp_path):
    with open_engine("local", memory="1GB", threads=2, spill=tmp_path / "spill") as engine:
        yield engine


def hold_in_parts(monkeypatch, bits):
    monkeypatch.setattr("graph.engines.coaction._BYTES_A_ROW", 1 << 40)
    monkeypatch.setattr("graph.engines.coaction_parted._FEWEST_PARTS", bits)
    monkeypatch.setattr("graph.engines.coaction_parted._MOST_PARTS", bits)


@pytest.fixture(
    params=[(1, 1 << 40), (6, 1)], ids=["two parts, many blocks", "64 parts, one block"]
)
def in_parts(request, monkeypatch):
    bits, bytes_a_row = request.param
    hold_in_parts(monkeypatch, bits)
    hold_in_blocks(monkeypatch, bytes_a_row)


def hold_in_blocks(monkeypatch, bytes_a_row):
    monkeypatch.setattr("graph.engines.coaction_passes._BYTES_A_ROW_OF_A_BLOCK", bytes_a_row)


def flat(worlds):
    return [row for rows in worlds for row in rows]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("within_ms", [0, DAY_MS, None])
@pytest.mark.usefixtures("in_parts")
def test_a_graph_from_part_files_equals_the_slow_twin(local, within_ms, count):
    made = many_worlds(seed=5)
    at_least = 1 if within_ms == 0 else 2
    expected = together(twin(rows, within_ms, count=count, at_least=at_least) for rows in made)

    found = coaction_graph(
        as_table(local, flat(made)),
        within_seconds=None if within_ms is None else within_ms / 1000,
        count=count,
        at_least=at_least,
    )

    assert len(expected) > 10
    assert counts(found) == expected


@pytest.mark.parametrize(
    "bounds",
    [
        CoactionBounds(object_interactions=9),
        CoactionBounds(window_interactions=4),
        CoactionBounds(raw_pairs=300),
        CoactionBounds(object_interactions=12, window_interactions=8, raw_pairs=150),
    ],
    ids=["objects", "windows", "pairs", "all three"],
)
def test_the_bounds_cut_and_tell_the_same_from_part_files(local, bounds, monkeypatch):
    rows = as_table(local, flat(many_worlds(seed=3)))

    def drawn():
        return coaction_graphs(rows, windows=(0.007, 0.025, None), at_least=1, bounds=bounds)

    whole = drawn()
    hold_in_parts(monkeypatch, bits=3)
    hold_in_blocks(monkeypatch, bytes_a_row=1 << 40)
    parted = drawn()

    assert any(found.bounds.count() for found in whole)
    for one, other in zip(whole, parted, strict=True):
        assert one.graph.edges.arrow().equals(other.graph.edges.arrow())
        assert one.bounds.arrow().equals(other.bounds.arrow())
        assert one.raw_pairs == other.raw_pairs
        assert one.interactions_used == other.interactions_used


@pytest.mark.usefixtures("in_parts")
def test_pairs_are_estimated_and_busy_accounts_chosen_alike_from_part_files(local, monkeypatch):
    rows = as_table(local, flat(many_worlds(seed=8)))

    def drawn():
        found = coaction_graph(rows, within_seconds=0.025, at_least=1, min_participation=6)
        estimated = estimate_pairs(rows, 0.025, object_kinds=("post",), min_participation=6)
        return found.graph.edges.arrow(), found.raw_pairs, estimated

    parted = drawn()
    monkeypatch.setattr("graph.engines.coaction._BYTES_A_ROW", 0)
    whole = drawn()

    assert parted[0].num_rows > 20
    assert parted == whole


@pytest.mark.usefixtures("in_parts")
def test_an_extract_without_interactions_gives_no_edge_from_part_files(local):
    found = coaction_graph(as_table(local, []), within_seconds=1)

    assert found.graph.edges.count() == 0
    assert found.raw_pairs == 0


@pytest.mark.usefixtures("in_parts")
def test_part_files_are_gone_when_the_graph_is_drawn(local):
    coaction_graph(as_table(local, flat(many_worlds(seed=1))), within_seconds=1)

    assert not list(local.spill.glob("co-action-*"))


ROWS = 3_000_000
DRAWN = """
import json, sys
from pathlib import Path
from builders.coaction import CoactionBounds, coaction_graph
from graph.engines import open_engine
from graph.schemas import INTERACTIONS

path, memory, spill = sys.argv[1:]
engine = open_engine("local", memory=memory, threads=2, spill=Path(spill))
found = coaction_graph(
    engine.read_parquet([Path(path)], INTERACTIONS),
    within_seconds=60, bounds=CoactionBounds(raw_pairs=None),
)
sums = engine.query(
    "select count(*) as edges, sum(post_pairs) as pairs, sum(hash(columns(*))) as says from {e}",
    e=found.graph.edges,
).to_pylist()
peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(json.dumps([int(peak) * 1024, found.raw_pairs, repr(sums)]))
"""


def test_the_memory_that_is_given_is_honoured_and_changes_no_byte(tmp_path):
    sys.path.insert(0, str(ROOT))
    from benchmarks.heavy_tailed import write_interactions

    path = tmp_path / "interactions.parquet"
    write_interactions(path, ROWS, seed=1, viral=1)

    def drawn(memory):
        asked = [sys.executable, "-c", DRAWN, str(path), memory, str(tmp_path / "spill")]
        done = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=ROOT)
        return json.loads(done.stdout)

    little, *parted = drawn("1GB")
    much, *whole = drawn("8GB")

    assert parted == whole
    assert little <= 1_000_000_000 < much
