"""A job without a column of its extract: what is found when less is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from builders.files.names import listed, nearest
from graph.errors import ConfigError
from jobs.config import DetectJob, job_from

_CONSTANT = {"action": "'act'", "object_kind": "'object'"}
"""What stands in place of a column that every interaction has."""
_NEEDED = ("account", "object", "acted_at", "time")
_OF_ACCOUNTS = ("created_at", "name", "followers")


def columns_of(job: DetectJob) -> tuple[str, ...]:
    """The model's columns and attributes that the job reads; a mere constant is none of them."""
    found: dict[str, None] = {}
    for table in job.extract.tables:
        told = {**table.mapping, **table.attributes}
        found.update((name, None) for name, source in told.items() if not _is_constant(source))
    if len(job.extract.tables) > 1 or any(table.actions for table in job.extract.tables):
        # Constants that differ between tables tell actions apart all the same.
        for name in _CONSTANT:
            if len({_source(table.mapping, name, table.name) for table in job.extract.tables}) > 1:
                found[name] = None
    if job.accounts is not None:
        found.update((name, None) for name in job.accounts.table.mapping if name in _OF_ACCOUNTS)
    return tuple(found)


def without(job: DetectJob, columns: tuple[str, ...], *, base: Path) -> DetectJob:
    """The job with some columns dropped.

    A table whose objects are a dropped attribute (log-ins by address) goes with it. The action and
    the kind of object become one constant for all rows.

    Args:
        job: the job.
        columns: of `columns_of`, such as `text`, `device` or `created_at`.
        base: the folder that the job's relative paths start from.

    Raises:
        ConfigError: a column is not read by the job, is needed, or nothing would be left.
    """
    known = columns_of(job)
    for name in columns:
        if name in _NEEDED:
            message = f"`--without {name}`: nothing can be found without it"
            raise ConfigError(message)
        if name not in known:
            droppable = [one for one in known if one not in _NEEDED]
            mend = nearest(name, droppable) or f"; there is {listed(droppable)}"
            message = f"`--without {name}`: the extract has no such column{mend}"
            raise ConfigError(message)
    given: dict[str, Any] = {**job.given}
    tables = [_table(section, columns) for section in given["extract"]["tables"]]
    left = [table for table in tables if table is not None]
    if not left:
        message = f"without {listed(columns)} no table of the extract is left"
        raise ConfigError(message)
    given["extract"] = {**given["extract"], "tables": left}
    if "accounts" in given:
        accounts = given["accounts"]
        mapping = {name: one for name, one in accounts["map"].items() if name not in columns}
        given["accounts"] = {**accounts, "map": mapping}
    return job_from(given, base=base)


def _table(section: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any] | None:
    attributes: dict[str, str] = dict(section.get("attributes", {}))
    gone = {attributes.pop(name) for name in columns if name in attributes}
    mapping = {name: one for name, one in section["map"].items() if name not in columns}
    if mapping["object"] in gone:
        return None
    mapping |= {name: _CONSTANT[name] for name in columns if name in _CONSTANT}
    kept = {name: value for name, value in section.items() if name != "attributes"}
    if "action" in columns:
        kept.pop("actions", None)
    return {**kept, "map": mapping, **({"attributes": attributes} if attributes else {})}


def _source(mapping: Mapping[str, str], name: str, table: str) -> str:
    default = f"'{table}'" if name == "action" else "'object'"
    return mapping.get(name, default)


def _is_constant(source: str) -> bool:
    return source.startswith("'")
