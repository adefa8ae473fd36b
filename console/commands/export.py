"""`ringwatch export` and `ringwatch report`: lists for ops, pages for reading."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.acting import by_whom
from console.options import DEFAULT_OUT, AsJson, By, Out, RunName
from console.output import write_json, write_line
from console.pages import write_pages
from console.place import Place, opened
from graph.errors import ConfigError
from review.export.clusters import export_clusters
from review.export.formats import TABLE_FORMATS, TableFormat
from review.export.manifest import ExportManifest, Purpose
from review.origin import origin_of
from review.people.roles import EXPORT
from review.queries import show_cluster
from review.run_tables import run_tables
from review.standing import standing_decisions


def export(
    file: Annotated[
        Path, typer.Argument(help="Where to: .csv, .jsonl, .parquet, .graphml or .gexf.")
    ],
    purpose: Annotated[str, typer.Option(help="What the list is for; it is kept.")],
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    cluster: Annotated[
        list[str] | None, typer.Option(help="Only this cluster; may be repeated.")
    ] = None,
    undecided: Annotated[
        bool, typer.Option("--undecided", help="Undecided clusters go too, marked as such.")
    ] = False,
    weak: Annotated[
        bool, typer.Option("--weak", help="Weak members go too, marked as such.")
    ] = False,
    lossless: Annotated[
        str | None,
        typer.Option(help="A twin beside a CSV with every cell as it is: jsonl or parquet."),
    ] = None,
    bom: Annotated[
        bool, typer.Option("--bom", help="Begin a CSV with a byte order mark, for spreadsheets.")
    ] = False,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Export members of confirmed clusters, with a manifest."""
    with opened(out, run) as place:
        person = by_whom(place.store, by, EXPORT)
        only = tuple(_named(place, given) for given in cluster) if cluster else None
        manifest = export_clusters(
            run_tables(place.run, place.engine),
            standing_decisions(place.store.decisions(place.run.name)),
            file,
            only=only,
            undecided=undecided,
            weak=weak,
            lossless=_twin(lossless),
            origin=origin_of(place.run.manifest),
            purpose=Purpose(says=purpose, exported_by=person),
            bom=bom,
        )
        place.store.record_export(
            place.run.name,
            file=str(file),
            sha256=manifest.sha256,
            rows=manifest.rows,
            purpose=purpose,
            by=person,
        )
    _told(manifest, file, json=json)


def report(
    folder: Annotated[Path, typer.Argument(help="Where to; made where it is not there.")],
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    top: Annotated[int, typer.Option(min=1, help="How many clusters get a page.")] = 20,
    json: AsJson = False,
) -> None:
    """Write HTML pages of the top clusters that open offline."""
    with opened(out, run) as place:
        pages = write_pages(place, folder, top=top)
    if json:
        write_json({"index": str(pages[0]), "pages": [str(page) for page in pages[1:]]})
        return
    written = len(pages) - 1
    write_line(f"wrote {written} {'page' if written == 1 else 'pages'}; open {pages[0]}")


def _named(place: Place, given: str) -> str:
    view = show_cluster(place.run, place.store, given, engine=place.engine)
    return str(view.cluster["cluster"])


def _twin(given: str | None) -> TableFormat | None:
    for known in TABLE_FORMATS:
        if known == given:
            return known
    if given is None:
        return None
    message = f"`--lossless` is jsonl or parquet, not `{given}`"
    raise ConfigError(message)


def _told(manifest: ExportManifest, file: Path, *, json: bool) -> None:
    if json:
        write_json(asdict(manifest))
        return
    left_out = "".join(f"; left out: {n} {why}" for why, n in sorted(manifest.left_out.items()))
    write_line(
        f"wrote {manifest.rows} rows of {manifest.clusters} clusters to {file}"
        f" (sha256 {manifest.sha256[:16]}...){left_out}"
    )
