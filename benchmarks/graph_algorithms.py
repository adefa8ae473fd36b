"""PageRank, components and Leiden on one graph: ours, igraph, NetworKit, SciPy and NetworkX.

    python benchmarks/graph_algorithms.py                        # a million edges, all of them
    python benchmarks/graph_algorithms.py --sizes "10000000 50000000"

Each contender runs in a process of its own, from the same Parquet file of edges with account ids as
text to an answer by account id: it reads two ids and a weight a row, numbers the ids, makes its
graph and runs the algorithm. Ours goes through the public functions. Reported are CPU seconds of
the process (start-up included), seconds of the clock, and peak memory; of ours also the bytes an
edge. PageRank and its personalised form go to a summed change of 1e-10 where that can be said;
their answers must agree to 1e-6 of the greatest score, components must be the same, and of Leiden
the quality is told (CPM at 0.1, which NetworKit and SciPy have not).

NetworkX is left out beyond two million edges.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.joined_accounts import write_edges  # noqa: E402
from benchmarks.kept import Clock, commit, keep, kept_in, today, took  # noqa: E402
from benchmarks.markdown import head, line, number, put_between  # noqa: E402
from benchmarks.processes import Taken, taken_by  # noqa: E402
from console.output import write_line  # noqa: E402
from review.whole import whole  # noqa: E402

KEPT = ROOT / "benchmarks" / "graph_algorithms.json"
PAGE = ROOT / "docs" / "performance.md"
MARKS = (
    "<!-- algorithms beside peers: benchmarks/graph_algorithms.py -->",
    "<!-- end of algorithms -->",
)
PRICE = 0.1
SEEDS = 50
MOST_OF_NETWORKX = 2_000_000
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Answer = tuple[pa.StringArray, npt.NDArray[Any]]
"""Account ids, and a score or a label of each."""


def ours(path: Path, algorithm: str) -> Answer:
    """The public functions, on the local engine."""
    from algorithms.components import components
    from algorithms.leiden import leiden
    from algorithms.pagerank import pagerank, personalised_pagerank
    from graph.engines import open_engine
    from graph.model import InteractionGraph
    from graph.schemas import EDGES

    with open_engine("local", memory="12GB") as engine:
        graph = InteractionGraph(engine.read_parquet([path], EDGES))
        if algorithm == "pagerank":
            rows = pagerank(graph).scores.arrow()
        elif algorithm == "personalised":
            rows = personalised_pagerank(graph, _seeds(path)).scores.arrow()
        elif algorithm == "components":
            rows = components(graph).members.arrow()
        else:
            rows = leiden(graph, resolution=PRICE).members.arrow()
    answer = rows.column(1)
    if algorithm in ("pagerank", "personalised"):
        return rows["account"].combine_chunks(), answer.to_numpy()
    return rows[
        "account"
    ].combine_chunks(), answer.combine_chunks().dictionary_encode().indices.to_numpy()


def igraph(path: Path, algorithm: str) -> Answer:
    """The C core of igraph."""
    import igraph as ig

    ids, src, dst, weight = _coded(path)
    graph = ig.Graph(n=len(ids), edges=np.stack([src, dst], axis=1), directed=False)
    graph.es["weight"] = weight.tolist()
    if algorithm == "pagerank":
        return ids, np.array(graph.pagerank(weights="weight"))
    if algorithm == "personalised":
        seeds = _numbers(ids, _seeds(path))
        return ids, np.array(graph.personalized_pagerank(weights="weight", reset_vertices=seeds))
    if algorithm == "components":
        return ids, np.array(graph.connected_components().membership)
    found = graph.community_leiden(
        objective_function="CPM", weights="weight", resolution=PRICE, n_iterations=4
    )
    return ids, np.array(found.membership)


def networkit(path: Path, algorithm: str) -> Answer:
    """NetworKit, on as many threads as there are."""
    import networkit as nk

    ids, src, dst, weight = _coded(path)
    graph = nk.GraphFromCoo((weight, (src, dst)), n=len(ids), weighted=True, directed=False)
    if algorithm == "components":
        found = nk.components.ConnectedComponents(graph)
        found.run()
        return ids, np.array(found.getPartition().getVector())
    ranked = nk.centrality.PageRank(graph, damp=0.85, tol=1e-10)
    ranked.norm = nk.centrality.Norm.L1_NORM
    ranked.run()
    return ids, np.array(ranked.scores())


def scipy(path: Path, algorithm: str) -> Answer:
    """SciPy's sparse matrices: its components, and PageRank as one writes it."""
    from scipy.sparse import coo_array, diags_array
    from scipy.sparse.csgraph import connected_components

    ids, src, dst, weight = _coded(path)
    count = len(ids)
    half = coo_array((weight, (src, dst)), shape=(count, count)).tocsr()
    if algorithm == "components":
        return ids, connected_components(half, directed=False)[1]
    both = (half + half.T).tocsr()
    walk = (diags_array(1.0 / np.maximum(both.sum(axis=1), 1e-300)) @ both).T.tocsr()
    restart = np.full(count, 1.0 / count)
    if algorithm == "personalised":
        restart = np.zeros(count)
        restart[_numbers(ids, _seeds(path))] = 1.0 / SEEDS
    scores = restart
    for _ in range(200):
        following = 0.85 * (walk @ scores) + 0.15 * restart
        moved, scores = np.abs(following - scores).sum(), following
        if moved < 1e-10:
            break
    return ids, scores


