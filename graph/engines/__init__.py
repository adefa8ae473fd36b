"""The only room that speaks to an engine: DuckDB and igraph here, Spark beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graph.errors import ConfigError

if TYPE_CHECKING:
    from graph.engine import Engine

ENGINES = ("local",)


def open_engine(
    name: str = "local",
    *,
    memory: str = "4GB",
    threads: int | None = None,
    spill: Path | None = None,
) -> Engine:
    """Open the engine that a job asks for; only its own module is imported.

    Args:
        name: one of `ENGINES`.
        memory: the most memory its tables may take before they spill to disk, such as `4GB`.
        threads: processors to use; all of them by default.
        spill: the folder for what does not fit in memory; a temporary one by default.

    Raises:
        ConfigError: no engine has this name.
    """
    if name == "local":
        from graph.engines.local import LocalEngine

        return LocalEngine(memory=memory, threads=threads, spill=spill)
    message = f"unknown engine `{name}`; there is {', '.join(f'`{n}`' for n in ENGINES)}"
    raise ConfigError(message)
