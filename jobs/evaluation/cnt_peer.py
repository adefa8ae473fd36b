"""The Coordination Network Toolkit as it is installed, in a process of its own, at its defaults."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from algorithms.components import components
from builders.files.names import shown_text
from graph.model import InteractionGraph
from graph.schemas import EDGES
from graph.table import Table
from jobs.evaluation.found import Found, found_by

PACKAGE = "coordination_network_toolkit"
WITHIN_SECONDS = 60
LEAST_WEIGHT = 2
LONGEST_SECONDS = 1_800

# Numbers in place of ids: the toolkit reads CSV, and an id may hold anything.
_MESSAGES = """
    select row_number() over (
               order by account, acted_at, action, object_kind, object, content) as message_id,
           dense_rank() over (order by account) as user_id,
           '' as username,
           dense_rank() over (order by action, object_kind, object) as repost_id,
           '' as reply_id,
           '' as message,
           (acted_at - ((acted_at % 1000 + 1000) % 1000)) / 1000 as timestamp,
           '' as urls,
           account
    from {interactions}
    where object <> ''
"""


def toolkit(interactions: Table) -> Found | str:
    """What the toolkit joins: parts of three accounts and more; or why it could not be asked.

    Each act is a message that reposts what was acted on, so that any action counts. Two accounts
    are joined where one has two messages with a match among the other's within 60 seconds.
    """
    if find_spec(PACKAGE) is None:
        return "coordination-network-toolkit is not installed"
    rows = interactions.engine.query(_MESSAGES, interactions=interactions)
    with tempfile.TemporaryDirectory(prefix="ringwatch-cnt-") as folder:
        answer = _asked(rows, Path(folder))
    if isinstance(answer, str):
        return answer
    accounts = dict(zip(rows["user_id"].to_pylist(), rows["account"].to_pylist(), strict=True))
    graph = _graph(interactions, answer, accounts)
    return found_by(graph, components(graph))


def _asked(rows: pa.Table, folder: Path) -> list[tuple[int, int, float]] | str:
    """The toolkit's edges over messages, by numbers; or what it said instead."""
    messages, database = folder / "messages.csv", folder / "toolkit.db"
    timestamps = rows["timestamp"].cast(pa.int64(), safe=False)
    place = rows.column_names.index("timestamp")
    pa_csv.write_csv(
        rows.set_column(place, "timestamp", timestamps).drop_columns(["account"]), messages
    )
    computed = [
        "compute", "co_retweet", "--time_window", str(WITHIN_SECONDS),
        "--min_edge_weight", str(LEAST_WEIGHT),
    ]  # fmt: skip
    for command in (["preprocess", str(messages)], computed):
        try:
            done = subprocess.run(
                [sys.executable, "-m", PACKAGE, str(database), *command],
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"coordination-network-toolkit took more than {LONGEST_SECONDS:,} s"
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
            return f"coordination-network-toolkit failed: {shown_text(last)}"
    with closing(sqlite3.connect(database)) as opened:
        found = opened.execute("select user_1, user_2, weight from co_retweet_network").fetchall()
    return [(int(first), int(second), float(weight)) for first, second, weight in found]


def _graph(
    beside: Table, answer: list[tuple[int, int, float]], accounts: dict[int, str]
) -> InteractionGraph:
    """The two directions of a pair as one edge, by account ids."""
    weights: dict[tuple[str, str], float] = {}
    for first, second, weight in answer:
        one, other = sorted((accounts[first], accounts[second]))
        if one != other:
            weights[one, other] = weights.get((one, other), 0.0) + weight
    nothing = dict.fromkeys(("src_count", "dst_count", "objects", "object_days", "post_pairs"), 0)
    rows = [
        {"src": src, "dst": dst, "layer": "cnt", "weight": weight, **nothing}
        for (src, dst), weight in weights.items()
    ]
    edges = pa.Table.from_pylist(rows, schema=EDGES.arrow)
    return InteractionGraph(beside.engine.from_arrow(edges, EDGES))
