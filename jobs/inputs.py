"""What a run depends on outside its settings: the content of every input file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from builders.extracts.survey import survey
from graph.errors import ExtractError
from jobs.config import DetectJob
from jobs.opening import engine_of


def input_fingerprint(job: DetectJob) -> str:
    """A digest of every input file's name, size and content: extract, accounts, seeds.

    Raises:
        ExtractError: a file cannot be read, or there is none.
        ConfigError: a partition filter cannot be understood.
    """
    engine = engine_of(job)
    try:
        parts = [survey(engine, job.extract.tables).fingerprint]
        if job.accounts is not None:
            parts.append(survey(engine, (job.accounts.table,)).fingerprint)
    finally:
        engine.close()
    parts += [_digest(path) for path in (job.seeds.bad, job.seeds.good) if path is not None]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        message = f"cannot read `{path}`: {error.strerror}"
        raise ExtractError(message) from error
