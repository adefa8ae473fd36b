"""A contender of a benchmark in a process of its own: what it took."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Taken:
    """Runs from the start of a process; tells CPU seconds, seconds and peak memory at its end."""

    def __init__(self) -> None:
        """Begin."""
        self._began = time.perf_counter()

    def tell(self, found: Mapping[str, Any], *, of_children: bool = False) -> None:
        """Print what was found and what it took, as JSON.

        CPU seconds are of this process, start-up included, and of those that it started; the peak
        is that of the largest of them.

        Args:
            found: what the contender tells of its answer.
            of_children: all was done by processes that this one started; the rest is not counted.
        """
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = resource.getrusage(resource.RUSAGE_SELF)
        busy = children.ru_utime + children.ru_stime
        busy += 0.0 if of_children else own.ru_utime + own.ru_stime
        peak = max(children.ru_maxrss, 0 if of_children else peak_kb())
        told = {
            **found,
            "cpu": round(busy, 2),
            "wall": round(time.perf_counter() - self._began, 2),
            "peak_mb": peak // 1024,
        }
        sys.stdout.write(json.dumps(told) + "\n")


def peak_kb() -> int:
    """The peak of this process alone: what `ru_maxrss` says begins with that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0])


def taken_by(script: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Run a script with these arguments, and give what its `Taken` told."""
    asked = [sys.executable, script, *arguments]
    done = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told
