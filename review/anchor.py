"""Anchors: the history's newest hash, kept where those who write the store cannot write.

The chain of hashes shows that an entry was altered; it cannot show that the whole chain was made
anew, or that its end was cut off. A line that was kept elsewhere can: it names an entry's number
and hash. With a key each line is sealed (HMAC-SHA256), so that lines cannot be made up either.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.durable import Disk
from graph.errors import ConfigError, StoreError
from review.manifest import canonical
from review.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was verified: entries of the history, runs with ids, anchors, and the newest hash."""

    entries: int
    identified_runs: int
    anchors: int
    head: str


def drop_anchor(store: Store, file: Path, *, at: int, key: bytes | None = None) -> dict[str, Any]:
    """Add a line for the newest entry to a file; give it.

    Raises:
        ConfigError: nothing was done in the store yet.
        StoreError: the history does not hold, or the disk refused.
    """
    seq = store.verify_history()
    if not seq:
        message = "the history is empty: there is nothing to anchor"
        raise ConfigError(message)
    line: dict[str, Any] = {"seq": seq, "hash": _hash_of(store, seq), "at": at}
    if key is not None:
        line["seal"] = _seal(line, key)
    disk = Disk()
    try:
        disk.append(file, canonical(line) + b"\n")
        disk.sync_file(file)
    except OSError as error:
        message = f"cannot write `{file}`: {error.strerror}"
        raise StoreError(message) from error
    return line


def verify_all(store: Store, file: Path | None = None, *, key: bytes | None = None) -> Verified:
    """Recompute the chain and what hangs on it, and hold it against the anchors of a file.

    Raises:
        ConfigError: the file holds no anchors.
        StoreError: naming the first thing that does not hold.
    """
    entries = store.verify_history()
    runs = store.identities.verify()
    lines = [] if file is None else read_anchors(file)
    for number, line in enumerate(lines, start=1):
        where = f"anchor {number} of `{file}`"
        if key is not None and not hmac.compare_digest(_seal(line, key), str(line.get("seal"))):
            message = f"{where} is not sealed with this key"
            raise StoreError(message)
        if line["seq"] > entries:
            message = f"{where} names entry {line['seq']}, and the history ends at {entries}"
            raise StoreError(message)
        if _hash_of(store, line["seq"]) != line["hash"]:
            message = f"{where} names another entry {line['seq']}: the history was made anew"
            raise StoreError(message)
    head = _hash_of(store, entries) if entries else ""
    return Verified(entries=entries, identified_runs=runs, anchors=len(lines), head=head)


def _hash_of(store: Store, seq: int) -> str:
    return store.history(after=seq - 1, limit=1)[0].hash


def _seal(line: Mapping[str, Any], key: bytes) -> str:
    content = {name: line[name] for name in ("seq", "hash", "at")}
    return hmac.new(key, canonical(content), hashlib.sha256).hexdigest()


def read_anchors(file: Path) -> list[dict[str, Any]]:
    """The anchors of a file: `seq`, `hash`, `at` (ms since 1970 UTC), and `seal` where sealed.

    Raises:
        ConfigError: the file cannot be read, or holds no anchors.
    """
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        if lines and all(isinstance(line["seq"], int) and line["hash"] for line in lines):
            return lines
    except OSError as error:
        message = f"cannot read `{file}`: {error.strerror}"
        raise ConfigError(message) from error
    except (ValueError, KeyError, TypeError) as error:
        message = f"`{file}` holds lines that are no anchors: {error}"
        raise ConfigError(message) from error
    message = f"`{file}` holds no anchors; `ringwatch audit anchor` writes one"
    raise ConfigError(message)
