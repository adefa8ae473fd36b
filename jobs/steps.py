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

    def make(self, step: str, work: Callable[[], object]) -> None:
        """Do the work of which `step` is the last that is finished, unless it is.

        What the work keeps and adds by the writer is there afterwards. Every other table that it
        makes is dropped from the engine, also where it raises: what it keeps is a copy, and a run
        whose steps leave all they worked with behind fills the engine's scratch.
        """
        if self.writer.finished(step) is None:
            with self.engine.within():
                work()

    def kept(self, step: str, schema: Schema) -> Table:
        """The table of a step that is finished."""
        return self.engine.kept(self._file(step), schema)

    def keep_facts(self, facts: Mapping[str, Any], step: str) -> None:
        """Keep plain values as a step, whose name begins with `facts-`."""

        def write(path: Path) -> int:
            path.write_text(json.dumps(facts, sort_keys=True), encoding="utf-8")
            return 1

        self.writer.write_step(step, write)

    def facts(self, step: str) -> dict[str, Any]:
        """The plain values of a step that is finished."""
        found: dict[str, Any] = json.loads(self._file(step).read_text(encoding="utf-8"))
        return found

    def _file(self, step: str) -> Path:
        path = self.writer.finished(step)
        assert path is not None, f"the step `{step}` is not finished"
        return path


def _is_table(path: Path) -> bool:
    return not path.name.startswith(_FACTS)