def networkx(path: Path, algorithm: str) -> Answer:
    """NetworkX, from lists of Python's own objects."""
    import networkx as nx

    rows = pq.read_table(path, columns=["src", "dst", "weight"])
    graph = nx.Graph()
    graph.add_weighted_edges_from(
        zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True)
    )
    if algorithm == "components":
        label = {one: n for n, part in enumerate(nx.connected_components(graph)) for one in part}
        return pa.array(label), np.array(list(label.values()))
    seeds = dict.fromkeys(_seeds(path), 1.0) if algorithm == "personalised" else None
    found = nx.pagerank(graph, personalization=seeds, tol=1e-10 / len(graph), max_iter=300)
    return pa.array(found), np.array(list(found.values()))


CONTENDERS: Mapping[str, Callable[[Path, str], Answer]] = {
    "ours": ours,
    "igraph": igraph,
    "networkit": networkit,
    "scipy": scipy,
    "networkx": networkx,
}
ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "pagerank": ("ours", "igraph", "networkit", "scipy", "networkx"),
    "personalised": ("ours", "igraph", "scipy", "networkx"),
    "components": ("ours", "igraph", "networkit", "scipy", "networkx"),
    "leiden": ("ours", "igraph"),
}


def _coded(path: Path) -> tuple[pa.StringArray, Ints, Ints, Floats]:
    """Ids in no order, the numbers of both ends, and weights: what every peer needs first."""
    rows = pq.read_table(path, columns=["src", "dst", "weight"])
    ends = pa.chunked_array([*rows["src"].chunks, *rows["dst"].chunks]).combine_chunks()
    coded = ends.dictionary_encode()
    numbers = coded.indices.to_numpy().astype(np.int64)
    half = len(rows)
    return coded.dictionary, numbers[:half], numbers[half:], rows["weight"].to_numpy()


def _seeds(path: Path) -> list[str]:
    first = pq.ParquetFile(path).read_row_group(0, columns=["src"])["src"].to_pylist()
    return sorted(set(first[: 4 * SEEDS]))[:SEEDS]


def _numbers(ids: pa.StringArray, names: list[str]) -> list[int]:
    found: list[int] = pc.index_in(pa.array(names), value_set=ids).to_pylist()
    return found


def says(path: Path, algorithm: str, answer: Answer) -> list[float]:
    """What tells whether two answers are the same, or how good they are."""
    ids, values = answer
    order = pc.sort_indices(ids).to_numpy()
    values = values[order]
    if algorithm in ("pagerank", "personalised"):
        # Scores at fixed places, and at the top.
        places = np.linspace(0, len(values) - 1, 50).astype(np.int64)
        return [float(v) for v in [*values[places], values.max(), values.sum()]]
    if algorithm == "components":
        _, first, size = np.unique(values, return_index=True, return_counts=True)
        return [
            float(len(first)),
            float(np.sort(first) @ np.arange(len(first)) % 1e9),
            float(size.max()),
        ]
    rows = pq.read_table(path, columns=["src", "dst", "weight"])
    sorted_ids = ids.take(pa.array(order))
    src, dst = (
        values[pc.index_in(rows[n], value_set=sorted_ids).to_numpy()] for n in ("src", "dst")
    )
    inside = float(rows["weight"].to_numpy()[src == dst].sum())
    sizes = np.unique(values, return_counts=True)[1].astype(np.float64)
    return [inside - PRICE * float((sizes * (sizes - 1) / 2).sum())]


def run_one(name: str, algorithm: str, path: Path) -> None:
    """The process of one contender."""
    taken = Taken()
    answer = CONTENDERS[name](path, algorithm)
    told = len(answer[0])
    np.savez(path.with_name(f"{name}-{algorithm}.npz"), values=answer[1])
    pq.write_table(pa.table({"account": answer[0]}), path.with_name(f"{name}-{algorithm}.ids"))
    taken.tell({"accounts": told})


