"""`CURRENT`: the one file that says which runs are published.

It lists every published run with the checksum of its manifest, the newest first. Replacing it in
one step is what publishes a run; a folder that it does not name is not a run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from graph.durable import Disk, put_bytes
from graph.errors import StoreError
from review.manifest import canonical

CURRENT = "CURRENT"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """A published run as `CURRENT` lists it."""

    run: str
    job: str
    created_at: int
    manifest_sha256: str


def read_pointer(out: Path) -> list[RunEntry]:
    """The published runs, the newest publication first; none when nothing was published.

    Raises:
        StoreError: the pointer cannot be read or its checksum does not hold.
    """
    path = out / CURRENT
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        message = f"cannot read `{path}`: {error.strerror}"
        raise StoreError(message) from error
    return from_bytes(data, of=str(path))


def from_bytes(data: bytes, *, of: str) -> list[RunEntry]:
    """The runs that the bytes of a pointer list; `of` is where they stood, for messages.

    Raises:
        StoreError: the checksum does not hold, or the format is another.
    """
    body = data.split(b"\n", 1)[0]
    if _sealed(body) != data:
        message = f"`{of}` is damaged: its checksum does not hold; restore it from a copy"
        raise StoreError(message)
    given = json.loads(body)
    if given["format"] != FORMAT:
        message = (
            f"`{of}` has format {given['format']!r}, and this version reads format {FORMAT};"
            " use the version that wrote it"
        )
        raise StoreError(message)
    return [RunEntry(**entry) for entry in given["runs"]]


def sealed_with(entry: RunEntry, others: Sequence[RunEntry]) -> bytes:
    """The bytes of a pointer that lists `entry` first, then the others."""
    entries = [entry, *(other for other in others if other.run != entry.run)]
    return _sealed(canonical({"format": FORMAT, "runs": [asdict(each) for each in entries]}))


def point_to(disk: Disk, out: Path, entry: RunEntry) -> None:
    """Publish: put `entry` before all others, in one step, durably."""
    put_bytes(disk, out / CURRENT, sealed_with(entry, read_pointer(out)))


def _sealed(body: bytes) -> bytes:
    return body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n"
