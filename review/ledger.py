"""The finished steps of a run that is not published yet, one checksummed line each.

A line is trusted if its own checksum holds. A line torn by a power cut is passed over, and the
next one begins on a fresh line.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from graph.durable import Disk
from review.manifest import canonical


def write_line(disk: Disk, ledger: Path, record: dict[str, Any]) -> None:
    """Add a record durably."""
    body = canonical(record)
    # A line feed on both sides: what a torn line left cannot run into this one.
    line = b"\n" + hashlib.sha256(body).hexdigest().encode() + b" " + body + b"\n"
    disk.append(ledger, line)
    disk.sync_file(ledger)
    disk.sync_folder(ledger.parent)


def read_lines(ledger: Path) -> list[dict[str, Any]]:
    """The records that can be trusted, in the order in which they were written."""
    if not ledger.exists():
        return []
    return [
        json.loads(body)
        for checksum, _, body in (
            line.partition(b" ") for line in ledger.read_bytes().split(b"\n") if line
        )
        if hashlib.sha256(body).hexdigest().encode() == checksum
    ]
