"""A poorer job over the same accounts: detected again, and told in brief."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from jobs.config import DetectJob
from jobs.detect import detect
from jobs.evaluation.document import brief
from jobs.evaluation.found import found_in
from jobs.evaluation.labels import Labels
from jobs.evaluation.measures import Held, Population
from jobs.opening import engine_of
from jobs.progress import Progress


def again(
    job: DetectJob, labels: Labels, population: Population, out: Path, said: Progress
) -> dict[str, Any]:
    """The numbers of a poorer job, what it had to leave out, and how long it took."""
    began = time.monotonic()
    done = detect(job, out, progress=said)
    engine = engine_of(job)
    try:
        held = Held(found_in(done.run, engine), labels, population)
    finally:
        engine.close()
    left_out = dict(done.run.manifest.summary.get("left_out", {}))
    return {**brief(held), "left_out": left_out, "seconds": round(time.monotonic() - began, 3)}
