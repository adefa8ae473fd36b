"""What one file's reading found: told by the worker that read it, judged with the others' after."""

from __future__ import annotations

import base64
import pickle
from dataclasses import dataclass
from typing import Literal

from builders.extracts.one_file import IdKinds, Tally

Fault = Literal["missing-column", "extract", "config", "changed", "unreadable"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file was not read to its end.

    `fault` says whose it is: a column of the mapping is missing, the file is unusable
    (`ExtractError`), the mapping does not suit it (`ConfigError`), it is not the file that was
    looked at (`FileChanged`), or it is not handed over any more (`FileUnreadable`).
    """

    fault: Fault
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What became of a file's rows, and all that must be held against the table's other files.

    Attributes:
        file: the file's number in reading order.
        fits: whether it has the columns that the table's mapping names.
        tally: its counts.
        kinds: the types of its ids, in the order in which they were met.
        failure: why it was not read to its end, if it was not.
    """

    file: int
    fits: bool
    tally: Tally
    kinds: tuple[IdKinds, ...]
    failure: Failure | None

    def text(self) -> str:
        """The report as text that travels in a table."""
        return base64.b64encode(pickle.dumps(self)).decode("ascii")

    @classmethod
    def of_text(cls, text: str) -> FileReport:
        """The report that `text` is; it must be a worker's own, as any pickle must."""
        report: FileReport = pickle.loads(base64.b64decode(text))
        return report