def measured(edges: int, seed: int, chosen: list[str]) -> dict[str, Any]:
    """Every contender of every algorithm on one graph."""
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edges.parquet"
        write_edges(path, edges, seed)
        little = Path(folder) / "little.parquet"
        write_edges(little, 10_000, seed)
        for algorithm in chosen:
            # What compiles does so here, where nothing is cached yet.
            _measure("ours", algorithm, little)
            told: dict[str, Any] = {}
            for name in ALGORITHMS[algorithm]:
                if name != "ours" and find_spec(name) is None:
                    continue
                if name == "networkx" and edges > MOST_OF_NETWORKX:
                    continue
                told[name] = _measure(name, algorithm, path)
                told[name]["says"] = says(path, algorithm, _answer(name, algorithm, path))
            _refuse_others(algorithm, told)
            found[algorithm] = {
                name: {key: value for key, value in of.items() if key != "says"}
                | ({"quality": round(of["says"][0], 1)} if algorithm == "leiden" else {})
                for name, of in told.items()
            }
        rows = pq.ParquetFile(path).metadata.num_rows
    return {"edges": rows, "found": found}


def _measure(name: str, algorithm: str, path: Path) -> dict[str, Any]:
    return taken_by(__file__, ["--run", name, "--algorithm", algorithm, "--file", str(path)])


def _answer(name: str, algorithm: str, path: Path) -> Answer:
    stem = path.with_name(f"{name}-{algorithm}.npz")
    ids = pq.read_table(stem.with_suffix(".ids"))["account"].combine_chunks()
    with np.load(stem) as kept:
        return ids, kept["values"]


def _refuse_others(algorithm: str, told: Mapping[str, Any]) -> None:
    """Stop where a contender's answer is another than ours: then nothing is compared."""
    if algorithm == "leiden":
        return
    own = np.array(told["ours"]["says"])
    for name, of in told.items():
        theirs = np.array(of["says"])
        within = 0.0 if algorithm == "components" else 1e-6 * float(own[-2])
        if len(theirs) != len(own) or float(np.abs(theirs - own).max()) > within:
            sys.exit(f"{algorithm}: `{name}` answers otherwise than `ours`: {theirs} and {own}")


def part(entry: Mapping[str, Any]) -> Iterator[str]:
    """The measured part of the page."""
    yield (
        f"Commit {entry['commit']}, {entry['date']}, {entry['machine']}; {took(entry)}."
        f" {entry['versions']}."
    )
    yield ""
    yield from head(
        ["edges", "", "", "CPU s", "to the best", "clock s", "peak MB", "bytes an edge", "quality"]
    )
    for row in entry["rows"]:
        for algorithm, told in row["found"].items():
            best = min(of["cpu"] for of in told.values())
            for name, of in told.items():
                yield line(
                    [
                        f"{row['edges']:,}",
                        algorithm,
                        name,
                        number(of["cpu"], places=1),
                        number(of["cpu"] / best, places=2),
                        number(of["wall"], places=1),
                        f"{of['peak_mb']:,}",
                        f"{of['peak_mb'] * 2**20 / row['edges']:,.0f}",
                        f"{of['quality']:,.0f}" if "quality" in of else "",
                    ]
                )


def main() -> None:
    """Measure each size, keep it, and tell."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sizes", default="1000000")
    asked.add_argument("--algorithms", default=" ".join(ALGORITHMS))
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--no-keep", action="store_true", help="leave what is kept as it is")
    asked.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    asked.add_argument("--algorithm", choices=ALGORITHMS, help=argparse.SUPPRESS)
    asked.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        run_one(given.run, given.algorithm, given.file)
        return
    clock, before = Clock(), kept_in(KEPT)
    present = [name for name in ("igraph", "networkit", "scipy", "networkx") if find_spec(name)]
    entry: dict[str, Any] = {
        "commit": commit(),
        "date": today(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in present),
        "rows": [],
    }
    for size in sorted(int(text) for text in given.sizes.split()):
        entry["rows"].append(measured(size, given.seed, given.algorithms.split()))
        entry |= clock.told()
        if not given.no_keep:
            keep(KEPT, [*before, entry])
    told = list(part(entry))
    for said in told:
        write_line(said)
    if not given.no_keep:
        page = put_between(PAGE.read_text(encoding="utf-8"), *MARKS, told)
        with whole(PAGE) as (beside,):
            beside.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
