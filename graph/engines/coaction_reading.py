"""Which interactions a co-action graph is drawn from, read batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from graph.table import Table

OWN_POST = {
    "rows": "content",
    # No id begins with a null byte.
    "moments": """case when content is null or content = ''
                       then chr(0) || cast(acted_at as varchar) else content end""",
}
"""The account's own post by what a row without `content` is (`builders.coaction.Unnamed`)."""
_USED = """
    from (
        select account, action, object_kind, object, acted_at, {own_post} as content
        from {{interactions}}
    ) told
    where account <> '' and object <> ''
      and ($actions is null or list_contains($actions, action))
      and ($object_kinds is null or list_contains($object_kinds, object_kind))
"""
_ROWS_A_BATCH = 262_144


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Interactions of some kinds, of accounts that have enough of them.

    `actions`, `object_kinds`: None for all. `own_post`: a value of `OWN_POST`.
    """

    interactions: Table
    actions: Sequence[str] | None
    object_kinds: Sequence[str] | None
    min_participation: int
    own_post: str

    def batches(self, content: str) -> Iterator[pa.RecordBatch]:
        """`account`, `action`, `object_kind`, `object`, `acted_at`, `content`, in any order.

        A batch at a time: all at once they may not fit.

        Args:
            content: what the last column is, in SQL over `content`.
        """
        columns = f"account, action, object_kind, object, acted_at, {content} as content"
        query = f"select {columns} {_USED.format(own_post=self.own_post)}"
        params = {
            "actions": list(self.actions) if self.actions is not None else None,
            "object_kinds": list(self.object_kinds) if self.object_kinds is not None else None,
        }
        engine: Any = self.interactions.engine
        cursor = engine._duck.cursor()
        try:
            named = engine._named(query, {"interactions": self.interactions})
            yield from cursor.sql(named, params=params).to_arrow_reader(_ROWS_A_BATCH)
        finally:
            cursor.close()

    @property
    def threads(self) -> int:
        """How many processors the engine uses."""
        engine: Any = self.interactions.engine
        return int(engine.threads)
