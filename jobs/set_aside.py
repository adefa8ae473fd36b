"""What a reading set aside, written where people find it when too much was."""

from __future__ import annotations

from pathlib import Path

from builders.extracts.read import OverBudget
from review.export.formats import write_table
from review.export.sheet import sheet
from review.whole import whole


def written_aside(error: OverBudget, folder: Path) -> OverBudget:
    """Write the quarantine and the accounts of every file, and give the error that says where.

    `folder` gets `quarantine.parquet` with every row, `quarantine.csv` with the same for a
    spreadsheet, and `reading.csv` with a row a file. Files of an earlier attempt are replaced.

    Raises:
        StoreError: the disk refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"quarantine": error.reading.quarantine, "reading": error.reading.files}
    for name, table in tables.items():
        with whole(folder / f"{name}.csv") as (part,):
            write_table("csv", sheet(table), part)
    with whole(folder / "quarantine.parquet") as (part,):
        write_table("parquet", sheet(tables["quarantine"]), part)
    return OverBudget(f"{error}; all that was set aside stands in `{folder}`", error.reading)
