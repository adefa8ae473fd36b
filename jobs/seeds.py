"""Accounts that people have judged before, as a detector takes them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from builders.extracts.accounts import read_account_list
from graph.engine import Engine
from graph.errors import ConfigError
from graph.schema import Column, Schema
from graph.table import Table
from jobs.detector import Seeds

SEEDS = Schema("seeds", (Column("account", "VARCHAR", "an account judged before"),), ("account",))


def read_seeds(engine: Engine, bad: Path | None, good: Path | None) -> Seeds | None:
    """The known-bad and known-good accounts, or None where the job names no known-bad ones.

    Raises:
        ConfigError: good seeds without bad ones, or an account that is both.
        ExtractError: a file cannot be read.
    """
    if bad is None:
        if good is not None:
            message = "[seeds] has `good` and no `bad`; name known-bad accounts too"
            raise ConfigError(message)
        return None
    suspects = set(read_account_list(bad))
    trusted = set(read_account_list(good)) if good is not None else set()
    both = sorted(suspects & trusted)
    if both:
        message = f"{len(both)} seeds are both bad and good, the first {both[0]!r}"
        raise ConfigError(message)
    return Seeds(bad=_table(engine, suspects), good=_table(engine, trusted))


def _table(engine: Engine, accounts: set[str]) -> Table:
    return engine.from_arrow(pa.table({"account": sorted(accounts)}, schema=SEEDS.arrow), SEEDS)
