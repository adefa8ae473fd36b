"""What a run depends on outside its settings: the content of every input file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from builders.extracts.survey import survey
from graph.errors import ExtractError
from jobs.config import DetectJob
from jobs.opening import engine_of


@dataclass(frozen=True, slots=True)
class Inputs:
    """Digests of what a job reads: every file's name, size and content.

    Attributes:
        extract: of the extract's files.
        accounts: of the account files; None where the job has none.
        digest: of all, known-bad and known-good accounts included.
    """

    extract: str
    accounts: str | None
    digest: str


def inputs_of(job: DetectJob) -> Inputs:
    """What the job would read now.

    Raises:
        ExtractError: a file cannot be read, or there is none.
        ConfigError: a partition filter cannot be understood.
    """
    engine = engine_of(job)
    try:
        extract, accounts = survey(engine, job.extract.tables).fingerprint, None
        if job.accounts is not None:
            accounts = survey(engine, (job.accounts.table,)).fingerprint
    finally:
        engine.close()
    parts = [extract] if accounts is None else [extract, accounts]
    parts += [_digest(path) for path in (job.seeds.bad, job.seeds.good) if path is not None]
    whole = hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
    return Inputs(extract=extract, accounts=accounts, digest=whole)


def refuse_changed(what: str, *, looked_at: str | None, read: str) -> None:
    """Raise unless what was read is what the run is named after.

    Raises:
        ExtractError: somebody wrote to the files in the meantime.
    """
    if read != looked_at:
        message = (
            f"the files of the {what} changed while the job began: they are not those that the run"
            " is named after; run the job again when nobody writes to them"
        )
        raise ExtractError(message)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        message = f"cannot read `{path}`: {error.strerror}"
        raise ExtractError(message) from error
