"""The HTML pages of an open run."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from console.place import Place
from review.followed import followed
from review.origin import origin_of
from review.report.site import write_reports
from review.run_tables import run_tables
from review.standing import standing_decisions


def write_pages(place: Place, folder: Path, *, top: int) -> list[Path]:
    """Write the pages of the `top` most suspect clusters; the index is the first path given.

    Raises:
        StoreError: the disk or the store refused.
    """
    return write_reports(
        run_tables(place.run, place.engine),
        folder,
        top=top,
        origin=origin_of(place.run.manifest),
        decisions=standing_decisions(place.store.decisions(place.run.name)),
        across=partial(followed, place.out, place.store, place.run),
    )
