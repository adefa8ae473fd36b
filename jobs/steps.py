"""Steps of a run that survive its death: made once, kept in the run's staging folder, read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.engine import Engine
from graph.schema import Schema
from graph.table import Table
from review.publish import RunWriter

_FACTS = "facts-"
"""Steps of plain values have names that begin so."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one run, on one engine."""

    writer: RunWriter
    engine: Engine

    @classmethod
    def resumed(cls, writer: RunWriter, engine: Engine) -> Steps:
        """The steps as far as this engine finds them whole; what it lacks is made again.

        Runs that nobody goes on with are given up, with what this engine kept elsewhere for them.
        """
        writer.sweep(engine.let_go)
        writer.forget(lambda path: _is_table(path) and not engine.holds(path))
        return cls(writer, engine)

    def table(self, step: str, schema: Schema, make: Callable[[], Table]) -> Table:
        """The table of a step: read back if it is finished, made and kept if not."""
        path = self.writer.finished(step) or self.writer.keep(make(), step)
        return self.engine.kept(path, schema)

    def kept(self, step: str, schema: Schema) -> Table:
        """The table of a step that is finished."""
        path = self.writer.finished(step)
        assert path is not None, f"the step `{step}` is not finished"
        return self.engine.kept(path, schema)

    def facts(self, step: str, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Plain values of a step: read back if it is finished, made and kept if not."""

        def write(path: Path) -> int:
            path.write_text(json.dumps(make(), sort_keys=True), encoding="utf-8")
            return 1

        path = self.writer.finished(step) or self.writer.write_step(step, write)
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


def _is_table(path: Path) -> bool:
    return not path.name.startswith(_FACTS)
