"""Where a result comes from: what every export and report says about its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from review.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One evaluation of one job over one extract.

    `settings` is the job as plain values that JSON can hold. `extract` tells what was read, its
    fingerprint among it. `accounts` counts the whole extract, so that a reader can weigh a
    cluster against it; None where nobody counted.
    """

    run: str = ""
    job: str = ""
    created_at: int | None = None
    extract: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    accounts: int | None = None


def origin_of(manifest: Manifest) -> Origin:
    """What a published run's manifest says of its origin."""
    accounts = manifest.summary.get("accounts")
    return Origin(
        run=manifest.run,
        job=manifest.job,
        created_at=manifest.created_at,
        extract=manifest.input,
        settings=manifest.settings,
        accounts=int(accounts) if isinstance(accounts, int) else None,
    )
