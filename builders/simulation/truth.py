"""What was planted in a simulated platform, for judging detectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from graph.errors import ExtractError

FOLDER = "truth"


@dataclass(frozen=True, slots=True)
class Truth:
    """Planted rings and look-alikes, one row a member.

    `rings`: ring, level (`L0` to `L5`, null for other kinds), kind, account, hijacked. An account
    may be in two L5 rings. `lookalikes`: group, kind, account; an account may be in several.
    """

    rings: pa.Table
    lookalikes: pa.Table


def read_truth(out: Path) -> Truth:
    """The truth that `simulate` left beside its extract in `out`.

    Raises:
        ExtractError: `out` is no simulated platform.
    """
    folder = out / FOLDER
    if not folder.is_dir():
        message = f"`{out}` has no `{FOLDER}` folder; simulate a platform into it first"
        raise ExtractError(message)
    return Truth(
        rings=pq.ParquetFile(folder / "rings.parquet").read(),
        lookalikes=pq.ParquetFile(folder / "lookalikes.parquet").read(),
    )
