"""One file a detector; `DETECTORS` lists them in the order of the report."""

from __future__ import annotations

from typing import Any

from jobs.detector import Detector
from jobs.detectors.copied_text import COPIED_TEXT
from jobs.detectors.lockstep import LOCKSTEP
from jobs.detectors.mutual_ring import MUTUAL_RING
from jobs.detectors.rare_objects import RARE_OBJECTS
from jobs.detectors.seeded import SEEDED
from jobs.detectors.shared_objects import SHARED_OBJECTS
from jobs.detectors.shared_traits import SHARED_TRAITS
from jobs.detectors.swarm import SWARM

# `seeded` goes last: it looks at the layers of the others.
DETECTORS: dict[str, Detector[Any]] = {
    each.name: each
    for each in (
        SHARED_OBJECTS,
        RARE_OBJECTS,
        COPIED_TEXT,
        SHARED_TRAITS,
        MUTUAL_RING,
        SWARM,
        LOCKSTEP,
        SEEDED,
    )
}
