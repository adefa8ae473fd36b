"""The rows that were set aside: a table of the engine, and what a person is told of it."""

from __future__ import annotations

from dataclasses import dataclass

from graph.schemas import QUARANTINE
from graph.table import Table

_REASONS = 5
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class SetAside:
    """The faulty rows of the files that count: they may be many, and never leave the engine.

    Attributes:
        table: the rows (`QUARANTINE`).
        arriving: the rows as they arrived, in whose order examples are chosen.
        files: the files that count.
    """

    table: Table
    arriving: Table
    files: Table

    @classmethod
    def of(cls, arriving: Table, files: Table) -> SetAside:
        """What was set aside of `arriving`, of the `files` that count."""
        table = arriving.engine.sql(
            """
            select f.file, f.source, f.partition, r._row as row, r._column as column,
                   r._raw as raw, r._reason as reason
            from {arriving} r
            join {files} f on r._file = f._file
            where r._reason is not null
            """,
            QUARANTINE,
            arriving=arriving,
            files=files,
        )
        return cls(table, arriving, files)

    def reasons(self) -> str:
        """The commonest faults in words."""
        common = self.table.engine.query(
            """
            select q.column as place, q.reason as reason, count(*) as quarantined
            from {quarantine} q
            group by q.column, q.reason
            order by quarantined desc, place, reason
            limit $most
            """,
            {"most": _REASONS + 1},
            quarantine=self.table,
        ).to_pylist()
        shown = [
            f"{row['quarantined']:,} x {_at(row['place'])}{row['reason']}"
            for row in common[:_REASONS]
        ]
        return ", ".join(shown) + (", ..." if len(common) > _REASONS else "")

    def examples(self) -> str:
        """The first faulty rows in words."""
        first = self.table.engine.query(
            """
            select f.file as file, r._row as faulty, r._column as place, r._raw as raw
            from {arriving} r
            join {files} f on r._file = f._file
            where r._reason is not null
            order by r._place
            limit $most
            """,
            {"most": _EXAMPLES},
            arriving=self.arriving,
            files=self.files,
        ).to_pylist()
        return "such as " + ", ".join(
            f"{row['file']} row {row['faulty']} {_at(row['place'])}`{row['raw']}`" for row in first
        )


def _at(column: str) -> str:
    return f"`{column}`: " if column else ""
