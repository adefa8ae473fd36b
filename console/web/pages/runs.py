"""The runs of the folder, and one run: what it read, bounded and found, and what is new in it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console.web.asking import Person, TheSite, asked
from console.web.drawing import page
from console.web.site import Site
from graph.errors import StoreError
from review.changes import changes_between
from review.held import HeldRun
from review.pointer import RunEntry
from review.run import read_run

routes = APIRouter()

RUNS_AT_MOST = 50
ROWS_AT_MOST = 25
READ = ("rows_read", "rows_used", "rows_deduplicated", "rows_quarantined", "rows_rejected")


@routes.get("/runs", response_class=HTMLResponse)
def runs(request: Request, site: TheSite, person: Person) -> Response:
    """Every published run, the newest first."""
    entries = site.runs()
    run = site.run(request.query_params.get("run"))
    return page(
        "runs.html",
        person,
        run_name=run.name,
        rows=[_row(site, entry) for entry in entries[:RUNS_AT_MOST]],
        known=len(entries),
    )


@routes.get("/run", response_class=HTMLResponse)
def run(request: Request, site: TheSite, person: Person) -> Response:
    """One run, held against the one before it or another."""
    found = site.run(asked(request, "run"))
    others = _others(site, found)
    against = request.query_params.get("against") or _before(site, found)
    changes = None if against is None else changes_between(
        site.run(against), found, limit=ROWS_AT_MOST, engine=site.engine
    )  # fmt: skip
    return page(
        "run.html",
        person,
        run_name=found.name,
        manifest=found.manifest,
        against=against,
        others=others,
        changes=changes,
        lists=[] if changes is None else _lists(changes.before, found.name, changes),
        continued=[] if changes is None else changes.continued_rows.to_pylist(),
        rules=site.store.second.rules(),
        agreement=site.store.second.agreement(found.name),
        waiting=Counter(each.state for each in site.store.second.waiting(found.name)),
        **_steps(site, found),
    )


def _row(site: Site, entry: RunEntry) -> dict[str, Any]:
    """What the list tells of a run; one that cannot be read is told of, and why."""
    try:
        manifest = read_run(site.out, entry).manifest
    except StoreError as error:
        return {"entry": entry, "fault": str(error)}
    rows = {name: file.rows for name, file in manifest.tables.items()}
    flagged = manifest.summary.get("flagged")
    return {"entry": entry, "fault": None, "rows": rows, "flagged": flagged}


def _others(site: Site, run: HeldRun) -> list[str]:
    return [entry.run for entry in site.runs() if entry.run != run.name][:RUNS_AT_MOST]


def _before(site: Site, run: HeldRun) -> str | None:
    """The run that was published before this one, if any was."""
    names = [entry.run for entry in site.runs()]
    older = names[names.index(run.name) + 1 :]
    return older[0] if older else None


def _lists(before: str, after: str, changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [
        {
            "id": name,
            "title": title,
            "run": run,
            "known": known,
            "rows": rows.to_pylist(),
        }
        for name, title, run, known, rows in (
            (
                "new",
                f"New: no cluster of {before} is like them",
                after,
                changes.new,
                changes.new_rows,
            ),
            (
                "gone",
                f"Gone: no cluster of {after} is like them",
                before,
                changes.vanished,
                changes.vanished_rows,
            ),
        )
    ]


def _steps(site: Site, run: HeldRun) -> dict[str, Any]:
    """What was read, and what was bounded."""
    with run.opened(site.engine, "reading", "bounds") as tables:
        sums = ", ".join(f"cast(coalesce(sum({name}), 0) as bigint) as {name}" for name in READ)
        read = site.engine.query(
            f"select source, count(*) as files, {sums} from {{reading}}"
            " group by source order by source",
            reading=tables["reading"],
        )
        bounds = site.engine.query(
            "select *, count(*) over () as known from {bounds}"
            " order by pairs_not_counted desc, layer, bound, subject limit $limit",
            {"limit": ROWS_AT_MOST},
            bounds=tables["bounds"],
        ).to_pylist()
    return {
        "read": read.to_pylist(),
        "bounds": bounds,
        "bounds_known": bounds[0]["known"] if bounds else 0,
    }
