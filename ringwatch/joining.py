"""One co-action network, of a file or of a frame in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from builders.coaction import Count
from builders.network import Compat
from console.options import who
from graph.errors import BudgetExceeded
from jobs.network import NetworkJob, NetworkMade, make_network
from jobs.progress import Silent
from jobs.quick import QuickTable
from ringwatch.frames import frame
from ringwatch.given import written
from ringwatch.heard import Heard, told_ones

if TYPE_CHECKING:
    import pandas as pd


def network(
    given: pd.DataFrame | str | Path,
    *,
    account: str,
    object: str,
    time: str,
    window: float | None,
    content: str | None = None,
    min_participation: int | None = None,
    count: Count | None = None,
    min_weight: int = 1,
    compat: Compat | None = None,
    time_unit: str | None = None,
    time_zone: str | None = None,
    format: str | None = None,
    row_where: str | None = None,
    quarantine_share: float = 0.0,
    memory: str = "4GB",
    threads: int | None = None,
) -> pd.DataFrame:
    """The accounts that acted together within a window: a row an edge; as `ringwatch network`.

    Undirected edges have `src < dst` in byte order. The frame's `attrs` hold whether the edges are
    `directed`, the `accounting` of every row read, and `notes` of what was assumed.

    Args:
        given: a file or folder, or a frame in memory, whose ids are text or whole numbers.
        account: the column of who acted, or a SQL expression, as those below.
        object: what was acted on.
        time: when; whole numbers without a visible unit are seconds.
        window: seconds that two posts may be apart, both ends counted; None for any time.
        content: the account's own post; else each row is a post.
        min_participation: the fewest posts of an account; 1, and 2 as `coortweet`.
        count: what the weight counts: `posts`, `own-posts`, `objects` or `object-days`.
        min_weight: the least weight of an edge.
        compat: count as this tool does: `coortweet` or `cnt`.
        time_unit: `s`, `ms`, `us`, `ns`, `iso` or a format with `%`.
        time_zone: the zone of times that name none.
        format: `parquet`, `orc`, `text`, `csv`, `tsv`, `jsonl`; else by the files.
        row_where: SQL over columns; other rows hold no interaction.
        quarantine_share: the share of rows, 0 to 1, that may be set aside.
        memory: the most memory that tables may take before they spill.
        threads: processors to use; the answer does not depend on it.

    Raises:
        ConfigError: a setting does not fit, or an id column of the frame is no text and no whole
            numbers.
        ExtractError: the table cannot be read, or more was set aside than is allowed.
    """
    mapping = told_ones(
        {"account": account, "object": object, "acted_at": time, "content": content}
    )
    reading = {"time_unit": time_unit, "time_zone": time_zone}
    rest = {"format": format, "row_where": row_where}
    with TemporaryDirectory(prefix="ringwatch-") as name:
        folder = Path(name)
        path = _lies(given, mapping, folder / "frame.parquet")
        made_of = QuickTable(path=path, mapping=mapping, reading=told_ones({**reading, **rest}))
        job = NetworkJob(
            table=made_of,
            out=folder / "edges.parquet",
            within_seconds=window,
            min_participation=min_participation,
            count=count,
            min_weight=min_weight,
            compat=compat,
            quarantine_share=quarantine_share,
            memory=memory,
            threads=threads,
            made_by=who(None),
        )
        heard = Heard(Silent())
        made = _made(job, heard)
        edges = frame(pq.read_table(job.out))
    edges.attrs.update(
        directed=made.directed, accounting=list(made.accounting), notes=list(heard.notes)
    )
    return edges


def _made(job: NetworkJob, heard: Heard) -> NetworkMade:
    try:
        return make_network(job, progress=heard)
    except BudgetExceeded as error:
        # Its full list lies in a folder that is about to go; the cause holds the first rows.
        message = str(error.__cause__ or error)
        raise BudgetExceeded(message) from error


def _lies(given: pd.DataFrame | str | Path, mapping: Mapping[str, str], beside: Path) -> Path:
    return Path(given) if isinstance(given, str | Path) else written(given, mapping, beside)
