"""A run's reports as a folder: a page for each leading cluster and a list of all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from graph.errors import ConfigError
from review.across_runs import AcrossRuns
from review.origin import Origin
from review.report.page import render, report_html, write_page
from review.report.view import report_input
from review.run_tables import RunTables
from review.standing import rows_by_cluster

LISTED_AT_MOST = 2_000
INDEX = "index.html"


def write_reports(
    run: RunTables,
    out: Path,
    *,
    top: int = 20,
    origin: Origin | None = None,
    decisions: pa.Table | None = None,
    across: Callable[[str], AcrossRuns | None] = lambda _cluster: None,
) -> list[Path]:
    """Write the reports of the `top` most suspect clusters and `index.html`; give their paths.

    The index comes first in the answer and last on disk: where it stands, so do the pages it
    leads to. Files are named by place, never by what came from outside.

    Args:
        run: the run's tables.
        out: the folder; it is made where it is not there.
        top: how many clusters get a page.
        origin: where the run comes from.
        decisions: the decisions that hold (`review.standing.STANDING`).
        across: follows a cluster over runs.

    Raises:
        ConfigError: `top` is below 1.
        StoreError: the disk refused.
    """
    if top < 1:
        message = f"reports are written for at least one cluster, not {top}"
        raise ConfigError(message)
    decided = {} if decisions is None else rows_by_cluster(decisions)
    facts = origin or Origin()
    ranked = _ranked(run)
    pages = {}
    for place, row in enumerate(ranked[:top], 1):
        cluster = row["cluster"]
        view = report_input(
            run,
            cluster,
            origin=facts,
            decision=decided.get(cluster),
            across=across(cluster),
        )
        pages[cluster] = f"cluster-{place:04}.html"
        write_page(report_html(view, index=INDEX), out / pages[cluster])
    html = render(
        "index.html",
        clusters=ranked[:LISTED_AT_MOST],
        clusters_known=len(ranked),
        pages=pages,
        decisions=decided,
        origin=facts,
    )
    write_page(html, out / INDEX)
    return [out / INDEX, *(out / page for page in pages.values())]


def _ranked(run: RunTables) -> list[dict[str, Any]]:
    return sorted(run.clusters.rows(), key=lambda row: (row["place"], row["cluster"]))
